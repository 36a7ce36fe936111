"""Switching heads off: what does a text's loss become when one head's voice is missing?

A head speaks through z, the values that it mixed. "mean" puts in the place of every z its mean over the text: the
head says the same whatever it reads, so what it *finds out* is gone. "zero" puts zeros: that also takes away a
constant part, which the layers above have learnt to count on, so that it overstates what a head knows. So "mean"
is what is done unless "zero" is asked for. Sources: Michel et al. (2019), "Are sixteen heads really better than
one?"; Wang et al. (2022), "Interpretability in the wild", section 2.2, for means instead of zeros.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import changed, record
from groundup.lenses.attention import with_attention
from groundup.lenses.drawing import MONO, fonts, headline, new_figure, paper, sign_names, signed
from groundup.lenses.subject import Looked
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def ablate_heads(what: Looked, text: str, by: Literal["mean", "zero"] = "mean") -> AblationTrace:
    """The loss of a text with each head switched off, one at a time.

    Raises GroundupError: a model without attention, a text of fewer than two tokens or longer than the context.
    """
    if by not in ("mean", "zero"):
        raise GroundupError(f"A head cannot be switched off by '{by}'.", "Choose mean or zero.")
    looked_at = with_attention(what)
    parts, reading = looked_at.anatomy, looked_at.read(text, least=2)
    names = [f"blocks.{layer}.attn.hook_z" for layer in range(parts.layers)]
    whole: list[Tensor] = []
    found = record(parts.points, names, lambda: whole.append(parts.run(reading.tokens)))

    losses = []
    room = max(1, AT_ONCE // (reading.tokens.numel() * parts.embedding.shape[0]))
    for layer, name in zip(parts.attention, names, strict=True):
        mean = found[name][0].mean(dim=0)  # (heads, head_width)
        instead = mean if by == "mean" else torch.zeros_like(mean)
        for some in torch.arange(layer.heads).split(room):

            def switch_off(z: Tensor, some: Tensor = some, instead: Tensor = instead) -> Tensor:
                """z (rows, time, heads, head_width): in each row another head is off."""
                z[torch.arange(len(some)), :, some] = instead[some].unsqueeze(1)
                return z

            with torch.no_grad(), changed(parts.points, {name: switch_off}):
                losses.append(_loss(parts.run(reading.tokens.expand(len(some), -1)), reading.tokens))
    loss = _loss(whole[0], reading.tokens).item()
    table = torch.cat(losses).view(parts.layers, -1).cpu().numpy()
    return AblationTrace(looked_at.name, parts.kind, text, by, loss, table, table - loss)


def _loss(logits: Tensor, tokens: Tensor) -> Tensor:
    """(rows,), in nats per token: logits (rows, time, vocab) of tokens (1, time)."""
    targets = tokens[:, 1:].expand(len(logits), -1)
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none").mean(dim=1)
