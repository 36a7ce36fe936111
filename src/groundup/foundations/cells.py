"""Recurrent cells in NumPy: RNN, GRU and LSTM, forward, and backward through time by hand.

Read it cell by cell: one step forward, the same step backward, and at the end the two walks over a text that
all three share. A step backward asks of every line of the forward step, last line first: if the result had to
change a little, how would what went in have to change? Names that begin with d_ are gradients of the loss.

Weights, their order and the order of the gates are those of `torch.nn.RNN`, `GRU` and `LSTM`:
`Weights(*layer.state_dict().values())`, as arrays, makes this page compute what that layer computes.

Source of the walk backwards: Werbos (1990), "Backpropagation through time: what it does and how to do it".
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# What is carried from step to step, each (batch, width): (h,) for the RNN and the GRU, (h, c) for the LSTM.
State = tuple[Array, ...]
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


class Weights(NamedTuple):
    """One layer's weights, or their gradients. Rows are the gates, one under the other."""

    ih: Array  # (gates·width, inputs): from what is read
    hh: Array  # (gates·width, width): from the state before
    bias_ih: Array  # (gates·width,)
    bias_hh: Array  # (gates·width,)


def starting_weights(cell: str, inputs: int, width: int, generator: np.random.Generator) -> Weights:
    """As torch.nn starts a "rnn", "gru" or "lstm": every number uniform between −1/√width and 1/√width."""
    rows, most = GATES[cell] * width, width**-0.5
    shapes = [(rows, inputs), (rows, width), (rows,), (rows,)]
    return Weights(*(generator.uniform(-most, most, shape) for shape in shapes))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x)), which is (1 + tanh(x/2)) / 2; and tanh, unlike exp, never overflows.

    Its slope is σ (1 − σ), so the result itself is all that the way back needs. Of tanh: 1 − tanh².
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


def read_and_recall(x: Array, h: Array, w: Weights) -> tuple[Array, Array]:
    """The two products that every cell begins with: of what is read, and of the state. (batch, gates·width)."""
    return x @ w.ih.T + w.bias_ih, h @ w.hh.T + w.bias_hh


def read_and_recall_backward(
    d_read: Array, d_recalled: Array, x: Array, h: Array, w: Weights
) -> tuple[Array, Array, Weights]:
    """Gradients of x, of h and of the weights.

    y = x Wᵀ + b gives dx = dy W, dW = dyᵀ x and db = dy, summed over the batch.
    """
    d_w = Weights(d_read.T @ x, d_recalled.T @ h, d_read.sum(axis=0), d_recalled.sum(axis=0))
    return d_read @ w.ih, d_recalled @ w.hh, d_w


# --- RNN: Elman (1990), "Finding structure in time" ---------------------------------------------------------


class RNNCache(NamedTuple):
    """What a step keeps for the way back."""

    x: Array
    h: Array  # before the step
    h_next: Array
    w: Weights


