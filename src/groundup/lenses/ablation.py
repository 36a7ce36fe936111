"""Switching heads off: what does a text's loss become when one head's voice is missing?

A head speaks through z, the values that it mixed. "mean" puts in the place of every z its mean over the text: the
head says the same whatever it reads, so what it *finds out* is gone. "zero" puts zeros: that also takes away a
constant part, which the layers above have learnt to count on, so that it overstates what a head knows. So "mean"
is what is done unless "zero" is asked for. Sources: Michel et al. (2019), "Are sixteen heads really better than
one?"; Wang et al. (2022), "Interpretability in the wild", section 2.2, for means instead of zeros.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import patched, record
from groundup.lenses.attention import with_attention
from groundup.lenses.drawing import (
    MONO,
    fonts,
    headline,
    model_colour,
    new_figure,
    paper,
    sign_names,
    signed,
    style,
    token_axis,
)
from groundup.lenses.hook_points import HookPoints
from groundup.lenses.hooked_model import ModelSource
from groundup.lenses.registry import Lens, Option
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

By = Literal["mean", "zero"]
AT_ONCE = 2**26  # logits computed at once, 256 MB of float32: heads are switched off in as many rows as fit


@dataclass
class AblationTrace(Trace):
    """What the loss of a text becomes without each head. All losses are in nats per token."""

    name: str
    kind: str
    text: str
    by: str
    """What takes the place of z: its mean over the text, or zero."""
    loss: float
    """Of the whole model: the mean over all tokens but the first, which nothing predicts."""
    losses: np.ndarray
    """(layers, heads): the loss without that head."""
    cost: np.ndarray
    """(layers, heads): losses - loss. Above zero, the head helps with this text; below, it is in the way."""

    def plot(self, *, dark: bool = False) -> "Figure":
        """A square for each head, with what it costs to be without it."""
        layers, heads = self.cost.shape
        colours, (less, more) = paper(dark), sign_names(dark)
        cell = min(0.95, max(0.45, 11 / heads))
        figure = new_figure(max(6.6, cell * heads + 1.2), 0.62 * cell * layers + 1.9, dark=dark)
        instead = "its mean over the text" if self.by == "mean" else "zero"
        headline(
            figure,
            f"{self.name} without one head at a time",
            dark=dark,
            under=f"Nats per token that it costs: the whole model needs {self.loss:.3f}. z is set to {instead}."
            f"\n{more.title()}: the text is harder without this head. {less.title()}: easier.",
        )
        axes = figure.subplots()
        limit = max(float(np.abs(self.cost).max()), 1e-9)
        axes.imshow(self.cost, cmap=signed(dark), vmin=-limit, vmax=limit, aspect="auto")
        for axis, letter, count in ((axes.xaxis, "H", heads), (axes.yaxis, "L", layers)):
            axis.set_ticks(range(count), [f"{letter}{n}" for n in range(count)], family=fonts(MONO)[:1],
                           color=colours.ink_2, fontsize=9)  # fmt: skip
        axes.tick_params(length=0)
        axes.set_facecolor(colours.sheet)
        for spine in axes.spines.values():
            spine.set_color(colours.line)
        for (layer, head), cost in np.ndenumerate(self.cost):
            strong = abs(cost) > 0.6 * limit  # where the ground is deep, the other ink reads better
            axes.text(head, layer, f"{cost:+.3f}", ha="center", va="center", family=fonts(MONO)[:1],
                      fontsize=min(9, 9.5 * cell), color=colours.sheet if strong else colours.ink)  # fmt: skip
        return figure


def ablate_heads(what: ModelSource, text: str, by: By = "mean") -> AblationTrace:
    """The loss of a text with each head switched off, one at a time.

    Raises GroundupError: a model without attention, a text of fewer than two tokens or longer than the context.
    """
    if by not in ("mean", "zero"):
        raise GroundupError(f"A head cannot be switched off by '{by}'.", "Choose mean or zero.")
    hooked = with_attention(what)
    hooks, reading = hooked.hook_points, hooked.read(text, least=2)
    whole, z = _as_it_is(hooks, reading.tokens)

    losses = []
    room = max(1, AT_ONCE // (reading.tokens.numel() * hooks.embedding.shape[0]))
    for layer, (name, values) in zip(hooks.attention, z.items(), strict=True):
        instead = _instead(values, by)
        for some in torch.arange(layer.heads).split(room):

            def switch_off(z: Tensor, some: Tensor = some, instead: Tensor = instead) -> Tensor:
                """z (rows, time, heads, head_width): in each row another head is off."""
                z[torch.arange(len(some)), :, some] = instead[some].unsqueeze(1)
                return z

            with torch.no_grad(), patched(hooks.points, {name: switch_off}):
                losses.append(_loss(hooks.run(reading.tokens.expand(len(some), -1)), reading.tokens))
    loss = _loss(whole, reading.tokens).item()
    table = torch.cat(losses).view(hooks.layers, -1).cpu().numpy()
    return AblationTrace(hooked.name, hooks.kind, text, by, loss, table, table - loss)


def _as_it_is(hooks: HookPoints, tokens: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The logits of the whole model, and every layer's z `(time, heads, head_width)` by its name."""
    names = [f"blocks.{layer}.attn.hook_z" for layer in range(hooks.layers)]
    whole: list[Tensor] = []
    activations = record(hooks.points, names, lambda: whole.append(hooks.run(tokens)))
    return whole[0], {name: activations[name][0] for name in names}


def _instead(z: Tensor, by: By) -> Tensor:
    """(heads, head_width): what takes the place of z `(time, heads, head_width)`."""
    mean = z.mean(dim=0)
    return mean if by == "mean" else torch.zeros_like(mean)


