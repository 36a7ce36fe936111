"""Logit lens: what the model would say if it stopped after each layer.

A transformer's layers all add to one vector a token, the residual stream, and only what leaves the last layer is
scored. But the read-out can score any vector of that width. So we let it score the stream after each layer, and
watch a prediction take shape: often a rough guess early, the word late, and sharper from layer to layer.

It is a look through the last layer's eyes: an early layer that "speaks" differently is read badly, and a poor
guess does not mean that nothing is known there (Belrose et al. 2023, section 1).

Source: nostalgebraist (2020), "interpreting GPT: the logit lens".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.drawing import (
    headline,
    heat,
    machine,
    new_figure,
    paper,
    style,
    token_axis,
    token_labels,
)
from groundup.lenses.hook_points import HookPoints, read_out
from groundup.lenses.hooked_model import HookedModel, ModelSource, hooked_model, lacks
from groundup.lenses.next_token import percent
from groundup.lenses.registry import Lens, Option
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass
class LogitLensTrace(Trace):
    """What each layer would say at each position. Made by `trace`. Row 0 is the embedding, before any layer."""

    model: str
    kind: str
    text: str
    tokens: list[str]
    """The text, as the model reads it."""
    stages: list[str]
    """"embedding", "layer 0", ...: the rows of the arrays."""
    top: np.ndarray
    """(layers + 1, time, k), ids of the likeliest tokens, the likeliest first."""
    top_labels: list[list[list[str]]]
    """The same, as they are shown."""
    top_probabilities: np.ndarray
    """(layers + 1, time, k)"""
    entropy: np.ndarray
    """(layers + 1, time), in bits."""
    next_rank: np.ndarray
    """(layers + 1, time - 1): 1 where the token that really came next is the likeliest."""
    next_probability: np.ndarray
    """(layers + 1, time - 1), of that token."""
    chosen: int | None = None
    """A token that was asked about."""
    chosen_label: str | None = None
    chosen_rank: np.ndarray | None = None
    """(layers + 1, time)"""
    chosen_probability: np.ndarray | None = None
    """(layers + 1, time)"""

    @property
    def decided(self) -> np.ndarray:
        """(time,), the first row from which on the likeliest token is the one that the model ends with."""
        same = self.top[:, :, 0] == self.top[-1, :, 0]
        last_other = np.where(~same, np.arange(len(same))[:, None], -1).max(axis=0)
        return last_other + 1

    def plot(self, *, dark: bool = False) -> "Figure":
        """Layers from the bottom up, positions from left to right; in each cell the likeliest token."""
        return _plot(self, dark)


def trace(what: ModelSource, text: str, *, top: int = 5, token: str | None = None) -> LogitLensTrace:
    """The `top` likeliest tokens at each layer and position; and how `token` fares, if one is named.

    Raises GroundupError for a model without a residual stream, and for a text that it cannot read.
    """
    hooked = hooked_model(what)
    hooks = hooked.hook_points
    require_residual(hooked, "logit lens")
    if top < 1:
        raise GroundupError(f"The {top} likeliest tokens are none.", "Ask for 1 or more.")
    chosen = None if token is None else hooked.token(token)
    reading = hooked.read(text)
    layers = range(blocks_of(hooks))
    names = ["blocks.0.hook_resid_pre", *(f"blocks.{layer}.hook_resid_post" for layer in layers)]
    seen: list[Tensor] = []
    stream = record(hooks.points, names, lambda: seen.append(hooks.run(reading.tokens)))
    labels = hooked.vocabulary()
    following = reading.tokens[0, 1:, None]
    rows: dict[str, list[np.ndarray]] = {}

    def keep(name: str, values: Tensor) -> None:
        rows.setdefault(name, []).append(values.cpu().numpy())

    for name in names:  # one layer at a time: whole vocabularies for all layers at once would be large
        with torch.no_grad():
            logits = read_out(hooks, stream[name][0]).float()  # (time, vocab)
        if name == names[-1]:
            check_whole(hooked, logits, seen[0][0].float())
        log_shares = logits.log_softmax(-1)
        shares = log_shares.exp()
        best = shares.topk(min(top, shares.shape[1]))
        keep("top", best.indices)
        keep("top_probabilities", best.values)
        keep("entropy", -(shares * log_shares).sum(-1) / np.log(2))
        held = shares[:-1].gather(1, following)
        keep("next_rank", 1 + (shares[:-1] > held).sum(1))
        keep("next_probability", held[:, 0])
        if chosen is not None:
            held = shares[:, chosen, None]
            keep("chosen_rank", 1 + (shares > held).sum(1))
            keep("chosen_probability", held[:, 0])
    arrays = {name: np.stack(values) for name, values in rows.items()}
    return LogitLensTrace(
        hooked.name, hooks.kind, text, reading.labels,
        ["embedding", *(f"layer {layer}" for layer in layers)],
        top_labels=[[[labels[t] for t in cell] for cell in row] for row in arrays["top"]],
        chosen=chosen, chosen_label=None if chosen is None else labels[chosen], **arrays,
    )  # fmt: skip


def require_residual(hooked: HookedModel, lens: str) -> None:
    """Raise GroundupError, with the lenses that it has, for a model without a residual stream."""
    if not hooked.hook_points.residual:
        raise lacks(hooked, f"residual stream, and so no {lens}")


def blocks_of(hooks: HookPoints) -> int:
    """How many blocks stand upon one another, each of which adds to the stream."""
    return sum(name.endswith(".hook_resid_post") for name in hooks.points)


def check_whole(hooked: HookedModel, explained: Tensor, real: Tensor) -> None:
    """Raise GroundupError where what a lens puts together is not what the model really gives."""
    slack = 1e-3 if explained.element_size() >= 4 else 3e-2  # half precision rounds at every step
    explained, real = explained.double(), real.double()
    if not torch.allclose(explained, real, rtol=slack, atol=slack * max(1.0, float(real.abs().max()))):
        raise GroundupError(
            f"{hooked.name} is not built as a {hooked.hook_points.kind} usually is, so this lens would show "
            "wrong numbers.",
            "A model that was trained without one of its parts can be looked at with next, tree and embeddings.",
        )


# ---- the picture --------------------------------------------------------------------------------------------


def _plot(trace: LogitLensTrace, dark: bool) -> "Figure":
    colours = paper(dark)
    rows, time = trace.top.shape[:2]
    window = slice(max(0, time - 24), time)  # the last positions, as many as can be read
    columns = time - window.start
    figure = new_figure(max(6.6, 1.6 + 0.72 * columns), 2.2 + 0.4 * rows, dark=dark)
    axes = figure.subplots()
    style(axes, dark=dark, grid=False)
    held, right = trace.top_probabilities[:, window, 0], _right(trace)[:, window]
    image = axes.imshow(
        held, cmap=heat(dark), vmin=0, vmax=max(0.25, float(held.max())), aspect="auto", origin="lower"
    )
    for row in range(rows):
        for column, cell in enumerate(trace.top_labels[row][window]):
            ink = _ink(image.cmap(image.norm(held[row, column])))
            axes.text(column, row + 0.16, token_labels(cell[:1], 7)[0], ha="center", va="center", fontsize=9,
                      color=ink, family=machine(), parse_math=False)  # fmt: skip
            axes.text(column, row - 0.24, percent(held[row, column]), ha="center", va="center", fontsize=7,
                      color=ink, family=machine())  # fmt: skip
            if right[row, column]:
                axes.plot([column - 0.36, column + 0.36], [row - 0.4] * 2, color=ink, linewidth=1.6)
    token_axis(axes.xaxis, trace.tokens[window], dark=dark, limit=8)
    axes.set_yticks(range(rows), trace.stages, color=colours.ink_2)
    axes.set_xlabel("the text, read up to here")
    axes.spines["bottom"].set_visible(False)
    bar = figure.colorbar(image, ax=axes, fraction=0.03, pad=0.01)
    bar.set_label("probability", color=colours.ink_2, fontsize=9)
    bar.ax.tick_params(colors=colours.ink_3, labelsize=8.5, length=0)
    bar.outline.set_visible(False)
    headline(figure, f"{trace.model}: what each layer would say comes next", dark=dark,
             under="The likeliest token and its probability. Underlined: what really came next.")  # fmt: skip
    return figure


def _right(trace: LogitLensTrace) -> np.ndarray:
    """(layers + 1, time), true where the likeliest token is what really came next."""
    right = np.zeros(trace.top.shape[:2], dtype=bool)
    right[:, :-1] = trace.next_rank == 1
    return right


def _ink(ground: Any) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = ground[:3]
    return "#1d1913" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#fffefd"


def trace_following(model: ModelSource, text: str, *, follow: str = "") -> LogitLensTrace:
    """As `trace`, with a token to follow if one is named."""
    return trace(model, text, token=follow or None)


LENS = Lens(
    "logits",
    title="Layers",
    question="When does it decide?",
    order=60,
    trace="trace_following",
    needs="residual",
    chooses="after which it decides",
    max_tokens=96,
    options=(Option("follow", "", "A token whose rank is given at each layer.", most=100),),
    widgets=(("logit_lens", "logits", "c12"),),
    views={"logit-lens": {"row": -1, "token": -1}},
)
