"""The filters against the processors of transformers, and the draw against the distribution it draws from."""

import doctest
import math
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)
from transformers.generation import GenerationMixin

from groundup.common.errors import GroundupError
from groundup.generation import sampling as module
from groundup.generation.sampling import Sampling, choose, draw, probabilities

SETTINGS = st.builds(
    Sampling,
    temperature=st.sampled_from([0.001, 0.3, 0.7, 1.0, 1.5, 10.0]),
    top_k=st.integers(0, 30),
    top_p=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]) | st.floats(0, 1),
    min_p=st.sampled_from([0.0, 0.02, 0.3, 1.0]) | st.floats(0, 1),
    typical_p=st.sampled_from([0.1, 0.5, 0.95, 1.0]) | st.floats(0.001, 1),
    repetition_penalty=st.sampled_from([0.5, 1.0, 1.2, 3.0]),
)


def theirs(logits: torch.Tensor, sampling: Sampling, previous: torch.Tensor) -> torch.Tensor:
    """The same distribution by transformers' classes, in the order of its `generate`."""
    processors = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(float(sampling.repetition_penalty))])
    processors.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.top_k:
        processors.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        processors.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p > 0:
        processors.append(MinPLogitsWarper(sampling.min_p))
    if sampling.typical_p < 1:
        processors.append(TypicalLogitsWarper(sampling.typical_p))
    return processors(previous, logits).softmax(-1)


def test_transformers_still_uses_this_order():
    from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=4, vocab_size=5))
    config = GenerationConfig(
        do_sample=True, temperature=0.5, top_k=3, top_p=0.5, min_p=0.1, typical_p=0.5, repetition_penalty=1.2
    )
    processors = GenerationMixin._get_logits_processor(model, config, input_ids_seq_length=1)
    assert [type(processor) for processor in processors] == [
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
        MinPLogitsWarper,
        TypicalLogitsWarper,
    ]


@settings(max_examples=400, deadline=None)
@given(
    sampling=SETTINGS,
    seed=st.integers(0, 2**31),
    vocab=st.integers(1, 40),
    spread=st.sampled_from([0.0, 0.1, 1.0, 5.0, 30.0]),
    tied=st.booleans(),
)
def test_the_distribution_is_that_of_transformers(sampling, seed, vocab, spread, tied):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, vocab, generator=generator) * spread
    if tied:  # many equal scores: ties must be kept or cut as there
        logits = logits.round()
    previous = torch.randint(vocab, (3, 7), generator=generator)
    ours = probabilities(logits, sampling, previous)
    torch.testing.assert_close(ours, theirs(logits, sampling, previous))
    assert ((ours > 0) == (theirs(logits, sampling, previous) > 0)).all()  # exactly the same tokens survive
    torch.testing.assert_close(ours.sum(-1), torch.ones(3))


def test_each_filter_really_cuts():
    """So that the test above cannot pass on filters that do nothing."""
    logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    for cut, left in [
        (Sampling(top_k=2), [0, 1]),
        (Sampling(top_p=0.7), [0, 1]),
        (Sampling(top_p=0), [0]),
        (Sampling(min_p=0.25), [0, 1, 2]),
        (Sampling(typical_p=0.2), [1]),
        (Sampling(top_k=3, top_p=0.6, min_p=0.4), [0, 1]),
    ]:
        assert probabilities(logits, cut)[0].nonzero().flatten().tolist() == left


def test_the_order_matters_and_is_temperature_before_top_p():
    logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    # After temperature 0.5 the first token holds 0.72 of the whole, so alone it is a nucleus of 0.7.
    assert probabilities(logits, Sampling(temperature=0.5, top_p=0.7))[0].count_nonzero() == 1
    assert probabilities(logits, Sampling(top_p=0.7))[0].count_nonzero() == 2


def test_greedy_is_the_limit_of_temperature_and_heeds_the_repetition_penalty():
    logits = torch.tensor([[2.0, 1.9, -3.0], [-1.0, -1.1, -5.0]])
    previous = torch.tensor([[0, 0], [0, 2]])
    dice = [Random(0), Random(1)]
    assert choose(logits, Sampling(temperature=0), previous, dice) == [0, 0]
    assert probabilities(logits, Sampling(temperature=0)).tolist() == [[1, 0, 0], [1, 0, 0]]
    penalised = Sampling(temperature=0, repetition_penalty=1.5)
    assert choose(logits, penalised, previous, dice) == [1, 1]
    assert probabilities(logits, penalised, previous).tolist() == [[0, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    "sampling", [Sampling(seed=3), Sampling(temperature=1.7, top_k=9, top_p=0.9, min_p=0.02, seed=4)]
)
def test_sampled_frequencies_are_the_probabilities(sampling):
    draws = 20_000
    logits = torch.randn(12, generator=torch.Generator().manual_seed(1)) * 1.5
    expected = probabilities(logits[None], sampling)[0].double()
    die = Random(sampling.seed)
    counts = torch.zeros(12, dtype=torch.double)
    for token in choose(logits.expand(draws, -1), sampling, None, [die] * draws):
        counts[token] += 1
    remaining = expected > 0
    assert counts[~remaining].sum() == 0
    # Each count within 4 standard deviations of a binomial, and all together in a chi-square.
    sigma = (draws * expected * (1 - expected)).sqrt()
    assert ((counts - draws * expected).abs()[remaining] < 4 * sigma[remaining]).all()
    chi_square = ((counts - draws * expected) ** 2)[remaining].div(draws * expected[remaining]).sum().item()
    freedom = int(remaining.sum()) - 1
    assert chi_square < freedom + 4 * math.sqrt(2 * freedom)


def test_a_draw_never_lands_on_an_impossible_token():
    shares = torch.tensor([[0.0, 0.3, 0.0, 0.7, 0.0]])
    almost_one = 1 - 2**-53  # the largest throw there is
    assert [draw(shares, [throw])[0] for throw in (0.0, 0.29, 0.31, almost_one)] == [1, 1, 3, 3]
    short = torch.full((1, 1000), 1 / 1000, dtype=torch.float32)  # sums to a little less or more than 1
    assert draw(short, [almost_one]) == [999]


@pytest.mark.parametrize("damage", [math.nan, math.inf])
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=0),
        Sampling(),
        Sampling(top_k=2, top_p=0.5, min_p=0.1, typical_p=0.5, repetition_penalty=1.3),
    ],
)
def test_scores_that_are_not_numbers_are_an_error(damage, sampling):
    logits = torch.randn(2, 6)
    logits[1, 4] = damage
    previous = torch.tensor([[0, 1], [2, 3]])
    with pytest.raises(GroundupError, match="damaged"):
        choose(logits, sampling, previous, [Random(0), Random(1)])
    with pytest.raises(GroundupError, match="damaged"):
        choose(torch.full((1, 6), -math.inf), sampling, previous[:1], [Random(0)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"temperature": 1e-9},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_k": -1},
        {"top_k": 2.5},
        {"top_p": 1.1},
        {"top_p": math.nan},
        {"min_p": -0.1},
        {"typical_p": 0.0},
        {"repetition_penalty": 0.0},
        {"repetition_penalty": math.inf},
        {"seed": 0.5},
    ],
)
def test_senseless_settings_are_refused_by_name(wrong):
    with pytest.raises(GroundupError, match=next(iter(wrong))):
        Sampling(**wrong)


def test_the_worked_numbers_in_the_docstrings():
    result = doctest.testmod(module)
    assert result.attempted >= 13
    assert result.failed == 0