def rnn_step(x: Array, state: State, w: Weights) -> tuple[State, RNNCache]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    With one number in and one number kept, both weights 1 and no biases: tanh(0.3 + 0.2) = 0.46.

    >>> one, zero = np.ones((1, 1)), np.zeros(1)
    >>> (h,), _ = rnn_step(np.array([[0.3]]), (np.array([[0.2]]),), Weights(one, one, zero, zero))
    >>> h.round(2)
    array([[0.46]])
    """
    (h,) = state
    read, recalled = read_and_recall(x, h, w)
    h_next = np.tanh(read + recalled)
    return (h_next,), RNNCache(x, h, h_next, w)


def rnn_step_backward(d_state: State, cache: RNNCache) -> tuple[Array, State, Weights]:
    """Gradients of x, of the state before, and of the weights.

    d_h goes back as δ W_hh, and δ has the factor 1 − h'². Step after step the same matrix, and a factor of at
    most 1: that product is why the gradient of an RNN vanishes, or explodes.
    """
    (d_h_next,) = d_state
    delta = d_h_next * (1 - cache.h_next**2)  # the gradient of the sum inside tanh
    d_x, d_h, d_w = read_and_recall_backward(delta, delta, cache.x, cache.h, cache.w)
    return d_x, (d_h,), d_w


# --- GRU: Cho et al. (2014), "Learning phrase representations", section 2.3 ---------------------------------


class GRUCache(NamedTuple):
    """What a step keeps for the way back; `r` and `z` are the gates, each (batch, width)."""

    x: Array
    h: Array  # before the step
    r: Array
    z: Array
    n: Array
    recalled_n: Array
    w: Weights


def gru_step(x: Array, state: State, w: Weights) -> tuple[State, GRUCache]:
    """The gated recurrent unit, with the reset gate applied after the product, as torch and cuDNN do.

    r  = σ(W_ir x + b_ir + W_hr h + b_hr)           reset: how much of the past to look at
    z  = σ(W_iz x + b_iz + W_hz h + b_hz)           update: how much of the past to keep
    n  = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))  what could be new
    h' = (1 − z) ⊙ n + z ⊙ h
    """
    (h,) = state
    read, recalled = read_and_recall(x, h, w)
    read_r, read_z, read_n = np.split(read, 3, axis=-1)
    recalled_r, recalled_z, recalled_n = np.split(recalled, 3, axis=-1)
    r = sigmoid(read_r + recalled_r)
    z = sigmoid(read_z + recalled_z)
    n = np.tanh(read_n + r * recalled_n)
    h_next = (1 - z) * n + z * h
    return (h_next,), GRUCache(x, h, r, z, n, recalled_n, w)


def gru_step_backward(d_state: State, cache: GRUCache) -> tuple[Array, State, Weights]:
    """Gradients of x, of the state before, and of the weights."""
    (d_h_next,) = d_state
    x, h, r, z, n, recalled_n, w = cache
    # h' = (1 − z) ⊙ n + z ⊙ h
    d_n, d_z = d_h_next * (1 - z), d_h_next * (h - n)
    # n = tanh(read_n + r ⊙ recalled_n)
    delta_n = d_n * (1 - n**2)
    d_r = delta_n * recalled_n
    # r and z are sigmoids
    delta_r, delta_z = d_r * r * (1 - r), d_z * z * (1 - z)
    d_read = np.concatenate([delta_r, delta_z, delta_n], axis=-1)
    d_recalled = np.concatenate([delta_r, delta_z, delta_n * r], axis=-1)  # behind the reset gate
    d_x, d_h, d_w = read_and_recall_backward(d_read, d_recalled, x, h, w)
    # And the straight way, past every matrix: where z is near 1 the gradient comes through whole.
    return d_x, (d_h + d_h_next * z,), d_w


# --- LSTM: Hochreiter and Schmidhuber (1997); the forget gate is from Gers et al. (2000) --------------------


class LSTMCache(NamedTuple):
    """What a step keeps for the way back; `i`, `f` and `o` are the gates, each (batch, width)."""

    x: Array
    h: Array  # before the step
    c: Array  # before the step
    i: Array
    f: Array
    g: Array
    o: Array
    c_next: Array
    w: Weights


def lstm_step(x: Array, state: State, w: Weights) -> tuple[State, LSTMCache]:
    """Long short-term memory.

    i = σ(W_ii x + b_ii + W_hi h + b_hi)     input gate: how much to write
    f = σ(W_if x + b_if + W_hf h + b_hf)     forget gate: how much to keep
    g = tanh(W_ig x + b_ig + W_hg h + b_hg)  what could be written
    o = σ(W_io x + b_io + W_ho h + b_ho)     output gate: how much to show
    c' = f ⊙ c + i ⊙ g                       the cell
    h' = o ⊙ tanh(c')                        what the rest of the network sees

    With all weights 0 every gate is half open and nothing is written: the cell halves.

    >>> w = Weights(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4), np.zeros(4))
    >>> (h, c), _ = lstm_step(np.array([[7.0]]), (np.array([[0.0]]), np.array([[2.0]])), w)
    >>> c, h.round(3)  # 0.5 · 2, and 0.5 · tanh(1)
    (array([[1.]]), array([[0.381]]))
    """
    h, c = state
    read, recalled = read_and_recall(x, h, w)
    a_i, a_f, a_g, a_o = np.split(read + recalled, 4, axis=-1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return (h_next, c_next), LSTMCache(x, h, c, i, f, g, o, c_next, w)


def lstm_step_backward(d_state: State, cache: LSTMCache) -> tuple[Array, State, Weights]:
    """Gradients of x, of the state before, and of the weights."""
    d_h_next, d_c_next = d_state
    x, h, c, i, f, g, o, c_next, w = cache
    # h' = o ⊙ tanh(c'): the cell is asked twice, by h' and by the step after
    output = np.tanh(c_next)
    d_o = d_h_next * output
    d_c_next = d_c_next + d_h_next * o * (1 - output**2)
    # c' = f ⊙ c + i ⊙ g
    d_i, d_f, d_g, d_c = d_c_next * g, d_c_next * c, d_c_next * i, d_c_next * f
    # three sigmoids and a tanh
    deltas = [d_i * i * (1 - i), d_f * f * (1 - f), d_g * (1 - g**2), d_o * o * (1 - o)]
    delta = np.concatenate(deltas, axis=-1)
    d_x, d_h, d_w = read_and_recall_backward(delta, delta, x, h, w)
    # d_c went back by f alone, through no matrix and no tanh: with the gate open, it arrives undiminished.
    return d_x, (d_h, d_c), d_w


# --- the walk along a text, and back ------------------------------------------------------------------------

Step = Callable[[Array, State, Weights], tuple[State, Any]]
StepBackward = Callable[[State, Any], tuple[Array, State, Weights]]
BACKWARD: dict[Step, StepBackward] = {
    rnn_step: rnn_step_backward,
    gru_step: gru_step_backward,
    lstm_step: lstm_step_backward,
}


def forward(step: Step, x: Array, state: State, w: Weights) -> tuple[Array, State, list[Any]]:
    """Read `x` (time, batch, inputs), a step at a time.

    Returns every step's h (time, batch, width), the last state, and the caches: what each step kept.
    """
    _check(x, state, w)
    outputs, caches = [], []
    for x_t in x:
        state, cache = step(x_t, state, w)
        outputs.append(state[0])
        caches.append(cache)
    return np.stack(outputs), state, caches


def backward(
    step: Step, d_outputs: Array, caches: Sequence[Any], d_last: State | None = None
) -> tuple[Array, State, Weights]:
    """Back-propagation through time: the gradients of x, of the first state and of the weights.

    `d_outputs` (time, batch, width) are the gradients of forward's outputs, and `d_last`, if anything made
    use of it, that of the last state. Each h is used twice, by its reader and by the next step, so its
    gradient has two parts that add up. The weights are used at every step, so theirs has a part for each.
    """
    w = caches[0].w
    d_w = Weights(*(np.zeros_like(part) for part in w))
    start = caches[0].h
    d_state = d_last or tuple(np.zeros_like(start) for _ in range(2 if step is lstm_step else 1))
    d_x = []
    for d_output, cache in zip(d_outputs[::-1], caches[::-1], strict=True):
        d_h, *d_rest = d_state
        d_x_t, d_state, d_w_t = BACKWARD[step]((d_h + d_output, *d_rest), cache)
        d_x.append(d_x_t)
        d_w = Weights(*(total + part for total, part in zip(d_w, d_w_t, strict=True)))
    return np.stack(d_x[::-1]), d_state, d_w


def _check(x: Array, state: State, w: Weights) -> None:
    if x.ndim != 3 or not len(x):
        raise ValueError(f"x is {x.shape}; it must be (time, batch, inputs), with at least one step.")
    want_state, inputs = (x.shape[1], w.hh.shape[1]), w.ih.shape[1]
    if x.shape[2] != inputs:
        raise ValueError(f"x has {x.shape[2]} numbers a step, and the weights read {inputs}.")
    if any(part.shape != want_state for part in state):
        shapes = " and ".join(str(part.shape) for part in state)
        raise ValueError(f"The state is {shapes}; it must be (batch, width), here {want_state}.")
