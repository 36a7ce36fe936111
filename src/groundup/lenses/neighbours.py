"""Nearest neighbours and analogies: which tokens' vectors point the same way.

A model that was only trained to predict finds out which words stand in the same places: their vectors come to
point the same way. The cosine says how nearly: 1 for the same direction, 0 across, -1 opposite. Directions can even
be added: in a model that has read enough, king - man + woman comes out near queen (Mikolov et al. 2013). In one
that has not, it does not, and that is worth seeing too.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from groundup.common.errors import GroundupError
from groundup.lenses.drawing import headline, machine, model_colour, new_figure, paper, style, token_axis
from groundup.lenses.hooked_model import HookedModel, ModelSource, hooked_model, lacks
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Of = Literal["tokens", "positions"]


@dataclass
class NeighboursTrace(Trace):
    """The tokens whose vectors point most nearly the same way. Made by `nearest` and `analogy`."""

    model: str
    kind: str
    asked: str
    labels: list[str]
    ids: list[int]
    cosines: np.ndarray
    """1 is the same direction, 0 across."""

    def plot(self, *, dark: bool = False) -> "Figure":
        colours = paper(dark)
        figure = new_figure(6, 1.5 + 0.3 * len(self.labels), dark=dark)
        axes = figure.subplots()
        style(axes, dark=dark, grid=False)
        places = np.arange(len(self.labels))
        axes.barh(places, self.cosines, height=0.62, color=model_colour(self.kind, dark))
        axes.set(xlim=(min(0.0, float(self.cosines.min())) * 1.25, 1.12), ylim=(len(places) - 0.4, -0.6))
        token_axis(axes.yaxis, self.labels, dark=dark, size=10)
        axes.axvline(0, color=colours.edge, linewidth=1)
        for place, cosine in enumerate(self.cosines):
            axes.annotate(f"{cosine:.2f}", (max(cosine, 0), place), xytext=(4, 0), textcoords="offset points",
                          fontsize=8.5, color=colours.ink, va="center_baseline", family=machine())  # fmt: skip
        axes.set_xlabel("cosine: 1 is the same direction, 0 is across")
        headline(figure, f"{self.model}: nearest to {self.asked}", dark=dark)
        return figure


def nearest(what: ModelSource, token: str, n: int = 10, *, of: Of = "tokens") -> NeighboursTrace:
    """The n tokens (or positions) whose vectors have the largest cosine with this one's.

    Raises GroundupError for a token that the model does not know.
    """
    hooked = hooked_model(what)
    _, table = table_of(hooked, of)
    own = find(hooked, token, of, len(table))
    return _ranked(hooked, f"“{token}”", of, table[own], but=[own], n=n)


def analogy(what: ModelSource, a: str, b: str, c: str, n: int = 10) -> NeighboursTrace:
    """a - b + c: with king, man and woman, the answer hoped for is queen.

    Vectors of length one are added (Mikolov et al. 2013, section 4). The three words themselves, with and without a
    space or a capital, cannot be the answer: they nearly always would be.
    """
    hooked = hooked_model(what)
    labels, table = table_of(hooked, "tokens")
    asked = [hooked.token(word) for word in (a, b, c)]
    directions = unit(table[asked])
    words = {labels[token].strip().lower() for token in asked}
    but = [token for token, label in enumerate(labels) if label.strip().lower() in words]
    wanted = directions[0] - directions[1] + directions[2]
    return _ranked(hooked, f"{a} - {b} + {c}", "tokens", wanted, but=but, n=n)


def unit(vectors: np.ndarray) -> np.ndarray:
    """The same directions, each of length one (a vector of zeros stays)."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _ranked(
    hooked: HookedModel, asked: str, of: Of, wanted: np.ndarray, *, but: list[int], n: int
) -> NeighboursTrace:
    if n < 1:
        raise GroundupError(f"The {n} nearest are none.", "Ask for 1 or more.")
    labels, table = table_of(hooked, of)
    cosines = unit(table) @ unit(wanted)
    order = [int(i) for i in np.argsort(-cosines, kind="stable") if i not in but][:n]
    return NeighboursTrace(
        hooked.name, hooked.hook_points.kind, asked, [labels[i] for i in order], order, cosines[order]
    )


def table_of(hooked: HookedModel, of: Of) -> tuple[list[str], np.ndarray]:
    """Labels and vectors (n, width) of all tokens, or of all positions (counted from 0)."""
    hooks = hooked.hook_points
    if of == "tokens":
        return hooked.vocabulary(), hooks.embedding.detach().cpu().float().numpy()
    if of != "positions":
        raise GroundupError(f"There are no embeddings of '{of}'.", "Choose tokens or positions.")
    if hooks.positions is None:
        raise lacks(hooked, "vectors for positions")
    table = hooks.positions.detach().cpu().float().numpy()
    return [str(place) for place in range(len(table))], table


def find(hooked: HookedModel, token: str, of: Of, size: int) -> int:
    """The row of that table which is meant by a word, or by the number of a position."""
    if of == "tokens":
        return hooked.token(token)
    if not token.isdecimal() or int(token) >= size:
        raise GroundupError(f"There is no position '{token}'.", f"{hooked.name} has 0 to {size - 1}.")
    return int(token)
