"""Measured slopes against those of the formulas, and the two errors of a step against theory."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.foundations import calculus
from groundup.foundations.calculus import (
    chain_rule,
    derivative,
    error_by_step,
    forward_derivative,
    gradient,
    second_derivative,
)

KNOWN = {  # f, f', f''
    "cube": (lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
    "sine": (np.sin, np.cos, lambda x: -np.sin(x)),
    "exp": (np.exp, np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
}


@pytest.mark.parametrize("name", KNOWN)
@given(x=st.floats(-3, 3))
def test_slopes_are_those_of_the_formula(name, x):
    f, slope, bend = KNOWN[name]
    assert forward_derivative(f, x) == pytest.approx(slope(x), abs=1e-5, rel=1e-5)
    assert derivative(f, x) == pytest.approx(slope(x), abs=1e-8, rel=1e-8)
    assert second_derivative(f, x) == pytest.approx(bend(x), abs=1e-5, rel=1e-5)


def test_the_central_slope_errs_by_h_squared_and_the_forward_one_by_h():
    cube = KNOWN["cube"][0]
    for h in (0.5, 0.25, 0.125):
        assert derivative(cube, 1.0, h) - 3 == pytest.approx(h**2)
        assert forward_derivative(cube, 1.0, h) - 3 == pytest.approx(3 * h + h**2)


@given(st.integers(0, 1000), st.sampled_from([(), (3,), (2, 3), (2, 1, 2)]))
def test_the_gradient_has_the_shape_of_x_and_the_slopes_of_the_formula(seed, shape):
    x = np.random.default_rng(seed).standard_normal(shape)
    before = x.copy()
    slopes = gradient(lambda v: float((v**3).sum() + v.sum() ** 2), x)
    assert slopes.shape == shape
    np.testing.assert_allclose(slopes, 3 * x**2 + 2 * x.sum(), atol=1e-8)
    np.testing.assert_array_equal(x, before)


def test_the_function_may_keep_what_it_is_given():
    seen = []
    gradient(lambda v: seen.append(v) or float(v.sum()), [1.0, 2.0], h=0.5)
    assert [v.tolist() for v in seen] == [[1.5, 2.0], [0.5, 2.0], [1.0, 2.5], [1.0, 1.5]]


def test_errors_fall_and_rise_again_with_a_smaller_step():
    errors = error_by_step(np.exp, np.e, 1.0)
    assert errors.h.shape == errors.forward.shape == errors.central.shape == errors.truncation.shape
    assert 1e-10 < errors.h[errors.forward.argmin()] < 1e-6  # near √ε = 1.5e-8
    assert 1e-7 < errors.h[errors.central.argmin()] < 1e-3  # near ∛ε = 6e-6
    assert errors.central.min() < errors.forward.min() / 10
    # Right of the best step theory names the forward error, left of it theory bounds it (but for a factor).
    right = (errors.h > 1e-6) & (errors.h < 1e-2)
    np.testing.assert_allclose(errors.forward[right], errors.truncation[right], rtol=0.01)
    left = errors.h < 1e-9
    assert (errors.forward[left] < 2 * errors.rounding[left]).all()
    assert errors.forward[left].max() > 100 * errors.forward.min()


def test_the_steps_can_be_chosen():
    errors = error_by_step(np.sin, 1.0, 0.0, h=[0.1, 0.01])
    assert errors.h.tolist() == [0.1, 0.01]
    assert errors.forward.tolist() == errors.central.tolist() == [abs(np.sin(h) / h - 1) for h in (0.1, 0.01)]


@given(st.floats(-2, 2), st.permutations(list(KNOWN)))
def test_slopes_along_a_chain_multiply(x, names):
    links = [KNOWN[name] for name in names[:3]]
    chain = chain_rule([np.tanh, *(link[0] for link in links)], x)
    truth, value = 1 - np.tanh(x) ** 2, np.tanh(x)
    for f, slope, _ in links:
        truth, value = truth * slope(value), f(value)
    assert chain.values[-1] == value
    assert chain.product == pytest.approx(truth, rel=1e-6, abs=1e-7)
    assert chain.direct == pytest.approx(truth, rel=1e-6, abs=1e-7)
    assert len(chain.values) == len(chain.slopes) + 1 == 5


@pytest.mark.parametrize("h", [0.0, -1.0, float("nan")])
def test_a_step_that_is_none_is_refused(h):
    for function in (forward_derivative, derivative, second_derivative, gradient):
        with pytest.raises(ValueError, match="must be above 0"):
            function(lambda x: x, 1.0, h)


def test_the_worked_numbers():
    result = doctest.testmod(calculus)
    assert result.attempted > 8
    assert result.failed == 0
