"""Recurrent cells: the plain RNN, the GRU and the LSTM, as a learner reads them.

A cell takes one step: what it reads now, `x` of shape `(batch, input)`, and the state it carries, to a new
state. `unroll` walks it along a text. The next file, `cells_fast.py`, computes the same numbers and the same
gradients sooner, and a test holds the two equal.

The equations, the order of the gates and the names of the weights are those of `torch.nn.RNN`, `GRU` and
`LSTM`, so that weights can be copied from one to the other.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# One tensor (batch, width) for the RNN and the GRU: h. Two for the LSTM: h and c.
State = tuple[Tensor, ...]


class Weights(NamedTuple):
    """One layer's weights. The rows are the gates, one under the other: 1 for RNN, 3 for GRU, 4 for LSTM."""

    ih: Tensor  # (gates·width, input): from what is read
    hh: Tensor  # (gates·width, width): from the state before
    bias_ih: Tensor  # (gates·width,)
    bias_hh: Tensor  # (gates·width,)


def rnn_step(x: Tensor, state: State, w: Weights) -> State:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)  (Elman 1990, "Finding structure in time")."""
    (h,) = state
    return (torch.tanh(F.linear(x, w.ih, w.bias_ih) + F.linear(h, w.hh, w.bias_hh)),)


def gru_step(x: Tensor, state: State, w: Weights) -> State:
    """The gated recurrent unit (Cho et al. 2014, section 2.3), with the reset gate as cuDNN has it.

    r = σ(W_ir x + b_ir + W_hr h + b_hr)          what of the past to look at
    z = σ(W_iz x + b_iz + W_hz h + b_hz)          what of the past to keep
    n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)) what could be new
    h' = (1 − z) ⊙ n + z ⊙ h
    """
    (h,) = state
    _, z, n = gru_gates(x, h, w)
    return ((1 - z) * n + z * h,)


def gru_gates(x: Tensor, h: Tensor, w: Weights) -> tuple[Tensor, Tensor, Tensor]:
    """r, z and n of `gru_step`, each `(batch, width)`: reset gate, update gate, and what could be new."""
    read_r, read_z, read_n = F.linear(x, w.ih, w.bias_ih).chunk(3, dim=-1)
    kept_r, kept_z, kept_n = F.linear(h, w.hh, w.bias_hh).chunk(3, dim=-1)
    r = torch.sigmoid(read_r + kept_r)
    z = torch.sigmoid(read_z + kept_z)
    return r, z, torch.tanh(read_n + r * kept_n)


def lstm_step(x: Tensor, state: State, w: Weights) -> State:
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with the forget gate of Gers et al. 2000.

    i, f, o = σ(W_i· x + b_i· + W_h· h + b_h·)    what to write, what to keep, what to show
    g = tanh(W_ig x + b_ig + W_hg h + b_hg)       what could be written
    c' = f ⊙ c + i ⊙ g                            the cell: only ever scaled and added to
    h' = o ⊙ tanh(c')
    """
    h, c = state
    i, f, g, o = lstm_gates(x, h, w)
    c = f * c + i * g
    return o * torch.tanh(c), c


def lstm_gates(x: Tensor, h: Tensor, w: Weights) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """i, f, g and o of `lstm_step`, each `(batch, width)`: input and forget gate, candidate, output gate."""
    i, f, g, o = (F.linear(x, w.ih, w.bias_ih) + F.linear(h, w.hh, w.bias_hh)).chunk(4, dim=-1)
    return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)


Step = Callable[[Tensor, State, Weights], State]


def unroll(step: Step, x: Tensor, state: State, w: Weights) -> tuple[Tensor, State]:
    """Walk a cell along `x` (time, batch, input): every step's h (time, batch, width), and the last state."""
    outputs = []
    for x_t in x:
        state = step(x_t, state, w)
        outputs.append(state[0])
    return torch.stack(outputs), state
