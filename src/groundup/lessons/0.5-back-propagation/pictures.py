"""The pictures of lesson 0.5."""

from typing import TYPE_CHECKING, Any

from groundup.foundations.autograd import Tensor
from groundup.foundations.operations import tanh
from groundup.lenses.drawing import SANS, fonts, new_figure, paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Place = tuple[float, float]


def graph(dark: bool = False) -> "Figure":
    """tanh(a·b + c) with values above its edges and gradients below."""
    a, b, c = Tensor(2.0), Tensor(-0.5), Tensor(1.5)
    p = a * b
    s = p + c
    r = tanh(s)
    r.backward()
    figure, axes = _sheet(7.2, 3.1, (0, 7.4), (0, 3.1), dark)
    places: dict[str, Place] = {
        "a": (0.5, 2.5), "b": (0.5, 1.3), "c": (0.5, 0.3), "×": (2.2, 1.9), "+": (4.0, 1.2), "tanh": (5.6, 1.2),
    }  # fmt: skip
    for start, end, node in (("a", "×", a), ("b", "×", b), ("×", "+", p), ("c", "+", c), ("+", "tanh", s)):
        _edge(axes, places[start], places[end], node, dark, label=0.4 if start in "abc" else 0.52)
    _edge(axes, places["tanh"], (7.2, 1.2), r, dark, label=0.62)
    for name, place in places.items():
        _box(axes, place, name, dark, round_=name in "abc")
    _legend(axes, (3.2, 2.75), dark)
    return figure


def fork(dark: bool = False) -> "Figure":
    """a·b + a: two edges leave a, and what comes back on them adds up."""
    a, b = Tensor(3.0), Tensor(4.0)
    p = a * b
    r = p + a
    r.backward()
    figure, axes = _sheet(7.2, 2.9, (0, 7.4), (0, 2.9), dark)
    places: dict[str, Place] = {"a": (0.6, 1.0), "b": (0.6, 2.4), "×": (3.0, 1.9), "+": (5.2, 1.0)}
    _edge(axes, places["b"], places["×"], b, dark)
    _edge(axes, places["×"], places["+"], p, dark)
    _edge(axes, places["+"], (7.2, 1.0), r, dark, label=0.62)
    _edge(
        axes, places["a"], places["×"], a, dark, back=b.data
    )  # a's partner: what comes back on this edge alone
    _edge(axes, places["a"], places["+"], a, dark, back=1.0, label=0.5)
    for name, place in places.items():
        _box(axes, place, name, dark, round_=name in "ab")
    colours = paper(dark)
    axes.text(0.6, 0.45, f"a: {float(b.data):.0f} + 1 = {float(a.grad):.0f}", ha="center", va="center",
              color=colours.ramp[3], fontsize=11, family=fonts(SANS))  # fmt: skip
    _legend(axes, (3.9, 2.55), dark)
    return figure


def shapes(dark: bool = False) -> "Figure":
    """The two backward products as rectangles whose inner sides meet."""
    figure, axes = _sheet(7.2, 3.5, (0, 12.2), (0, 6.3), dark)
    n, k, m = 2, 3, 4
    size = 0.5
    rows = (
        (4.5, ("arrived", n, m, "n", "m"), ("Bᵀ", m, k, "m", "k"), ("for A", n, k, "n", "k")),
        (1.4, ("Aᵀ", k, n, "k", "n"), ("arrived", n, m, "n", "m"), ("for B", k, m, "k", "m")),
    )
    for middle, *blocks in rows:
        x = 0.9
        for number, (name, height, width, high, wide) in enumerate(blocks):
            _rectangle(
                axes, (x, middle), (width * size, height * size), (name, high, wide), dark, result=number == 2
            )
            x += width * size
            if number < 2:
                axes.text(x + 0.55, middle, "@" if number == 0 else "=", ha="center", va="center",
                          color=paper(dark).ink, fontsize=15, family=fonts(SANS))  # fmt: skip
            x += 1.5
    words = {"color": paper(dark).ink_2, "fontsize": 9.5, "family": fonts(SANS), "va": "center"}
    axes.text(9.0, 4.5, "as high and as wide as A", **words)
    axes.text(9.0, 1.4, "as high and as wide as B", **words)
    return figure


# ---- parts of a drawing ----------------------------------------------------------------------------------------


def _sheet(width: float, height: float, x: Place, y: Place, dark: bool) -> tuple["Figure", Any]:
    figure = new_figure(width, height, dark=dark)
    axes = figure.subplots()
    axes.set(xlim=x, ylim=y)
    axes.set_axis_off()
    return figure, axes


def _box(axes: Any, place: Place, name: str, dark: bool, *, round_: bool) -> None:
    colours = paper(dark)
    frame = {"boxstyle": "circle,pad=0.35" if round_ else "round,pad=0.45", "facecolor": colours.sheet,
             "edgecolor": colours.ink_3 if round_ else colours.ink, "linewidth": 1.4}  # fmt: skip
    axes.text(
        *place, name, ha="center", va="center", color=colours.ink, fontsize=12, family=fonts(SANS), bbox=frame
    )


def _edge(
    axes: Any, start: Place, end: Place, node: Tensor, dark: bool, *, back: Any = None, label: float = 0.52
) -> None:
    """From one box to the next: the value above the line, what comes back below it."""
    colours = paper(dark)
    (x1, y1), (x2, y2) = start, end
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colours.ink_3, "lw": 1.2,
                                              "shrinkA": 12, "shrinkB": 0 if x2 > 7 else 16})  # fmt: skip
    x, y = x1 + label * (x2 - x1), y1 + label * (y2 - y1)
    comes_back = node.grad if back is None else back
    for value, colour, shift in ((node.data, colours.ink, 0.21), (comes_back, colours.ramp[3], -0.23)):
        words = f"{float(value):.3g}".replace("-", "−")
        words = words if shift > 0 else f"← {words}"
        axes.text(x, y + shift, words, ha="center", va="center", color=colour, fontsize=11, family=fonts(SANS),
                  bbox={"facecolor": colours.sheet, "edgecolor": "none", "pad": 0.6})  # fmt: skip


def _legend(axes: Any, place: Place, dark: bool) -> None:
    colours, (x, y) = paper(dark), place
    words: dict[str, Any] = {"fontsize": 9.5, "family": fonts(SANS), "va": "center"}
    axes.text(x, y, "above: the value, on the way forward", color=colours.ink, **words)
    axes.text(x, y - 0.3, "below, ←: the gradient, on the way back", color=colours.ramp[3], **words)


def _rectangle(
    axes: Any, place: Place, size: Place, names: tuple[str, str, str], dark: bool, *, result: bool
) -> None:
    from matplotlib.patches import Rectangle

    colours, (x, middle), (width, height) = paper(dark), place, size
    filled = colours.ramp[1] if result else colours.sheet
    axes.add_patch(Rectangle((x, middle - height / 2), width, height, facecolor=filled,
                             edgecolor=colours.ink, linewidth=1.4))  # fmt: skip
    words: dict[str, Any] = {"ha": "center", "va": "center", "family": fonts(SANS)}
    axes.text(x + width / 2, middle, names[0], color=colours.ink, fontsize=11, **words)
    axes.text(x - 0.22, middle, names[1], color=colours.ink_2, fontsize=10, style="italic", **words)
    axes.text(
        x + width / 2,
        middle + height / 2 + 0.28,
        names[2],
        color=colours.ink_2,
        fontsize=10,
        style="italic",
        **words,
    )
