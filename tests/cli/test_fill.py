"""BERT's practice from masks to blanks: the questions, the training, what is kept, and the command."""

import doctest
import re
import shlex
import tomllib

import numpy as np
import pytest
import torch

from commands import shortened
from groundup.cli.encoders import FILL_EXAMPLES
from groundup.cli.shared import commands_in
from groundup.common.errors import GroundupError
from groundup.models.bert import Bert, BertConfig
from groundup.text.corpora import corpus_from_texts, load_corpus
from groundup.text.words import Words
from groundup.training import masked
from groundup.training.budget import Budget
from groundup.training.fit import FitEvaluation
from groundup.training.masked import examine, fill, mask_tokens, plain, shares_of

SMALL = BertConfig(context=8, layers=1, heads=2, width=32)
# In this language what stands between two words is settled by both of them, and by neither alone.
MIDDLES = {
    ("red", "one"): "ant",
    ("red", "two"): "bee",
    ("red", "six"): "cow",
    ("blue", "one"): "cow",
    ("blue", "two"): "dog",
    ("blue", "six"): "bee",
}


def sentences(count, seed):
    generator = np.random.default_rng(seed)
    pairs = generator.choice(list(MIDDLES), count)
    return " ".join(f"{first} {MIDDLES[first, last]} {last} ." for first, last in pairs)


@pytest.fixture
def animals():
    return corpus_from_texts("animals", sentences(4000, 1), sentences(800, 2))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_worked_numbers_are_right():
    result = doctest.testmod(masked)
    assert result.attempted
    assert not result.failed


# --- masks --------------------------------------------------------------------------------------------------


def test_fifteen_in_a_hundred_are_asked_for_and_of_them_80_10_10():
    tokens = torch.randint(1, 500, (400, 40), generator=generator())
    read, asked = mask_tokens(tokens, 500, generator(1))
    assert (asked.sum(dim=1) == 6).all()  # 15% of 40, in every row
    assert (read[~asked] == tokens[~asked]).all()
    n = asked.sum().item()  # 2,400
    is_mask, same = read[asked] == 500, read[asked] == tokens[asked]
    assert is_mask.sum() / n == pytest.approx(0.8, abs=0.03)
    assert same.sum() / n == pytest.approx(0.1, abs=0.03)
    other = read[asked][~is_mask & ~same]
    assert len(other) / n == pytest.approx(0.1, abs=0.03)
    assert len(other.unique()) > 150  # any word at all
    assert other.min() >= 1
    assert (asked.float().mean(dim=0) > 0.08).all()  # any place


def test_unknown_words_are_not_asked_for_while_there_are_others():
    tokens = torch.zeros(50, 10, dtype=torch.long)
    tokens[:, 3:5] = 7
    _, asked = mask_tokens(tokens, 9, generator())
    assert (asked.nonzero()[:, 1] >= 3).all()
    assert (asked.nonzero()[:, 1] <= 4).all()
    _, asked = mask_tokens(torch.zeros(2, 3, dtype=torch.long), 9, generator())
    assert (asked.sum(dim=1) == 1).all()  # at least one, so that there is a loss


def test_masks_come_from_the_generator_alone():
    tokens = torch.randint(1, 50, (4, 20), generator=generator())
    for item, other in zip(
        mask_tokens(tokens, 50, generator(3)), mask_tokens(tokens, 50, generator(3)), strict=True
    ):
        torch.testing.assert_close(item, other)


