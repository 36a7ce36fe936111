"""Embeddings: the vectors that stand for tokens, or for positions, on a plane.

A vector of 128 numbers cannot be seen, so it is projected onto two:

- PCA turns the cloud so that it is widest, and looks at it from there. It is linear: what is far apart in the
  picture is far apart. What it cannot show is the other 126 dimensions; the explained variance says how much.
- t-SNE tries to keep each point's neighbours, and gives up the rest. Near means near. But how far two groups are
  apart, how large a group is and how it is turned mean nothing, and another seed gives another picture.

Trustworthiness says of either, from 0 to 1, how far the neighbours in the picture are neighbours in truth.

Which vectors point the same way, in all their dimensions, is in neighbours.py.

Sources: Pearson 1901 (PCA); van der Maaten & Hinton 2008 (t-SNE); Venna & Kaski 2001 (trustworthiness);
Wattenberg, Viégas & Johnson 2016, "How to use t-SNE effectively".
"""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title
from groundup.lenses.drawing import (
    headline,
    machine,
    model_colour,
    new_figure,
    paper,
    style,
    token_labels,
)
from groundup.lenses.hooked_model import HookedModel, ModelSource, hooked_model
from groundup.lenses.neighbours import Of, find, table_of
from groundup.lenses.registry import Lens, Option
from groundup.lenses.tokens import stories_to_learn_from
from groundup.lenses.trace import Trace
from groundup.training.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Method = Literal["pca", "tsne"]
NEIGHBOURS = 5
LEAST_POINTS = 4
DOT = 3  # pixels that no name may cover
CANNOT_SHOW = {
    "pca": "A shadow on two of {width} dimensions: points that lie together here can be far apart in the others.",
    "tsne": "Only who is near whom: distances between groups, their sizes and the axes mean nothing.",
}


@dataclass
class EmbeddingsTrace(Trace):
    """Vectors, and their places on a plane. Made by `trace`."""

    model: str
    kind: str
    of: Of
    method: Method
    labels: list[str]
    """One for each point, the most frequent first; tokens as they are shown to a person."""
    ids: list[int]
    vectors: np.ndarray
    """(points, width), as the model has them."""
    places: np.ndarray
    """(points, 2)"""
    trustworthiness: float
    """0 to 1: how far the 5 nearest in the picture are near in truth."""
    explained: np.ndarray | None
    """For PCA (components,), the share of the variance along each direction, the widest first; sums to one."""
    perplexity: float | None
    """For t-SNE: about how many neighbours each point tries to keep."""
    seed: int | None
    selection: str
    """Which tokens these are, in words."""

    @property
    def caption(self) -> str:
        """What the picture cannot show, and how good it is, in numbers."""
        words = CANNOT_SHOW[self.method].format(width=self.vectors.shape[1])
        if self.explained is not None:
            words += f" The two hold {self.explained[:2].sum():.0%} of the variance."
        return f"{words} Trustworthiness {self.trustworthiness:.2f} of 1."

    def plot(self, *, dark: bool = False) -> "Figure":
        """Points with names; where names would lie upon one another, the most frequent token keeps its own."""
        return plot_side_by_side([self], dark=dark)


@dataclass
class SeedsTrace(Trace):
    """The same vectors drawn by t-SNE from several seeds. Made by `compare_seeds`."""

    traces: list[EmbeddingsTrace]
    agreement: np.ndarray
    """(seeds, seeds): of each point's 5 nearest in one picture, the share that is nearest in the other too."""

    def plot(self, *, dark: bool = False) -> "Figure":
        return plot_side_by_side(self.traces, dark=dark)


# ---- projections --------------------------------------------------------------------------------------------


