"""The two encoder-decoders on dates: one is really trained; the rest holds with any weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.models import seq2seq
from groundup.models.encoder_decoder import EncoderDecoderConfig
from groundup.models.rnn_seq2seq import RNNSeq2SeqConfig
from groundup.text import dates
from groundup.training import translation
from groundup.training.budget import Budget
from groundup.training.fit import FitStep, practice_folder
from groundup.training.translation import PRESETS, build, exact, load, rewrite, train

SMALL = {
    "seq2seq": RNNSeq2SeqConfig(width=8, embedding=4, score_width=4),
    "encoder-decoder": EncoderDecoderConfig(width=8, heads=2, layers=2),
}


@pytest.fixture
def _small(monkeypatch):
    for name, config in SMALL.items():
        monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], config=config, batch_size=4))
    monkeypatch.setattr(translation, "EXAMINED", 6)


@pytest.mark.slow
def test_a_few_hundred_steps_teach_it_dates():
    """As `groundup translate train seq2seq --budget 320steps`, which gets 99% of dates that it never saw."""
    summary = train("seq2seq", Budget.parse("320steps"))
    assert summary["exact"] > 0.9
    model, about = load("seq2seq")
    assert about["scores"]["exact"] == summary["exact"]
    source, target = dates.batch("held out", seed=77, number=0, size=300)
    assert exact(model, source, target) > 0.9
    # Where it looked for the year is where the year stands, in whatever form.
    for text in ("3 March 1967", "1967/03/03", "Friday the 3rd of March 1967"):
        (result,) = rewrite(model, [text])
        if result.result.startswith("1967"):
            year = text.index("1967")
            assert result.mean_alignment()[:4, year : year + 4].sum(axis=1).mean() > 0.8


def test_the_vocabulary_of_dates_keeps_the_contract():
    assert (dates.PAD, dates.BEGIN, dates.END) == (seq2seq.PAD, seq2seq.BEGIN, seq2seq.END)


@pytest.mark.parametrize("name", PRESETS)
def test_what_fits_the_presets(name):
    model = build(name)
    assert model.name == name == PRESETS[name].config.kind
    assert getattr(PRESETS[name].config, "context", 1000) >= dates.LONGEST_SOURCE
    assert 100_000 < model.parameter_count() < 500_000


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("name", PRESETS)
def test_training_is_repeatable_and_kept(name):
    message = []
    first = train(name, Budget.parse("5steps"), seed=3, listen=message.append)
    weights = load(name)[0].state_dict()
    again = train(name, Budget.parse("5steps"), seed=3)
    torch.testing.assert_close(load(name)[0].state_dict(), weights, rtol=0, atol=0)
    other = train(name, Budget.parse("5steps"), seed=4)
    assert any((weights[key] != value).any() for key, value in load(name)[0].state_dict().items())
    assert first | {"seconds": 0} == again | {"seconds": 0}
    assert (first["steps"], first["reason"], other["seed"]) == (5, "budget", 4)
    about = load(name)[1]
    assert about["config"]["kind"] == name
    assert about["facts"]["batch_size"] == 4
    assert [type(event) for event in message].count(FitStep) == 5


@pytest.mark.usefixtures("_small")
def test_the_budget_is_the_presets_unless_told_otherwise(monkeypatch):
    monkeypatch.setitem(PRESETS, "seq2seq", replace(PRESETS["seq2seq"], budget=Budget.parse("7steps")))
    assert train("seq2seq")["steps"] == 7
    assert train("seq2seq", Budget.parse("3steps"))["steps"] == 3


class Fixed(seq2seq.Seq2Seq):
    """Writes what it is told to, looking at the first token alone."""

    name = "fixed"

    def __init__(self, rows: list[list[int]]) -> None:
        super().__init__()
        self.rows = torch.tensor(rows)

    def encode(self, source: Tensor):
        return (source, torch.zeros(len(source), 0))

    def decode(self, target: Tensor, memory):
        source, past = memory
        alignment = torch.zeros(len(source), 2, 3, 1, source.shape[1])
        alignment[..., 0, past.shape[1]] = 1  # step t looks at source token t
        logits = torch.nn.functional.one_hot(self.rows[:, past.shape[1]], dates.VOCAB_SIZE).float()
        return logits[:, None], alignment, (source, torch.zeros(len(source), past.shape[1] + 1))


def test_exact_is_exact():
    source, target = dates.batch("held out", seed=1, number=0, size=4)
    rows = target[:, 1:].tolist()
    assert exact(Fixed(rows), source, target) == 1.0
    rows[0][3] = rows[0][3] + 1 if rows[0][3] < dates.VOCAB_SIZE - 1 else 3  # one wrong digit
    rows[1] = [dates.END] * 11  # nothing
    rows[2][10] = rows[2][9]  # no end
    assert exact(Fixed(rows), source, target) == 0.25
    assert exact(Fixed([[dates.END] * 11] * 4), source, target) == 0.0


def test_the_alignment_has_a_row_for_each_character_that_is_shown():
    tokens = dates.tokens("12345")
    rows = [
        [tokens[0], dates.PAD, tokens[1], dates.BEGIN, tokens[2], dates.END, tokens[3], 0, 0, 0, 0],
        [dates.END, *[0] * 10],
        tokens * 2 + tokens[:1],
    ]
    item, none, whole = rewrite(Fixed(rows), ["3 March 1999", "3.3.1999", "the third of March, 1999"])
    assert item.result == "123"
    assert item.alignment.shape == (2, 3, 3, 12)
    assert item.mean_alignment().argmax(axis=1).tolist() == [0, 2, 4]
    np.testing.assert_allclose(item.mean_alignment(), item.alignment[1].mean(axis=0))
    assert none.result == ""
    assert none.alignment.shape == (2, 3, 0, 8)
    assert whole.result == "12345123451"
    assert whole.alignment.shape == (2, 3, 11, 24)


@pytest.mark.parametrize("name", PRESETS)
def test_texts_of_several_lengths_are_rewritten_as_if_alone(name):
    torch.manual_seed(0)
    model = build(name).eval()
    texts = ["3.3.1999", "the twenty-seventh of September, 1999", "3 March 1999"]
    for text, together in zip(texts, rewrite(model, texts), strict=True):
        (alone,) = rewrite(model, [text])
        assert together.result == alone.result
        np.testing.assert_allclose(together.alignment, alone.alignment, atol=1e-5)
        np.testing.assert_allclose(together.alignment.sum(axis=3), 1, atol=1e-5)


def test_what_is_not_there_is_said():
    with pytest.raises(
        GroundupError, match=r"not trained yet. Train it first: `groundup translate train seq2seq`"
    ):
        load("seq2seq")
    with pytest.raises(
        GroundupError, match=r"There is no model 'seq2sec' that rewrites. Did you mean 'seq2seq'"
    ):
        train("seq2sec", Budget.parse("1steps"))
    with pytest.raises(GroundupError, match="There is no model"):
        load("gpt")


@pytest.mark.usefixtures("_small")
def test_a_config_that_was_changed_is_damage():
    train("seq2seq", Budget.parse("1steps"))
    file = practice_folder("seq2seq") / "practice.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in (("width = 8", "width = 9"), ("width = 8", "breadth = 8"), ("width = 8", "width = 0")):
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(GroundupError, match="is damaged"):
            load("seq2seq")
