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

from groundup.common.brand import rung_of
from groundup.common.charts import spread_labels
from groundup.common.errors import GroundupError
from groundup.lenses.activations import patched, recording
from groundup.lenses.drawing import (
    MONO,
    SANS,
    fonts,
    headline,
    model_colour,
    new_figure,
    on_model_colour,
    paper,
    shorten,
    style,
    token_axis,
)
from groundup.lenses.hook_points import HookPoints
from groundup.lenses.hooked_model import ModelSource, hooked_model
from groundup.lenses.registry import Lens, Option
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
            with recording(hooks.points, ["blocks.*.hook_resid_post"]) as activations:
                logits = hooks.run(tokens)
            states = {name: [tensor] for name, tensor in activations.items()}
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


# ---- the picture -------------------------------------------------------------------------------------------


LINES = 8


def draw_one(trace: "GradientFlowTrace", dark: bool) -> "Figure":
    """Dots for what goes into the model at each token, a line for what each layer passes on."""
    colours, time = paper(dark), len(trace.labels)
    wide = min(14.0, max(6.4, 0.17 * time + 2.6))
    figure = new_figure(wide, 4.6, dark=dark)
    headline(
        figure,
        f"{trace.name}: what “{shorten(trace.target.strip() or trace.target, 14)}” was predicted from",
        dark=dark,
        under=f"Length of the gradient of its {trace.of} ({trace.value:.2f}). {trace.sentence()}",
    )
    axes = figure.subplots()
    names = list(trace.states)
    # Of a deep model, so many layers as have room for their names.
    names = [
        names[i] for i in sorted(set(np.linspace(0, len(names) - 1, LINES).round().astype(int).tolist()))
    ]
    some = f" ({len(names)} of {len(trace.states)})" if len(names) < len(trace.states) else ""
    style(axes, dark=dark, title=f"dots: what goes in; lines: what each layer passes on{some}")
    low, high = _axis(axes, [trace.inputs, *trace.states.values()])
    axes.set_xlim(-0.8, time - 0.2)
    visible = np.flatnonzero(trace.inputs > low)
    axes.plot(visible, trace.inputs[visible], "o", markersize=4.5, color=model_colour(trace.kind, dark))

    label: dict[str, Any] = {"textcoords": "offset points", "va": "center", "ha": "right", "fontsize": 8.5,
                             "color": colours.ink_2, "family": fonts(MONO)[:1], "annotation_clip": False}  # fmt: skip
    begins = {}
    for name in names:
        norms = trace.states[name]
        visible = np.flatnonzero(norms > low)
        dashes = (0, (4, 1.5)) if name.endswith("_c") else "-"
        axes.plot(visible, norms[visible], linewidth=1.3, linestyle=dashes, color=colours.ink_2,
                  marker="o" if len(visible) == 1 else "", markersize=3)  # fmt: skip
        if len(visible) > 1:
            begins[name] = math.log(norms[visible[0]])
        elif len(visible):  # what the top layer of a transformer passes on counts at the last token alone
            axes.annotate(short_name(name), (visible[0], norms[visible[0]]), xytext=(-7, 0), **label)
    gap = 11 / (4.6 * 72 * 0.6) * math.log(high / low)
    for name, place in zip(begins, spread_labels(list(begins.values()), gap), strict=True):
        axes.annotate(short_name(name), (-0.8, math.exp(place)), xytext=(-6, 0), **label)
    size = min(8.5, 72 * 0.8 * (wide - 2.6) / time)
    if size >= 3.5:
        token_axis(axes.xaxis, trace.labels, dark=dark, size=size)
    else:
        axes.set_xticks([])
    return figure


