"""The pictures of lesson 0.2."""

from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.foundations.linear import dot, matrix_product, move, move_plane, rotation, scaling, shear
from groundup.lenses.drawing import MONO, SANS, fonts, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTER = np.array([[1.3, 1.8], [0.5, 1.8], [0.5, 1.1], [1.1, 1.1], [0.5, 1.1], [0.5, 0.4]])


def agreement(dark: bool = False) -> "Figure":
    """One arrow, and three others: with it, at right angles, against it."""
    ink, figure = paper(dark), new_figure(7.4, 2.4, dark=dark)
    cases = (([2, 2], "much the same way"), ([-1, 3], "at right angles"), ([-2, -1], "against it"))
    for axes, (other, name) in zip(figure.subplots(1, 3), cases, strict=True):
        _arrow(axes, [3, 1], ink.ink)
        _arrow(axes, other, ink.ramp[3])
        places = {2: (1.5, 2.35), -1: (-1.0, 3.3), -2: (-1.9, -1.6)}
        axes.text(2.9, 1.3, "(3, 1)", color=ink.ink, fontsize=9, ha="center", family=fonts(MONO))
        axes.text(*places[other[0]], f"({other[0]}, {other[1]})".replace("-", "−"), color=ink.ramp[3], fontsize=9,
                  ha="center", family=fonts(MONO))  # fmt: skip
        _frame(axes, dark, (-2.7, 4.0), (-2.0, 3.9), f"{name}: {dot([3, 1], other):.0f}".replace("-", "−"))
    return figure


def moves(dark: bool = False) -> "Figure":
    """What four matrices do to a grid and a letter."""
    ink, figure = paper(dark), new_figure(7.4, 5.4, dark=dark)
    cases = (
        (np.eye(2), "nothing moves"),
        (rotation(90), "turn by 90°"),
        (shear(1), "shear"),
        (np.array([[1.0, 1.0], [0.5, 0.5]]), "squash onto a line"),
    )
    for axes, (matrix, name) in zip(figure.subplots(2, 2).ravel(), cases, strict=True):
        _plane(axes, ink, matrix)
        (a, b), (c, d) = matrix.round(2) + 0.0
        numbers = f"[[{a:g}, {b:g}], [{c:g}, {d:g}]]".replace("-", "−")
        _frame(axes, dark, (-4.4, 4.4), (-2.6, 2.9), f"{name}   {numbers}")
    return figure


def two_orders(dark: bool = False) -> "Figure":
    """Stretch and turn, in both orders."""
    ink, figure = paper(dark), new_figure(7.4, 6.0, dark=dark)
    stretch, turn = scaling(1.5, 1), rotation(90)
    rows = (
        (("stretch sideways", stretch), ("then turn:  turn @ stretch", matrix_product(turn, stretch))),
        (("turn", turn), ("then stretch sideways:  stretch @ turn", matrix_product(stretch, turn))),
    )
    for row, steps in zip(figure.subplots(2, 2), rows, strict=True):
        for axes, (name, matrix) in zip(row, steps, strict=True):
            _plane(axes, ink, matrix)
            _frame(axes, dark, (-3.9, 3.9), (-3.1, 3.1), name)
    return figure


def row_times_column(dark: bool = False) -> "Figure":
    """Two matrices and their product, placed so that a row and a column meet in each number of the product."""
    from matplotlib.patches import Rectangle

    ink, figure = paper(dark), new_figure(6.6, 3.7, dark=dark)
    axes = figure.subplots()
    baskets, prices = np.array([[3, 1, 2], [1, 2, 0]]), np.array([[2, 1], [3, 4], [5, 4]])
    blocks = ((baskets, 0, 0), (prices, 3.6, 2.6), (matrix_product(baskets, prices), 3.6, 0))
    for number, (matrix, left, low) in enumerate(blocks):
        rows, columns = matrix.shape
        for i in range(rows):
            for j in range(columns):
                chosen = (i == 0, j == 0, (i, j) == (0, 0))[number]
                x, y = left + j, low + rows - 1 - i
                colour = ink.ramp[1] if chosen else ink.sheet
                axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor=ink.ink,
                                         linewidth=2.2 if chosen else 0.8, zorder=2 if chosen else 1))  # fmt: skip
                axes.text(x + 0.5, y + 0.5, f"{matrix[i, j]:.0f}", ha="center", va="center", color=ink.ink,
                          fontsize=11, family=fonts(MONO), zorder=3)  # fmt: skip
    words = (
        (1.5, -0.35, "baskets (2, 3)", "center"), (5.8, 4.1, "prices (3, 2)", "left"),
        (5.8, 1.0, "bills (2, 2)", "left"),
        (-0.15, 1.5, "Ann", "right"), (-0.15, 0.5, "Ben", "right"), (4.1, 5.8, "here", "center"),
        (5.1, 5.8, "there", "center"),
        (0.5, 2.2, "apples", "center"), (1.5, 2.2, "loaves", "center"), (2.5, 2.2, "cheeses", "center"),
    )  # fmt: skip
    for x, y, text, where in words:
        axes.text(x, y, text, ha=where, va="center", color=ink.ink_2, fontsize=9.5, family=fonts(SANS))
    axes.text(-0.25, 4.1, "3·2 + 1·3 + 2·5 = 19", color=ink.ink, fontsize=11, family=fonts(MONO))
    axes.set(xlim=(-0.9, 7.6), ylim=(-0.6, 6.1), aspect="equal", xticks=[], yticks=[])
    style(axes, dark=dark, grid=False)
    axes.spines["bottom"].set_visible(False)
    return figure


def _plane(axes: Any, ink: Any, matrix: np.ndarray) -> None:
    plane = move_plane(matrix, reach=2)
    for line in plane.moved_grid:
        axes.plot(*line.T, color=ink.edge, linewidth=0.6)
    axes.plot(*move(matrix, LETTER).T, color=ink.ink, linewidth=2.6, solid_capstyle="round")
    for number, vector in enumerate(plane.unit_vectors, start=1):
        _arrow(axes, vector, ink.ramp[3])
        if np.hypot(*vector) > 0:
            beside = np.array([-vector[1], vector[0]]) / np.hypot(*vector) * 0.32 * (2 * number - 3)
            x, y = vector * 0.85 + beside
            axes.text(x, y, str(number), color=ink.ramp[3], fontsize=10, ha="center", va="center", zorder=5,
                      family=fonts(MONO))  # fmt: skip


def _arrow(axes: Any, end: Any, colour: str) -> None:
    head = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": 2,
        "shrinkA": 0,
        "shrinkB": 0,
        "mutation_scale": 12,
    }
    axes.annotate("", end, (0, 0), arrowprops=head, zorder=4)


def _frame(axes: Any, dark: bool, across: tuple, up: tuple, title: str) -> None:
    ink = paper(dark)
    axes.axhline(0, color=ink.line, linewidth=0.8, zorder=0)
    axes.axvline(0, color=ink.line, linewidth=0.8, zorder=0)
    axes.set(xticks=range(-4, 5, 2), yticks=range(-2, 3, 2))
    axes.set(xlim=across, ylim=up, aspect="equal", xlabel="x")
    axes.set_ylabel("y", rotation=0)
    style(axes, dark=dark, title=title, grid=False)
    axes.spines["bottom"].set_visible(False)
