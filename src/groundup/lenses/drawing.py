"""How lenses draw: ink on paper, light or dark, with matplotlib's objects alone and no global state.

Quantities are strokes of one colour, so that they read in print and to colour-blind eyes; signed quantities
are drawn by place, or by a pair of colours that differ in lightness as well, with the sign written beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundup.common.look import EDGE, INK, INK_2, INK_3, LINE, SHEET, rung

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


def model_colour(kind: str, dark: bool) -> str:
    """The colour of one of the five models; ink for any other."""
    shown = rung(kind)
    return paper(dark).ink_2 if shown.number == 0 else (shown.dark if dark else shown.light)


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
        axis.label.set(color=colours.ink_2, fontsize=9.5)
    if title:
        axes.set_title(title, loc="left", color=colours.ink, fontsize=10.5)


def token_labels(labels: Sequence[str], limit: int = 14) -> list[str]:
    """Tokens for an axis: spaces and line breaks made visible, long ones cut."""
    shown = [label.replace("\n", "⏎").replace(" ", "␣") or "∅" for label in labels]
    return [label if len(label) <= limit else label[: limit - 1] + "…" for label in shown]


def fonts(wanted: Sequence[str]) -> list[str]:
    """Those of the fonts that this machine has; matplotlib's own when it has none."""
    from matplotlib import font_manager

    here = set(font_manager.get_font_names())
    return [name for name in wanted if name in here] or ["DejaVu Sans"]
