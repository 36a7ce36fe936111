"""How a training went: its curves, its samples, and what they say, from the events of a run.

Nothing is trained here, and the run may still be training: its events are read as they are by now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.diagnosis import Finding, diagnose
from groundup.lenses.hooked_model import HookedModel, hooked_model
from groundup.lenses.trace import Trace
from groundup.training.budget import Budget
from groundup.training.run import Run, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOKENS_FOR_UNITS = 2048  # of validation text, to see which units ever do anything
STUCK = 1e-3  # a unit's deviation over these tokens, below which it says the same to all


@dataclass
class TrainingTrace(Trace):
    """The curves of one run. Arrays have an entry for each step that was told of, some four a second."""

    run: str
    kind: str
    budget: str
    state: str
    """budget, early, interrupted, unfinished, or diverged."""
    max_grad_norm: float
    vocab_size: int
    highest_rate: float
    """The learning rate after the warm-up, as the recipe has it."""
    steps: np.ndarray
    seconds: np.ndarray
    """Of training, since the start."""
    losses: np.ndarray
    """Training loss, nats per token."""
    learning_rates: np.ndarray
    gradient_norms: np.ndarray
    """Before they are shortened to `max_grad_norm`."""
    update_ratios: dict[str, np.ndarray]
    """For each part of the model, how far a step moved it, in lengths of itself; nan where it was not measured."""
    evaluation_steps: np.ndarray
    evaluation_spent: np.ndarray
    """The share of the budget, at each evaluation."""
    bpb: np.ndarray
    """Bits per byte of the validation text."""
    validation_losses: np.ndarray
    samples: list[str]
    """What the model wrote at each evaluation."""
    diverged_at: int | None
    last_loss: float
    last_gradient_norm: float
    """Of the last good step before it diverged; else 0."""
    dead: dict[str, float] = field(default_factory=dict)
    """The share of units that give the same for every token, by layer."""
    dead_tokens: int = 0
    findings: list[Finding] = field(default_factory=list)
    """What the rules of diagnosis.py say."""

    def usual_ratios(self) -> dict[str, float]:
        """The median update of each part, over the steps in which the learning rate is at least half its highest."""
        high = self.learning_rates >= 0.5 * self.highest_rate
        known = {name: values[high & np.isfinite(values)] for name, values in self.update_ratios.items()}
        return {name: float(np.median(values)) for name, values in known.items() if len(values)}

    def plot(self, *, dark: bool = False) -> "Figure":
        """Loss, bits per byte, gradient, updates and learning rate over the steps; samples; the diagnosis on top."""
        from groundup.lenses.training_figure import draw

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
    found = {}
    for name, values in seen.items():
        units = values.flatten(0, 1).float()  # (tokens, units)
        dead = units.amax(0) <= 0 if hidden else units.std(0) < STUCK
        found[name.removesuffix(".hook_post").removesuffix(".hook_out")] = dead.float().mean().item()
    return found
