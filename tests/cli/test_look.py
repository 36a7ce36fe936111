"""`groundup look`: its frame, and the lenses attention, gates and gradient flow. The others have files of their own."""

import json
import shlex
import subprocess
import sys

import numpy as np
import pytest

from commands import QUICK
from groundup.cli import look
from groundup.cli.shared import commands_in

TEXT = "The fox went to the river"


def run(groundup, *words):
    said = groundup("look", *words)
    assert said.code == 0, said.err
    return said


def test_its_help_names_every_lens(groundup):
    said = run(groundup, "--help")
    for lens in ("attention", "gates", "gradient-flow", "embeddings", "next", "tree", "logits", "residual", "weights",
                 "tokens", "training"):  # fmt: skip
        assert f" {lens} " in said.out, lens


def test_its_help_loads_nothing_heavy():
    code = (
        "import sys; from groundup.cli.main import main\n"
        "assert main(['look', 'attention', '--help']) == 0\n"
        "heavy = {'torch', 'numpy', 'matplotlib', 'tokenizers'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stderr


@pytest.fixture
def ladder(groundup, trained, fox):
    """Runs by the names that the examples have."""
    (trained / "tiny").rename(trained / "gpt-1")
    (trained / "rnn").rename(trained / "char-rnn-1")
    for model in ("word-gru", "lstm-attention"):
        assert groundup("train", model, "--corpus", fox, "--budget", "2steps", "--json", *QUICK).code == 0


EXAMPLES = (
    look.LOOK_EXAMPLES,
    look.ATTENTION_EXAMPLES,
    look.GATES_EXAMPLES,
    look.GRADIENT_FLOW_EXAMPLES,
)


def test_every_example_works(groundup, ladder, tmp_path):
    shown = {line for epilog in EXAMPLES for line in commands_in(epilog)}
    assert len(shown) >= 8
    for line in shown:
        words = shlex.split(line)
        if "hf:smollm2" in words:  # 93 MB: see tests/lenses/test_hf_lens.py
            continue
        # The runs of this test have letters of the fox's story alone.
        words[3] = "the fox said"
        said = groundup(*words)
        assert said.code == 0, (line, said.err)
        if "--out" in words:
            assert (tmp_path / words[words.index("--out") + 1]).stat().st_size > 5000


@pytest.mark.parametrize("lens", ["attention", "gates", "gradient-flow"])
def test_every_lens_has_the_shared_options(groundup, lens):
    said = run(groundup, lens, "--help")
    for option in ("--out", "--json", "--dark", "--checkpoint"):
        assert option in said.out


def test_the_table_of_heads(groundup, trained):
    said = run(groundup, "attention", "tiny", TEXT)
    assert "tiny: gpt on fox.txt" in said.err, "which run and checkpoint is looked at"
    lines = said.out.splitlines()
    assert lines[0].split() == [
        "head",
        "bits",
        "away",
        "before",
        "first",
        "itself",
        "induction",
        "looks",
        "most",
        "at",
    ]
    found = run(groundup, "attention", "tiny", TEXT, "--json").json
    layers, heads = len(found["entropy"]), len(found["entropy"][0])
    rows = [line for line in lines if line.startswith("L") and " H" in line[:4]]
    assert len(rows) == layers * heads
    assert f"{found['entropy'][1][0]:.1f}" in rows[heads].split()
    assert f"{found['previous'][1][0]:.0%}" in rows[heads].split()
    assert "Most on the token before: L" in said.out
    assert "█" in said.out or "▌" in said.out
    few = run(groundup, "attention", "tiny", TEXT, "--rows", 3).out
    assert f"The 3 of {layers * heads} heads" in few


def test_one_head_as_a_grid_and_number_by_number(groundup, trained):
    words = ("attention", "tiny", TEXT, "--layer", 1, "--head", 0)
    said = run(groundup, *words, "--position", 3)
    found = run(groundup, *words, "--position", 3, "--json").json
    labels = found["labels"]
    grid = said.out.splitlines()[1 : 1 + len(labels)]
    for number, line in enumerate(grid):
        assert line.startswith("›") == (number == 3)
        # One cell for each token it may look at: the row ends where the future begins.
        assert len(line.rstrip()) <= 14 + 2 * (number + 1)
    assert "▒" in said.out or "▓" in said.out
    share = found["pattern"][3][2]
    assert f"{share:.3f}" in said.out
    assert f"{found['products'][3][2]:.3f}" in said.out
    assert f"q·k × {found['scale']:.3g}, then softmax" in said.out


def test_what_it_costs_to_be_without_each_head(groundup, trained):
    said = run(groundup, "attention", "tiny", TEXT, "--switch-off", "zero")
    found = run(groundup, "attention", "tiny", TEXT, "--switch-off", "zero", "--json").json
    assert found["by"] == "zero"
    for row in found["cost"]:
        for cost in row:
            assert f"{cost:+.3f}" in said.out
    assert f"the whole model needs {found['loss']:.3f}" in said.out


def test_a_text_that_is_wider_than_the_terminal(groundup, trained, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    said = run(groundup, "gates", "rnn", TEXT * 3)
    assert "The last 30 of 75 tokens; a picture shows all: --out gates.png" in said.out
    assert max(map(len, said.out.splitlines())) <= 78  # the sentence itself is not wrapped
    said = run(groundup, "attention", "tiny", "The moon said nothing " * 8, "--layer", 0, "--head", 0)
    assert "a picture shows all: --out head.png" in said.out


def test_the_states_of_a_plain_rnn(groundup, trained):
    said = run(groundup, "gates", "rnn", TEXT, "--rows", 2)
    found = run(groundup, "gates", "rnn", TEXT, "--json").json
    assert said.out.startswith("RNN, layer 0 of 1, 32 units")
    assert "low is −1, half is 0, full is +1" in said.out
    most = int(np.argmax(found["movement"]["h"][0]))
    row = next(line for line in said.out.splitlines() if line.split()[:1] == [str(most)])
    drawn = row[10 : 10 + 2 * len(TEXT)]
    values = np.array(found["parts"]["h"])[0, :, most]
    assert drawn[2 * values.argmax()] == max(drawn, key="▁▂▃▄▅▆▇█".index)


def test_gates_open_and_close(groundup, home, fox):
    quick = (
        "--set",
        "training.batch_size=2",
        "--set",
        "training.sequence_length=16",
        "--set",
        "training.precision=float32",
    )
    code = groundup("train", "word-gru", "--corpus", fox, "--budget", "4steps", "--name", "gru", "--json", *quick,
                    "--set", "model.width=32").code  # fmt: skip
    assert code == 0
    said = run(groundup, "gates", "gru", TEXT)
    for words in (
        "r  reset: how much of the past to look at",
        "z  update: how much of the past to keep",
        "mean",
    ):
        assert words in said.out
    assert "█" in said.out
    assert "▒" in said.out


def test_the_gradient_flow_of_one_and_of_several(groundup, trained):
    said = run(groundup, "gradient-flow", "rnn", TEXT, "--rows", 5)
    found = run(groundup, "gradient-flow", "rnn", TEXT, "--json").json
    assert said.out.splitlines()[0].startswith("token  gradient  on a logarithmic scale")
    assert f"{found['inputs'][-1]:.2g}" in said.out
    assert "then “r”: loss" in said.out
    assert "The last 5 of 24 tokens" in said.out
    several = run(groundup, "gradient-flow", "rnn", TEXT, "--beside", "tiny")
    assert "1  char RNN" in several.out
    assert "5  GPT" in several.out
    assert "20 back" in several.out
    both = run(groundup, "gradient-flow", "rnn", TEXT, "--beside", "tiny", "--of", "logit", "--json").json
    assert [(one["name"], one["of"]) for one in both["traces"]] == [("rnn", "logit"), ("tiny", "logit")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("attention", "tiny", TEXT),
        ("attention", "tiny", TEXT, "--layer", "0", "--head", "1"),
        ("attention", "tiny", TEXT, "--switch-off", "mean"),
        ("gates", "rnn", TEXT),
        ("gradient-flow", "tiny", TEXT),
        ("gradient-flow", "tiny", TEXT, "--beside", "rnn"),
    ],
    ids=["attention", "head", "ablation", "gates", "gradient-flow", "gradient-flows"],
)
def test_pictures_and_numbers_are_written(groundup, trained, words, tmp_path):
    said = run(groundup, *words, "--out", tmp_path / "seen.png")
    assert "Wrote" in said.out
    picture = (tmp_path / "seen.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    run(groundup, *words, "--out", tmp_path / "dark.png", "--dark")
    assert (tmp_path / "dark.png").read_bytes() != picture
    run(groundup, *words, "--out", tmp_path / "seen.svg")
    assert "<svg" in (tmp_path / "seen.svg").read_text(encoding="utf-8")
    said = run(groundup, *words, "--out", tmp_path / "seen.json", "--json")
    assert json.loads((tmp_path / "seen.json").read_text(encoding="utf-8")) == said.json
    refused = groundup("look", *words, "--out", tmp_path / "seen.gif")
    assert refused.code == 2
    assert ".png, .svg or .json" in refused.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("attention", "missing", TEXT), "There is no run 'missing'"),
        (("attention", "tiny", TEXT * 20), "reads at most 64 at once"),
        (("attention", "rnn", TEXT), "it has no attention. Lenses for it: gates"),
        (("gates", "tiny", TEXT), "it has no gates. Lenses for it: attention"),
        (("gates", "rnn", "T"), "at least 2"),
        (("gates", "rnn", ""), "at least 2"),
        (("gates", "rnn", "The € fox"), "'€'"),
        (("gates", "rnn", TEXT, "--layer", "1"), "no recurrent layer 1"),
        (("gradient-flow", "rnn", "T"), "at least 2"),
        (("gradient-flow", "rnn", TEXT, "--at", "25"), "Choose one from 1 to 24"),
        (("gradient-flow", "rnn", TEXT, "--of", "gain"), "Choose loss or logit"),
        (("gradient-flow", "rnn", TEXT, "--at", "3", "--beside", "tiny"), "--at fits only one"),
        (("gradient-flow", "rnn", TEXT, "--beside", "missing"), "There is no run 'missing'"),
        (("attention", "tiny", TEXT, "--layer", "1"), "Give both --layer and --head"),
        (("attention", "tiny", TEXT, "--layer", "9", "--head", "0"), "no attention layer 9"),
        (("attention", "tiny", TEXT, "--layer", "0", "--head", "9"), "has no head 9"),
        (("attention", "tiny", TEXT, "--layer", "0", "--head", "0", "--position", "99"), "no token 99"),
        (("attention", "tiny", TEXT, "--position", "2"), "Give --layer and --head too"),
        (("attention", "tiny", TEXT, "--switch-off", "half"), "Choose mean or zero"),
        (
            ("attention", "tiny", TEXT, "--switch-off", "mean", "--layer", "0", "--head", "0"),
            "Leave out --layer",
        ),
        (("attention", "tiny", TEXT, "--checkpoint", "first"), "--checkpoint best or --checkpoint last"),
    ],
)
def test_what_cannot_be_looked_at(groundup, trained, words, says):
    said = groundup("look", *words)
    assert said.code == 2
    assert says in said.err.replace("\n", " ")
    assert said.out == ""
    as_json = groundup("look", *words, "--json")
    assert as_json.code == 2
    assert json.loads(as_json.err.splitlines()[-1])["error"]


def test_a_damaged_run(groundup, trained):
    (trained / "tiny" / "best.safetensors").write_bytes(b"nothing of the kind")
    said = groundup("look", "attention", "tiny", TEXT)
    assert said.code == 2
    assert "best.safetensors" in said.err.replace("\n", "")
    assert groundup("look", "attention", "tiny", TEXT, "--checkpoint", "last").code == 0
    (trained / "rnn" / "tokenizer.json").write_text("{", encoding="utf-8")
    assert groundup("look", "gates", "rnn", TEXT).code == 2
    (trained / "rnn" / "recipe.toml").write_text("nonsense", encoding="utf-8")
    assert groundup("look", "gradient-flow", "rnn", TEXT).code == 2
