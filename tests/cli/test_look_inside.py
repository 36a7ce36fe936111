"""`groundup look weights`, `tokens` and `training`, on runs that were really trained."""

import shlex
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread
from safetensors.numpy import save_file

from groundup.cli import look
from groundup.cli.shared import commands_in
from groundup.training.run import Run

TEXT = "The fox went, naïve \U0001f98a"
EVERY = [
    ("weights", "tiny"),
    ("weights", "rnn", "--checkpoint", "last"),
    ("tokens", "tiny", TEXT),
    ("tokens", "tiny", TEXT * 9, "--with", "words", "--with", "bpe:280", "--languages", "--price", "2.5"),
    ("tokens", "tiny", "went home", "--merges"),
    ("tokens", "tiny", "the fox went home " * 30, "--merges"),
    ("training", "tiny"),
    ("training", "rnn"),
]


def word(given):
    return " ".join(given)[:40]


@pytest.mark.parametrize("given", EVERY, ids=word)
def test_what_the_terminal_shows(given, groundup, trained):
    said = groundup("look", *given)
    assert said.code == 0, said
    assert len(said.out.splitlines()) >= 4
    assert max(map(len, said.out.splitlines())) <= 100


@pytest.mark.parametrize("given", EVERY, ids=word)
def test_json_is_the_whole_trace(given, groundup, trained):
    said = groundup("look", *given, "--json")
    assert said.code == 0, said
    assert said.json["lens"] == ("merges" if "--merges" in given else given[0])


@pytest.mark.slow
@pytest.mark.parametrize("given", EVERY[::2], ids=word)
@pytest.mark.parametrize("dark", [[], ["--dark"]])
def test_pictures_are_written(given, dark, groundup, trained, tmp_path):
    for name in ("a.png", "a.svg"):
        said = groundup("look", *given, *dark, "--out", tmp_path / name)
        assert said.code == 0, said
        assert name in said.out
    pixels = imread(tmp_path / "a.png")[..., :3]
    assert (pixels[2, 2] < 0.3).all() == bool(dark)
    assert (np.abs(pixels - pixels[2, 2]).max(-1) > 0.1).mean() > 0.01


def test_weights_say_what_is_in_the_run(groundup, trained):
    said = groundup("look", "weights", "tiny")
    count = Run.open("tiny").model().parameter_count()
    assert f"{count:,} weights" in said.out
    assert "token_embedding" in said.out
    file = groundup("look", "weights", trained / "tiny" / "best.safetensors", "--json").json
    assert file["parts"][0]["count"] == count


def test_tokens_show_every_id_in_order_and_mark_parts_of_characters(groundup, trained):
    ids = Run.open("tiny").tokenizer.encode(TEXT)
    said = groundup("look", "tokens", "tiny", TEXT, "--with", "bytes")
    lines = [line for line in said.out.splitlines() if line.strip()]
    below = [second.split() for first, second in pairwise(lines) if first.startswith("tiny ")]
    numbers = [int(part) for line in below for part in line if part.isdigit()]
    assert numbers[: len(ids)] == ids
    assert r"\xf0" in said.out
    assert "within a character" in said.out


def test_merges_end_in_the_encoding(groundup, trained):
    found = groundup("look", "tokens", "tiny", "went home", "--merges", "--json").json
    assert (
        found["steps"][-1]["tokens"]
        == len(found["ids"])
        == len(Run.open("tiny").tokenizer.encode("went home"))
    )


def test_training_says_the_diagnosis(groundup, trained):
    found = groundup("look", "training", "rnn", "--json").json
    said = groundup("look", "training", "rnn")
    for finding in found["findings"]:
        assert finding["what"] in said.out.replace("\n", " ")
    assert "bits per byte" in said.out


BAD = [
    (("weights", "tinny"), "Did you mean 'tiny'"),
    (("weights", "none.safetensors"), "no file"),
    (("weights", "bad.safetensors"), "damaged"),
    (("weights", "harmed"), "damaged"),
    (("weights", "tiny", "--checkpoint", "first"), "no checkpoint"),
    (("weights", "tiny", "--out", "x.gif"), "neither a picture nor numbers"),
    (("tokens", "gtp2", "hello"), "Did you mean 'gpt2'"),
    (("tokens", "gpt2", "hello"), "groundup assets fetch gpt2"),
    (("tokens", "tiny", "hello", "--with", "llama"), "groundup assets fetch llama"),
    (("tokens", "tiny", "hello", "--price", "cheap"), "is no price"),
    (("tokens", "tiny", "hello", "--price", "tiny=2", "--price", "3"), "is no price"),
    (("tokens", "tiny", "hello", "--price", "byte=2"), "Did you mean 'bytes'"),
    (("tokens", "bytes", "hello", "--merges"), "no byte pairs"),
    (("tokens", "tiny", "", "--merges"), "no text"),
    (("tokens", "tiny", "hello", "--merges", "--languages"), "one tokenizer alone"),
    (("tokens", "bpe:20", "hello"), "too small"),
    (("training", "tinny"), "Did you mean 'tiny'"),
    (("training", "untrained"), "no events"),
    (("training", "harmed"), "no events"),
]


@pytest.mark.parametrize(
    ("given", "words"), BAD, ids=lambda value: word(value) if isinstance(value, tuple) else ""
)
def test_bad_input_ends_in_two_sentences(given, words, groundup, trained, tmp_path):
    Run.create(Run.open("tiny").recipe, "untrained")
    harmed = Run.create(Run.open("tiny").recipe, "harmed")
    (harmed.folder / "metrics.jsonl").write_bytes(b"\x00\xff" * 50)
    (harmed.folder / "tokenizer.json").write_bytes((trained / "tiny" / "tokenizer.json").read_bytes())
    (harmed.folder / "best.safetensors").write_bytes(
        (trained / "tiny" / "best.safetensors").read_bytes()[:-9]
    )
    save_file({"a": np.zeros(3)}, tmp_path / "bad.safetensors")
    (tmp_path / "bad.safetensors").write_bytes((tmp_path / "bad.safetensors").read_bytes()[:20])
    said = groundup("look", *given)
    assert said.code == 2, said
    assert words in said.err.replace("\n", " ")
    assert said.out == ""


HELP = look.WEIGHTS_EXAMPLES + "\n" + look.TOKENS_EXAMPLES + "\n" + look.TRAINING_EXAMPLES


@pytest.mark.parametrize("line", commands_in(HELP))
def test_examples_of_the_help_run(line, groundup, trained):
    said = groundup(*[part.replace("gpt-1", "tiny") for part in shlex.split(line)])
    assert said.code == 0, said
