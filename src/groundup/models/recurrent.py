"""Layers of recurrent cells as one module: the fast cells for a text, the plain ones for a single step."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models import cells_fast
from groundup.models.cells import State, Step, Weights, gru_step, lstm_step, rnn_step, unroll
from groundup.models.contract import Memory

CellName = Literal["rnn", "gru", "lstm"]


class _Cell(NamedTuple):
    gates: int
    states: int
    step: Step
    fast: Callable[[Tensor, State, Weights], tuple[Tensor, State]]


CELLS: dict[CellName, _Cell] = {
    "rnn": _Cell(1, 1, rnn_step, cells_fast.rnn),
    "gru": _Cell(3, 1, gru_step, cells_fast.gru),
    "lstm": _Cell(4, 2, lstm_step, cells_fast.lstm),
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

    def weights(self, layer: int) -> Weights:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return Weights(*(self.get_parameter(f"{name}_l{layer}") for name in names))

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
            for block in w.ih.split(self.width):
                nn.init.xavier_uniform_(block)
            for block in w.hh.split(self.width):
                nn.init.orthogonal_(block)
            w.bias_ih.zero_()
            w.bias_hh.zero_()
            if self.cell == "lstm":
                w.bias_ih[self.width : 2 * self.width] = 1.0

    def start(self, batch: int, like: Tensor) -> Memory:
        """The memory before the first token: zeros, `(batch, layers, width)` for h, and for c in the LSTM."""
        shape = (batch, self.layers, self.width)
        return tuple(like.new_zeros(shape) for _ in range(CELLS[self.cell].states))

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Read `x` (time, batch, inputs): the top layer's h (time, batch, width), and the memory after it.

        Time comes first here, and only here, because then each step is one contiguous piece of storage.
        Under autocast the cells still compute in the weights' precision: a rounding error made at one step
        would be carried through all that follow.
        """
        with torch.autocast(x.device.type, enabled=False):
            exact = self.weights(0).hh.dtype
            return self._forward(x.to(exact), tuple(part.to(exact) for part in memory))

    def _forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        cell = CELLS[self.cell]
        # One step without a gradient, as in generation: the plain step has nothing to prepare.
        plain = len(x) == 1 and not torch.is_grad_enabled()
        after = []
        for layer in range(self.layers):
            if layer:
                x = F.dropout(x, self.dropout, self.training)
            state = tuple(part[:, layer] for part in memory)
            w = self.weights(layer)
            x, state = unroll(cell.step, x, state, w) if plain else cell.fast(x, state, w)
            after.append(state)
        return x, tuple(torch.stack(parts, dim=1) for parts in zip(*after, strict=True))

    def flops_per_token(self) -> int:
        """Two (multiply, add) for every number in the matrices; the element-wise work is left out."""
        return sum(2 * matrix.numel() for matrix in self.parameters() if matrix.dim() == 2)


def check_sizes(config: Any) -> None:
    """Raise ValueError, in a sentence, if a size in a model's config is impossible."""
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name == "dropout" and not 0 <= value < 1:
            raise ValueError(f"dropout must be at least 0 and less than 1, not {value}.")
        if field.type is int and value < 1:
            raise ValueError(f"{field.name} must be at least 1, not {value}.")
