"""Recurrent layers step by step: every gate and every state, which the fast cells do not show.

The steps are those of `models/cells.py`; what they compute equals what the model computes to rounding.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from groundup.models.ablations import Forgetful
from groundup.models.cells import (
    CellName,
    Recurrent,
    Step,
    gru_gates,
    gru_step,
    lstm_gates,
    lstm_step,
    rnn_step,
)

# What each cell computes at a step, in the order in which it does; h, and c beside it, is what it carries.
PARTS = {"rnn": ("h",), "gru": ("r", "z", "n", "h"), "lstm": ("i", "f", "g", "o", "c", "h")}
GATES = ("r", "z", "i", "f", "o")
"""Those that are between 0 (closed) and 1 (open)."""
MEANING = {
    "r": "reset: how much of the past to look at",
    "z": "update: how much of the past to keep",
    "n": "new: what could be written",
    "i": "input: how much to write",
    "f": "forget: how much of the cell to keep",
    "g": "candidate: what could be written",
    "o": "output: how much of the cell to show",
    "c": "cell: what is kept",
    "h": "state: what is shown and carried on",
}

STEP: dict[CellName, tuple[Step, Callable[..., tuple[Tensor, ...]]]] = {
    "rnn": (rnn_step, lambda x, h, w: ()),
    "gru": (gru_step, gru_gates),
    "lstm": (lstm_step, lstm_gates),
}

Steps = dict[str, list[Tensor]]


def unrolled(cells: Recurrent, x: Tensor) -> list[Steps]:
    """Walk all layers along x `(time, batch, inputs)`, from a state of zeros, as in evaluation: no dropout.

    For each layer, for each of its PARTS, a list of one `(batch, width)` a step. The states are the very tensors
    that the next step and the next layer read, so that a gradient with respect to each can be asked of autograd.
    """
    step, gates_of = STEP[cells.cell]
    start = tuple(part[:, 0] for part in cells.init_state(x.shape[1], like=x))
    forgetful = isinstance(cells, Forgetful)  # an ablated model, whose cells begin again at every token
    layers: list[Steps] = []
    read = list(x)
    for layer in range(cells.layers):
        w, state = cells.weights(layer), start
        steps: Steps = {part: [] for part in PARTS[cells.cell]}
        for x_t in read:
            before = start if forgetful else state
            state = step(x_t, before, w)
            # The LSTM's state is (h, c); c comes first here, because h is made from it.
            for part, value in zip(steps, (*gates_of(x_t, before[0], w), *reversed(state)), strict=True):
                steps[part].append(value)
        layers.append(steps)
        read = steps["h"]
    return layers


def stacked(cells: Recurrent, x: Tensor) -> Tensor:
    """All of `unrolled` in one tensor `(layers, parts, batch, time, width)`, from x `(batch, time, inputs)`."""
    layers = unrolled(cells, x.transpose(0, 1))
    return torch.stack(
        [torch.stack([torch.stack(steps, dim=1) for steps in layer.values()]) for layer in layers]
    )
