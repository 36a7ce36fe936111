"""Recurrent cells: the plain RNN, the GRU and the LSTM, and layers of them.

A cell takes one step: from its input `x`, of shape `(batch, input)`, and the state it carries, to a new state.
`unroll` walks it along a text. `Recurrent` is the module that the models use.

The equations, the order of the gates and the names of the weights are those of `torch.nn.RNN`, `GRU` and
`LSTM`, so that weights can be copied from one to the other.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.contract import Memory

# One tensor (batch, width) for the RNN and the GRU: h. Two for the LSTM: h and c.
State = tuple[Tensor, ...]


class CellWeights(NamedTuple):
    """One layer's weights. The rows are the gates, one under the other: 1 for RNN, 3 for GRU, 4 for LSTM."""

    ih: Tensor  # (gates·width, input): from what is read
    hh: Tensor  # (gates·width, width): from the state before
    bias_ih: Tensor  # (gates·width,)
    bias_hh: Tensor  # (gates·width,)


def rnn_step(x: Tensor, state: State, w: CellWeights) -> State:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)  (Elman 1990, "Finding structure in time")."""
    (h,) = state
    return (torch.tanh(F.linear(x, w.ih, w.bias_ih) + F.linear(h, w.hh, w.bias_hh)),)


def gru_step(x: Tensor, state: State, w: CellWeights) -> State:
    """The gated recurrent unit (Cho et al. 2014, section 2.3), with the reset gate as cuDNN has it.

    r = σ(W_ir x + b_ir + W_hr h + b_hr)          what of the past to look at
    z = σ(W_iz x + b_iz + W_hz h + b_hz)          what of the past to keep
    n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)) what could be new
    h' = (1 − z) ⊙ n + z ⊙ h
    """
    (h,) = state
    _, z, n = gru_gates(x, h, w)
    return ((1 - z) * n + z * h,)


def gru_gates(x: Tensor, h: Tensor, w: CellWeights) -> tuple[Tensor, Tensor, Tensor]:
    """r, z and n of `gru_step`, each `(batch, width)`: reset gate, update gate, and what could be new."""
    read_r, read_z, read_n = F.linear(x, w.ih, w.bias_ih).chunk(3, dim=-1)
    kept_r, kept_z, kept_n = F.linear(h, w.hh, w.bias_hh).chunk(3, dim=-1)
    r = torch.sigmoid(read_r + kept_r)
    z = torch.sigmoid(read_z + kept_z)
    return r, z, torch.tanh(read_n + r * kept_n)


def lstm_step(x: Tensor, state: State, w: CellWeights) -> State:
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


def lstm_gates(x: Tensor, h: Tensor, w: CellWeights) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """i, f, g and o of `lstm_step`, each `(batch, width)`: input and forget gate, candidate, output gate."""
    i, f, g, o = (F.linear(x, w.ih, w.bias_ih) + F.linear(h, w.hh, w.bias_hh)).chunk(4, dim=-1)
    return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)


Step = Callable[[Tensor, State, CellWeights], State]


def unroll(step: Step, x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
    """Walk a cell along `x` (time, batch, input): every step's h (time, batch, width), and the last state."""
    outputs = []
    for x_t in x:
        state = step(x_t, state, w)
        outputs.append(state[0])
    return torch.stack(outputs), state


CellName = Literal["rnn", "gru", "lstm"]


class Cell(NamedTuple):
    gates: int
    states: int  # tensors that it carries
    step: Step


CELLS: dict[CellName, Cell] = {
    "rnn": Cell(1, 1, rnn_step),
    "gru": Cell(3, 1, gru_step),
    "lstm": Cell(4, 2, lstm_step),
}


class Recurrent(nn.Module):
    """Layers of one cell, each reading the outputs of the layer below; dropout between layers in training.

    The parameters have the names of `torch.nn.RNN`, `GRU` and `LSTM`: a state_dict fits both ways.
    """

    def __init__(
        self, cell: CellName, inputs: int, width: int, layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"There is no cell '{cell}'. Choose one of {', '.join(CELLS)}.")
        self.cell, self.inputs, self.width, self.layers, self.dropout = cell, inputs, width, layers, dropout
        rows = CELLS[cell].gates * width
        for layer in range(layers):
            self.register_parameter(
                f"weight_ih_l{layer}", nn.Parameter(torch.empty(rows, width if layer else inputs))
            )
            self.register_parameter(f"weight_hh_l{layer}", nn.Parameter(torch.empty(rows, width)))
            self.register_parameter(f"bias_ih_l{layer}", nn.Parameter(torch.empty(rows)))
            self.register_parameter(f"bias_hh_l{layer}", nn.Parameter(torch.empty(rows)))
        self.reset_parameters()

    def weights(self, layer: int) -> CellWeights:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return CellWeights(*(self.get_parameter(f"{name}_l{layer}") for name in names))

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Start where a signal neither dies nor explodes.

        Recurrent matrices are orthogonal gate by gate, because a product of many orthogonal matrices keeps
        lengths (Saxe et al. 2014; Le et al. 2015). Input matrices keep the variance of what they read (Glorot
        and Bengio 2010). The LSTM's forget gate starts open, with bias 1, so that the cell remembers before
        it has learnt what to forget (Gers et al. 2000; Jozefowicz et al. 2015, section 2.2).
        """
        for layer in range(self.layers):
            w = self.weights(layer)
            for gate in w.ih.split(self.width):
                nn.init.xavier_uniform_(gate)
            for gate in w.hh.split(self.width):
                nn.init.orthogonal_(gate)
            w.bias_ih.zero_()
            w.bias_hh.zero_()
            if self.cell == "lstm":
                w.bias_ih[self.width : 2 * self.width] = 1.0

    def init_state(self, batch: int, like: Tensor) -> Memory:
        """The memory before the first token: zeros, `(batch, layers, width)` for h, and for c in the LSTM."""
        shape = (batch, self.layers, self.width)
        return tuple(like.new_zeros(shape) for _ in range(CELLS[self.cell].states))

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Read `x` (time, batch, inputs): the top layer's h (time, batch, width), and the memory after it.

        Time comes first in this file, so that each step reads one contiguous piece of memory.
        """
        states = []
        for layer in range(self.layers):
            if layer:
                x = F.dropout(x, self.dropout, self.training)
            state = tuple(part[:, layer] for part in memory)
            x, state = self.run_layer(x, state, self.weights(layer))
            states.append(state)
        return x, tuple(torch.stack(parts, dim=1) for parts in zip(*states, strict=True))

    def run_layer(self, x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
        """One layer along the whole text: every step's h (time, batch, width), and the last state."""
        return unroll(CELLS[self.cell].step, x, state, w)

    def flops_per_token(self) -> int:
        """Two (multiply, add) for every number in the matrices; the element-wise work is left out."""
        return sum(2 * matrix.numel() for matrix in self.parameters() if matrix.dim() == 2)