def test_examining_counts_right_answers_and_nats():
    """A model that always says word 1 with e² times the weight of each other."""
    model = Bert(SMALL, 4).eval()  # unknown, two words, and the mask
    with torch.no_grad():
        model.token_embedding.weight.zero_()
        model.head_bias.copy_(torch.tensor([0.0, 2.0, 0.0, 0.0]))
        tokens = torch.tensor([[1, 2, 2, 1, 1, 2, 1, 1]]).repeat(300, 1)  # word 1: 5 in 8
        scores = examine(model, tokens, shares_of(np.array([1] * 7 + [0] * 9 + [2]), words=3))
    share = scores["accuracy"]
    assert share == pytest.approx(5 / 8, abs=0.08)
    total = np.log(np.e**2 + 3)
    assert scores["loss"] == pytest.approx(share * (total - 2) + (1 - share) * total, rel=1e-5)
    assert scores["common_accuracy"] == share
    by_counts = -share * np.log(8 / 12) - (1 - share) * np.log(2 / 12)  # each counted once more
    assert scores["common_loss"] == pytest.approx(by_counts, rel=1e-5)


# --- training, keeping, filling -----------------------------------------------------------------------------


@pytest.mark.slow
def test_it_learns_to_fill_from_both_sides_and_is_kept(animals, home):
    """One side of a gap leaves two animals or three; only both together settle it."""
    events = []
    summary = masked.train(
        animals, Budget(400, "steps"), config=SMALL, learning_rate=5e-3, listen=events.append
    )
    assert summary["accuracy"] > 0.8  # words at the edge of a window cannot be told
    assert summary["loss"] < summary["common_loss"] / 2
    assert summary["common_accuracy"] == pytest.approx(0.25, abs=0.03)  # the full stop
    assert [type(event) for event in events].count(FitEvaluation) == 5
    assert {path.name for path in (home / "practice" / "bert").iterdir()} == {
        "weights.safetensors", "tokenizer.json", "practice.toml",
    }  # fmt: skip
    model, words, about = masked.load()
    assert about["facts"]["corpus"] == "animals"
    assert about["scores"]["accuracy"] == summary["accuracy"]
    for (first, last), middle in MIDDLES.items():
        filled = fill(model, words, f"{first} ____ {last} .")
        (word, share), *others = filled.blanks[0]
        assert word == middle, filled
        assert share > 0.6
        assert [share for _, share in others] == sorted((share for _, share in others), reverse=True)
    two = fill(model, words, "Red ___ one. BLUE ____ two.", top=3)
    assert two.best() == "Red ant one. BLUE dog two."
    assert [len(blank) for blank in two.blanks] == [3, 3]
    assert fill(model, words, "red ____ seven .").unknown == ["seven"]


@pytest.fixture
def small():
    """A model with random weights, for what needs no training."""
    torch.manual_seed(0)
    words = Words.train([plain("the cat sat, the dog sat. 7 7 " * 3)])
    return Bert(SMALL, words.vocab_size + 1).eval(), words


def test_probabilities_are_the_models_own_and_words_alone_are_offered(small):
    model, words = small
    result = fill(model, words, "the ____, sat", top=99)
    assert sorted(word for word, _ in result.blanks[0]) == ["cat", "dog", "sat", "the"]
    tokens = [*words.encode(" the"), words.vocab_size, *words.encode(", sat")]
    shares = model(torch.tensor([tokens]))[0, 1].softmax(-1)
    for word, share in result.blanks[0]:
        assert share == pytest.approx(shares[words.encode(f" {word}")[0]].item(), rel=1e-5)
    assert sum(share for _, share in result.blanks[0]) < 1  # punctuation and numbers have the rest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("to be or not to be", "no blank"),
        ("to be or not to _", "no blank"),
        ("", "no blank"),
        ("un____ is the head", "'un____' is part of a word"),
        ("he has ____ed it", "part of a word"),
        ("the ____ " * 5, "10 tokens"),
    ],
)
def test_what_cannot_be_filled_is_said(small, text, says):
    with pytest.raises(GroundupError, match=re.escape(says)):
        fill(*small, text)


@pytest.mark.parametrize("text", ["____", " ____ the cat", "the ____.", "(____)", "____ ____", "the \n ____"])
def test_blanks_may_stand_anywhere(small, text):
    result = fill(*small, text)
    assert len(result.blanks) == text.count("____")
    assert "_" not in result.best()


