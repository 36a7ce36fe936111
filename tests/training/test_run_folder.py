"""Runs are listed and read without torch; a budget that cannot be read changes nothing."""

import subprocess
import sys

from groundup.common.places import runs_folder
from groundup.training.run_folder import RunFolder


def test_it_needs_no_torch():
    program = (
        "import sys, groundup.training.run_folder, groundup.training.events; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_budget_that_cannot_be_read_is_none():
    run = RunFolder(runs_folder() / "one")
    assert not run.exists()
    assert run.budget() is None
    run.path.mkdir(parents=True)
    text = 'corpus = "c"\nbudget = "10s"\n[model]\nkind = "gpt"\n[tokenizer]\nkind = "bpe"\n'
    run.recipe_file.write_text(text, encoding="utf-8")
    assert run.budget() == "10s"
    run.recipe_file.write_text(text[:-8], encoding="utf-8")
    assert run.budget() is None
    assert run.last_event() == {}
