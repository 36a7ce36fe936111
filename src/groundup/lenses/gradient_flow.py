"""Gradient flow: how much a prediction would change if something earlier in the text were a little different.

The gradient of one later prediction is taken with respect to every earlier input (what goes into the first layer)
and every earlier state (what each layer passes on), and measured by its length. It is also what training sends
back: where it is zero, nothing is learnt from. In a plain RNN it passes through one matrix per step, and so tends
to shrink by a constant factor; gates and attention give it other ways.

Sources: Bengio, Simard and Frasconi (1994), "Learning long-term dependencies with gradient descent is difficult";
Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks", section 2.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import patched, recording
from groundup.lenses.gradient_flow_figure import draw_one, draw_several
from groundup.lenses.hook_points import HookPoints
from groundup.lenses.hooked_model import ModelSource, hooked_model
from groundup.lenses.trace import Trace
from groundup.lenses.unrolled import unrolled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GEOMETRIC = 0.8  # r² from which on a constant factor per step is a fair description


@dataclass
class GradientFlowTrace(Trace):
    """The gradient of one prediction, traced back through the text."""

    name: str
    kind: str
    text: str
    labels: list[str]
    """The tokens that were read, up to the one that predicts."""
    target: str
    """The token that is predicted."""
    of: str
    """What the gradient is of: loss (in nats) or logit, of the target."""
    value: float
    """That loss or logit."""
    inputs: np.ndarray
    """(time,): the length of the gradient with respect to what goes into the first layer at each token."""
    states: dict[str, np.ndarray]
    """The same for what passes on inside, by its name: cells.0.hook_h, blocks.0.hook_resid_post, ... (time,)."""
    back: list[int]
    """For each token, how many characters before the target it begins."""
    factor: float | None
    """By what the gradient of the inputs is multiplied at each step back, fitted; None below three tokens."""
    r2: float | None
    """How well one factor describes it: 1 is perfectly, 0 not at all."""

    @property
    def geometric(self) -> bool:
        """Whether one factor per step is a fair description."""
        return self.r2 is not None and self.r2 >= GEOMETRIC

    def sentence(self) -> str:
        """How it decays, in words."""
        if self.factor is None or self.r2 is None:
            return "Too few tokens to say how it decays."
        if not self.geometric:
            return f"It does not decay by one factor per token (a fit explains {max(self.r2, 0):.0%})."
        if self.factor >= 1:
            return f"Each token back, the gradient grows: times {self.factor:.2f}."
        half = math.log(0.5) / math.log(self.factor)
        return f"Each token back, the gradient is times {self.factor:.2f}: half of it is gone after {half:.1f} tokens."

    def plot(self, *, dark: bool = False) -> "Figure":
        """The length of the gradient at each token, on a logarithmic axis: dots for inputs, lines for states."""
        return draw_one(self, dark)


@dataclass
class GradientFlowComparison(Trace):
    """The gradient flow of several models over one text."""

    text: str
    traces: list[GradientFlowTrace]

    def plot(self, *, dark: bool = False) -> "Figure":
        """A line for each model: the gradient of what goes in, as a share of the last token's."""
        return draw_several(self, dark)


