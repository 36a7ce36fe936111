"""The next-token trace gives the sampler's own numbers, stage by stage."""

import doctest
from random import Random

import numpy as np
import pytest
import torch
from small_models import ALL, assert_drawn, small, small_of_transformers

from groundup.common.errors import GroundupError
from groundup.generation import Sampling, generate, probabilities, stages
from groundup.generation.sampling import choose
from groundup.lenses import next_token
from groundup.lenses.next_token import trace

TEXT = "to be, or not"
EVERYTHING = Sampling(0.8, 20, 0.95, 0.02, 0.97, 1.2, seed=3)
SAMPLINGS = [
    Sampling(),
    Sampling(temperature=0.5),
    Sampling(top_k=5),
    Sampling(top_p=0.6),
    Sampling(min_p=0.2),
    Sampling(typical_p=0.5),
    Sampling(repetition_penalty=1.5),
    Sampling(temperature=0),
    EVERYTHING,
]


def read(model, tokenizer, text=TEXT):
    tokens = torch.tensor([tokenizer.encode(text)])
    with torch.no_grad():
        return tokens, model(tokens)[0][:, -1]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
def test_it_gives_the_samplers_own_probabilities(kind, sampling):
    model, tokenizer = small(kind)
    tokens, logits = read(model, tokenizer)
    found = trace((model, tokenizer), TEXT, sampling)
    assert np.array_equal(found.probabilities, probabilities(logits, sampling, tokens)[0].numpy())
    assert found.probabilities.shape == (tokenizer.vocab_size,)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_models_of_transformers_go_through_the_same_sampler(family):
    model, tokenizer = small_of_transformers(family)
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        logits = model(input_ids=tokens).logits[:, -1]
    found = trace((model, tokenizer), TEXT, EVERYTHING)
    assert found.probabilities == pytest.approx(
        probabilities(logits, EVERYTHING, tokens)[0].numpy(), abs=1e-6
    )
    assert len(found.vocabulary) == 32


def test_what_is_drawn_is_what_generate_writes():
    model, tokenizer = small("gpt")
    found = trace((model, tokenizer), TEXT, EVERYTHING)
    for seed in range(40):
        written = generate(
            model, tokenizer.encode(TEXT), 1, Sampling(0.8, 20, 0.95, 0.02, 0.97, 1.2, seed=seed)
        )
        assert np.flatnonzero(found.draws(1, seed)).tolist() == written


def test_draws_are_the_samplers_draws_from_one_die(monkeypatch):
    model, tokenizer = small("char-rnn")
    tokens, logits = read(model, tokenizer)
    found = trace((model, tokenizer), TEXT, EVERYTHING, draws=300)
    die = Random(EVERYTHING.seed)
    expected = np.zeros(tokenizer.vocab_size, dtype=int)
    for _ in range(300):
        expected[choose(logits, EVERYTHING, tokens, [die])[0]] += 1
    assert np.array_equal(found.drawn, expected)


@pytest.mark.parametrize("sampling", [Sampling(), EVERYTHING], ids=["unfiltered", "filtered"])
def test_a_thousand_draws_come_as_often_as_they_should(sampling):
    found = trace(small("gpt"), TEXT, sampling)
    counts, p = found.draws(1000, seed=5), found.probabilities.astype(float)
    assert counts.sum() == 1000
    assert (counts[p == 0] == 0).all()
    sigma = np.sqrt(1000 * p * (1 - p))
    assert (np.abs(counts - 1000 * p) <= 4.5 * sigma + 1).all()
    assert (np.abs(counts - 1000 * p) > 0.1 * sigma).any()  # they were drawn, not computed


