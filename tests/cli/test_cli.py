"""Every command does what its help says, for people and, with --json, for programs."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import get_args

import pytest

from commands import QUICK, shortened
from groundup import __version__
from groundup.cli import generate, ladder, runs, shared, texts, train
from groundup.cli.main import app, main
from groundup.cli.shared import commands_in
from groundup.studio import tokens as studio_tokens
from groundup.text import tokenizers
from groundup.training.recipe import TokenizerRecipe
from groundup.training.run import Run

ROW = {"name", "run", "bpb", "loss", "parameters", "seconds", "tokens_per_second", "sample"}


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        check=False,
        **options,
    )


# ---- quick to start ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "train --help", "climb --help", "generate --help", "assets --help"]
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys; from groundup.cli.main import main\n"
        f"assert main({arguments.split()!r}) == 0\n"
        "heavy = {'torch', 'numpy', 'matplotlib', 'tokenizers'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = python("-c", code)
    assert result.returncode == 0, result.stderr


def test_import_of_the_library_loads_nothing_heavy():
    result = python("-c", "import sys, groundup; print('torch' in sys.modules, 'train' in dir(groundup))")
    assert result.stdout.split() == ["False", "True"]


def test_completion_offers_runs_without_torch(trained):
    code = (
        "import sys; from groundup.cli.shared import complete_models, complete_runs\n"
        "print(complete_runs('t'), complete_models('g'))\nassert 'torch' not in sys.modules"
    )
    result = python("-c", code)
    assert result.stdout.strip() == "['tiny'] ['gpt']", result.stderr


def test_every_tokenizer_is_offered():
    recipe_kinds = get_args(TokenizerRecipe.model_fields["kind"].annotation)
    assert tuple(tokenizers.TOKENIZERS) == recipe_kinds == shared.TOKENIZERS == studio_tokens.KINDS


def test_completion_of_the_shell_works(trained):
    """What bash asks for when a person types `groundup generate t` and the tab key."""
    asked = {
        **os.environ,
        "_GROUNDUP_COMPLETE": "complete_bash",
        "COMP_WORDS": "groundup generate t",
        "COMP_CWORD": "2",
    }
    result = python("-c", "from groundup.cli.main import app; app(prog_name='groundup')", env=asked)
    assert result.stdout.split() == ["tiny"], result.stderr


def test_version_and_no_arguments(groundup):
    assert groundup("--version").out == f"groundup {__version__}\n"
    assert "climb" in groundup().out + groundup().err


# ---- training ----------------------------------------------------------------------------------------------


def test_train_json_is_one_object_like_a_row(groundup, fox):
    result = groundup(
        "train", "char-rnn", "--corpus", fox, "--budget", "4steps", "--name", "mine", "--json", *QUICK
    )
    assert result.code == 0
    assert set(result.json) >= ROW
    assert result.json["run"] == "mine"
    assert result.json["name"] == "char-rnn"
    assert 0 < result.json["bpb"] < 12
    assert result.json["steps"] == 4
    assert "bits per byte" in result.err  # progress went there


def test_train_speaks_to_people(groundup, fox):
    result = groundup("train", "gpt", "--corpus", fox, "--budget", "4steps", "--seed", "3", *QUICK)
    assert result.code == 0
    assert "gpt-1 starts: GPT on" in result.out
    assert "groundup generate gpt-1" in result.out
    assert "\x1b" not in result.out  # no colours and no cursor commands without a terminal


def test_settings_reach_the_recipe(groundup, fox):
    arguments = ["--set", "training.learning_rate=0.002", "--tokenizer", "bytes", "--seed", "7"]
    result = groundup(
        "train", "char-rnn", "--corpus", fox, "--budget", "2steps", "--name", "set", *QUICK, *arguments
    )
    assert result.code == 0
    recipe = groundup("runs", "set", "--json").json["recipe"]
    assert recipe["training"]["learning_rate"] == 0.002
    assert recipe["tokenizer"] == {"kind": "bytes"}
    assert recipe["seed"] == 7


def test_a_recipe_file_trains_the_same(groundup, trained):
    recipe = trained / "rnn" / "recipe.toml"
    result = groundup("train", "--recipe", recipe, "--name", "again", "--json")
    assert result.code == 0
    first = groundup("runs", "rnn", "--json").json
    assert result.json["bpb"] == first["bpb"]


def test_keys_shows_every_key(groundup):
    output = groundup("train", "gpt", "--keys", "--json").json
    assert {"budget", "model.width", "training.learning_rate", "tokenizer.kind"} <= set(output)
    assert all(about["meaning"] for key, about in output.items() if key != "model.kind"), output
    assert "model.width" in groundup("train", "gpt", "--keys").out


def test_resume_of_a_finished_run_changes_nothing(groundup, trained):
    before = (trained / "tiny" / "metrics.jsonl").read_bytes()
    result = groundup("resume", "tiny", "--json")
    assert result.code == 0
    assert result.json["run"] == "tiny"
    assert (trained / "tiny" / "metrics.jsonl").read_bytes() == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_saves_and_says_how_to_go_on(fox, groundup, home):
    command = [
        "-m",
        "groundup",
        "train",
        "char-rnn",
        "--corpus",
        str(fox),
        "--budget",
        "900Bsteps",  # on a machine of any speed
        "--name",
        "cut",
        *QUICK,
    ]
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    metrics = home / "runs" / "cut" / "metrics.jsonl"
    give_up = time.monotonic() + 150
    while time.monotonic() < give_up and not (
        metrics.exists() and '"step"' in metrics.read_text(encoding="utf-8")
    ):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130, err
    assert "groundup resume cut" in err
    assert "Traceback" not in err
    run = Run.open("cut")
    steps = list(run.events("end"))[-1]["step"]
    run.grow(f"{steps + 20}steps")
    result = groundup("resume", "cut", "--json")
    assert result.code == 0
    assert result.json["steps"] == steps + 20
    assert result.json["state"] == "budget"


# ---- using runs --------------------------------------------------------------------------------------------


def test_generate_is_reproducible_and_says_what_it_loaded(groundup, trained):
    asked = ["generate", "tiny", "--prompt", "The fox", "--tokens", "20", "--seed", "5"]
    first, second = groundup(*asked, "--json"), groundup(*asked, "--json")
    assert first.json == second.json
    assert set(first.json) >= {"run", "prompt", "text", "tokens", "finish_reason", "checkpoint"}
    assert first.json["tokens"] == 20
    assert "tiny: gpt" in first.err
    assert "best checkpoint, step" in first.err
    result = groundup(*asked)
    assert result.out == "The fox" + first.json["text"] + "\n"
    assert groundup(*asked[:-1], "6", "--json").json["text"] != first.json["text"]


def test_generate_several_prompts_at_once(groundup, trained):
    result = groundup(
        "generate", "rnn", "--prompt", "The", "--prompt", "So the fox", "--tokens", "9", "--json"
    )
    rows = result.json["results"]
    assert [row["prompt"] for row in rows] == ["The", "So the fox"]
    assert all(row["tokens"] == 9 for row in rows)
    alone = groundup("generate", "rnn", "--prompt", "The", "--tokens", "9", "--json").json
    assert rows[0]["text"] == alone["text"]


def test_generate_greedy_stop_and_beams(groundup, trained):
    base = ["generate", "rnn", "--prompt", "The", "--tokens", "30", "--json"]
    greedy = groundup(*base, "--greedy").json
    assert greedy["text"] == groundup(*base, "--temperature", "0", "--seed", "9").json["text"]
    stop = greedy["text"][4]
    stopped = groundup(*base, "--greedy", "--stop", stop).json
    assert stopped["text"] == greedy["text"].split(stop)[0]
    assert stopped["finish_reason"] == "stop"
    assert groundup(*base, "--beams", "1").json["text"] == greedy["text"]


def test_generate_reads_standard_input(trained):
    result = python(
        "-m", "groundup", "generate", "rnn", "--prompt", "-", "--tokens", "3", "--json", input="So the fox"
    )
    assert json.loads(result.stdout)["prompt"] == "So the fox"


def test_eval_equals_what_training_found(groundup, trained):
    result = groundup("eval", "tiny", "--json")
    row = groundup("runs", "tiny", "--json").json
    assert result.json["bpb"] == pytest.approx(row["bpb"], rel=1e-6)
    assert result.json["loss"] == pytest.approx(row["loss"], rel=1e-6)
    assert set(result.json) >= {"run", "bpb", "loss", "perplexity", "tokens", "bytes", "checkpoint"}
    assert "bits per byte" in groundup("eval", "tiny").out


def test_eval_on_another_text_and_the_last_checkpoint(groundup, trained, fox):
    other = fox.with_name("other.txt")
    other.write_text("The river asked the fox for the moon. " * 60, encoding="utf-8")
    result = groundup("eval", "rnn", "--corpus", other, "--checkpoint", "last", "--json")
    assert result.json["corpus"] == str(other)
    assert result.json["checkpoint"] == "last"
    assert result.json["bpb"] != groundup("eval", "rnn", "--json").json["bpb"]


def test_runs_lists_shows_and_deletes(groundup, trained):
    listed = groundup("runs", "--json").json["runs"]
    assert {row["run"] for row in listed} == {"rnn", "tiny"}
    output = groundup("runs", "tiny").out
    assert "bits per byte" in output
    assert "learning_rate" in output
    refused = groundup("runs", "--delete", "tiny")
    assert refused.code == 2
    assert (trained / "tiny").is_dir()
    assert groundup("runs", "--delete", "tiny", "--yes").code == 0
    assert not (trained / "tiny").exists()
    assert {row["run"] for row in groundup("runs", "--json").json["runs"]} == {"rnn"}


def test_a_damaged_run_does_not_hide_the_others(groundup, trained):
    (trained / "tiny" / "recipe.toml").write_text("not = [toml", encoding="utf-8")
    result = groundup("runs", "--json")
    assert result.code == 0
    states = {row["run"]: row["state"] for row in result.json["runs"]}
    assert states == {"rnn": "budget", "tiny": "damaged"}
    assert "damaged" in groundup("runs").out


def test_tokenize_with_a_run_or_learnt_now(groundup, trained, fox):
    result = groundup("tokenize", "So the fox", "--run", "tiny", "--json").json
    assert "".join("So the fox"[row["start"] : row["end"]] for row in result["tokens"]) == "So the fox"
    learnt = groundup(
        "tokenize", "the fox", "--kind", "bpe", "--corpus", fox, "--vocab-size", "300", "--json"
    ).json
    assert learnt["kind"] == "bpe"
    assert learnt["count"] < 7
    lossy = groundup("tokenize", "the wolf", "--kind", "words", "--corpus", fox, "--json").json
    assert any("wolf" in word for word in lossy["lost"])
    output = groundup("tokenize", "naïve café\n", "--kind", "bytes")
    assert output.code == 0
    assert "13 tokens for 13 bytes" in output.out


def test_assets_say_where_they_are(groundup):
    rows = groundup("assets", "list", "--json").json["assets"]
    assert "shakespeare" in {row["name"] for row in rows}
    assert all(row["licence"] and row["bytes"] > 0 and row["fetched"] is False for row in rows)
    result = groundup("assets", "where", "shakespeare")
    assert result.code == 2
    assert "groundup assets fetch shakespeare" in result.err


def test_compare_json_and_files(groundup, trained, tmp_path):
    result = groundup("compare", "rnn", "tiny", "--prompt", "The fox", "--out", tmp_path / "out", "--json")
    assert [row["run"] for row in result.json["models"]] == ["rnn", "tiny"]
    assert all(set(row) >= ROW for row in result.json["models"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        "ladder.png",
        "ladder.json",
    }
    output = groundup("compare", "rnn", "tiny", "--out", tmp_path / "out")
    assert "bits/byte" in output.out
    assert "report.html" in output.out


@pytest.mark.slow
def test_climb_json(groundup, fox, tmp_path):
    arguments = [
        "--models",
        "char-rnn",
        "--models",
        "gpt",
        "--corpus",
        fox,
        "--budget",
        "3steps",
        "--out",
        tmp_path / "out",
    ]
    result = groundup("climb", *arguments, "--json", *QUICK)
    assert result.code == 0, result.err
    assert [row["name"] for row in result.json["models"]] == ["char-rnn", "gpt"]
    assert [row["run"] for row in result.json["models"]] == ["climb-1-char-rnn", "climb-1-gpt"]
    assert (tmp_path / "out" / "report.html").is_file()
    again = groundup("climb", "--resume", "climb-1", "--json")
    assert again.json["models"] == result.json["models"]  # nothing was trained again


# ---- the examples in the help ------------------------------------------------------------------------------

EPILOGS = [
    app.info.epilog, train.TRAIN_EXAMPLES, train.RESUME_EXAMPLES, ladder.CLIMB_EXAMPLES,
    ladder.COMPARE_EXAMPLES,
    generate.EXAMPLES, runs.EVAL_EXAMPLES, runs.RUNS_EXAMPLES, texts.TOKENIZE_EXAMPLES,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted({line for epilog in EPILOGS for line in commands_in(epilog)}))
def test_every_example_of_the_help_works(command, groundup, trained, fox, monkeypatch):
    """As written, but with small budgets and sizes, and a small text in the place of Shakespeare."""
    fox.rename("my.txt")
    (fox.parent / "other.txt").write_text("The river asked the fox for the moon. " * 60, encoding="utf-8")
    for name, like in (("gpt-1", "tiny"), ("gpt-2", "tiny"), ("char-rnn-1", "rnn")):
        shutil.copytree(trained / like, trained / name)
    shutil.copytree(trained / "rnn", "mine")
    value = shortened(shlex.split(command))
    if value[0] in ("train", "climb") and "--resume" not in value and "--recipe" not in value:
        value += QUICK
        value += [] if "--corpus" in value else ["--corpus", "my.txt"]
    if value[:3] == ["climb", "--resume", "mine"]:
        begun = [
            "climb",
            "--models",
            "char-rnn",
            "--corpus",
            "my.txt",
            "--budget",
            "3steps",
            "--name",
            "mine",
        ]
        assert groundup(*begun, *QUICK).code == 0
    result = groundup(*value)
    assert result.code == 0, result.err


def test_examples_of_assets_are_commands(groundup):
    for line in commands_in(texts.ASSETS_EXAMPLES):
        words = line.split()
        assert words[1] in ("list", "fetch", "where", "remove")
        assert main([*words[:2], "--help"]) == 0