def trace(
    what: ModelSource,
    text: str | None = None,
    *,
    of: Of = "tokens",
    tokens: int | Sequence[str] = 100,
    method: Method = "pca",
    perplexity: float = 15.0,
    seed: int = 0,
    start: Literal["pca", "random"] = "pca",
) -> EmbeddingsTrace:
    """The vectors of tokens, or of positions, on a plane.

    tokens: how many of the most frequent, or which ones. Frequent in `text`; without one in the text that a run was
    trained on, or, where that is not at hand, the first of the vocabulary.
    perplexity, seed, start: t-SNE's. From PCA's picture it is steadier than from a random one.
    Raises GroundupError for a token that the model does not know, for fewer than four points, and for a
    perplexity that is not smaller than the number of points.
    """
    hooked = hooked_model(what)
    all_labels, table = table_of(hooked, of)
    ids, selection = _chosen(hooked, text, of, tokens, len(table))
    if len(ids) < LEAST_POINTS:
        raise GroundupError(
            f"A picture of {len(ids)} points shows nothing.", f"Ask for {LEAST_POINTS} or more."
        )
    vectors = table[ids]
    explained = None
    if method == "pca":
        places, explained = pca(vectors)
    elif method == "tsne":
        places = tsne(vectors, perplexity, seed, start)
    else:
        raise GroundupError(f"There is no projection '{method}'.", "Choose pca or tsne.")
    by_tsne = method == "tsne"
    return EmbeddingsTrace(
        hooked.name, hooked.hook_points.kind, of, method, [all_labels[i] for i in ids], ids, vectors, places,
        trustworthiness(vectors, places), explained, perplexity if by_tsne else None,
        seed if by_tsne else None, selection,
    )  # fmt: skip