def draw_several(comparison: "GradientFlowComparison", dark: bool) -> "Figure":
    """A line for each model, over the distance in characters, which all tokenizers have in common."""
    colours = paper(dark)
    figure = new_figure(9.2, 5.0, dark=dark)
    headline(
        figure,
        "How far back a prediction reaches",
        dark=dark,
        under="Length of the gradient at each token, as a share of the last one's (log). "
        f"Read: “{shorten(comparison.text, 60)}”",
    )
    axes = figure.subplots()
    style(axes, dark=dark)
    lines = [(trace, trace.inputs / max(trace.inputs[-1], 1e-38)) for trace in comparison.traces]
    low, high = _axis(axes, [norms for _, norms in lines], least=1e-8)
    longest = max(max(trace.back) for trace, _ in lines)
    axes.set(xlim=(longest * 1.42, 0), xlabel="characters before the predicted token")
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= longest])
    gap = 17 / (5.0 * 72 * 0.68) * math.log(high / low)
    ends = []
    for trace, norms in lines:
        there = np.flatnonzero(norms > low)
        back = np.array(trace.back)[there]
        axes.plot(
            back,
            norms[there],
            color=model_colour(trace.kind, dark),
            linewidth=1.8,
            marker="o",
            markersize=2.6,
        )
        ends.append((back[0], math.log(norms[there[0]])) if len(there) else (0, math.log(low)))
    # Where a line ends far back its label stands in the margin; where it leaves the picture, beside it.
    margin = [0.85 * longest <= far for far, _ in ends]
    apart = iter(spread_labels([end for (_, end), out in zip(ends, margin, strict=True) if out], gap))
    for (trace, _), (far, end), out in zip(lines, ends, margin, strict=True):
        place = next(apart) if out else max(end, math.log(low) + 0.7 * gap)
        edge = longest * 1.06 if out else far + longest * 0.03
        if out:
            axes.annotate("", (far, math.exp(end)), xytext=(edge, math.exp(place)), annotation_clip=False,
                          arrowprops={"arrowstyle": "-", "color": colours.edge, "linewidth": 0.8,
                                      "linestyle": (0, (1, 2))})  # fmt: skip
        at = edge + longest * 0.02
        _number(axes, trace.kind, (at, math.exp(place)), dark)
        axes.text(at + longest * 0.045, math.exp(place), shorten(trace.name, 20), ha="right", va="center_baseline",
                  fontsize=9.5, color=colours.ink, family=fonts(SANS))  # fmt: skip
    return figure


def _axis(axes: Any, lines: Sequence[np.ndarray], least: float = 1e-12) -> tuple[float, float]:
    """A logarithmic axis on the right for all that is above the `least` share of the highest; where it ends."""
    values = np.concatenate(lines)
    values = values[values > 0]
    high = float(values.max()) if len(values) else 1.0
    low = max(float(values.min()) if len(values) else 0.1, high * least) / 1.5
    axes.set_yscale("log")
    axes.set_ylim(low, high * 1.5)
    axes.yaxis.tick_right()
    axes.tick_params(axis="both", which="both", length=0)
    return low, high * 1.5


def _number(axes: Any, kind: str, place: tuple[float, float], dark: bool) -> None:
    """A model's number on its colour."""
    colour = model_colour(kind, dark)
    axes.text(*place, str(rung_of(kind).number or "·"), ha="right", va="center_baseline", fontsize=8.5, weight="bold",
              color=on_model_colour(kind, dark), family=fonts(MONO)[:1],
              bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": colour, "ec": colour})  # fmt: skip


def short_name(name: str) -> str:
    """An activation's name for a label.

    >>> short_name("cells.0.hook_h"), short_name("blocks.3.hook_resid_post")
    ('L0 h', 'L3 out')
    """
    layer, what = name.split(".")[1], name.rsplit("hook_", 1)[-1]
    return f"L{layer} {'out' if what == 'resid_post' else what}"


LENS = Lens(
    "gradient-flow",
    title="Gradient flow",
    question="How far back does it reach?",
    order=30,
    chooses="that is reached",
    max_tokens=512,
    options=(Option("of", "loss", "The gradient of its loss, or of its logit.", choices=("loss", "logit")),),
    widgets=(("gradient_flow", "gradient-flow", "c12"),),
    views={"gradient-flow": {"token": -1}},
)
