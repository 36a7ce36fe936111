"""The pictures of the ladder (PNG): a comparison, an ablation, a memory probe.

Matplotlib is used through its objects alone, never through pyplot's global state, so that a notebook's own
figures and settings are left as they are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_bytes
from groundup.common.brand import EDGE, INK, INK_2, INK_3, LINE, SHEET, colour_on, rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import corpus_title
from groundup.ladder.ablation_result import Ablation
from groundup.ladder.compare import Comparison
from groundup.ladder.loss_curve import LossCurve, Point, plot_limits
from groundup.ladder.probe_result import MIN_ACCURACY, MemoryProbe, row_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SANS = ["Instrument Sans", "Avenir Next", "Segoe UI", "Liberation Sans", "DejaVu Sans"]
MONO = ["Commit Mono", "Menlo", "Consolas", "Liberation Mono", "DejaVu Sans Mono"]
DOTTED = (0, (1, 3))

# The panels of an ablation, in inches.
PANEL_COLUMNS = 3
ABLATION_WIDTH, PANEL_HEIGHT, HEAD_HEIGHT, FOOT_HEIGHT = 12.4, 2.75, 1.0, 0.3

CELL_MARKERS = {"": "o", "gru": "o", "rnn": "s", "lstm": "^"}


# ---- what all pictures share -------------------------------------------------------------------------------


@contextmanager
def figure_written_to(path: Path, width: float, height: float) -> "Iterator[Figure]":
    """An empty figure, sizes in inches; it becomes the PNG at `path` when the block ends."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fonts = [name for name in SANS if name in _font_names()] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "font.size": 10}):
        figure = Figure(figsize=(width, height), dpi=150, facecolor=SHEET)
        FigureCanvasAgg(figure)
        yield figure
        png = BytesIO()
        figure.savefig(png, format="png")
    write_bytes(path, png.getvalue())


def _font_names() -> set[str]:
    from matplotlib import font_manager

    return set(font_manager.get_font_names())


def _mono() -> list[str]:
    return [name for name in MONO if name in _font_names()] or ["monospace"]


