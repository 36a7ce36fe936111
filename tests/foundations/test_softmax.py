"""Softmax and its family: against torch, against finite differences, and at the edge of each number type."""

import doctest
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groundup.foundations import softmax as module
from groundup.foundations.softmax import (
    cross_entropy,
    cross_entropy_backward,
    exp_limits,
    log_softmax,
    log_sum_exp,
    log_sum_exp_backward,
    naive_cross_entropy,
    naive_log_sum_exp,
    naive_softmax,
    softmax,
    softmax_backward,
)

TYPES = [np.float16, np.float32, np.float64]
SCORES = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5),
    elements=st.floats(-20, 20, width=32),
)


def slope(function, x, step=1e-6):
    """Central differences of a function with one number as its result."""
    gradient = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        gradient[at] = (function(up) - function(down)) / (2 * step)
    return gradient


@pytest.fixture(autouse=True)
def _no_warnings():
    """The careful versions never overflow, not even on the way."""
    with np.errstate(over="raise", divide="raise", invalid="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_the_worked_numbers_are_right():
    result = doctest.testmod(module)
    assert not result.failed
    assert result.attempted >= 12


@settings(max_examples=60, deadline=None)
@given(x=SCORES, temperature=st.floats(0.1, 10))
def test_equal_to_torch(x, temperature):
    there = torch.from_numpy(x)
    np.testing.assert_allclose(softmax(x, temperature), (there / temperature).softmax(-1), rtol=1e-12)
    np.testing.assert_allclose(softmax(x, axis=0), there.softmax(0), rtol=1e-12)
    np.testing.assert_allclose(log_softmax(x), there.log_softmax(-1), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(log_sum_exp(x, axis=0), there.logsumexp(0), rtol=1e-12, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(x=SCORES, temperature=st.floats(0.3, 3), seed=st.integers(0, 99))
def test_gradients_are_finite_differences_and_torchs(x, temperature, seed):
    generator = np.random.default_rng(seed)
    x = x / 5  # −4 to 4: steeper, and the differences themselves are not good to 1e-6
    weighting, targets = generator.normal(size=x.shape), generator.integers(0, x.shape[-1], x.shape[:-1])
    above = generator.normal(size=x.shape[:-1])
    there = torch.from_numpy(x).requires_grad_()
    cases = [
        (
            softmax_backward(weighting, softmax(x, temperature), temperature),
            lambda x: (softmax(x, temperature) * weighting).sum(),
            ((there / temperature).softmax(-1) * torch.from_numpy(weighting)).sum(),
        ),
        (
            log_sum_exp_backward(above, x),
            lambda x: (log_sum_exp(x) * above).sum(),
            (there.logsumexp(-1) * torch.tensor(above)).sum(),
        ),
        (
            cross_entropy_backward(x, targets),
            lambda x: cross_entropy(x, targets),
            F.cross_entropy(there.reshape(-1, x.shape[-1]), torch.tensor(targets).reshape(-1)),
        ),
    ]
    for ours, function, theirs in cases:
        np.testing.assert_allclose(float(function(x)), theirs.item(), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(ours, torch.autograd.grad(theirs, there)[0], rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(ours, slope(function, x), atol=1e-6)


@pytest.mark.parametrize("dtype", TYPES)
def test_exp_breaks_exactly_at_its_limits(dtype):
    low, high = (dtype(limit) for limit in exp_limits(dtype))
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(np.nextafter(high, dtype(0))))
        assert np.isinf(np.exp(np.nextafter(np.nextafter(high, dtype(np.inf)), dtype(np.inf))))
        assert np.exp(np.nextafter(low, dtype(0))) > 0
        assert np.exp(np.nextafter(low, dtype(-np.inf))) == 0


@pytest.mark.parametrize("dtype", TYPES)
def test_care_is_needed_just_beyond_the_limit_and_not_before(dtype):
    low, high = exp_limits(dtype)
    fine = np.array([high - 1, high - 2], dtype=dtype)
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(naive_softmax(fine), softmax(fine), rtol=tolerance)
    np.testing.assert_allclose(naive_log_sum_exp(fine), log_sum_exp(fine), rtol=tolerance)
    np.testing.assert_allclose(
        naive_cross_entropy([fine], [1]), cross_entropy([fine], [1]), rtol=40 * tolerance
    )

    over, under = np.array([high + 1, high], dtype=dtype), np.array([low - 1, low - 2], dtype=dtype)
    far = np.array([[0, low - 1]], dtype=dtype)
    with np.errstate(all="ignore"):
        assert np.isnan(naive_softmax(over)[0])
        assert np.isposinf(naive_log_sum_exp(over))
        assert np.isnan(naive_softmax(under)).all()  # 0 / 0
        assert np.isneginf(naive_log_sum_exp(under))
        assert naive_cross_entropy(far, [1]) == np.inf
    for scores in (over, under):
        shares = softmax(scores)
        assert shares.dtype == dtype
        np.testing.assert_allclose(shares.astype(float), softmax(scores.astype(float)), rtol=tolerance)
        truth = log_sum_exp(scores.astype(float))
        np.testing.assert_allclose(log_sum_exp(scores).astype(float), truth, rtol=tolerance)
    np.testing.assert_allclose(cross_entropy(far, [1]), 1 - low, rtol=tolerance)
    np.testing.assert_allclose(cross_entropy_backward(far, [1]), [[1, -1]])


def test_enormous_scores_are_no_trouble():
    np.testing.assert_array_equal(softmax([1e300, -1e300, 0.0]), [1, 0, 0])
    np.testing.assert_allclose(softmax([1e300, 1e300]), [0.5, 0.5])
    assert cross_entropy([[1e300, 0.0]], [1]) == 1e300
    np.testing.assert_array_equal(softmax([1e300, 0.0], temperature=1e-100), [1, 0])


def test_what_may_not_be_chosen_gets_nothing():
    """Attention masks with −infinity."""
    np.testing.assert_array_equal(softmax([0.0, -np.inf]), [1, 0])
    assert log_softmax([0.0, -np.inf])[1] == -np.inf
    assert log_sum_exp([-np.inf, -np.inf]) == -np.inf
    with pytest.raises(ValueError, match="nothing to share out"):
        softmax([[0.0, 1.0], [-np.inf, -np.inf]])


def test_many_equal_scores_overflow_sooner():
    """A thousand powers add up: the naive sum fails ln 1000 = 6.9 before exp does."""
    scores = np.full(1000, exp_limits(np.float32)[1] - 6, dtype=np.float32)
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(scores)).all()
        assert np.isposinf(naive_log_sum_exp(scores))
    np.testing.assert_allclose(log_sum_exp(scores), scores[0] + np.log(1000), rtol=1e-6)


def test_lists_and_whole_numbers_will_do_and_are_left_alone():
    scores = np.array([[1, 2, 3]])
    np.testing.assert_allclose(softmax(scores), F.softmax(torch.tensor([[1.0, 2, 3]]).double(), -1))
    np.testing.assert_allclose(
        cross_entropy([[1, 2, 3]], [0]), F.cross_entropy(torch.tensor([[1.0, 2, 3]]), torch.tensor([0]))
    )
    cross_entropy_backward(scores, [0])
    np.testing.assert_array_equal(scores, [[1, 2, 3]])


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_must_be_above_zero(temperature):
    with pytest.raises(ValueError, match="above 0"):
        softmax([1.0, 2.0], temperature)


@pytest.mark.parametrize("targets", [[2], [-1], [0, 1], 0])
def test_targets_that_do_not_fit_are_refused(targets):
    for function in (cross_entropy, cross_entropy_backward, naive_cross_entropy):
        with pytest.raises(ValueError, match="argets"):
            function([[0.0, 1.0]], targets)
