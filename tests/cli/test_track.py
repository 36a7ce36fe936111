"""`groundup track`: the files are there, the words say how to see them, and Ctrl-C is polite."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from groundup.cli.runs import TRACK_EXAMPLES
from groundup.cli.shared import commands_in


def test_track_says_where_and_how_to_see_it(groundup, trained, home):
    result = groundup("track", "tiny")
    assert result.code == 0, result.err
    folder = home / "tensorboard" / "tiny"
    assert str(folder) in result.out
    assert f"tensorboard --logdir '{folder.parent}'" in result.out
    assert list(folder.glob("events.out.tfevents.*"))


def test_track_json_is_one_object(groundup, trained, tmp_path):
    result = groundup("track", "rnn", "--out", tmp_path / "curves", "--json")
    assert result.code == 0, result.err
    assert result.json["run"] == "rnn"
    assert result.json["name"] == "char-rnn"
    assert result.json["to"] == "tensorboard"
    assert result.json["where"] == str(tmp_path / "curves" / "rnn")
    assert result.json["state"] == "budget"
    assert result.json["steps"] == 8


def test_track_of_a_finished_run_follows_to_its_end(groundup, trained):
    result = groundup("track", "tiny", "--follow", "--json")
    assert result.code == 0
    assert result.err == ""


@pytest.mark.slow
@pytest.mark.parametrize("command", commands_in(TRACK_EXAMPLES))
def test_every_example_of_the_help_works(command, groundup, trained, monkeypatch):
    if "wandb" in command:
        pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    shutil.copytree(trained / "tiny", trained / "gpt-1")
    result = groundup(*shlex.split(command))
    assert result.code == 0, result.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("track tinny", "Did you mean 'tiny'?"),
        ("track tiny --to tensorbord", "Did you mean 'tensorboard'?"),
        ("track", "run"),
    ],
)
def test_what_is_wrong_and_what_to_do(arguments, says, groundup, trained):
    result = groundup(*arguments.split())
    assert result.code == 2
    assert says.lower() in result.err.lower()
    assert result.out == ""


def test_a_folder_that_cannot_be_written_is_named(groundup, trained, tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    result = groundup("track", "tiny", "--out", tmp_path / "taken")
    assert result.code == 2
    assert "taken" in result.err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_following_politely(trained):
    """A run that was stopped has no end: following waits, until Ctrl-C."""
    metrics = trained / "tiny" / "metrics.jsonl"
    lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    metrics.write_text("".join(lines[:-1]), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "groundup", "track", "tiny", "--follow"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    folder = Path(os.environ["GROUNDUP_HOME"]) / "tensorboard" / "tiny"
    for line in process.stderr:
        if "Following tiny" in line:
            break
    while process.poll() is None:  # until the events that there are have been written
        if any(b"validation/loss" in file.read_bytes() for file in folder.glob("events.*")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert str(folder) in out
