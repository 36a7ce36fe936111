"""The picture of `lenses/training.py`: five curves, what was written meanwhile, and the diagnosis."""

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.brand import rung_of
from groundup.common.formatting import make_printable
from groundup.lenses.drawing import (
    MONO,
    SANS,
    drawable,
    fonts,
    headline,
    model_colour,
    new_figure,
    paper,
    style,
)
from groundup.lenses.training import TrainingTrace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = 5
DASHES: list[Any] = ["-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1))]


def draw(run: TrainingTrace, dark: bool) -> "Figure":
    told = [f"{one.what} {one.evidence}" for one in run.findings]
    under = "\n".join(line for one in told[:2] for line in textwrap.wrap(one, 125))
    figure = new_figure(10.2, 7.6 + 0.2 * under.count("\n"), dark=dark)
    headline(
        figure,
        f"{run.run}: {rung_of(run.kind).title}, {run.budget}, {run.findings[0].name}",
        dark=dark,
        under=under,
    )
    places = figure.subplot_mosaic([["loss", "bpb"], ["gradient", "update"], ["rate", "samples"]],
                                   width_ratios=(1, 1), height_ratios=(1.25, 1, 1))  # fmt: skip
    colour = model_colour(run.kind, dark)
    _loss(places["loss"], run, colour, dark)
    _bpb(places["bpb"], run, colour, dark)
    _gradient(places["gradient"], run, colour, dark)
    _updates(places["update"], run, colour, dark)
    style(places["rate"], dark=dark, title="learning rate")
    places["rate"].plot(run.steps, run.learning_rates, color=colour, linewidth=1.6)
    places["rate"].set(ylim=(0, 1.1 * max(run.learning_rates, default=1)), xlabel="steps")
    _samples(places["samples"], run, dark)
    last = max([*run.steps, *run.evaluation_steps, 1])
    for name in ("loss", "bpb", "gradient", "update", "rate"):
        places[name].set_xlim(0, last * 1.02)
        for one in run.findings:
            if one.since:
                places[name].axvline(one.since, color=paper(dark).ink_2, linewidth=1, linestyle=(0, (1, 2)))
    return figure


def _loss(axes: Any, run: TrainingTrace, colour: str, dark: bool) -> None:
    style(axes, dark=dark, title="loss in nats per token: training (line), validation (dots)")
    axes.plot(run.steps, run.losses, color=colour, linewidth=1)
    axes.plot(run.evaluation_steps, run.validation_losses, "o", color=paper(dark).ink, markersize=4)


def _bpb(axes: Any, run: TrainingTrace, colour: str, dark: bool) -> None:
    style(axes, dark=dark, title="bits per byte of the validation text")
    axes.plot(run.evaluation_steps, run.bpb, "o-", color=colour, linewidth=1.8, markersize=4)
    if len(run.bpb):
        best = int(run.bpb.argmin())
        axes.annotate(f"{run.bpb[best]:.3f}", (run.evaluation_steps[best], run.bpb[best]), xytext=(0, -15), ha="center",
                      textcoords="offset points", fontsize=9, color=paper(dark).ink, family=fonts(MONO))  # fmt: skip
        axes.margins(y=0.2)


def _gradient(axes: Any, run: TrainingTrace, colour: str, dark: bool) -> None:
    style(
        axes,
        dark=dark,
        title=f"length of the gradient (line at {run.max_grad_norm:g}: longer ones are shortened)",
    )
    axes.plot(run.steps, run.gradient_norms, color=colour, linewidth=1)
    if any(run.gradient_norms > 0):
        _log(axes)
        if max(run.gradient_norms) > 0.3 * run.max_grad_norm:
            axes.axhline(run.max_grad_norm, color=paper(dark).ink_3, linewidth=1)


def _updates(axes: Any, run: TrainingTrace, colour: str, dark: bool) -> None:
    """A line style for each part, named beside the axes; the usual stretch is shaded."""
    style(axes, dark=dark, title="how far a step moves each part, in its own lengths (grey: usual)")
    axes.axhspan(1e-3, 1e-2, color=paper(dark).line, linewidth=0, alpha=0.6)
    for place, (name, values) in enumerate(run.update_ratios.items()):
        known = np.isfinite(values) & (values > 0)
        axes.plot(run.steps[known], values[known], color=colour, linewidth=1.2, linestyle=DASHES[place % len(DASHES)],
                  label=name)  # fmt: skip
    _log(axes)
    if run.update_ratios:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8, labelcolor=paper(dark).ink_2,
                    prop={"family": fonts(MONO), "size": 8}, handlelength=2.6)  # fmt: skip
    else:
        axes.text(0.5, 0.5, "not measured in this run", transform=axes.transAxes, ha="center", fontsize=9,
                  color=paper(dark).ink_3, family=fonts(SANS))  # fmt: skip


def _samples(axes: Any, run: TrainingTrace, dark: bool) -> None:
    """One line of each of a few samples, from early to late."""
    axes.axis("off")
    axes.set_title("what it wrote", loc="left", color=paper(dark).ink, fontsize=10.5, family=fonts(SANS))
    chosen = np.unique(
        np.linspace(0, len(run.samples) - 1, min(SAMPLES, len(run.samples))).round().astype(int)
    )
    mono = [*fonts(MONO), "DejaVu Sans"]
    for row, number in enumerate(chosen):
        words = drawable(" ".join(make_printable(run.samples[number]).split())) or "(nothing)"
        high = 0.97 - 0.2 * row
        axes.text(0, high, f"{int(run.evaluation_steps[number]):>5}", transform=axes.transAxes, va="top", fontsize=8,
                  color=paper(dark).ink_3, family=mono)  # fmt: skip
        axes.text(0.1, high, "\n".join(textwrap.wrap(words, 58)[:2]).replace("$", r"\$"), transform=axes.transAxes,
                  va="top", fontsize=8, color=paper(dark).ink, family=mono)  # fmt: skip


def _log(axes: Any) -> None:
    """A log axis with plain numbers, also within one power of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
