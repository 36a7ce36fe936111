"""The NumPy cells against torch.nn and against finite differences, in float64."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.foundations import cells
from groundup.foundations.cells import Weights, backward, forward, starting_weights
from groundup.models import cells as torch_cells

NAMES = ["rnn", "gru", "lstm"]
PEERS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
STEPS = {"rnn": cells.rnn_step, "gru": cells.gru_step, "lstm": cells.lstm_step}
SIZES = {
    "time": st.integers(1, 12),
    "batch": st.integers(1, 4),
    "inputs": st.integers(1, 5),
    "width": st.integers(1, 5),
    "seed": st.integers(0, 10_000),
}


def problem(name, *, time, batch, inputs, width, seed):
    """Weights, x, a first state, and gradients from above: of the outputs, and of the last state."""
    g = np.random.default_rng(seed)
    w = starting_weights(name, inputs, width, g)
    states = 2 if name == "lstm" else 1
    state = tuple(g.normal(size=(batch, width)) for _ in range(states))
    last = tuple(g.normal(size=(batch, width)) for _ in range(states))
    return w, g.normal(size=(time, batch, inputs)), state, g.normal(size=(time, batch, width)), last


def flat(d_x, d_state, d_w):
    return [d_x, *d_state, *d_w]


def test_the_worked_numbers_are_right():
    result = doctest.testmod(cells)
    assert not result.failed
    assert result.attempted >= 6


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(**SIZES)
def test_equal_to_torch_nn_forward_and_backward(name, **sizes):
    w, x, state, above, last = problem(name, **sizes)
    layer = PEERS[name](sizes["inputs"], sizes["width"]).double()
    keys = [f"{part}_l0" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    layer.load_state_dict({key: torch.from_numpy(part) for key, part in zip(keys, w, strict=True)})
    there_x = torch.from_numpy(x).requires_grad_()
    there_state = [torch.from_numpy(part).requires_grad_() for part in state]
    given_state = tuple(part[None] for part in there_state)
    there_outputs, there_last = layer(there_x, given_state if name == "lstm" else given_state[0])
    there_last = there_last if name == "lstm" else (there_last,)
    loss = (there_outputs * torch.from_numpy(above)).sum()
    loss = loss + sum((a[0] * torch.from_numpy(b)).sum() for a, b in zip(there_last, last, strict=True))
    want = torch.autograd.grad(loss, [there_x, *there_state, *layer.parameters()])

    outputs, after, caches = forward(STEPS[name], x, state, w)
    np.testing.assert_allclose(outputs, there_outputs.detach(), rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(after, there_last, strict=True):
        np.testing.assert_allclose(ours, theirs[0].detach(), rtol=1e-10, atol=1e-12)
    got = flat(*backward(STEPS[name], above, caches, last))
    for ours, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(**{**SIZES, "time": st.integers(1, 5), "width": st.integers(1, 3), "inputs": st.integers(1, 3)})
def test_gradients_are_finite_differences(name, **sizes):
    w, x, state, above, last = problem(name, **sizes)
    everything = [x, *state, *w]

    def loss():
        outputs, after, _ = forward(STEPS[name], x, state, w)
        return (outputs * above).sum() + sum((a * b).sum() for a, b in zip(after, last, strict=True))

    got = flat(*backward(STEPS[name], above, forward(STEPS[name], x, state, w)[2], last))
    for value, gradient in zip(everything, got, strict=True):
        for at in np.ndindex(value.shape):
            remaining = value[at]
            value[at] = remaining + 1e-5
            up = loss()
            value[at] = remaining - 1e-5
            down = loss()
            value[at] = remaining
            assert gradient[at] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_one_step_is_the_step_of_the_torch_page(name):
    """models/cells.py has the same step for learners of torch: the same numbers, the gates by the same name."""
    w, x, state, _, _ = problem(name, time=1, batch=3, inputs=4, width=5, seed=0)
    got, _ = STEPS[name](x[0], state, w)
    there = [torch.from_numpy(part) for part in w]
    want = getattr(torch_cells, f"{name}_step")(
        torch.from_numpy(x[0]), tuple(map(torch.from_numpy, state)), torch_cells.CellWeights(*there)
    )
    for ours, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_reading_in_pieces_is_reading_whole_and_arguments_are_left_alone(name):
    w, x, state, above, _ = problem(name, time=7, batch=2, inputs=3, width=4, seed=1)
    before = [part.copy() for part in (x, *state, *w, above)]
    whole, want, caches = forward(STEPS[name], x, state, w)
    first, middle, _ = forward(STEPS[name], x[:3], state, w)
    second, got, _ = forward(STEPS[name], x[3:], middle, w)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)
    np.testing.assert_array_equal(got, want)
    once, again = backward(STEPS[name], above, caches), backward(STEPS[name], above, caches)
    for a, b in zip(flat(*once), flat(*again), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(before, (x, *state, *w, above), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_lstms_gradient_outlives_the_rnns():
    """The claim of the page: with the forget gate open, d_c comes back undiminished; an RNN's d_h fades."""
    time, width = 60, 4
    w, x, state, _, _ = problem("lstm", time=time, batch=1, inputs=3, width=width, seed=2)
    w.bias_ih[width : 2 * width] = 30  # forget gate open
    _, _, caches = forward(STEPS["lstm"], x, state, w)
    assert all((cache.f > 0.999).all() for cache in caches)
    nothing, ones = np.zeros((time, 1, width)), np.ones((1, width))
    _, (_, d_c), _ = backward(STEPS["lstm"], nothing, caches, (0 * ones, ones))
    assert (np.abs(d_c) > 0.9).all()
    w, x, state, _, _ = problem("rnn", time=time, batch=1, inputs=3, width=width, seed=2)
    _, _, caches = forward(STEPS["rnn"], x, state, w)
    _, (d_h,), _ = backward(STEPS["rnn"], nothing, caches, (ones,))
    assert (np.abs(d_h) < 1e-6).all()


def test_sigmoid_never_overflows():
    with np.errstate(all="raise"):
        got = cells.sigmoid(np.array([-1e4, -1.0, 0.0, 1e4]))
    np.testing.assert_allclose(got, [0, 1 / (1 + np.e), 0.5, 1])


def test_what_does_not_fit_is_refused_in_a_sentence():
    w, x, state, _, _ = problem("lstm", time=3, batch=2, inputs=4, width=5, seed=0)
    with pytest.raises(ValueError, match="time, batch, inputs"):
        forward(STEPS["lstm"], x[0], state, w)
    with pytest.raises(ValueError, match="the weights read 4"):
        forward(STEPS["lstm"], x[..., :3], state, w)
    with pytest.raises(ValueError, match="batch, width"):
        forward(STEPS["lstm"], x, tuple(part[:1] for part in state), w)


def test_weights_start_between_their_bounds_from_the_seed():
    a, b = (starting_weights("gru", 3, 16, np.random.default_rng(4)) for _ in range(2))
    assert [part.shape for part in a] == [(48, 3), (48, 16), (48,), (48,)]
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert 0.2 < max(np.abs(part).max() for part in a) <= 0.25
    assert isinstance(a, Weights)
