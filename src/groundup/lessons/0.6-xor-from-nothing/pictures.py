"""Four corners and any line; the same corners as two hidden neurons see them; twenty starts each."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.foundations.points import corners
from groundup.lenses.drawing import headline, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REACH = (-1.6, 1.6)


def _runs() -> dict:
    file = Path(__file__).parent / "fixtures" / "starts.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _dots(axes: Any, x: np.ndarray, dark: bool) -> None:
    """Open circles for 0, filled squares for 1."""
    colours, labels = paper(dark), corners().labels
    for label, marker in ((0, "o"), (1, "s")):
        here = labels == label
        axes.scatter(x[here, 0], x[here, 1], s=95, marker=marker, linewidth=1.6, edgecolor=colours.ink, zorder=3,
                     facecolor=colours.sheet if label == 0 else colours.ink)  # fmt: skip


def _line(axes: Any, w: np.ndarray, b: float, colour: str, **how: Any) -> None:
    """Where w·x + b is 0."""
    across = np.linspace(-4, 4, 2)
    if abs(w[1]) > abs(w[0]):
        axes.plot(across, -(w[0] * across + b) / w[1], color=colour, **how)
    else:
        axes.plot(-(w[1] * across + b) / w[0], across, color=colour, **how)


def no_line(dark: bool = False) -> "Figure":
    figure, colours = new_figure(7.2, 3.5, dark=dark), paper(dark)
    headline(figure, "One line gets three of the four right, never all", dark=dark)
    lines = (((1.0, 1.0), 1.0), ((1.0, 1.0), -1.0), ((0.0, 1.0), 0.0))
    for axes, (w, b) in zip(figure.subplots(1, 3, sharey=True), lines, strict=True):
        says = corners().x @ np.array(w) + b > 0
        right = max(int((says == corners().labels).sum()), int((says != corners().labels).sum()))
        style(axes, dark=dark, grid=False, title=f"{right} of 4 right")
        _line(axes, np.array(w), b, colours.ink, linewidth=2)
        _dots(axes, corners().x, dark)
        axes.set(xlim=REACH, ylim=REACH, xticks=[-1, 1], yticks=[-1, 1], aspect="equal", xlabel="first input")
    figure.axes[0].set_ylabel("second input")
    return figure


def two_planes(dark: bool = False) -> "Figure":
    W1, b1, W2, b2 = map(np.array, _runs()["learnt"])
    figure, colours = new_figure(7.2, 4.4, dark=dark), paper(dark)
    headline(figure, "Two lines in the plane of the inputs, one in the plane of the neurons", dark=dark)
    left, right = figure.subplots(1, 2)
    for axes, title in ((left, "what comes in"), (right, "what the two neurons give")):
        style(axes, dark=dark, grid=False, title=title)
        axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    for neuron, dash in enumerate(("-", "--")):
        _line(left, W1[:, neuron], b1[neuron], colours.ink, linewidth=1.8, linestyle=dash)
    _dots(left, corners().x, dark)
    left.set(xlim=REACH, ylim=REACH, xlabel="first input", ylabel="second input")
    hidden = np.tanh(corners().x @ W1 + b1)
    _line(right, W2[:, 0], float(b2[0]), colours.ink, linewidth=1.8)
    _dots(right, hidden, dark)
    names = ("−1, −1", "−1, 1\n1, −1", "", "1, 1")  # the two squares lie nearly on each other
    for place, name in zip(hidden, names, strict=True):
        below = place[1] > 0
        right.annotate(name, place, xytext=(0, -12 if below else 11), textcoords="offset points", fontsize=8.5,
                       color=colours.ink_2, va="top" if below else "bottom",
                       ha="left" if place[0] < 0 else "right")  # fmt: skip
    right.set(xlim=REACH, ylim=REACH, xlabel="neuron 1", ylabel="neuron 2")
    return figure


def twenty_starts(dark: bool = False) -> "Figure":
    runs = _runs()
    figure, colours = new_figure(7.2, 3.6, dark=dark), paper(dark)
    headline(figure, "Twenty starts: with two neurons some stay behind, with four none does", dark=dark)
    for axes, hidden in zip(figure.subplots(1, 2, sharey=True), ("2", "4"), strict=True):
        row = runs["hidden"][hidden]
        failed = sum(wrong > 0 for wrong in row["wrong"])
        style(axes, dark=dark, title=f"{hidden} hidden neurons: {failed} of {len(row['wrong'])} fail")
        for curve, wrong in zip(row["bits"], row["wrong"], strict=True):
            steps = np.arange(len(curve)) * runs["every"]
            axes.plot(steps, curve, color=colours.ink if wrong else colours.ink_3, linewidth=2 if wrong else 0.9,
                      linestyle="--" if wrong else "-")  # fmt: skip
        axes.set(xlabel="step", ylim=(0, 1.5), xlim=(0, 1000), xticks=[0, 250, 500, 750, 1000])
    figure.axes[0].set_ylabel("loss (bits)")
    return figure
