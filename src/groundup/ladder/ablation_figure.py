"""An ablation as a picture (PNG): for each thing taken out, its curves beside those of the whole model."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_bytes
from groundup.common.brand import EDGE, INK, INK_2, INK_3, LINE, SHEET, rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import corpus_title
from groundup.ladder.figure import SANS, _fonts, _mono, _plain
from groundup.ladder.loss_curve import LossCurve

if TYPE_CHECKING:
    from groundup.ladder.ablation_result import Ablation

COLUMNS = 3
WIDTH, PANEL, HEAD, FOOT = 12.4, 2.75, 1.0, 0.3  # inches


def write_figure(found: "Ablation", path: Path) -> Path:
    """Draw and write the PNG. Returns the path."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = range(1, len(found.variants)) if len(found.variants) > 1 else range(1)
    lines = -(-len(shown) // COLUMNS)
    height = HEAD + FOOT + PANEL * lines
    fonts = [name for name in SANS if name in _fonts()] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "font.size": 10}):
        figure = Figure(figsize=(WIDTH, height), dpi=150, facecolor=SHEET)
        FigureCanvasAgg(figure)
        figure.text(0.03, 1 - 0.36 / height, found.sentence(), fontsize=14, color=INK, va="center")
        whole = found.whole
        about = f"{corpus_title(whole['corpus'])} · budget {whole['budget']} each · seed {found.seed}"
        figure.text(0.03, 1 - 0.68 / height, about, fontsize=10, color=INK_3, va="center")
        how = "bits per byte on unseen text (solid; the whole model dashed) and on training text (thin)"
        figure.text(0.97, 1 - 0.68 / height, how, fontsize=10, color=INK_3, va="center", ha="right")
        for place, number in enumerate(shown):
            line, column = divmod(place, COLUMNS)
            left = 0.045 + column * 0.318
            bottom = (FOOT + PANEL * (lines - 1 - line) + 0.32) / height
            axes = figure.add_axes((left, bottom, 0.215, (PANEL - 0.95) / height))
            _panel(axes, found, number)
        out = BytesIO()
        figure.savefig(out, format="png")
    write_bytes(path, out.getvalue())
    return path


def _panel(axes: Any, found: "Ablation", number: int) -> None:
    """One variant: ink; the whole model beside it: dashed, in the model's colour."""
    row, curve = found.variants[number], found.curves[number]
    end, low, high, own = found.planes()[number]
    axes.set(xlim=(0, end), ylim=(low, high), facecolor=SHEET)
    _plain(axes)
    for axis, marks in ((axes.yaxis, ticks(low, high, 4)), (axes.xaxis, ticks(0, end, 4))):
        axis.set_ticks(marks, tick_labels(marks))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.spines["bottom"].set(visible=True, color=EDGE)
    axes.annotate(row["title"], (0, 1), xytext=(0, 23), textcoords="offset points", xycoords="axes fraction",
                  fontsize=11, weight="bold", color=INK)  # fmt: skip
    small = row["verdict"] + (" · other scale" if own else "")
    axes.annotate(small, (0, 1), xytext=(0, 9), textcoords="offset points", xycoords="axes fraction",
                  fontsize=9, color=INK_2)  # fmt: skip
    axes.annotate(found.unit, (1, 0), xytext=(0, -19), textcoords="offset points", xycoords="axes fraction",
                  fontsize=9, color=INK_3, ha="right", va="center")  # fmt: skip
    if found.floor and low < found.floor < high:
        axes.axhline(found.floor, color=INK_2, linewidth=1.2, linestyle=(0, (1, 3)))
        axes.text(end * 0.02, found.floor, "the floor", color=INK_2, fontsize=8, va="bottom")
    colour, whole = rung_of(found.model).light, found.curves[0]
    ends: list[tuple[float, str, str]] = []
    if whole.scores:
        axes.plot(*zip(*whole.scores, strict=True), color=colour, linewidth=1.8, linestyle=(0, (4, 2)))
        ends.append((whole.scores[-1][1], f"whole {whole.scores[-1][1]:.2f}", colour))
    if number:
        _variant(axes, curve)
        if curve.scores:
            last = curve.scores[-1][1]
            ends.append((last, f"{last:.2f}", INK))
        if row["diverged"] is not None and curve.losses:
            axes.plot(
                *curve.losses[-1], color=INK, marker="x", markersize=7, markeredgewidth=2, clip_on=False
            )
    points = axes.get_position().height * axes.figure.get_figheight() * 72
    inside = [min(max(place, low), high) for place, _, _ in ends]
    for (_, words, ink), place in zip(ends, spread_labels(inside, 13 / points * (high - low)), strict=True):
        axes.text(1.03 * end, place, words, color=ink, fontsize=9.5, va="center_baseline", family=_mono())


def _variant(axes: Any, curve: LossCurve) -> None:
    if curve.losses:
        axes.plot(*zip(*curve.losses, strict=True), color=INK, linewidth=0.8, alpha=0.55)
    if curve.scores:
        axes.plot(*zip(*curve.scores, strict=True), color=INK, linewidth=1.8, marker="o", markersize=3.5)
        axes.plot(*curve.scores[-1], color=INK, marker="o", markersize=3.5, clip_on=False)
