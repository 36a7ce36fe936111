"""A memory probe as a picture (PNG): right answers against length, a line for each model.

A line is full where the model practised and dotted beyond.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_bytes
from groundup.common.brand import EDGE, INK, INK_2, INK_3, LINE, SHEET, colour_on, rung_of
from groundup.common.charts import spread_labels
from groundup.ladder.figure import SANS, _fonts, _mono, _plain

if TYPE_CHECKING:
    from groundup.ladder.probe_result import MemoryProbe

MARKS = {"": "o", "gru": "o", "rnn": "s", "lstm": "^"}


def write_figure(probe: "MemoryProbe", path: Path) -> Path:
    """Draw and write the PNG. Returns the path."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fonts = [name for name in SANS if name in _fonts()] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "font.size": 10}):
        figure = Figure(figsize=(9.6, 5.2), dpi=150, facecolor=SHEET)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.065, 0.13, 0.68, 0.67))
        figure.text(
            0.02, 0.945, f"How long do they remember? {probe.task.capitalize()}", fontsize=14, color=INK
        )
        figure.text(0.98, 0.945, f"{probe.budget} of practice each", fontsize=10, color=INK_3, ha="right")
        figure.text(0.02, 0.885, probe.example, fontsize=10, color=INK_2, family=_mono())
        _draw(axes, probe)
        out = BytesIO()
        figure.savefig(out, format="png")
    write_bytes(path, out.getvalue())
    return path


def _draw(axes: Any, probe: "MemoryProbe") -> None:
    from groundup.ladder.probe_result import ENOUGH, title

    lengths = probe.lengths
    # Each length that was measured has the same room; a single one stands in the middle.
    places = {length: place for place, length in enumerate(lengths)}
    axes.set(xlim=(-0.3, len(lengths) - 0.7), ylim=(-3, 103), facecolor=SHEET)
    _plain(axes)
    axes.set_yticks([0, 25, 50, 75, 100])
    every = max(1, -(-len(lengths) // 16))
    axes.set_xticks(range(0, len(lengths), every), [f"{length:,}" for length in lengths[::every]])
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.spines["bottom"].set(visible=True, color=EDGE)
    axes.text(
        0,
        1.03,
        "% right, to the last token of the answer (dotted: longer than it practised)",
        transform=axes.transAxes,
        color=INK_3,
        fontsize=9,
    )
    axes.text(
        1,
        -0.125,
        f"length, in {probe.counted}",
        transform=axes.transAxes,
        color=INK_3,
        fontsize=9,
        ha="right",
    )
    axes.axhline(100 * ENOUGH, color=INK_2, linewidth=1.0, linestyle=(0, (1, 3)))
    axes.text(-0.25, 100 * ENOUGH - 1, "below this it breaks", color=INK_2, fontsize=8.5, va="top")

    ends = []
    for row in probe.models:
        points = [(places[at["length"]], 100 * at["accuracy"]) for at in row["accuracies"]]
        known = [point for point, length in zip(points, lengths, strict=True) if length <= row["reached"]]
        look = {
            "color": rung_of(row["name"]).light,
            "linewidth": 2,
            "marker": MARKS.get(row["model"].partition(":")[2], "o"),
            "markersize": 4.5,
            "clip_on": False,
        }
        axes.plot(*zip(*points[max(0, len(known) - 1) :], strict=True), linestyle=(0, (1, 1.2)), **look)
        if known:
            axes.plot(*zip(*known, strict=True), **look)
        ends.append(points[-1])
    tall = axes.get_position().height * axes.figure.get_figheight() * 72
    for row, end, place in zip(
        probe.models, ends, spread_labels([y for _, y in ends], 19 / tall * 106), strict=True
    ):
        colour = rung_of(row["name"]).light
        axes.annotate(
            "",
            xy=end,
            xytext=(1.04, place),
            textcoords=axes.get_yaxis_transform(),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": EDGE, "linewidth": 0.8, "linestyle": (0, (1, 2))},
        )
        axes.text(
            1.055,
            place,
            str(rung_of(row["name"]).number),
            transform=axes.get_yaxis_transform(),
            color=colour_on(row["name"]),
            fontsize=8.5,
            va="center_baseline",
            weight="bold",
            family=_mono(),
            bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": colour, "ec": colour},
        )
        axes.text(
            1.09,
            place,
            title(row),
            transform=axes.get_yaxis_transform(),
            color=INK,
            fontsize=10.5,
            va="center_baseline",
        )
