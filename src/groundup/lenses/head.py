"""One attention head, number by number: query, key, product, scale, mask, softmax, values, context.

    q · k  ──►  × scale  ──►  mask  ──►  softmax  ──►  Σ weight · v  ──►  through W_O into the residual path

Everything that `models/attention.py` computes for one head is here as an array, and the last step is what the
model itself computed. Source: Vaswani et al. (2017), section 3.2.1; the element-wise product of a query with a
key as "neuron view": Vig (2019), section 3.3.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.attention import with_attention
from groundup.lenses.drawing import (
    MONO,
    SANS,
    fonts,
    headline,
    heat,
    new_figure,
    paper,
    sign_names,
    signed,
    style,
    token_axis,
)
from groundup.lenses.hook_points import AttentionLayer, products
from groundup.lenses.hooked_model import ModelSource
from groundup.lenses.registry import Lens, Option
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass
class HeadTrace(Trace):
    """What one head computes over a text. Time t is the token that looks, time s a token that is looked at."""

    name: str
    kind: str
    text: str
    labels: list[str]
    layer: int
    head: int
    position: int
    """The token that `elementwise` is about."""
    additive: bool
    """Scores are v · tanh(q + k), as Bahdanau's, instead of q · k."""
    scale: float
    """What the products are multiplied by: 1 / √head_width, as a rule."""
    q: np.ndarray
    """(time, head_width): what each token asks. Rotated, where the model has rotary positions."""
    k: np.ndarray
    """(time, head_width): what each token is found by. Rotated likewise."""
    v: np.ndarray
    """(time, head_width): what each token gives when it is looked at."""
    products: np.ndarray
    """(time, time): q[t] · k[s]."""
    scaled: np.ndarray
    """(time, time): products · scale."""
    mask: np.ndarray
    """(time, time): true where t may look at s."""
    scores: np.ndarray
    """(time, time): scaled where the mask is true, else -inf."""
    pattern: np.ndarray
    """(time, time): softmax of each row of the scores; rows sum to one."""
    z: np.ndarray
    """(time, head_width), the context: pattern @ v."""
    elementwise: np.ndarray
    """(time, head_width): for the position t, the terms that q[t] · k[s] is the sum of."""
    out: np.ndarray | None
    """(time, width): what the head adds to the residual path, z @ W_O; None where there is no such path."""
    heads: list[int]
    """How many heads each layer of the model has."""

    def shown(self, most: int = 30) -> list[int]:
        """The tokens to show for the position: all that it may look at, or those with the largest shares."""
        seen = np.flatnonzero(self.mask[self.position])
        best = seen[np.argsort(-self.pattern[self.position, seen], kind="stable")[:most]]
        return sorted(best.tolist())

    def plot(self, *, dark: bool = False) -> "Figure":
        """The head's pattern, large; beside it one row of it number by number, and the terms of each product."""
        colours, t, seen = paper(dark), self.position, self.shown()
        time, rows = len(self.labels), len(seen)
        side = min(9.0, max(4.0, 0.21 * time + 1.2))
        height = max(side, 0.21 * rows + 1.6) + 0.7
        figure = new_figure(side + 8.2, height, dark=dark)
        kind = "additive scores" if self.additive else f"scale {self.scale:.3g}"
        headline(
            figure,
            f"{self.name}, layer {self.layer}, head {self.head} ({kind})",
            dark=dark,
            under=f"Row {t + 1} of the pattern, from “{self.labels[t].strip()}”, is taken apart on the right.",
        )
        large, steps, terms = figure.subplots(1, 3, width_ratios=[side, 3.6, 3.2])

        ramp = heat(dark).with_extremes(bad=colours.line)
        style(large, dark=dark, title="each row: where that token looks", grid=False)
        # The first row is all on itself: it would leave the others pale.
        most = max(float(self.pattern[1:].max()), 0.01)
        large.imshow(np.where(self.mask, self.pattern, np.nan), cmap=ramp, vmin=0, vmax=most)
        size = min(8.5, 72 * 0.8 * (side - 1.2) / time)
        if size >= 3.5:
            token_axis(large.xaxis, self.labels, dark=dark, size=size)
            token_axis(large.yaxis, self.labels, dark=dark, size=size)
        large.axhspan(t - 0.5, t + 0.5, fill=False, edgecolor=colours.ink, linewidth=1.2)

        style(steps, dark=dark, grid=False)
        places = np.arange(rows)
        row = self.pattern[t, seen]
        # The bars take the right part; the numbers stand before them.
        steps.barh(places, row, height=0.62, color=colours.ramp[3 if dark else 2])
        steps.set(xlim=(-1.9, 1.25), ylim=(rows - 0.5, -1.6), xticks=[])
        token_axis(steps.yaxis, [self.labels[s] for s in seen], dark=dark)
        columns = ("sum" if self.additive else "q·k", "scaled", "share")
        numbers = (self.products, self.scaled, self.pattern)
        for x, word, values in zip((-1.3, -0.65, -0.05), columns, numbers, strict=True):
            steps.text(x, -1, word, ha="right", va="center", fontsize=8.5, color=colours.ink_3,
                       family=fonts(SANS))  # fmt: skip
            for place, value in enumerate(values[t, seen]):
                steps.text(x, place, f"{value:.2f}", ha="right", va="center", fontsize=8.5, color=colours.ink,
                           family=fonts(MONO)[:1])  # fmt: skip

        style(terms, dark=dark, grid=False)
        products = self.elementwise[seen]
        limit = max(float(np.abs(products).max()), 1e-9)
        terms.imshow(products, cmap=signed(dark), vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest",
                     extent=(-0.5, products.shape[1] - 0.5, rows - 0.5, -0.5))  # fmt: skip
        terms.set(ylim=(rows - 0.5, -1.6), yticks=[], xlabel="number in the head")
        less, more = sign_names(dark)
        words = "score = their sum" if self.additive else "q·k = the sum of q × k"
        terms.text(-0.5, -1, f"{words} ({less} −, {more} +, up to {limit:.2g})", fontsize=8.5,
                   va="center", color=colours.ink_3, family=fonts(SANS))  # fmt: skip
        return figure


