"""The ladder as a picture (PNG): bits per byte over training time, and as bars that begin at zero.

Matplotlib is used through its objects alone, never through pyplot's global state, so that a notebook's own
figures and settings are left as they are.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_bytes
from groundup.common.brand import EDGE, INK, INK_2, INK_3, LINE, SHEET, colour_on, rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import corpus_title
from groundup.ladder.loss_curve import plot_limits

if TYPE_CHECKING:
    from groundup.ladder.compare import Comparison

SANS = ["Instrument Sans", "Avenir Next", "Segoe UI", "Liberation Sans", "DejaVu Sans"]
MONO = ["Commit Mono", "Menlo", "Consolas", "Liberation Mono", "DejaVu Sans Mono"]


def write_figure(comparison: "Comparison", path: Path) -> Path:
    """Draw and write the PNG. Returns the path."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = comparison.models
    # Two parts: the way down, and a bar for each row.
    height = max(4.6, 1.9 + 0.5 * len(rows))
    fonts = [name for name in SANS if name in _fonts()] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "font.size": 10}):
        figure = Figure(figsize=(12.4, height), dpi=150, facecolor=SHEET)
        FigureCanvasAgg(figure)
        top, bottom = 1 - 0.95 / height, 0.6 / height
        lines = figure.add_axes((0.045, bottom, 0.37, top - bottom))
        bars = figure.add_axes((0.685, bottom, 0.25, top - bottom))
        figure.text(0.02, 1 - 0.36 / height, comparison.sentence(), fontsize=14, color=INK, va="center")
        corpora = {corpus_title(row["corpus"]): None for row in rows}
        budgets = {row["budget"]: None for row in rows}
        about = f"{', '.join(corpora)} · budget {', '.join(budgets)} each"
        figure.text(0.98, 1 - 0.36 / height, about[:90], fontsize=10, color=INK_3, va="center", ha="right")
        _draw_lines(lines, comparison)
        _draw_bars(bars, comparison)
        out = BytesIO()
        figure.savefig(out, format="png")
    write_bytes(path, out.getvalue())
    return path


def _fonts() -> set[str]:
    from matplotlib import font_manager

    return set(font_manager.get_font_names())


def _mono() -> list[str]:
    return [name for name in MONO if name in _fonts()] or ["monospace"]


def _draw_lines(axes: Any, comparison: "Comparison") -> None:
    """Validation scores as a line with dots, training loss as a thin line; labels at the lines' ends."""
    end, low, high = plot_limits(comparison.curves, comparison.floor)
    axes.set(xlim=(0, end), ylim=(low, high), facecolor=SHEET)
    _plain(axes)
    for axis, marks in ((axes.yaxis, ticks(low, high)), (axes.xaxis, ticks(0, end))):
        axis.set_ticks(marks, tick_labels(marks))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.spines["bottom"].set(visible=True, color=EDGE)
    axes.text(
        0,
        1.03,
        "bits per byte on unseen text (thin: on training text)",
        transform=axes.transAxes,
        color=INK_3,
        fontsize=9,
    )
    axes.text(
        1.0, -0.105, "seconds of training", transform=axes.transAxes, color=INK_3, fontsize=9, ha="right"
    )
    if comparison.floor:
        axes.axhline(comparison.floor, color=INK_2, linewidth=1.2, linestyle=(0, (1, 3)))
        axes.text(end * 0.02, comparison.floor, "the floor", color=INK_2, fontsize=9, va="bottom")

    shown = [
        (row, curve) for row, curve in zip(comparison.models, comparison.curves, strict=True) if curve.scores
    ]
    for row, curve in shown:
        colour = rung_of(row["name"]).light
        if curve.losses:
            axes.plot(*zip(*curve.losses, strict=True), color=colour, linewidth=0.9, alpha=0.45)
        axes.plot(*zip(*curve.scores, strict=True), color=colour, linewidth=2, marker="o", markersize=3.5)
        axes.plot(*curve.scores[-1], color=colour, marker="o", markersize=5, clip_on=False)
    # A label needs about 19 points of height.
    points = axes.get_position().height * axes.figure.get_figheight() * 72
    places = spread_labels([curve.scores[-1][1] for _, curve in shown], 19 / points * (high - low))
    for (row, curve), place in zip(shown, places, strict=True):
        # From the last point to the label beside the plot.
        last = curve.scores[-1]
        colour = rung_of(row["name"]).light
        axes.annotate(
            "",
            xy=last,
            xytext=(1.035 * end, place),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": EDGE, "linewidth": 0.8, "linestyle": (0, (1, 2))},
        )
        axes.text(
            1.05 * end,
            place,
            str(rung_of(row["name"]).number),
            color=colour_on(row["name"]),
            fontsize=8.5,
            va="center_baseline",
            weight="bold",
            family=_mono(),
            bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": colour, "ec": colour},
        )
        axes.text(1.10 * end, place, _label(comparison, row), color=INK, fontsize=10.5, va="center_baseline")
        axes.text(
            1.50 * end,
            place,
            f"{last[1]:.2f}",
            color=INK,
            fontsize=10.5,
            va="center_baseline",
            ha="right",
            family=_mono(),
        )


def _draw_bars(axes: Any, comparison: "Comparison") -> None:
    """One bar a row, from zero: lengths compare truly."""
    rows = comparison.models
    longest = max((row["bpb"] for row in rows if row["bpb"] is not None), default=1.0)
    axes.set(xlim=(0, longest), ylim=(len(rows) - 0.4, -0.6), facecolor=SHEET)
    _plain(axes)
    marks = ticks(0, longest)
    axes.set_xticks(marks, tick_labels(marks))
    axes.set_yticks([])
    axes.axvline(0, color=EDGE, linewidth=1.2)
    axes.text(0, 1.03, "bits per byte, fewer is better", transform=axes.transAxes, color=INK_3, fontsize=9)
    for place, row in enumerate(rows):
        shown = rung_of(row["name"])
        axes.annotate(
            str(shown.number),
            (0, place),
            xytext=(-12, 0),
            textcoords="offset points",
            color=colour_on(row["name"]),
            fontsize=8.5,
            ha="right",
            va="center_baseline",
            weight="bold",
            family=_mono(),
            annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": shown.light, "ec": shown.light},
        )
        if row["bpb"] is None:
            continue
        axes.barh(place, row["bpb"], height=0.5, color=shown.light)
        axes.annotate(
            f"{row['bpb']:.3f}",
            (row["bpb"], place),
            xytext=(6, 0),
            textcoords="offset points",
            color=INK,
            va="center_baseline",
            family=_mono(),
            fontsize=10.5,
            annotation_clip=False,
        )
    if comparison.floor:
        axes.axvline(comparison.floor, color=INK_2, linewidth=1.2, linestyle=(0, (1, 3)))


def _label(comparison: "Comparison", row: dict[str, Any]) -> str:
    """The model's name; the run's where a model comes twice."""
    twice = sum(other["name"] == row["name"] for other in comparison.models) > 1
    name = row["run"] if twice else rung_of(row["name"]).title
    return name if len(name) <= 18 else name[:17] + "…"


def _plain(axes: Any) -> None:
    """No frame, small grey numbers in the machine's voice."""
    axes.tick_params(length=0, labelsize=9, labelcolor=INK_3, labelfontfamily=_mono()[0], pad=5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
