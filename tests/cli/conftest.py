"""Runs that were really trained, once for all tests that only read them."""

import os
import shutil
from pathlib import Path

import pytest

from commands import QUICK
from groundup.cli.main import main

TEXT = (
    "The fox went down to the river in the morning. She saw the moon in the water and asked it for bread.\n"
    "The moon said nothing. So the fox went home, and the river went on.\n\n"
)


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory):
    """A home with two small runs: `rnn` and `tiny` (a GPT), on the same text."""
    home = tmp_path_factory.mktemp("home")
    text = tmp_path_factory.mktemp("text") / "fox.txt"
    text.write_text(TEXT * 40, encoding="utf-8")
    before = os.environ.get("GROUNDUP_HOME")
    os.environ["GROUNDUP_HOME"] = str(home)
    try:
        for model, name in (("char-rnn", "rnn"), ("gpt", "tiny")):
            arguments = [
                "train",
                model,
                "--corpus",
                str(text),
                "--budget",
                "8steps",
                "--name",
                name,
                "--json",
                *QUICK,
            ]
            assert main(arguments) == 0
    finally:
        os.environ.pop("GROUNDUP_HOME")
        if before is not None:
            os.environ["GROUNDUP_HOME"] = before
    return home


@pytest.fixture
def trained(trained_home, home):
    """A copy of that home, to read or to harm; returns its folder of runs."""
    shutil.copytree(trained_home, home)
    return home / "runs"


@pytest.fixture
def fox(tmp_path) -> Path:
    """A small text."""
    path = tmp_path / "fox.txt"
    path.write_text(TEXT * 40, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(home, monkeypatch, tmp_path):
    """Relative paths in commands mean files of the test."""
    monkeypatch.chdir(tmp_path)