def pca(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal components: places (n, 2), and the share of variance along every component.

    The singular value decomposition of the centred vectors, X = U S V^T, gives all: the rows of V^T are the
    directions, the widest first, U S the places along them, and S² the variances.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    variance = lengths**2
    # A direction and its opposite are as good: let the largest number of each be positive, as scikit-learn does.
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    places = (left * lengths * signs)[:, :2]
    return places, variance / max(float(variance.sum()), 1e-300)


def tsne(
    vectors: np.ndarray, perplexity: float = 15.0, seed: int = 0, start: Literal["pca", "random"] = "pca"
) -> np.ndarray:
    """t-SNE by scikit-learn, places (n, 2). Raises GroundupError for a perplexity that cannot be."""
    from sklearn.manifold import TSNE

    if not 1 <= perplexity < len(vectors):
        raise GroundupError(
            f"A perplexity of {perplexity:g} for {len(vectors)} points cannot be: it is about how many neighbours "
            "each point keeps.",
            f"Choose it from 1 to {len(vectors) - 1}, or take more points.",
        )
    return TSNE(2, perplexity=perplexity, init=start, random_state=seed).fit_transform(vectors)


def compare_seeds(
    what: ModelSource, text: str | None = None, *, seeds: Sequence[int] = (1, 2, 3, 4), **more: Any
) -> SeedsTrace:
    """t-SNE of the same vectors from several seeds, each from a random start. `more` goes to `trace`."""
    settings = {"method": "tsne", "start": "random", **more}
    traces = [trace(what, text, seed=seed, **settings) for seed in seeds]
    near = [_nearest_places(one.places, min(NEIGHBOURS, len(one.ids) - 1)) for one in traces]
    agreement = np.array(
        [[np.mean([len(a & b) / len(a) for a, b in zip(x, y, strict=True)]) for y in near] for x in near]
    )
    return SeedsTrace(traces, agreement)


def trustworthiness(vectors: np.ndarray, places: np.ndarray) -> float:
    """Venna & Kaski 2001, by scikit-learn, with the 5 nearest (or fewer, if there are under 11 points)."""
    from sklearn.manifold import trustworthiness as by_sklearn

    return float(by_sklearn(vectors, places, n_neighbors=max(1, min(NEIGHBOURS, (len(vectors) - 1) // 2))))


def _nearest_places(places: np.ndarray, k: int) -> list[set[int]]:
    distances = ((places[:, None] - places[None]) ** 2).sum(-1)
    np.fill_diagonal(distances, np.inf)
    return [set(row[:k].tolist()) for row in distances.argsort(axis=1)]


# ---- which vectors ------------------------------------------------------------------------------------------


def _chosen(
    hooked: HookedModel, text: str | None, of: Of, tokens: int | Sequence[str], size: int
) -> tuple[list[int], str]:
    """The ids to draw, and which they are, in words."""
    if not isinstance(tokens, int):
        return list(dict.fromkeys(find(hooked, token, of, size) for token in tokens)), f"chosen {of}"
    if of == "positions":
        return list(range(min(tokens, size))), f"the first {min(tokens, size)} positions"
    where = "the text"
    if text is None:
        text, where = _training_text(hooked.run)
    if not text:
        return list(range(min(tokens, size))), f"the first {min(tokens, size)} tokens"
    counted = Counter(hooked.tokenizer.encode(text)).most_common(tokens)
    return [token for token, _ in counted], f"the {len(counted)} most frequent tokens in {where}"


def _training_text(run: Run | None) -> tuple[str, str]:
    """The first million characters that a run was trained on, and what to call them; empty where there are none."""
    if run is None:
        return "", ""
    try:
        corpus = run.corpus()
    except GroundupError:  # moved, changed or not to be fetched: the picture can do without
        return "", ""
    return next(iter(corpus.pieces("train")), ""), corpus_title(corpus.spec)


# ---- the picture --------------------------------------------------------------------------------------------


def plot_side_by_side(traces: Sequence[EmbeddingsTrace], *, dark: bool = False) -> "Figure":
    """Up to two in a row, each with its own axes: places of different pictures cannot be compared."""
    colours, first = paper(dark), traces[0]
    columns = min(2, len(traces))
    rows = -(-len(traces) // columns)
    each = 7.0 if len(traces) == 1 else 5.2
    figure = new_figure(each * columns, each * rows * 0.86 + 0.9, dark=dark)
    for place, trace in enumerate(traces):
        axes = figure.add_subplot(rows, columns, place + 1)
        style(axes, dark=dark, grid=False)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(visible=True, color=colours.line)
        _draw_points(axes, trace, dark)
        if trace.explained is not None:
            axes.set_xlabel(f"first component, {trace.explained[0]:.0%} of the variance")
            axes.set_ylabel(f"second component, {trace.explained[1]:.0%}")
        elif len(traces) > 1:
            axes.set_title(f"seed {trace.seed}", loc="left", fontsize=10, color=colours.ink_2)
    way = "PCA" if first.method == "pca" else f"t-SNE, perplexity {first.perplexity:g}"
    caption = first.caption if len(traces) == 1 else CANNOT_SHOW["tsne"] + " Only the seed differs."
    lines = textwrap.wrap(f"{way}. {caption}", int(13 * figure.get_figwidth()))
    headline(figure, f"{first.model}: {first.selection}", under="\n".join(lines), dark=dark)
    return figure


def _draw_points(axes: Any, trace: EmbeddingsTrace, dark: bool) -> None:
    """A dot for each vector. Names go beside them, the most frequent first, where there is still room."""
    from matplotlib.transforms import Bbox

    colours, x, y = paper(dark), trace.places[:, 0], trace.places[:, 1]
    colour = model_colour(trace.kind, dark)
    if trace.of == "positions":  # neighbours in the text are joined: that is what a position means
        axes.plot(x, y, color=colours.line, linewidth=1, zorder=1)
    axes.scatter(x, y, s=14, color=colour, linewidth=0, zorder=2)
    axes.margins(0.08)
    figure = axes.figure
    figure.canvas.draw()  # settles the layout, so that points have pixels
    renderer = figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    dots = axes.transData.transform(trace.places)
    taken = [Bbox([dot - DOT, dot + DOT]) for dot in dots]
    for number, (label, point) in enumerate(zip(token_labels(trace.labels, 12), trace.places, strict=True)):
        for offset, ha in (((5, 1), "left"), ((-5, 1), "right"), ((0, 6), "center"), ((0, -11), "center")):
            text = axes.annotate(label, point, xytext=offset, textcoords="offset points", fontsize=9, ha=ha,
                                 color=colours.ink, family=machine(), parse_math=False)  # fmt: skip
            box = text.get_window_extent(renderer)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            if inside and not any(
                box.overlaps(other) for place, other in enumerate(taken) if place != number
            ):
                taken.append(box)
                break
            text.remove()


def trace_frequent(
    model: HookedModel,
    *,
    count: int = 60,
    method: Method = "pca",
    perplexity: float = 15.0,
    seed: int = 0,
) -> EmbeddingsTrace:
    """The most frequent tokens. Where the model comes without a text, groundup's stories say which those are."""
    frequent_in = stories_to_learn_from() if model.run is None else None
    return trace(model, frequent_in, tokens=count, method=method, perplexity=perplexity, seed=seed)


LENS = Lens(
    "embeddings",
    title="Embeddings",
    question="Which words are alike?",
    order=70,
    trace="trace_frequent",
    reads=False,
    options=(
        Option("count", 60, "How many of the most frequent.", least=4, most=300),
        Option("method", "pca", "How to draw them on a plane.", choices=("pca", "tsne")),
        Option("perplexity", 15.0, "t-SNE: about how many neighbours each point keeps.", least=1, most=100),
        Option("seed", 0, "t-SNE: same seed, same picture.", least=0, most=2_147_483_647),
    ),
    widgets=(("embeddings", "embeddings", "c12"),),
    views={"embeddings": {"point": 0, "find": ""}},
)