def trace(
    what: ModelSource, text: str, at: int | None = None, of: Literal["loss", "logit"] = "loss"
) -> GradientFlowTrace:
    """The gradient of one prediction with respect to every earlier input and state.

    `at` is the number of the token that is predicted: the text's last one, if none is named. `of` is what is
    differentiated: its loss, whose gradient vanishes where the model is sure, or its logit.
    Raises GroundupError: a text of fewer than two tokens or longer than the context; a token that is not there.
    """
    if of not in ("loss", "logit"):
        raise GroundupError(f"The gradient flow of a '{of}' is not known.", "Choose loss or logit.")
    hooked = hooked_model(what)
    hooks, reading = hooked.hook_points, hooked.read(text, least=2)
    tokens = reading.tokens
    last = tokens.shape[1] - 1
    at = last if at is None else at
    if not 1 <= at <= last:
        raise GroundupError(
            f"Token {at} cannot be predicted from what stands before it.", f"Choose one from 1 to {last}."
        )
    # What comes after `at` cannot matter, so it is not read.
    inputs, states, logits = _forward(hooks, tokens[:, :at])
    target = tokens[0, at]
    value = logits[0, -1, target] if of == "logit" else F.cross_entropy(logits[0, -1], target)
    wanted = [inputs, *(tensor for tensors in states.values() for tensor in tensors)]
    # What the prediction does not depend on has a gradient of zeros.
    gradients = list(torch.autograd.grad(value, wanted, materialize_grads=True))

    def lengths(count: int) -> np.ndarray:
        """(time,), from the next `count` gradients: one (1, time, width), or a (1, width) for each token."""
        rows = torch.cat([gradients.pop(0).flatten(0, -2) for _ in range(count)])
        return rows.norm(dim=1).cpu().numpy()

    norms_of_inputs = lengths(1)
    norms = {name: lengths(len(tensors)) for name, tensors in states.items()}
    begins = [piece.start for piece in hooked.tokenizer.pieces(text)]
    factor, r2 = decay(norms_of_inputs)
    return GradientFlowTrace(
        hooked.name, hooks.kind, text, reading.labels[:at], reading.labels[at], of, value.item(), norms_of_inputs,
        norms, [begins[at] - begin for begin in begins[:at]], factor, r2,
    )  # fmt: skip


def _forward(hooks: HookPoints, tokens: Tensor) -> tuple[Tensor, dict[str, list[Tensor]], Tensor]:
    """What goes into the first layer, what every layer passes on, and the logits; all in autograd's graph.

    States are lists of tensors: one (1, time, width) for each layer of a transformer, and one (1, width) for each
    token of a recurrent layer, because there each is an input of the next.
    """
    recurrent: Any = hooks.recurrent
    first = "cells.hook_in" if recurrent is not None else "blocks.0.hook_resid_pre"
    leaves: list[Tensor] = []
    states: dict[str, list[Tensor]] = {}

    def leaf(passing: Tensor) -> Tensor:
        leaves.append(passing.detach().requires_grad_())
        return leaves[0]

    def walk(passing: Tensor) -> Tensor:
        """The top layer's outputs again, by steps that can be asked for their gradients."""
        for number, steps in enumerate(unrolled(recurrent, leaves[0].transpose(0, 1))):
            states.update(
                {f"cells.{number}.hook_{part}": steps[part] for part in ("c", "h") if part in steps}
            )
        return torch.stack(states[f"cells.{recurrent.layers - 1}.hook_h"], dim=1)

    with torch.enable_grad(), ExitStack() as looking:
        looking.enter_context(patched(hooks.points, {first: leaf}))
        if recurrent is not None:
            looking.enter_context(patched(hooks.points, {"cells.hook_out": walk}))
            logits = hooks.run(tokens)
        else:
            with recording(hooks.points, ["blocks.*.hook_resid_post"]) as found:
                logits = hooks.run(tokens)
            states = {name: [tensor] for name, tensor in found.items()}
    return leaves[0], states, logits


def decay(lengths: np.ndarray) -> tuple[float | None, float | None]:
    """The factor by which lengths shrink from the last to the first, and r² of the fit; None below three numbers.

    A straight line through their logarithms, by least squares. Zeros are left out: they have none.

    >>> factor, r2 = decay(np.array([1.0, 2.0, 4.0, 8.0]))
    >>> round(factor, 3), round(r2, 3)
    (0.5, 1.0)
    """
    there = lengths > 0
    if there.sum() < 3:
        return None, None
    steps = np.arange(len(lengths))[::-1][there].astype(float)
    logs = np.log(lengths[there].astype(float))
    slope, start = np.polyfit(steps, logs, 1)
    left = logs - (slope * steps + start)
    total = ((logs - logs.mean()) ** 2).sum()
    return float(np.exp(slope)), float(1 - (left**2).sum() / total) if total > 0 else 0.0


def compare_gradient_flow(
    whats: Sequence[ModelSource], text: str, of: Literal["loss", "logit"] = "loss"
) -> GradientFlowComparison:
    """The gradient flow of several models over the same text, each for its own last token."""
    if not whats:
        raise GroundupError("There is nothing to compare.", "Name one run or more.")
    return GradientFlowComparison(text, [trace(what, text, of=of) for what in whats])
