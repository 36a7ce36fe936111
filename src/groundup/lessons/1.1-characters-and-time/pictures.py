"""The pictures of lesson 1.1."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.lenses.drawing import MONO, SANS, fonts, heat, new_figure, paper, style, token_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

toy = load_part(Path(__file__).with_name("experiments.py"))
SENTENCE = "She walked to the cellar."


def row_lookup(dark: bool = False) -> "Figure":
    """A one-hot row times the table: all but one row are multiplied by 0."""
    ink, figure = paper(dark), new_figure(6.6, 2.3, dark=dark)
    axes = figure.subplots()
    one_hot = np.array([[0.0, 0.0, 1.0]])
    _grid(axes, one_hot, (0.0, 1.0), ink, marked=[(0, 2)])
    _grid(axes, toy.ROWS, (4.4, 2.0), ink, marked=[(2, 0), (2, 1)])
    _grid(axes, one_hot @ toy.ROWS, (8.2, 1.0), ink, marked=[(0, 0), (0, 1)])
    for x, word in ((3.6, "×"), (7.3, "=")):
        axes.text(x, 0.5, word, ha="center", va="center", fontsize=15, color=ink.ink_2, family=fonts(SANS))
    for place, letter in enumerate(toy.LETTERS):
        axes.text(place + 0.5, 1.18, letter, ha="center", color=ink.ink_2, fontsize=10, family=fonts(MONO))
        axes.text(
            4.25,
            1.5 - place,
            letter,
            ha="right",
            va="center",
            color=ink.ink_2,
            fontsize=10,
            family=fonts(MONO),
        )
    names = (0.0, 3, "n, one-hot"), (4.4, 2, "table: a row for each letter"), (8.2, 2, "what n is read as")
    for x, width, name in names:
        axes.text(x + width / 2, -1.35, name, ha="center", color=ink.ink_2, fontsize=9.5, family=fonts(SANS))
    axes.set(xlim=(-0.2, 10.6), ylim=(-1.6, 2.2), aspect="equal")
    axes.axis("off")
    return figure


def unrolled(dark: bool = False) -> "Figure":
    """The network reads "ban": three copies of one cell, with the numbers that pass between them."""
    from matplotlib.patches import FancyBboxPatch

    ink, figure = paper(dark), new_figure(7.4, 3.7, dark=dark)
    axes = figure.subplots()
    word = "ban"
    states, shares = toy.walk(word)
    mono: dict[str, Any] = {"ha": "center", "va": "center", "family": fonts(MONO)}
    sans: dict[str, Any] = {"ha": "center", "va": "center", "family": fonts(SANS)}
    arrow = {"arrowstyle": "-|>", "color": ink.ink_3, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}

    axes.text(0.15, 2.0, "(0, 0)", color=ink.ink, fontsize=9.5, **mono)
    axes.text(0.15, 1.55, "start", color=ink.ink_3, fontsize=9, **sans)
    for step, letter in enumerate(word):
        x = 2.3 + 2.9 * step
        axes.add_patch(FancyBboxPatch((x - 0.65, 1.55), 1.3, 0.9, boxstyle="round,pad=0.02,rounding_size=0.1",
                                      facecolor=ink.sheet, edgecolor=ink.ink, linewidth=1.3))  # fmt: skip
        axes.text(x, 2.14, "tanh(x + W h)", color=ink.ink, fontsize=8.5, **sans)
        axes.text(x, 1.8, "the same W", color=ink.ink_2, fontsize=8.5, **sans)
        axes.annotate("", (x - 0.68, 2.0), (x - 1.62 if step else x - 1.75, 2.0), arrowprops=arrow)
        axes.annotate("", (x, 1.52), (x, 0.95), arrowprops=arrow)
        axes.text(x, 0.7, f"reads {letter}", color=ink.ink, fontsize=10, **mono)
        row = "({:g}, {:g})".format(*toy.ROWS[toy.LETTERS.index(letter)]).replace("-", "−")
        axes.text(x, 0.3, f"x = {row}", color=ink.ink_2, fontsize=9, **mono)
        axes.annotate("", (x, 3.15), (x, 2.5), arrowprops=arrow)
        following = "".join(
            f"{name} {share:.0%}  " for name, share in zip(toy.LETTERS, shares[step], strict=True)
        )
        axes.text(x, 3.4, following.strip(), color=ink.ink, fontsize=9, **mono)
        axes.plot([x + 0.68, x + 1.28], [2.0, 2.0], color=ink.ink_3, linewidth=1.2)
        numbers = "({:.2f},\n {:.2f})".format(*states[step]).replace("-", "−")
        axes.text(x + 1.14, 2.29, numbers, color=ink.ink, fontsize=8.5, **mono)
    axes.text(2.3, 3.78, "to come next", color=ink.ink_3, fontsize=9, **sans)
    axes.set(xlim=(-0.4, 9.7), ylim=(0.1, 3.95))
    axes.axis("off")
    return figure


def what_is_kept(dark: bool = False) -> "Figure":
    """For every step of a sentence, the share of each letter read in the gradient of the next one's score."""
    ink, found = paper(dark), toy.read(SENTENCE)
    time = len(SENTENCE) - 1
    kept = np.full((time, time), np.nan)
    for step, row in enumerate(found["kept"]):
        kept[step, : step + 1] = row
    figure = new_figure(7.4, 5.6, dark=dark)
    axes, beside = figure.subplots(1, 2, width_ratios=[1, 0.22], sharey=True)
    style(axes, dark=dark, title="a letter's share in what is expected next, 0 to 30% (darker is more)" if not dark
          else "a letter's share in what is expected next, 0 to 30% (lighter is more)", grid=False)  # fmt: skip
    axes.imshow(kept, cmap=heat(dark), vmin=0, vmax=0.3, aspect="auto", interpolation="nearest")
    token_axis(axes.xaxis, SENTENCE[:-1], dark=dark)
    token_axis(axes.yaxis, SENTENCE[1:], dark=dark)
    axes.set(xlabel="letters read so far", ylabel="the letter that came next")
    axes.tick_params(axis="x", rotation=0)
    style(beside, dark=dark, title="its cost, bits", grid=False)
    beside.barh(range(time), found["bits"], color=ink.ramp[2], height=0.7)
    beside.tick_params(labelleft=False)
    beside.set(xticks=[0, 2, 4], xlabel="bits")
    return figure


def _grid(
    axes: Any, values: np.ndarray, corner: tuple[float, float], ink: Any, marked: list[tuple[int, int]]
) -> None:
    """Numbers in boxes, the rows downwards from the corner at the top left; the marked ones stand out."""
    from matplotlib.patches import Rectangle

    left, top = corner
    for (row, column), value in np.ndenumerate(values):
        here = (row, column) in marked
        place = (left + column, top - row - 1)
        face = ink.ramp[1] if here else ink.sheet
        axes.add_patch(Rectangle(place, 1, 1, facecolor=face, edgecolor=ink.ink_3, linewidth=1))
        axes.text(place[0] + 0.5, place[1] + 0.5, f"{value:g}".replace("-", "−"), ha="center", va="center",
                  fontsize=10.5, color=ink.ink, weight="bold" if here else "normal", family=fonts(MONO))  # fmt: skip
