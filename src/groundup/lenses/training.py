"""How a training went: its curves, its samples, and what they say, from the events of a run.

Nothing is trained here, and the run may still be training: its events are read as they are by now.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.lenses.activations import record
from groundup.lenses.diagnosis import Diagnosis, TrainingCurves, diagnose
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
from groundup.lenses.hooked_model import HookedModel, hooked_model
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace
from groundup.training.budget import Budget
from groundup.training.run import Run, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOKENS_FOR_UNITS = 2048  # of validation text, to see which units ever do anything
STUCK = 1e-3  # a unit's deviation over these tokens, below which it says the same to all


@dataclass
class TrainingTrace(TrainingCurves, Trace):
    """The curves of one run, and what they say."""

    findings: list[Diagnosis] = field(default_factory=list)
    """What the rules of diagnosis.py find."""

    def plot(self, *, dark: bool = False) -> "Figure":
        """Loss, bits per byte, gradient, updates and learning rate over the steps; samples; the diagnosis on top."""
        return draw(self, dark)


def trace(what: Run | str | Path, *, units: bool = True) -> TrainingTrace:
    """Read the events of a run and judge them.

    units: also let the trained model read some of its validation text, to find units that never do anything.
    Raises GroundupError for a run that has no events.
    """
    run = what if isinstance(what, Run) else Run.open(what)
    events = list(run.events())
    steps = _whole(events, "step", ("step", "seconds", "loss", "learning_rate", "gradient_norm"))
    scores = _whole(events, "evaluation", ("step", "bpb", "loss", "seconds", "tokens"))
    broken = [event for event in events if event.get("event") == "diverged"]
    if not (steps or scores or broken):
        raise GroundupError(
            f"The run '{run.name}' has no events: it was not trained yet, or metrics.jsonl is damaged.",
            f"Train it: `groundup resume {run.name}`.",
        )
    ends = [event for event in events if event.get("event") == "end"]
    last = broken[-1] if broken and broken[-1] is events[-1] else {}
    traced = TrainingTrace(
        run=run.name, kind=run.recipe.model.kind, budget=run.recipe.budget,
        state="diverged" if last else str(ends[-1].get("reason")) if ends else "unfinished",
        max_grad_norm=run.recipe.training.max_grad_norm, vocab_size=_vocab_size(events),
        highest_rate=run.recipe.training.learning_rate,
        steps=_column(steps, "step"), seconds=_column(steps, "seconds"), losses=_column(steps, "loss"),
        learning_rates=_column(steps, "learning_rate"), gradient_norms=_column(steps, "gradient_norm"),
        update_ratios=_ratios(steps),
        evaluation_steps=_column(scores, "step"), evaluation_spent=_spent(run, scores),
        bpb=_column(scores, "bpb"), validation_losses=_column(scores, "loss"),
        samples=[str(event.get("sample") or "") for event in scores],
        diverged_at=last.get("step"), last_loss=last.get("last_loss", 0.0),
        last_gradient_norm=last.get("last_gradient_norm", 0.0),
    )  # fmt: skip
    if units and any((run.folder / f"{which}.safetensors").exists() for which in ("last", "best")):
        traced.dead, traced.dead_tokens = _dead_units_of_run(run)
    traced.findings = diagnose(traced)
    return traced


def _whole(events: Iterable[dict[str, Any]], kind: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The events of a kind in which all these keys are numbers; a damaged line is passed over."""
    return [
        event
        for event in events
        if event.get("event") == kind and all(isinstance(event.get(key), int | float) for key in keys)
    ]


def _vocab_size(events: Iterable[dict[str, Any]]) -> int:
    """0 where the first event is missing."""
    return next((event["vocab_size"] for event in events if "vocab_size" in event), 0)


def _column(events: list[dict[str, Any]], key: str) -> np.ndarray:
    return np.array([event[key] for event in events], dtype=np.float64)


def _spent(run: Run, scores: list[dict[str, Any]]) -> np.ndarray:
    """Of the budget that the run has now: it may have grown since an event noted the share it had then."""
    budget = Budget.parse(run.recipe.budget)
    return np.array([
        min(budget.spent(seconds=event["seconds"], steps=event["step"], tokens=event["tokens"]), 1.0)
        for event in scores
    ])  # fmt: skip


def _ratios(steps: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Runs of before groundup measured updates have none."""
    rows = [event.get("update_ratio") or {} for event in steps]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


# ---- units -------------------------------------------------------------------------------------------------


def _dead_units_of_run(run: Run) -> tuple[dict[str, float], int]:
    which: Which = "last" if (run.folder / "last.safetensors").exists() else "best"
    try:
        text = next(iter(run.corpus().pieces("validation")), "")
    except GroundupError:  # the text has gone, or was changed since: then nothing is said of units
        return {}, 0
    hooked = hooked_model(run, which)
    tokens = hooked.tokenizer.encode(text[: 16 * TOKENS_FOR_UNITS])[:TOKENS_FOR_UNITS]
    return dead_units(hooked, torch.tensor(tokens)), len(tokens)


def dead_units(hooked: HookedModel, tokens: torch.Tensor) -> dict[str, float]:
    """The share of units, layer by layer, that give the same for all these tokens `(tokens,)`.

    In a transformer the hidden units of each feed-forward layer count as dead when they never rise above zero
    (ReLU's flat side, and GELU's); in a recurrent model the outputs of the top layer, when they never change.
    """
    points = hooked.hook_points.points
    hidden = [name for name in points if name.endswith(".mlp.hook_post")]
    time = min(hooked.hook_points.context or 128, 128)
    rows = tokens[: len(tokens) // time * time].view(-1, time) if len(tokens) >= time else tokens[None]
    if not rows.numel():
        return {}
    seen = record(points, hidden or ["cells.hook_out"], lambda: hooked.hook_points.run(rows))
    shares = {}
    for name, values in seen.items():
        units = values.flatten(0, 1).float()  # (tokens, units)
        dead = units.amax(0) <= 0 if hidden else units.std(0) < STUCK
        shares[name.removesuffix(".hook_post").removesuffix(".hook_out")] = dead.float().mean().item()
    return shares


# ---- the picture -------------------------------------------------------------------------------------------


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


def trace_of_run(model: HookedModel) -> TrainingTrace:
    return trace(model.require_run())


LENS = Lens(
    "training",
    title="Training",
    question="How did it learn?",
    order=95,
    trace="trace_of_run",
    reads=False,
    real=False,
    widgets=(("training", "training", "c12"),),
    views={"training": {"at": -1}},
)