def trace(
    what: ModelSource, text: str, layer: int = 0, head: int = 0, position: int | None = None
) -> HeadTrace:
    """One head over a text. `position` is the token whose row is taken apart: the last one, if none is named.

    Raises GroundupError: a model without attention; a layer, head or position that is not there; a text of fewer
    than two tokens or longer than the context.
    """
    hooked = with_attention(what)
    hooked.check(layer, head)
    hooks, reading = hooked.hook_points, hooked.read(text, least=2)
    time = len(reading.labels)
    position = time - 1 if position is None else position
    if not 0 <= position < time:
        raise GroundupError(
            f"There is no token {position} in the text.", f"It has the tokens 0 to {time - 1}."
        )
    attention, name = hooks.attention[layer], f"blocks.{layer}.attn"
    rotary = "rot_" if f"{name}.hook_rot_q" in hooks.points else ""
    q_name, k_name, v_name = f"{name}.hook_{rotary}q", f"{name}.hook_{rotary}k", f"{name}.hook_v"
    activations = record(hooks.points, [q_name, k_name, v_name], lambda: hooks.run(reading.tokens))

    shared = head // attention.groups  # with grouped queries, several heads have one key and value
    q, k, v = (
        activations[q_name][0, :, head],
        activations[k_name][0, :, shared],
        activations[v_name][0, :, shared],
    )
    with torch.no_grad():
        products_ = products(attention, q[None, :, None], k[None, :, None])[0, 0]
        scaled = products_ * attention.scale
        mask = attention.mask(time).to(q.device)
        scores = scaled.masked_fill(~mask, -math.inf)
        pattern = scores.softmax(dim=1)
        z = pattern @ v
        arrays = {
            "q": q, "k": k, "v": v, "products": products_, "scaled": scaled, "mask": mask, "scores": scores,
            "pattern": pattern, "z": z, "elementwise": _terms(attention, q[position], k),
        }  # fmt: skip
        out = None if attention.out is None else (z @ attention.out[head]).cpu().numpy()
    return HeadTrace(
        hooked.name,
        hooks.kind,
        text,
        reading.labels,
        layer,
        head,
        position,
        attention.score_vector is not None,
        attention.scale,
        **{name: value.cpu().numpy() for name, value in arrays.items()},
        out=out,
        heads=[one.heads for one in hooks.attention],
    )


def _terms(attention: AttentionLayer, q: Tensor, k: Tensor) -> Tensor:
    """(time, head_width): what sums to the product of q `(head_width,)` with each k `(time, head_width)`."""
    return q * k if attention.score_vector is None else torch.tanh(q + k) * attention.score_vector


LENS = Lens(
    "head",
    needs="attention",
    command=False,
    max_tokens=96,
    options=(
        Option("layer", 0, "Its layer, from 0.", least=0, most=1000),
        Option("head", 0, "Its number, from 0.", least=0, most=1000),
        Option(
            "position", None, "The token whose row is taken apart, from 0.", type=int, least=0, most=10_000
        ),
    ),
    views={"attention-neuron": {"token": -1, "key": -1}},
)
