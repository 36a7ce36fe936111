"""How lenses draw: ink on paper, light or dark, with matplotlib's objects alone and no global state.

Quantities are strokes of one colour, so that they read in print and to colour-blind eyes; signed quantities
are drawn by place, or by a pair of colours that differ in lightness as well, with the sign written beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.brand import EDGE, INK, INK_2, INK_3, LINE, SHEET, colour_on, rung_of

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

SANS = ["Instrument Sans", "Avenir Next", "Segoe UI", "Liberation Sans", "DejaVu Sans"]
MONO = ["Commit Mono", "Menlo", "Consolas", "Liberation Mono", "DejaVu Sans Mono"]


@dataclass(frozen=True)
class Paper:
    """The colours of one theme."""

    sheet: str
    ink: str
    ink_2: str
    ink_3: str
    line: str
    edge: str
    ramp: tuple[str, ...]
    """From nothing to most, even in lightness."""
    signed: tuple[str, str, str]
    """Most negative, zero, most positive."""


LIGHT = Paper(SHEET, INK, INK_2, INK_3, LINE, EDGE, (SHEET, "#f6e58a", "#dca714", "#8a5a0b", "#33210a"),
              ("#1f4e8c", SHEET, "#8a5a0b"))  # fmt: skip
DARK = Paper("#1c1a17", "#ece9e1", "#c3bfb5", "#a19c92", "#35322d", EDGE,
             ("#1c1a17", "#4c3c10", "#93700f", "#dcae2b", "#fbeeb0"), ("#6ba3ec", "#1c1a17", "#dcae2b"))  # fmt: skip


def paper(dark: bool) -> Paper:
    return DARK if dark else LIGHT


def heat(dark: bool) -> "Colormap":
    """From nothing to most: for weights and probabilities."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("heat", list(paper(dark).ramp))


def signed(dark: bool) -> "Colormap":
    """Around zero: for activations and gradients. Give it limits of the same size on both sides."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", list(paper(dark).signed))


def sign_names(dark: bool) -> tuple[str, str]:
    """What a person would call the colours of `signed`: of less than zero, and of more."""
    return ("blue", "yellow") if dark else ("blue", "brown")


def model_colour(kind: str, dark: bool) -> str:
    """The colour of one of the five models; ink for any other."""
    rung = rung_of(kind)
    return paper(dark).ink_2 if rung.number == 0 else (rung.dark if dark else rung.light)


def on_model_colour(kind: str, dark: bool) -> str:
    """What reads on it: the dark theme's colours are all light."""
    if rung_of(kind).number == 0:
        return paper(dark).sheet
    return INK if dark else colour_on(kind)


def new_figure(width: float, height: float, *, dark: bool = False) -> "Figure":
    """An empty figure, sizes in inches, with the theme's paper."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, facecolor=paper(dark).sheet, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def style(axes: Any, *, dark: bool = False, title: str = "", grid: bool = True) -> None:
    """No frame, small grey numbers, horizontal lines; the title says the unit, above the top left."""
    colours = paper(dark)
    axes.set_facecolor(colours.sheet)
    axes.tick_params(length=0, labelsize=9, colors=colours.ink_3, labelfontfamily=fonts(MONO)[0])
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set(visible=side == "bottom", color=colours.edge)
    if grid:
        axes.grid(axis="y", color=colours.line, linewidth=0.8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(color=colours.ink_2, fontsize=9.5, family=fonts(SANS))
    if title:
        axes.set_title(title, loc="left", color=colours.ink, fontsize=10.5, family=fonts(SANS),
                       parse_math=False)  # fmt: skip


def token_labels(labels: Sequence[str], limit: int = 14) -> list[str]:
    """Tokens for an axis: spaces and line breaks made visible, long ones cut."""
    visible = [label.replace("\n", "⏎").replace(" ", "␣") or "∅" for label in labels]
    return [label if len(label) <= limit else label[: limit - 1] + "…" for label in visible]


def fonts(names: Sequence[str]) -> list[str]:
    """Those of the fonts that this machine has; matplotlib's own when it has none."""
    from matplotlib import font_manager

    here = set(font_manager.get_font_names())
    return [name for name in names if name in here] or ["DejaVu Sans"]


