"""The pictures of the lesson on attention."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.attention import worked_example
from groundup.lenses.drawing import MONO, SANS, fonts, heat, machine, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

worked = load_part(Path(__file__).with_name("worked.py"))


def three_tokens(dark: bool = False) -> "Figure":
    """From scores to the context, three tokens wide."""
    steps, figure = worked.three_tokens(), new_figure(7.4, 2.4, dark=dark)
    panels = (
        ("score  q · k", worked.TOKENS, steps.scores, ".0f"),
        ("e to the score", worked.TOKENS, steps.powers, ".2f"),
        ("share  (sum 1)", worked.TOKENS, steps.shares, ".2f"),
        ("context", ("one", "many"), steps.context, ".2f"),
    )
    grid = figure.subplots(1, 4, width_ratios=[3, 3, 3, 3])
    for axes, (title, names, values, form) in zip(grid, panels, strict=True):
        _bars(axes, names, values, form, dark=dark)
        style(axes, dark=dark, title=title, grid=False)
        axes.set_yticks(range(len(names)), names, family=machine(), fontsize=9.5, color=paper(dark).ink_2)
        axes.spines["bottom"].set_visible(False)
    return figure


def six_words(dark: bool = False) -> "Figure":
    """Who looks at whom among six words, without and with the mask."""
    figure = new_figure(8.4, 4.2, dark=dark)
    grid = figure.subplots(1, 2)
    for axes, masked in zip(grid, (False, True), strict=True):
        example = worked_example(causal=masked)
        title = "with the mask: only itself and what came before" if masked else "every word with every word"
        _map(axes, example.weights, example.words, example.mask, dark=dark)
        style(axes, dark=dark, title=title, grid=False)
        axes.spines["bottom"].set_visible(False)
        axes.set_ylabel("who asks (query)")
        axes.set_xlabel("who answers (key)")
    return figure


def spreading_scores(dark: bool = False) -> "Figure":
    """How scores of random vectors spread, as they are and divided by the root of d."""
    ink, figure = paper(dark), new_figure(8.0, 3.5, dark=dark)
    left, right = figure.subplots(1, 2)
    looks = {4: ("solid", ink.ink), 64: ("dashed", ink.ramp[3]), 256: ("dotted", ink.ink_2)}
    for axes, root in ((left, False), (right, True)):
        edges = np.linspace(-5, 5, 61) if root else np.linspace(-45, 45, 61)
        middles = (edges[1:] + edges[:-1]) / 2
        for d, (dashes, colour) in looks.items():
            drawn = worked.draw_scores(d).ravel() / (d**0.5 if root else 1.0)
            share = np.histogram(drawn, edges)[0] / drawn.size
            axes.plot(middles, share, color=colour, linestyle=dashes, linewidth=1.8)
            if not root:
                place = {4: 2.5, 64: 9.0, 256: 22.0}[d]
                height = float(np.interp(place, middles, share))
                axes.annotate(f"d = {d}, spread {drawn.std():.1f}", (place, height), (place + 4, height + 0.02),
                              color=colour, fontsize=9.5, family=fonts(SANS), va="center",
                              arrowprops={"arrowstyle": "-", "color": ink.edge})  # fmt: skip
        axes.set(ylim=(0, None), xlabel="score divided by √d" if root else "score q · k")
        style(
            axes,
            dark=dark,
            title="divided by √d: about the same for all three" if root else "share of the scores",
        )
        axes.set_yticks(axes.get_yticks()[:-1:2])
    right.text(
        1.5, right.get_ylim()[1] * 0.8, "d = 4, 64 and 256", color=ink.ink_2, fontsize=9.5, family=fonts(SANS)
    )
    return figure


def inside(dark: bool = False) -> "Figure":
    """Contexts of many random queries: all in the triangle of the three values."""
    ink, figure = paper(dark), new_figure(5.6, 4.4, dark=dark)
    axes = figure.subplots()
    queries = np.random.default_rng(2).normal(scale=2.5, size=(150, 2))
    contexts = np.array([worked.three_tokens(query=query).context for query in queries])
    corners = worked.VALUES
    axes.fill(*corners.T, facecolor=ink.ramp[1], edgecolor=ink.ink, linewidth=1.2, alpha=0.6)
    axes.plot(*contexts.T, "o", color=ink.ink_3, markersize=3.5, linestyle="none")
    for token, corner, shift in zip(
        worked.TOKENS, corners, ((0.04, 0.03), (0.0, -0.075), (0.0, -0.075)), strict=True
    ):
        axes.plot(*corner, "s", color=ink.ink, markersize=7, clip_on=False)
        axes.text(*(corner + shift), f"value of {token}", color=ink.ink, fontsize=9.5, family=fonts(SANS),
                  ha="left" if corner[0] == 0 else "center")  # fmt: skip
    context = worked.three_tokens().context
    axes.plot(*context, "D", color=ink.ramp[3], markersize=8)
    words = f"the context of ___\n({context[0]:.2f}, {context[1]:.2f})"
    axes.annotate(words, context, (0.55, 0.85), color=ink.ink, fontsize=9.5,
                  family=fonts(SANS), arrowprops={"arrowstyle": "-", "color": ink.ink_3})  # fmt: skip
    axes.set(xlim=(-0.14, 1.25), ylim=(-0.16, 1.12), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1],
             xlabel="first number of a value: one")  # fmt: skip
    style(axes, dark=dark, title="second number of a value: many", grid=False)
    return figure


def cost(dark: bool = False) -> "Figure":
    """Multiplications over the length of a text, for attention and for an RNN."""
    ink, figure = paper(dark), new_figure(6.8, 3.6, dark=dark)
    axes, d = figure.subplots(), 64
    times = np.arange(0, 129)
    counted = np.array([8, 16, 32, 64])
    kinds = (
        ("attention: 2·T²·d", 2 * times**2 * d, worked.attention_multiplications, "solid", ink.ramp[3], "o"),
        ("RNN: 2·T·d²", 2 * times * d**2, worked.rnn_multiplications, "dashed", ink.ink, "s"),
    )
    for name, formula, count, dashes, colour, marker in kinds:
        axes.plot(times, formula / 1e6, color=colour, linestyle=dashes, linewidth=2)
        axes.plot(counted, [count(time, d) / 1e6 for time in counted], marker, color=colour, markersize=6)
        axes.text(131, formula[-1] / 1e6, name, color=colour, fontsize=9.5, family=fonts(SANS), va="center")
    axes.axvline(d, color=ink.edge, linewidth=0.8, linestyle="dotted")
    axes.text(d - 2, 1.75, "T = d", color=ink.ink_2, fontsize=9.5, family=fonts(SANS), ha="right")
    axes.set(xlim=(0, 168), ylim=(0, 2.3), xlabel="tokens T", xticks=[0, 32, 64, 96, 128])
    style(
        axes,
        dark=dark,
        title="multiplications, in millions (d = 64); marks were counted, lines are the formula",
    )
    return figure


def two_maps(dark: bool = False) -> "Figure":
    """Two sets of shares that give the same context."""
    words, ink = worked_example().words, paper(dark)
    figure = new_figure(7.4, 2.7, dark=dark)
    values, titles = worked_example().v, ("what run looks at", "made up")
    for axes, shares, title in zip(figure.subplots(1, 2), worked.two_maps(), titles, strict=True):
        _bars(axes, words, shares, ".2f", dark=dark)
        context = shares @ values
        style(axes, dark=dark, title=f"{title}: context ({context[0]:.1f}, {context[1]:.1f})", grid=False)
        axes.set_yticks(range(len(words)), words, family=machine(), fontsize=9.5, color=ink.ink_2)
        axes.set(xticks=[], xlim=(0, 0.75), xlabel="share (the six sum to 1)")
        axes.spines["bottom"].set_visible(False)
    return figure


def date_map(dark: bool = False) -> "Figure":
    """Where a trained model looked while it rewrote two dates."""
    from groundup.lenses.alignment import AlignmentTrace
    from groundup.training.translation import Rewritten

    found = worked.trained()
    texts = [
        Rewritten(one["text"], one["result"], np.array(one["alignment"])[None, None])
        for one in found["texts"]
    ]
    return AlignmentTrace(found["model"], texts).plot(dark=dark)


def _bars(axes: Any, names: tuple[str, ...], values: np.ndarray, form: str, *, dark: bool) -> None:
    ink = paper(dark)
    largest = float(np.max(values))
    axes.barh(range(len(names)), values, height=0.6, color=ink.ramp[2 if not dark else 3])
    for place, value in enumerate(values):
        axes.text(value + 0.04 * largest, place, f"{value:{form}}", va="center", color=ink.ink, fontsize=9.5,
                  family=fonts(MONO)[:1])  # fmt: skip
    axes.set(xlim=(0, 1.35 * largest), ylim=(len(names) - 0.4, -0.6), xticks=[])


def _map(axes: Any, weights: np.ndarray, words: tuple[str, ...], mask: np.ndarray, *, dark: bool) -> None:
    ink = paper(dark)
    axes.imshow(np.where(mask, weights, np.nan), cmap=heat(dark).with_extremes(bad=ink.line), vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(weights):
        words_ = (
            f"{share:.2f}".lstrip("0")
            if mask[row, column] and share < 1
            else "1"
            if mask[row, column]
            else "−∞"
        )
        strong = share > (0.6 if dark else 0.55)
        colour = ink.sheet if strong and mask[row, column] else ink.ink if mask[row, column] else ink.ink_3
        axes.text(column, row, words_, ha="center", va="center", fontsize=8.5, color=colour, family=machine())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(range(len(words)), words, family=machine(), fontsize=9.5, color=ink.ink_2)
