"""The pictures of this lesson, in the style of all others."""

from typing import TYPE_CHECKING

from groundup.lenses.drawing import new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def balance(dark: bool = False) -> "Figure":
    """Three numbers on a line, and their mean."""
    ink, figure = paper(dark), new_figure(6.0, 1.8, dark=dark)  # TODO: draw from a real run
    axes = figure.subplots()
    axes.plot([2, 3, 7], [0, 0, 0], "o", color=ink.ink, markersize=8)
    axes.plot([4], [-0.35], "^", color=ink.ramp[3], markersize=12)
    axes.text(4.2, -0.42, "mean", color=ink.ink_2)
    axes.set(xlim=(0, 9), ylim=(-0.8, 0.6), xlabel="loss (nats)", yticks=[])
    style(axes, dark=dark, grid=False)
    return figure
