"""The picture of `lenses/weights.py`: how the weights of the largest matrices lie, and what chance would give."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.formatting import format_count
from groundup.lenses.drawing import MONO, SANS, fonts, headline, model_colour, new_figure, paper, style
from groundup.lenses.weights import BINS, SIGMAS, Weight, WeightsTrace, random_spectrum

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(trace: WeightsTrace, dark: bool) -> "Figure":
    shown = trace.largest() or [w for w in trace.weights if w.tied_to is None][:6]
    figure = new_figure(9.2, 1.2 + 1.15 * len(shown), dark=dark)
    headline(
        figure, f"{trace.name}: {format_count(trace.count)} weights, {format_count(trace.bytes)}B", dark=dark
    )
    colour = model_colour(trace.kind, dark)
    grid = figure.subplots(len(shown), 3, squeeze=False, width_ratios=(0.8, 1.2, 1.2))
    widest = max(SIGMAS + 0.5, *(weight.largest / weight.std for weight in shown if weight.std > 0))
    for place, (weight, (facts, spread, spectrum)) in enumerate(zip(shown, grid, strict=True)):
        _draw_facts(facts, weight, dark)
        _draw_spread(spread, weight, widest, colour, dark)
        _draw_spectrum(spectrum, weight, colour, dark)
        if place == 0:
            titles = ((spread, "how many weights, by distance in σ"), (spectrum, "singular values, by rank"))
            for axes, title in titles:
                axes.set_title(title, loc="left", fontsize=10, color=paper(dark).ink, family=fonts(SANS))
        if place < len(shown) - 1:
            spread.tick_params(labelbottom=False)
        else:
            spread.set_xlabel("dotted: a normal distribution as wide")
            spectrum.set_xlabel("dotted: random weights as wide")
    return figure


def _draw_facts(axes: Any, weight: Weight, dark: bool) -> None:
    axes.axis("off")
    colours = paper(dark)
    rank = "" if weight.effective_rank is None else f"effective rank {weight.effective_rank:.0f}"
    full = f" of {len(weight.singular_values)}" if rank else ""
    outliers = (
        f"{format_count(weight.outliers)} beyond {SIGMAS}σ" if weight.outliers else f"none beyond {SIGMAS}σ"
    )
    lines = [f"{' × '.join(map(str, weight.shape))}, σ {weight.std:.3g}", outliers, rank + full]
    name = weight.name if len(weight.name) <= 34 else f"…{weight.name[-33:]}"
    axes.text(0, 0.98, name, transform=axes.transAxes, va="top", fontsize=9, color=colours.ink,
              family=fonts(SANS))  # fmt: skip
    text = "\n".join(lines).rstrip()
    axes.text(
        0,
        0.72,
        text,
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
        color=colours.ink_3,
        linespacing=1.5,
        family=fonts(SANS),
    )


def _draw_spread(axes: Any, weight: Weight, widest: float, colour: str, dark: bool) -> None:
    """Counts on a log axis, so that a single weight far out is seen beside a million near zero."""
    colours = paper(dark)
    reach = weight.largest / weight.std if weight.std > 0 else 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    middle, step = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    axes.bar(middle, weight.histogram, width=step, color=colour, linewidth=0)
    if weight.std > 0:
        share = np.exp(-((middle - weight.mean / weight.std) ** 2) / 2) / math.sqrt(2 * math.pi)
        axes.plot(
            middle, share * step * weight.count, color=colours.ink_2, linewidth=1, linestyle=(0, (1, 1.5))
        )
    top = 3 * max(int(weight.histogram.max(initial=1)), 1)
    axes.set(yscale="log", ylim=(0.5, top), xlim=(-1.03 * widest, 1.03 * widest))
    if widest < 4 * SIGMAS:
        axes.set_xticks([-SIGMAS, -3, 0, 3, SIGMAS])
    style(axes, dark=dark)
    _quiet_ticks(axes, dark)


def _draw_spectrum(axes: Any, weight: Weight, colour: str, dark: bool) -> None:
    colours = paper(dark)
    values = weight.singular_values
    if not len(values):
        axes.axis("off")
        return
    rank = np.arange(1, len(values) + 1)
    chance = random_spectrum((weight.count // min(_sides(weight)), min(_sides(weight))), weight.std)
    axes.plot(rank, chance, color=colours.ink_2, linewidth=1, linestyle=(0, (1, 1.5)))
    axes.plot(rank, values, color=colour, linewidth=1.8)
    lowest = max(min(values[values > 0].min(initial=1.0), chance.min()), values[0] / 1000)
    axes.set(
        yscale="log", xlim=(0, len(values) * 1.02), ylim=(min(lowest / 1.5, values[0] / 15), values[0] * 1.6)
    )
    style(axes, dark=dark)
    _quiet_ticks(axes, dark)


def _sides(weight: Weight) -> tuple[int, int]:
    return weight.shape[0], weight.count // weight.shape[0]


def _quiet_ticks(axes: Any, dark: bool) -> None:
    axes.minorticks_off()
    axes.tick_params(labelsize=8, labelfontfamily=fonts(MONO)[0])