def _remove_frame(axes: Any) -> None:
    """No frame, small grey numbers in a monospaced font."""
    axes.tick_params(length=0, labelsize=9, labelcolor=INK_3, labelfontfamily=_mono()[0], pad=5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_grid(axes: Any) -> None:
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.spines["bottom"].set(visible=True, color=EDGE)


def _points_high(axes: Any) -> float:
    """The height of the axes in points, of which a label needs 13 to 19."""
    return axes.get_position().height * axes.figure.get_figheight() * 72


def _model_tag(axes: Any, name: str, x: float, y: float, **placement: Any) -> None:
    """The model's number on its colour."""
    rung = rung_of(name)
    axes.annotate(
        str(rung.number),
        (x, y),
        color=colour_on(name),
        fontsize=8.5,
        va="center_baseline",
        weight="bold",
        family=_mono(),
        annotation_clip=False,
        bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": rung.light, "ec": rung.light},
        **placement,
    )


def _leader(axes: Any, end: Point, label: Point, **coordinates: Any) -> None:
    """A dotted line from the last point of a curve to its label beside the plot."""
    axes.annotate(
        "",
        xy=end,
        xytext=label,
        annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": EDGE, "linewidth": 0.8, "linestyle": (0, (1, 2))},
        **coordinates,
    )


# ---- a comparison ------------------------------------------------------------------------------------------


def write_comparison_figure(comparison: Comparison, path: Path) -> Path:
    """Write bits per byte over training time, and as bars that begin at zero. Returns the path."""
    rows = comparison.models
    height = max(4.6, 1.9 + 0.5 * len(rows))
    with figure_written_to(path, 12.4, height) as figure:
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
    return path


def _draw_lines(axes: Any, comparison: Comparison) -> None:
    """Validation scores as a line with dots, training loss as a thin line; labels at the lines' ends."""
    end, low, high = plot_limits(comparison.curves, comparison.floor)
    axes.set(xlim=(0, end), ylim=(low, high), facecolor=SHEET)
    _remove_frame(axes)
    for axis, marks in ((axes.yaxis, ticks(low, high)), (axes.xaxis, ticks(0, end))):
        axis.set_ticks(marks, tick_labels(marks))
    _draw_grid(axes)
    grey = {"transform": axes.transAxes, "color": INK_3, "fontsize": 9}
    axes.text(0, 1.03, "bits per byte on unseen text (thin: on training text)", **grey)
    axes.text(1.0, -0.105, "seconds of training", ha="right", **grey)
    if comparison.floor:
        axes.axhline(comparison.floor, color=INK_2, linewidth=1.2, linestyle=DOTTED)
        axes.text(end * 0.02, comparison.floor, "the floor", color=INK_2, fontsize=9, va="bottom")

    scored = [
        (row, curve) for row, curve in zip(comparison.models, comparison.curves, strict=True) if curve.scores
    ]
    for row, curve in scored:
        colour = rung_of(row["name"]).light
        if curve.losses:
            axes.plot(*zip(*curve.losses, strict=True), color=colour, linewidth=0.9, alpha=0.45)
        axes.plot(*zip(*curve.scores, strict=True), color=colour, linewidth=2, marker="o", markersize=3.5)
        axes.plot(*curve.scores[-1], color=colour, marker="o", markersize=5, clip_on=False)
    gap = 19 / _points_high(axes) * (high - low)
    places = spread_labels([curve.scores[-1][1] for _, curve in scored], gap)
    for (row, curve), place in zip(scored, places, strict=True):
        last = curve.scores[-1]
        _leader(axes, last, (1.035 * end, place))
        _model_tag(axes, row["name"], 1.05 * end, place)
        label = {"color": INK, "fontsize": 10.5, "va": "center_baseline"}
        axes.text(1.10 * end, place, _row_name(comparison, row), **label)
        axes.text(1.50 * end, place, f"{last[1]:.2f}", ha="right", family=_mono(), **label)


def _draw_bars(axes: Any, comparison: Comparison) -> None:
    """One bar a row, from zero: lengths compare truly."""
    rows = comparison.models
    longest = max((row["bpb"] for row in rows if row["bpb"] is not None), default=1.0)
    axes.set(xlim=(0, longest), ylim=(len(rows) - 0.4, -0.6), facecolor=SHEET)
    _remove_frame(axes)
    marks = ticks(0, longest)
    axes.set_xticks(marks, tick_labels(marks))
    axes.set_yticks([])
    axes.axvline(0, color=EDGE, linewidth=1.2)
    axes.text(0, 1.03, "bits per byte, fewer is better", transform=axes.transAxes, color=INK_3, fontsize=9)
    for place, row in enumerate(rows):
        _model_tag(axes, row["name"], 0, place, xytext=(-12, 0), textcoords="offset points", ha="right")
        if row["bpb"] is None:
            continue
        axes.barh(place, row["bpb"], height=0.5, color=rung_of(row["name"]).light)
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
        axes.axvline(comparison.floor, color=INK_2, linewidth=1.2, linestyle=DOTTED)


def _row_name(comparison: Comparison, row: dict[str, Any]) -> str:
    name = comparison.row_name(row)
    return name if len(name) <= 18 else name[:17] + "…"


# ---- an ablation -------------------------------------------------------------------------------------------


def write_ablation_figure(ablation: Ablation, path: Path) -> Path:
    """Write, for each thing taken out, its curves beside those of the whole model. Returns the path."""
    numbers = range(1, len(ablation.variants)) if len(ablation.variants) > 1 else range(1)
    lines = -(-len(numbers) // PANEL_COLUMNS)
    height = HEAD_HEIGHT + FOOT_HEIGHT + PANEL_HEIGHT * lines
    with figure_written_to(path, ABLATION_WIDTH, height) as figure:
        figure.text(0.03, 1 - 0.36 / height, ablation.sentence(), fontsize=14, color=INK, va="center")
        whole = ablation.whole
        about = f"{corpus_title(whole['corpus'])} · budget {whole['budget']} each · seed {ablation.seed}"
        figure.text(0.03, 1 - 0.68 / height, about, fontsize=10, color=INK_3, va="center")
        how = "bits per byte on unseen text (solid; the whole model dashed) and on training text (thin)"
        figure.text(0.97, 1 - 0.68 / height, how, fontsize=10, color=INK_3, va="center", ha="right")
        for place, number in enumerate(numbers):
            line, column = divmod(place, PANEL_COLUMNS)
            left = 0.045 + column * 0.318
            bottom = (FOOT_HEIGHT + PANEL_HEIGHT * (lines - 1 - line) + 0.32) / height
            axes = figure.add_axes((left, bottom, 0.215, (PANEL_HEIGHT - 0.95) / height))
            _draw_panel(axes, ablation, number)
    return path


def _draw_panel(axes: Any, ablation: Ablation, number: int) -> None:
    """One variant in ink; the whole model beside it dashed, in the model's colour."""
    row, curve = ablation.variants[number], ablation.curves[number]
    end, low, high, own_range = ablation.plot_ranges()[number]
    axes.set(xlim=(0, end), ylim=(low, high), facecolor=SHEET)
    _remove_frame(axes)
    for axis, marks in ((axes.yaxis, ticks(low, high, 4)), (axes.xaxis, ticks(0, end, 4))):
        axis.set_ticks(marks, tick_labels(marks))
    _draw_grid(axes)
    offset = {"textcoords": "offset points", "xycoords": "axes fraction"}
    axes.annotate(row["title"], (0, 1), xytext=(0, 23), fontsize=11, weight="bold", color=INK, **offset)
    small = row["verdict"] + (" · other scale" if own_range else "")
    axes.annotate(small, (0, 1), xytext=(0, 9), fontsize=9, color=INK_2, **offset)
    axes.annotate(ablation.unit, (1, 0), xytext=(0, -19), fontsize=9, color=INK_3, ha="right", va="center",
                  **offset)  # fmt: skip
    if ablation.floor and low < ablation.floor < high:
        axes.axhline(ablation.floor, color=INK_2, linewidth=1.2, linestyle=DOTTED)
        axes.text(end * 0.02, ablation.floor, "the floor", color=INK_2, fontsize=8, va="bottom")
    colour, whole = rung_of(ablation.model).light, ablation.curves[0]
    ends: list[tuple[float, str, str]] = []
    if whole.scores:
        axes.plot(*zip(*whole.scores, strict=True), color=colour, linewidth=1.8, linestyle=(0, (4, 2)))
        ends.append((whole.scores[-1][1], f"whole {whole.scores[-1][1]:.2f}", colour))
    if number:
        _draw_variant(axes, curve)
        if curve.scores:
            last = curve.scores[-1][1]
            ends.append((last, f"{last:.2f}", INK))
        if row["diverged"] is not None and curve.losses:
            axes.plot(
                *curve.losses[-1], color=INK, marker="x", markersize=7, markeredgewidth=2, clip_on=False
            )
    places = spread_labels(
        [min(max(bpb, low), high) for bpb, _, _ in ends], 13 / _points_high(axes) * (high - low)
    )
    for (_, words, ink), place in zip(ends, places, strict=True):
        axes.text(1.03 * end, place, words, color=ink, fontsize=9.5, va="center_baseline", family=_mono())


def _draw_variant(axes: Any, curve: LossCurve) -> None:
    if curve.losses:
        axes.plot(*zip(*curve.losses, strict=True), color=INK, linewidth=0.8, alpha=0.55)
    if curve.scores:
        axes.plot(*zip(*curve.scores, strict=True), color=INK, linewidth=1.8, marker="o", markersize=3.5)
        axes.plot(*curve.scores[-1], color=INK, marker="o", markersize=3.5, clip_on=False)


# ---- a memory probe ----------------------------------------------------------------------------------------


def write_probe_figure(probe: MemoryProbe, path: Path) -> Path:
    """Write the share of right answers against length, a line for each model. Returns the path.

    A line is full where the model practised and dotted beyond.
    """
    with figure_written_to(path, 9.6, 5.2) as figure:
        axes = figure.add_axes((0.065, 0.13, 0.68, 0.67))
        figure.text(
            0.02, 0.945, f"How long do they remember? {probe.task.capitalize()}", fontsize=14, color=INK
        )
        figure.text(0.98, 0.945, f"{probe.budget} of practice each", fontsize=10, color=INK_3, ha="right")
        figure.text(0.02, 0.885, probe.example, fontsize=10, color=INK_2, family=_mono())
        _draw_probe_axes(axes, probe)
        ends = [_draw_accuracies(axes, row, probe.lengths) for row in probe.models]
        places = spread_labels([y for _, y in ends], 19 / _points_high(axes) * 106)
        beside = axes.get_yaxis_transform()  # x in widths of the axes, y in percent
        for row, end, place in zip(probe.models, ends, places, strict=True):
            _leader(axes, end, (1.04, place), textcoords=beside)
            _model_tag(axes, row["name"], 1.055, place, xycoords=beside)
            axes.text(
                1.09, place, row_title(row), transform=beside, color=INK, fontsize=10.5, va="center_baseline"
            )
    return path


def _draw_probe_axes(axes: Any, probe: MemoryProbe) -> None:
    """Each length that was measured has the same room; a single one stands in the middle."""
    lengths = probe.lengths
    axes.set(xlim=(-0.3, len(lengths) - 0.7), ylim=(-3, 103), facecolor=SHEET)
    _remove_frame(axes)
    axes.set_yticks([0, 25, 50, 75, 100])
    every = max(1, -(-len(lengths) // 16))
    axes.set_xticks(range(0, len(lengths), every), [f"{length:,}" for length in lengths[::every]])
    _draw_grid(axes)
    grey = {"transform": axes.transAxes, "color": INK_3, "fontsize": 9}
    unit = "% right, to the last token of the answer (dotted: longer than it practised)"
    axes.text(0, 1.03, unit, **grey)
    axes.text(1, -0.125, f"length, in {probe.counted}", ha="right", **grey)
    axes.axhline(100 * MIN_ACCURACY, color=INK_2, linewidth=1.0, linestyle=DOTTED)
    axes.text(-0.25, 100 * MIN_ACCURACY - 1, "below this it breaks", color=INK_2, fontsize=8.5, va="top")


def _draw_accuracies(axes: Any, row: dict[str, Any], lengths: Sequence[int]) -> Point:
    """One model's line. Returns its last point."""
    points = [(place, 100 * at["accuracy"]) for place, at in enumerate(row["accuracies"])]
    practised = [point for point, length in zip(points, lengths, strict=True) if length <= row["reached"]]
    style = {
        "color": rung_of(row["name"]).light,
        "linewidth": 2,
        "marker": CELL_MARKERS.get(row["model"].partition(":")[2], "o"),
        "markersize": 4.5,
        "clip_on": False,
    }
    beyond = points[max(0, len(practised) - 1) :]
    axes.plot(*zip(*beyond, strict=True), linestyle=(0, (1, 1.2)), **style)
    if practised:
        axes.plot(*zip(*practised, strict=True), **style)
    return points[-1]