def test_each_stage_says_what_it_took_away():
    model, tokenizer = small("gpt")
    found = trace((model, tokenizer), TEXT, EVERYTHING)
    assert [stage.name for stage in found.stages] == [
        "model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p", "typical_p",
    ]  # fmt: skip
    assert [stage.title for stage in found.stages[2:4]] == ["temperature 0.8", "top-k 20"]
    kept = set(range(tokenizer.vocab_size))
    for before, stage in zip([None, *found.stages], found.stages, strict=False):
        assert stage.probabilities.sum() == pytest.approx(1, abs=1e-6)
        kept -= set(stage.removed)
        assert set(np.flatnonzero(stage.probabilities).tolist()) == kept
        assert stage.kept == len(kept)
        assert np.isneginf(stage.logits[sorted(set(range(tokenizer.vocab_size)) - kept)]).all()
        if before is not None:
            gone = before.probabilities[stage.removed]
            assert stage.removed_probability == pytest.approx(gone.sum(), abs=1e-6)
            assert (np.diff(gone) <= 0).all()
    assert found.stages[3].kept == 20
    assert sum(len(stage.removed) for stage in found.stages) == tokenizer.vocab_size - found.stages[-1].kept


def test_entropy_is_in_bits():
    model, tokenizer = small("char-rnn")
    with torch.no_grad():
        model.lm_head.weight.zero_()
        model.lm_head.bias.zero_()
    found = trace((model, tokenizer), TEXT, Sampling(top_k=4))
    assert found.stages[0].entropy == pytest.approx(
        np.log2(tokenizer.vocab_size)
    )  # all tie, so top-k keeps all
    assert trace((model, tokenizer), TEXT, Sampling(temperature=0)).entropy == 0.0


def test_ranks_count_from_the_likeliest():
    model, tokenizer = small("transformer")
    found = trace((model, tokenizer), TEXT)
    ranks = [found.rank(token) for token in range(tokenizer.vocab_size)]
    assert sorted(ranks) == list(range(1, tokenizer.vocab_size + 1))
    assert ranks[int(found.probabilities.argmax())] == 1
    shown = found.shown(5)
    assert [found.rank(token) for token in shown] == [1, 2, 3, 4, 5]
    typical = trace(
        (model, tokenizer), TEXT, Sampling(typical_p=0.05)
    )  # what is drawn is shown, likely or not
    assert int(typical.probabilities.argmax()) in typical.shown(5)


def test_damaged_scores_are_not_shown_as_probabilities():
    model, tokenizer = small("gpt")
    with torch.no_grad():
        model.token_embedding.weight[3, 0] = torch.nan
    with pytest.raises(GroundupError, match="not numbers"):
        trace((model, tokenizer), TEXT)


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "0 tokens"), ("to be " * 5, "30 tokens, and GPT reads at most 24"), ("to be Z", "never saw 'Z'")],
)
def test_what_it_cannot_read(text, says):
    with pytest.raises(GroundupError, match=says):
        trace(small("gpt"), text)


def test_no_draws_are_refused():
    with pytest.raises(GroundupError, match="draw nothing"):
        trace(small("gpt"), TEXT).draws(0)


@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(temperature=0), EVERYTHING], ids=["plain", "greedy", "all"]
)
def test_the_picture(sampling):
    assert_drawn(trace(small("gpt"), "to $_{$", sampling, draws=100))


def test_removed_tokens_are_hatched():
    found = trace(small("gpt"), TEXT, Sampling(top_k=3))
    hatched = [bar for axes in found.plot().axes for bar in axes.patches if bar.get_hatch()]
    assert len(hatched) == len(set(found.shown()) & set(found.stages[1].removed)) == 17


def test_stages_end_in_what_probabilities_gives():
    torch.manual_seed(0)
    logits, before = torch.randn(3, 50), torch.randint(50, (3, 7))
    for sampling in SAMPLINGS:
        *_, (_, last) = stages(logits, sampling, before)
        assert torch.equal(last.softmax(-1), probabilities(logits, sampling, before))


def test_the_worked_numbers_in_the_docstrings():
    assert doctest.testmod(next_token).failed == 0
    assert doctest.testmod(next_token).attempted >= 2
