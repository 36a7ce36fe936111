"""`groundup look next`, `tree`, `logits`, `residual` and `embeddings`, on runs that were really trained."""

import json
import shlex

import pytest

from groundup.cli import look
from groundup.cli.shared import commands_in

TEXT = "The fox went"
EVERY = [
    ("next", "tiny", TEXT),
    ("next", "rnn", TEXT, "--temperature", "0.7", "--top-k", "9", "--top-p", "0.9", "--draws", "50", "--rows", "5"),
    ("next", "tiny", TEXT, "--temperature", "0"),
    ("tree", "tiny", TEXT),
    ("tree", "rnn", TEXT, "--breadth", "2", "--depth", "4", "--top-k", "3"),
    ("logits", "tiny", TEXT, "--token", "e"),
    ("logits", "tiny", "T"),
    ("residual", "tiny", TEXT),
    ("residual", "tiny", TEXT, "--token", "e", "--against", "o", "--rows", "4", "--position", "0"),
    ("embeddings", "tiny"),
    ("embeddings", "rnn", "a", "e", "i", "o", "n", "t"),
    ("embeddings", "rnn", "--method", "tsne", "--perplexity", "3", "--count", "12"),
    ("embeddings", "rnn", "--seeds", "2", "--perplexity", "3", "--count", "12"),
    ("embeddings", "tiny", "--of", "positions", "--count", "12"),
    ("embeddings", "rnn", "--nearest", "e"),
    ("embeddings", "rnn", "--analogy", "e - a + o"),
]  # fmt: skip


def word(given):
    return " ".join(given)


@pytest.mark.parametrize("given", EVERY, ids=word)
def test_what_the_terminal_shows(given, groundup, trained):
    said = groundup("look", *given)
    assert said.code == 0, said
    assert len(said.out.splitlines()) >= 4
    assert given[1] in said.err  # which run was looked at
    assert max(map(len, said.out.splitlines())) <= 100


@pytest.mark.parametrize("given", EVERY, ids=word)
def test_json_is_the_whole_trace(given, groundup, trained):
    said = groundup("look", *given, "--json")
    assert said.code == 0, said
    found = said.json
    lens = {"next": {"next_token"}, "tree": {"tree"}, "logits": {"logit_lens"}, "residual": {"residual"},
            "embeddings": {"embeddings", "neighbours"}}[given[0]]  # fmt: skip
    assert found["lens"] in lens
    assert found.get("model", given[1]) == given[1]


