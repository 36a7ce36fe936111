"""`groundup translate`, with models that have hardly been trained: all that does not depend on how good they are."""

import signal

import pytest

from groundup.training import translation
from groundup.training.fit import practice_folder

DATE = "3rd of March 1999"


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(translation, "EXAMINED", 5)


@pytest.fixture
def trained(groundup):
    assert groundup("translate", "train", "seq2seq", "--budget", "1steps").code == 0


@pytest.mark.parametrize("name", ["seq2seq", "encoder-decoder"])
def test_train_then_translate(name, groundup, tmp_path):
    result = groundup("translate", "train", name, "--budget", "2steps", "--seed", "3")
    assert result.code == 0
    assert "step 2" in result.out
    assert "of held-out dates exact after 2 steps" in result.out
    assert f"Next: groundup translate {name}" in result.out
    result = groundup("translate", name, DATE, "3.3.1999", "--out", tmp_path / "alignment.png")
    assert result.code == 0
    assert f"{DATE} → " in result.out
    assert "3.3.1999 → " in result.out
    assert "2 steps" in result.err
    assert (tmp_path / "alignment.png").read_bytes().startswith(b"\x89PNG")


def test_train_as_json(groundup):
    result = groundup("translate", "train", "seq2seq", "--budget", "3steps", "--json")
    assert result.json["model"] == "seq2seq"
    assert result.json["steps"] == 3
    assert 0 <= result.json["exact"] <= 1
    assert result.json["folder"] == str(practice_folder("seq2seq"))
    assert "step 3" in result.err


@pytest.mark.usefixtures("trained")
def test_translate_as_json(groundup):
    (item,) = groundup("translate", "seq2seq", DATE, "--json").json["texts"]
    assert item["text"] == DATE
    ((rows,),) = item["alignment"]
    assert len(rows) == len(item["result"])
    for row in rows:
        assert len(row) == len(DATE)
        assert sum(row) == pytest.approx(1, abs=1e-3)


@pytest.mark.usefixtures("trained")
def test_the_grid_has_a_line_for_each_character_and_fits_the_terminal(groundup, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    result = translation.rewrite(translation.load("seq2seq")[0], [DATE])[0]
    lines = groundup("translate", "seq2seq", DATE).out.splitlines()
    assert lines[1] == "    " + "".join(f"{char} " for char in DATE)
    assert [line[2] for line in lines[2:]] == list(result.result)
    assert all(len(line) <= 60 for line in lines[1:])
    longest = "the twenty-seventh of September, 1999"
    lines = groundup("translate", "seq2seq", longest).out.splitlines()
    assert lines[1] == "    " + longest
    assert all(len(line) <= 60 for line in lines[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encoder-decoder", DATE], "'encoder-decoder' is not trained yet"),
        (["seq2seq", ""], "The text is empty"),
        (["seq2seq", DATE, "   "], "The text is empty"),
        (["seq2seq", "3 März 1999"], "characters that no date here has: 'z', 'ä'"),
        (["seq2seq", "Wednesday " * 9], "90 characters; at most 40"),
        (["seq2seq"], "Missing argument"),
        (["seq2sec", DATE], "seq2sec"),
        (["train", "seq2sec"], "There is no model 'seq2sec'"),
        (["train", "seq2seq", "--budget", "soon"], "'soon' is not a budget"),
        (["train", "seq2seq", "--budget", "5ktokens"], "not counted in tokens"),
        (["train", "seq2seq", "--seed", "-1"], "greater than or equal to 0"),
        (["seq2seq", DATE, "--out", "picture.gif"], "picture.gif"),
    ],
)
@pytest.mark.usefixtures("trained")
def test_bad_input_is_answered_in_sentences(groundup, arguments, message):
    result = groundup("translate", *arguments)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.strip().splitlines()) >= 2  # what to do, too


@pytest.mark.usefixtures("trained")
def test_damage_is_said_with_the_way_out(groundup):
    file = practice_folder("seq2seq") / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-50])
    result = groundup("translate", "seq2seq", DATE)
    assert result.code == 2
    assert "is damaged" in result.err
    assert "groundup translate train seq2seq" in result.err


def test_ctrl_c_keeps_what_was_learnt(groundup, monkeypatch):
    real = translation.dates.batch

    def batch(split, seed, number, size):
        if split == "train" and number == 4:
            signal.raise_signal(signal.SIGINT)
        return real(split, seed, number, size)

    monkeypatch.setattr(translation.dates, "batch", batch)
    result = groundup("translate", "train", "seq2seq", "--budget", "500steps")
    assert result.code == 130
    assert "What was learnt is saved" in result.err
    assert translation.load("seq2seq")[1]["facts"]["steps"] == 5


def test_the_help_shows_all_three(groundup):
    out = groundup("translate", "--help").out
    assert all(word in out for word in ("train", "seq2seq", "encoder-decoder"))
    for name in ("train", "seq2seq", "encoder-decoder"):
        assert groundup("translate", name, "--help").code == 0