def _losses(logits: Tensor, tokens: Tensor) -> Tensor:
    """(rows, time - 1), in nats: logits (rows, time, vocab) of tokens (1, time)."""
    targets = tokens[:, 1:].expand(len(logits), -1)
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none")


def _loss(logits: Tensor, tokens: Tensor) -> Tensor:
    """(rows,), in nats per token."""
    return _losses(logits, tokens).mean(dim=1)


# ---- some heads at once -------------------------------------------------------------------------------------


@dataclass
class SwitchedOffTrace(Trace):
    """A text as the whole model reads it, and as it reads it without some heads. Made by `switch_off`."""

    name: str
    kind: str
    text: str
    labels: list[str]
    by: str
    without: list[tuple[int, int]]
    """The heads that are off: layer, head."""
    heads: list[int]
    """How many each layer has."""
    losses: np.ndarray
    """(time - 1,), in nats: how surprised the whole model is by each token but the first."""
    losses_without: np.ndarray
    """(time - 1,), without those heads."""
    next_ids: np.ndarray
    """(time, n): the likeliest tokens after each, with all heads and without some, as the whole model ranks them."""
    next_labels: list[list[str]]
    before: np.ndarray
    """(time, n): their probabilities in the whole model."""
    after: np.ndarray
    """(time, n): without those heads."""

    def plot(self, *, dark: bool = False) -> "Figure":
        """What comes after the text: the probability of each token before, and after the heads are off."""
        colours = paper(dark)
        labels, rows = self.next_labels[-1], np.arange(len(self.next_labels[-1]))
        figure = new_figure(7.5, 2.0 + 0.36 * len(rows), dark=dark)
        which = ", ".join(f"L{layer} H{head}" for layer, head in self.without) or "no head"
        headline(
            figure, f"{self.name} without {which}: what comes next", dark=dark,
            under=f"Filled: without. Outlined: the whole model. The text costs {self.losses_without.mean():.3f} nats "
            f"per token instead of {self.losses.mean():.3f}.",
        )  # fmt: skip
        axes = figure.subplots()
        style(axes, dark=dark, grid=False)
        axes.barh(rows, self.after[-1], height=0.55, color=model_colour(self.kind, dark))
        axes.barh(rows, self.before[-1], height=0.75, facecolor="none", edgecolor=colours.ink_2, linewidth=1)
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel="probability")
        token_axis(axes.yaxis, labels, dark=dark, size=10)
        return figure


NEXT = 8  # tokens: those that are likeliest before or after


def switch_off(
    what: ModelSource, text: str, heads: Sequence[tuple[int, int]] = (), by: By = "mean"
) -> SwitchedOffTrace:
    """What a text costs, and what comes after each of its tokens, with all heads and without some (layer, head).

    Raises GroundupError: a model without attention, a head that it does not have, a text of fewer than two tokens
    or longer than the context.
    """
    hooked = with_attention(what)
    off = list(dict.fromkeys(heads))
    for layer, head in off:
        hooked.check(layer, head)
    hooks, reading = hooked.hook_points, hooked.read(text, least=2)
    whole, z = _as_it_is(hooks, reading.tokens)
    changes = {}
    for layer in dict.fromkeys(layer for layer, _ in off):
        name = f"blocks.{layer}.attn.hook_z"
        some, instead = [head for one, head in off if one == layer], _instead(z[name], by)

        def silence(passing: Tensor, some: list[int] = some, instead: Tensor = instead) -> Tensor:
            """passing (1, time, heads, head_width)"""
            passing[:, :, some] = instead[some]
            return passing

        changes[name] = silence
    with torch.no_grad(), patched(hooks.points, changes):
        without = hooks.run(reading.tokens)
    before, after = whole[0].softmax(-1), without[0].softmax(-1)
    best = torch.maximum(before, after).topk(min(NEXT, before.shape[1])).indices
    best = best.gather(1, before.gather(1, best).argsort(descending=True, stable=True))
    vocabulary = hooked.vocabulary()
    return SwitchedOffTrace(
        hooked.name, hooks.kind, text, reading.labels, by, off, [layer.heads for layer in hooks.attention],
        _losses(whole, reading.tokens)[0].cpu().numpy(), _losses(without, reading.tokens)[0].cpu().numpy(),
        best.cpu().numpy(), [[vocabulary[i] for i in row] for row in best.tolist()],
        before.gather(1, best).cpu().numpy(), after.gather(1, best).cpu().numpy(),
    )  # fmt: skip


def switch_off_listed(model: ModelSource, text: str, *, off: str = "") -> SwitchedOffTrace:
    """Without the heads that are listed: "2.0,1.3" is layer 2's head 0 and layer 1's head 3."""
    heads = [head.split(".") for head in off.split(",") if head]
    if not all(len(head) == 2 and all(part.isdecimal() and len(part) < 5 for part in head) for head in heads):
        raise GroundupError(f"{off!r} is no list of heads.", "Write layer.head, as in 2.0,1.3.")
    return switch_off(model, text, [(int(layer), int(head)) for layer, head in heads])


ALL_HEADS = Lens("ablation", trace="ablate_heads", needs="attention", command=False, max_tokens=96)
SOME_HEADS = Lens(
    "off",
    trace="switch_off_listed",
    needs="attention",
    command=False,
    max_tokens=96,
    options=(Option("off", "", "Heads that are switched off, such as 2.0,1.3.", most=2000),),
    views={"attention-off": {"layer": 0, "head": 0, "token": -1}},
)
