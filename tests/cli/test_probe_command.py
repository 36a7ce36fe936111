"""`groundup probe memory`: what the help shows works, and what is wrong is said."""

import os
import shlex
import signal
import subprocess
import sys

import pytest

from commands import shortened
from groundup.cli.ladder import PROBE_EXAMPLES
from groundup.cli.shared import commands_in
from groundup.text.tasks import TASKS

SMALL = ("--budget", "2steps", "--lengths", "1,2,4")


def test_the_help_shows_each_task_with_an_example_and_loads_nothing_heavy(groundup, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    result = groundup("probe", "memory", "--help")
    text = " ".join(result.out.split())
    for task in TASKS.values():
        assert task.asks in text
        assert task.example().partition(": ")[2] in text, text
    code = (
        "import sys; from groundup.cli.main import main\n"
        "assert main(['probe', 'memory', '--help']) == 0\n"
        "heavy = {'torch', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_five_models_a_table_a_finding_and_a_picture(groundup, home):
    result = groundup("probe", "memory", *SMALL)
    assert result.code == 0, result.err
    for words in (
        "char RNN",
        "word GRU",
        "LSTM + attention",
        "transformer",
        "GPT",
        "In tokens in between: the",
    ):
        assert words in result.out
    assert "5 of 5 GPT" in result.err
    picture = home / "reports" / "probe-recall" / "memory.png"
    assert f"Picture  {picture}" in result.out
    assert picture.stat().st_size > 10_000


def test_json_and_a_folder(groundup, tmp_path):
    value = (
        "--task",
        "copy",
        "--models",
        "word-gru:rnn,gpt",
        "--models",
        "char-rnn",
        "--out",
        tmp_path / "out",
    )
    result = groundup("probe", "memory", *value, *SMALL, "--practise-to", "3", "--json")
    assert result.code == 0, result.err
    actual = result.json
    assert [row["model"] for row in actual["models"]] == ["word-gru:rnn", "gpt", "char-rnn"]
    assert (actual["task"], actual["lengths"], actual["practised_to"]) == ("copy", [1, 2, 4], 3)
    assert {at["length"] for at in actual["models"][0]["accuracies"]} == {1, 2, 4}
    assert actual["figure"] == str(tmp_path / "out" / "memory.png")
    assert os.path.getsize(actual["figure"]) > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("command", commands_in(PROBE_EXAMPLES))
def test_every_example_of_the_help_works(command, groundup):
    result = groundup(*shortened(shlex.split(command)))
    assert result.code == 0, result.err


@pytest.mark.parametrize("measured", [0, 1])
def test_ctrl_c_shows_what_was_measured(groundup, monkeypatch, measured):
    from groundup.training.fit import FitStep, FitView

    read = FitView.__call__

    def stop(view, event):
        read(view, event)
        if isinstance(event, FitStep) and view.title.startswith(f"{measured + 1} of 3"):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(FitView, "__call__", stop)
    result = groundup("probe", "memory", "--models", "char-rnn,word-gru,gpt", *SMALL)
    assert result.code == 130
    assert result.err.count("Stopped.") == 1
    assert ("char RNN" in result.out) == bool(measured)
    assert "word GRU" not in result.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--task revers", "Did you mean 'reverse'?"),
        ("--models gtp", "Did you mean 'gpt'?"),
        ("--models word-gru:lstn", "Did you mean 'word-gru:lstm'?"),
        ("--models gpt,", "There is no model ''"),
        ("--budget 0s", "A budget of 0s trains nothing"),
        ("--budget soon", "2min"),
        ("--budget 1ktokens", "not counted in tokens"),
        ("--lengths 0", "A length of 0 asks nothing. It counts tokens in between: at least 1."),
        ("--lengths 4,-2", "A length of -2"),
        ("--lengths two", "Write them as 1,2,4,8"),
        ("--lengths 9000000", "Choose at most"),
        ("--lengths 4 --practise-to 0", "A length of 0"),
        ("--lengths 4 --practise-to 900000", "Choose at most"),
        ("--seed -1", "seed"),
    ],
)
def test_what_is_wrong_and_what_to_do(arguments, says, groundup, home):
    result = groundup("probe", "memory", *arguments.split())
    assert result.code == 2, result
    assert says.lower() in " ".join(result.err.lower().split()), result.err
    assert result.out == ""
    assert not home.exists()