def test_a_text_that_is_too_short_or_has_no_words_is_refused():
    for text in ("a b c", "1 2 3 4 5 6 7 8 9 " * 500):
        with pytest.raises(GroundupError):
            masked.train(corpus_from_texts("short", text, text), Budget(1, "steps"), config=SMALL)


@pytest.mark.parametrize("damage", ["tokenizer", "missing", "weights", "about"])
def test_a_damaged_model_is_told_from_a_good_one(animals, home, damage):
    masked.train(animals, Budget(1, "steps"), config=SMALL)
    folder = home / "practice" / "bert"
    if damage == "tokenizer":  # as if a process had been killed between the files
        path = folder / "tokenizer.json"
        path.write_text(path.read_text(encoding="utf-8").replace(" cow", " cat"), encoding="utf-8")
    elif damage == "missing":
        (folder / "tokenizer.json").unlink()
    elif damage == "weights":
        (folder / "weights.safetensors").write_bytes(b"nothing")
    else:
        (folder / "practice.toml").write_text("saved = 1", encoding="utf-8")
    with pytest.raises(GroundupError) as error:
        masked.load()
    assert "bert" in error.value.what


def test_nothing_trained_yet_is_said():
    with pytest.raises(GroundupError, match="not trained yet"):
        masked.load()


# --- the command --------------------------------------------------------------------------------------------

STORIES = "storyworld:300kB"


def test_the_command_trains_once_and_fills(groundup, home):
    result = groundup("fill", "the ____ was happy, xylophone", "--corpus", STORIES, "--train", "2steps")
    assert result.code == 0, result.err
    assert "this once" in result.err
    assert "by the commonest word alone" in " ".join(result.err.split())
    assert "xylophone" in result.err
    first, empty, *rows = result.out.splitlines()
    assert re.fullmatch(r"the \w+ was happy, xylophone", first)
    assert empty == ""
    assert len(rows) == 5
    assert all(re.fullmatch(r"  \w+ +\d+\.\d%(  █*)?", row.rstrip()) for row in rows), rows

    again = groundup("fill", "the ____ was ____", "--json", "--top", "2")
    assert again.code == 0
    assert "this once" not in again.err
    assert [len(blank) for blank in again.json["blanks"]] == [2, 2]
    assert set(again.json["blanks"][0][0]) == {"word", "probability"}
    assert again.json["corpus"] == load_corpus(STORIES).spec
    assert 0 <= again.json["scores"]["accuracy"] <= 1
    data = tomllib.loads((home / "practice" / "bert" / "practice.toml").read_text(encoding="utf-8"))
    assert data["facts"]["steps"] == 2

    other = groundup("fill", "the ____", "--corpus", "storyworld:100kB")
    assert other.code == 2
    assert "was trained on storyworld" in other.err
    long = groundup("fill", "the ____ " * 200)
    assert long.code == 2
    assert "400 tokens" in long.err


@pytest.mark.slow
@pytest.mark.usefixtures("shakespeare")
def test_the_examples_in_its_help_work(groundup):
    first, *others = map(shlex.split, commands_in(FILL_EXAMPLES))
    for example in [
        shortened(first),
        *(shortened(other) if "--train" in other else other for other in others),
    ]:
        result = groundup(*example)
        assert result.code == 0, f"{example}: {result.err}"
        assert "____" not in result.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["to be"], "no blank"),
        (["the ____", "--train", "soon"], "2min"),
        (["the ____", "--train", "5ktokens", "--corpus", STORIES], "tokens"),
        (["the ____", "--corpus", "nowhere.txt"], "nowhere.txt"),
        (["the ____", "--top", "0"], "--top"),
        ([], "text"),
    ],
)
def test_bad_input_trains_nothing(groundup, home, arguments, says):
    result = groundup("fill", *arguments)
    assert result.code == 2
    assert says.lower() in " ".join(result.err.lower().split())
    assert result.out == ""
    assert not (home / "practice").exists()