def test_next_shows_what_the_json_says(groundup, trained):
    given = ("look", "next", "tiny", TEXT, "--top-k", "4", "--draws", "200", "--rows", "4")
    found = groundup(*given, "--json").json
    likeliest = found["order"][:4]
    assert sum(found["stages"][-1]["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert sum(found["drawn"]) == 200
    assert found["stages"][-1]["kept"] == 4
    rows = groundup(*given).out.splitlines()[2:6]
    for token, row in zip(likeliest, rows, strict=True):
        assert row.split()[0] == found["vocabulary"][token].replace(" ", "␣").replace("\n", "⏎")
        assert row.split()[-1] == str(found["drawn"][token])


def test_residual_contributions_sum_to_the_logit(groundup, trained):
    found = groundup("look", "residual", "tiny", TEXT, "--json").json
    assert sum(part["contribution"] for part in found["parts"]) == pytest.approx(found["logit"], abs=1e-3)


@pytest.mark.parametrize("ending", ["png", "svg", "json"])
@pytest.mark.parametrize(
    "given", [EVERY[0], EVERY[3], EVERY[5], EVERY[7], EVERY[9], EVERY[12], EVERY[14]], ids=word
)
def test_out_writes_the_picture_or_the_numbers(given, ending, groundup, trained, tmp_path):
    path = tmp_path / f"seen.{ending}"
    said = groundup("look", *given, "--out", path, *(["--dark"] if ending == "png" else []))
    assert said.code == 0, said
    assert f"Wrote {path}" in said.out.replace("\n", "")
    content = path.read_bytes()
    if ending == "json":
        assert json.loads(content.decode("utf-8"))["lens"]
    else:
        assert (b"<svg" in content[:400]) if ending == "svg" else content.startswith(b"\x89PNG")
        assert len(content) > 8000


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("next", "tinny", TEXT), "Did you mean 'tiny'?"),
        (("next", "tiny", ""), "0 tokens"),
        (("next", "tiny", "fox " * 200), "reads at most"),
        (("next", "rnn", "Zebra ß"), "never saw 'Z', 'ß'"),
        (("next", "tiny", TEXT, "--temperature", "-1"), "temperature"),
        (("next", "tiny", TEXT, "--draws", "-1"), "--draws"),
        (("next", "tiny", TEXT, "--out", "seen.gif"), "png, .svg or .json"),
        (("tree", "tiny", TEXT, "--breadth", "0"), "no branches"),
        (("tree", "tiny", TEXT, "--depth", "30"), "1,000 leaves"),
        (("tree", "tiny", "fox " * 200), "reads at most"),
        (("logits", "rnn", TEXT), "no residual stream"),
        (("logits", "tiny", TEXT, "--token", "fox went"), "tokens"),
        (("residual", "rnn", TEXT), "Lenses for it: "),
        (("residual", "tiny", TEXT, "--position", "99"), "no position 99"),
        (("embeddings", "rnn", "a", "b"), "2 points shows nothing"),
        (("embeddings", "rnn", "Z", "a", "b", "c"), "no token 'Z'"),
        (("embeddings", "rnn", "--method", "tsne", "--count", "9"), "perplexity of 15 for 9 points"),
        (("embeddings", "rnn", "--method", "umap"), "umap"),
        (("embeddings", "rnn", "--of", "positions"), "no vectors for positions"),
        (("embeddings", "rnn", "--nearest", "fox"), "as 3 tokens"),
        (("embeddings", "rnn", "--analogy", "king-man"), "king - man + woman"),
        (("embeddings", "tiny", "--checkpoint", "middle"), "best"),
    ],
    ids=lambda part: word(part)[:40] if isinstance(part, tuple) else "",
)
def test_what_is_wrong_and_what_to_do(given, says, groundup, trained):
    said = groundup("look", *given)
    assert said.code == 2, said
    assert says.lower() in " ".join(said.err.lower().split()), said.err
    assert said.out == ""


@pytest.mark.parametrize("lens", ["next", "tree", "logits", "residual", "embeddings"])
@pytest.mark.parametrize("harm", ["weights", "tokenizer", "recipe"])
def test_a_damaged_run(lens, harm, groundup, trained):
    names = {"weights": ("best.safetensors", "last.safetensors"), "tokenizer": ("tokenizer.json",),
             "recipe": ("recipe.toml",)}[harm]  # fmt: skip
    for name in names:
        (trained / "tiny" / name).write_bytes(b"no such thing")
    said = groundup("look", lens, "tiny", *([] if lens == "embeddings" else [TEXT]))
    assert said.code == 2, said
    assert said.err
    assert said.out == ""


def test_embeddings_do_without_a_text_that_is_gone(groundup, trained, fox, trained_home):
    """The runs were trained on a file; here it is replaced by none that can be found."""
    recipe = trained / "rnn" / "recipe.toml"
    lines = recipe.read_text(encoding="utf-8").splitlines()
    recipe.write_text(
        "\n".join('corpus = "gone.txt"' if line.startswith("corpus") else line for line in lines),
        encoding="utf-8",
    )
    assert "the first 12 tokens" in groundup("look", "embeddings", "rnn", "--count", "12").out
    assert "most frequent tokens in fox.txt" in groundup("look", "embeddings", "tiny").out


OTHER = {"gpt-1": "tiny", "char-rnn-1": "rnn", "word-gru-1": "rnn", "king": "e", "the": "e", "be": "o",
         "king - man + woman": "e - a + o"}  # fmt: skip
SHOWN = [look.NEXT_EXAMPLES, look.TREE_EXAMPLES, look.LOGITS_EXAMPLES, look.RESIDUAL_EXAMPLES,
         look.EMBEDDINGS_EXAMPLES]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for epilog in SHOWN for line in commands_in(epilog)])
def test_the_examples_in_help_run(command, groundup, trained):
    """As they are shown, with runs that are there and tokens that they know."""
    said = groundup(*(OTHER.get(word, word) for word in shlex.split(command)))
    assert said.code == 0, said
    assert said.out