def machine() -> list[str]:
    """The machine's voice, for tokens and numbers, and a font beside it that has the signs it may lack."""
    return [*fonts(MONO), "DejaVu Sans"]


def drawable(text: str) -> str:
    """The text, with the number of each character that no font here has, an emoji say, in its place: ⟨1f98a⟩."""
    here = _characters()
    return "".join(c if c == "\n" or ord(c) in here else f"⟨{ord(c):x}⟩" for c in text)


@lru_cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager

    names = [*fonts(MONO), "DejaVu Sans"]
    files = [font_manager.findfont(font_manager.FontProperties(family=[name])) for name in names]
    return frozenset().union(*(font_manager.get_font(file).get_charmap() for file in files))


def headline(figure: "Figure", words: str, *, dark: bool = False, under: str = "") -> None:
    """What a figure says, in a sentence at its top left, with smaller lines under it; the panels stand below."""
    colours, height, left = paper(dark), figure.get_figheight(), 0.12 / figure.get_figwidth()
    figure.text(
        left,
        1 - 0.14 / height,
        words,
        va="top",
        color=colours.ink,
        fontsize=12.5,
        family=fonts(SANS),
        parse_math=False,  # a text may hold dollar signs
    )
    figure.text(left, 1 - 0.42 / height, under, va="top", color=colours.ink_2, fontsize=9.5, linespacing=1.5,
                family=fonts(SANS), parse_math=False)  # fmt: skip
    used = 0.5 + (0.2 * (under.count("\n") + 1) if under else 0)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, 0, 1, 1 - used / height))


def shorten(text: str, most: int = 40) -> str:
    """The start of a text, on one line.

    >>> shorten("To be, or\\nnot to be", 12)
    'To be, or ⏎…'
    """
    line = text.replace("\n", " ⏎ ")
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def token_axis(
    axis: Any, labels: Sequence[str], *, dark: bool = False, size: float = 8.5, limit: int = 14
) -> None:
    """A tick for each token, in the machine's voice; upright under a picture."""
    upright = {"rotation": 90} if axis.axis_name == "x" else {}
    axis.set_ticks(range(len(labels)), token_labels(labels, limit), family=machine(),
                   fontsize=size, color=paper(dark).ink_2, parse_math=False, **upright)  # fmt: skip


MAX_COLUMN_LABELS, MAX_ROW_LABELS = 48, 16
"""How many labels fit under a panel of `plot_arrays`, and beside it."""


def plot_arrays(
    arrays: Mapping[str, np.ndarray], title: str, *, labels: Sequence[str] = (), dark: bool = False
) -> "Figure":
    """Arrays below each other: bars for one dimension, a heat map for two.

    An axis that is as long as `labels` carries them, if they are few enough to be read.
    """
    figure = new_figure(8.0, 1.0 + 2.0 * max(1, len(arrays)), dark=dark)
    headline(figure, title, dark=dark)
    panels = figure.subplots(max(1, len(arrays)), 1, squeeze=False)[:, 0]
    for axes, (name, array) in zip(panels, arrays.items(), strict=False):
        style(axes, dark=dark, title=name.replace("_", " "), grid=array.ndim == 1)
        if array.ndim == 1:
            axes.bar(range(len(array)), array, color=paper(dark).ink_2)
        else:
            axes.imshow(array, cmap=heat(dark), aspect="auto", interpolation="nearest")
            if len(labels) == len(array) <= MAX_ROW_LABELS:
                token_axis(axes.yaxis, labels, dark=dark)
        if len(labels) == array.shape[-1] <= MAX_COLUMN_LABELS:
            token_axis(axes.xaxis, labels, dark=dark)
    return figure
