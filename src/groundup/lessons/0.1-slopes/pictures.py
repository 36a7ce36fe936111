"""The pictures of lesson 0.1."""

from typing import TYPE_CHECKING

import numpy as np

from groundup.foundations.calculus import chain_rule, error_by_step, forward_derivative
from groundup.lenses.drawing import SANS, fonts, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def square(x):
    return x * x


def cube(x):
    return x * x * x


def secants(dark: bool = False) -> "Figure":
    """Lines through the point at 3 and a second one that comes nearer."""
    ink, figure = paper(dark), new_figure(7.0, 3.9, dark=dark)
    axes = figure.subplots()
    x = np.linspace(1.5, 5.2, 200)
    axes.plot(x, square(x), color=ink.ink, linewidth=2)
    for h, dashes in ((2.0, "dotted"), (1.0, "dashed"), (0.1, "solid")):
        slope = forward_derivative(square, 3.0, h)
        ends = np.array([2.0, 5.2])
        axes.plot(ends, 9 + slope * (ends - 3), color=ink.ramp[3], linewidth=1.6, linestyle=dashes)
        axes.plot([3 + h], [square(3 + h)], "o", color=ink.ramp[3], markersize=5)
        axes.text(5.25, 9 + slope * 2.2, f"h = {h:g}, slope {slope:.1f}", color=ink.ink_2, fontsize=9.5,
                  va="center", family=fonts(SANS), backgroundcolor=ink.sheet)  # fmt: skip
    axes.plot([3], [9], "o", color=ink.ink, markersize=7)
    axes.annotate("you stand here", (3, 9), (1.75, 14), color=ink.ink_2, fontsize=9.5, family=fonts(SANS),
                  arrowprops={"arrowstyle": "-", "color": ink.ink_3})  # fmt: skip
    axes.set(xlim=(1.5, 6.4), ylim=(0, 28), xlabel="x", xticks=[2, 3, 4, 5])
    style(axes, dark=dark, title="x²")
    return figure


def growing_square(dark: bool = False) -> "Figure":
    """A square of side 3 + h in its four parts."""
    from matplotlib.patches import Rectangle

    ink, figure = paper(dark), new_figure(5.0, 3.7, dark=dark)
    axes, h = figure.subplots(), 0.6
    parts = (
        ((0, 0), 3, 3, ink.sheet, "", "9"),
        ((3, 0), h, 3, ink.ramp[1], "", "3·h"),
        ((0, 3), 3, h, ink.ramp[1], "", "3·h"),
        ((3, 3), h, h, ink.ramp[2], "///", "h²"),
    )
    for (left, low), width, height, colour, hatch, name in parts:
        axes.add_patch(Rectangle((left, low), width, height, facecolor=colour, edgecolor=ink.ink, linewidth=1.2,
                                 hatch=hatch))  # fmt: skip
        if not hatch:
            axes.text(left + width / 2, low + height / 2, name, ha="center", va="center", color=ink.ink,
                      fontsize=12, family=fonts(SANS))  # fmt: skip
    axes.annotate("h²", (3 + h, 3 + h / 2), (4.0, 3.3), va="center", color=ink.ink, fontsize=12,
                  family=fonts(SANS), arrowprops={"arrowstyle": "-", "color": ink.ink_3})  # fmt: skip
    for middle, name in ((1.5, "3"), (3 + h / 2, "h")):
        axes.text(
            middle, -0.2, name, ha="center", va="center", color=ink.ink_2, fontsize=11, family=fonts(SANS)
        )
        axes.text(
            -0.2, middle, name, ha="center", va="center", color=ink.ink_2, fontsize=11, family=fonts(SANS)
        )
    axes.set(xlim=(-0.5, 4.6), ylim=(-0.4, 3.8), aspect="equal", xticks=[], yticks=[])
    style(axes, dark=dark, title="a square whose side grows from 3 to 3 + h", grid=False)
    axes.spines["bottom"].set_visible(False)
    return figure


def step_errors(dark: bool = False) -> "Figure":
    """The error of a measured slope over the step, for one side and for both."""
    ink, figure = paper(dark), new_figure(7.0, 3.8, dark=dark)
    axes = figure.subplots()
    sizes = np.logspace(0, -15, 46)
    errors = error_by_step(cube, slope=12.0, x=2.0, h=sizes)
    floor = 1e-13  # an error of exactly 0 has no place on this axis
    for values, name, marker, place in (
        (errors.forward, "one side", "o", 6),
        (errors.central, "both sides", "s", 9),
    ):
        shown = np.maximum(values, floor)
        axes.loglog(sizes, shown, color=ink.ink if marker == "o" else ink.ramp[3], linewidth=1.6, marker=marker,
                    markersize=3.5)  # fmt: skip
        axes.annotate(name, (sizes[place], shown[place]), xytext=(9, 3), textcoords="offset points",
                      color=ink.ink if marker == "o" else ink.ramp[3], fontsize=10, family=fonts(SANS))  # fmt: skip
    axes.invert_xaxis()
    axes.set(xlabel="step h (smaller to the right)", xticks=[1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15],
             yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1], ylim=(3e-14, 60), xlim=(3, 2e-16))  # fmt: skip
    axes.minorticks_off()
    for place, words in ((0.02, "the curve bends"), (0.98, "digits run out")):
        axes.text(place, 0.04, words, transform=axes.transAxes, ha="left" if place < 0.5 else "right",
                  color=ink.ink_3, fontsize=9.5, family=fonts(SANS))  # fmt: skip
    style(axes, dark=dark, title="how far the slope of x³ at 2 is off (true: 12)")
    return figure


def nudge(dark: bool = False) -> "Figure":
    """A small change of x on its way through x² + 1, then u³."""
    ink, figure = paper(dark), new_figure(7.0, 3.0, dark=dark)
    axes = figure.subplots()
    chain = chain_rule([lambda x: x * x + 1, cube], x=1.0)
    step, length = 0.01, 0.01
    names = ("x", "u = x² + 1", "y = u³")
    for row, name in enumerate(names):
        axes.barh(-row, length, height=0.42, color=ink.ramp[2], edgecolor=ink.ink, linewidth=1)
        axes.text(-0.006, -row, f"{name} = {chain.values[row]:g}", ha="right", va="center", color=ink.ink,
                  fontsize=10.5, family=fonts(SANS))  # fmt: skip
        axes.text(length + 0.004, -row, f"moves {length:.2f}", ha="left", va="center", color=ink.ink_2,
                  fontsize=10, family=fonts(SANS))  # fmt: skip
        if row < 2:
            axes.text(0.0, -row - 0.5, f"↓ times {chain.slopes[row]:.0f}", va="center", color=ink.ink_3,
                      fontsize=10, family=[*fonts(SANS), "DejaVu Sans"])  # fmt: skip
            length *= chain.slopes[row]
    axes.set(
        xlim=(-0.09, 0.3), ylim=(-2.5, 0.5), yticks=[], xlabel="size of the change", xticks=[0, 0.1, 0.2]
    )
    style(axes, dark=dark, title=f"a change of {step:g} on its way through the chain", grid=False)
    return figure
