"""The pictures of lesson 0.3."""

from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.foundations.calculus import gradient
from groundup.foundations.descent import SURFACES, GradientDescent, Momentum, descend
from groundup.lenses.drawing import MONO, SANS, fonts, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rates(dark: bool = False) -> "Figure":
    """Eight steps down x² with four learning rates."""
    ink, figure = paper(dark), new_figure(7.4, 4.9, dark=dark)
    cases = ((0.03, "creeps"), (0.3, "arrives"), (0.92, "zigzags in"), (1.04, "flies off"))
    x = np.linspace(-2.4, 2.4, 200)
    for axes, (rate, name) in zip(
        figure.subplots(2, 2, sharex=True, sharey=True).ravel(), cases, strict=True
    ):
        path = descend("bowl", GradientDescent(rate), steps=8, start=(-1.6, 0.0))
        axes.plot(x, x**2, color=ink.ink_3, linewidth=1.4)
        places = path.points[:, 0]
        axes.plot(places, path.heights, color=ink.ramp[3], linewidth=1.2, marker="o", markersize=5)
        axes.plot(places[:1], path.heights[:1], "o", color=ink.ink, markersize=7)
        axes.set(xlim=(-2.5, 2.5), ylim=(-0.3, 5.8), xticks=[-2, -1, 0, 1, 2], yticks=[0, 2, 4])
        style(axes, dark=dark, title=f"rate {rate:g}: {name}   (height x²)")
        axes.set_xlabel("x")
    return figure


def arrows(dark: bool = False) -> "Figure":
    """Lines of equal height, and at some places the way in which the height falls most steeply."""
    ink, figure = paper(dark), new_figure(6.6, 4.4, dark=dark)
    axes = figure.subplots()

    def hill(point: Any) -> Any:
        return point[0] ** 2 + 3 * point[1] ** 2

    x, y = np.meshgrid(np.linspace(-3, 3, 150), np.linspace(-2, 2, 110))
    lines = axes.contour(x, y, hill((x, y)), levels=[0.5, 2, 4, 8, 13], colors=ink.edge, linewidths=0.9)
    labels = axes.clabel(lines, fmt="%g", fontsize=8.5, inline_spacing=3)
    for label in labels:
        label.set(color=ink.ink_3, family=fonts(MONO))
    for place in ([1, 1], [-2, 0.6], [-2.2, -1.1], [2.4, -0.3], [0.4, -1.3], [-0.6, 1.4]):
        change = -0.12 * gradient(hill, place)
        head = {"arrowstyle": "-|>", "color": ink.ramp[3], "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", np.array(place) + change, place, arrowprops=head)
        axes.plot(*place, "o", color=ink.ink, markersize=4.5)
    axes.plot(0, 0, "x", color=ink.ink, markersize=8, markeredgewidth=2)
    axes.text(0.12, -0.3, "lowest", color=ink.ink_2, fontsize=9.5, family=fonts(SANS))
    axes.set(xlim=(-3, 3), ylim=(-2, 2), aspect="equal", xlabel="x", xticks=range(-3, 4), yticks=range(-2, 3))
    axes.set_ylabel("y", rotation=0)
    style(axes, dark=dark, title="lines of equal height x² + 3y², and the way downhill", grid=False)
    return figure


def narrow_valley(dark: bool = False) -> "Figure":
    """Twenty steps in the valley, without momentum and with it."""
    ink, figure = paper(dark), new_figure(7.4, 5.2, dark=dark)
    surface = SURFACES["valley"]
    x, y = np.meshgrid(np.linspace(-2.1, 0.7, 200), np.linspace(-1.15, 1.15, 150))
    cases = (("without momentum, rate 0.09", GradientDescent(0.09)),
             ("with momentum, rate 0.09, keep 0.5", Momentum(0.09, keep=0.5)))  # fmt: skip
    for axes, (name, method) in zip(figure.subplots(2, 1, sharex=True), cases, strict=True):
        path = descend(surface, method, steps=20)
        axes.contour(
            x, y, surface.height(x, y), levels=[0.05, 0.3, 1, 2.5, 5, 9], colors=ink.edge, linewidths=0.6
        )
        axes.plot(*path.points.T, color=ink.ramp[3], linewidth=1.3, marker="o", markersize=3.5)
        axes.plot(*path.points[0], "o", color=ink.ink, markersize=7)
        axes.plot(0, 0, "x", color=ink.ink, markersize=8, markeredgewidth=2)
        axes.set(xlim=(-2.1, 0.7), ylim=(-1.15, 1.15), xticks=[-2, -1.5, -1, -0.5, 0, 0.5], yticks=[-1, 0, 1])
        axes.set_ylabel("y", rotation=0)
        end = f"{path.heights[-1]:.2g}" if path.heights[-1] > 0.001 else f"{path.heights[-1]:.0e}"
        style(axes, dark=dark, title=f"{name}: height {end} after 20 steps", grid=False)
    axes.set_xlabel("x")
    return figure
