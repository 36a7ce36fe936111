"""Fitting: a short training on a small generated task, such as translating dates.

`fit` is the whole loop. A run on a corpus has much more to it (a tokenizer, resuming, precision): that is
trainer.py. Here a model is trained for a minute or two on batches that are made on the spot. It can be saved in a
folder of `practice/` below GROUNDUP_HOME:

weights.safetensors   the weights, with a checksum
practice.toml         what the model is built from (config), how it was trained (facts), how good it is (scores)
"""

import math
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import tomli_w
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from torch import Tensor, nn

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError
from groundup.common.formatting import format_duration
from groundup.common.places import home
from groundup.training.budget import Budget
from groundup.training.checkpoint import load_checkpoint, save_checkpoint
from groundup.training.interrupt import Interrupt
from groundup.training.optimizer import learning_rate, make_optimizer
from groundup.training.recipe import TrainingRecipe
from groundup.training.view import line_writer

Scores = dict[str, float]
Model = TypeVar("Model", bound=nn.Module)

DEFAULT_SETTINGS: dict[str, Any] = {"warmup_ratio": 0.05, "weight_decay": 0.0, "evaluations": 10}
FRAME_INTERVAL_S = 0.2


@dataclass(frozen=True)
class FitStep:
    """A step was made."""

    step: int
    """Steps made so far."""
    seconds: float
    """Of training alone."""
    spent: float
    """The share of the budget, 0 to 1."""
    loss: float
    gradient_norm: float
    """Before clipping."""
    learning_rate: float


@dataclass(frozen=True)
class FitEvaluation:
    """The model was scored."""

    step: int
    seconds: float
    spent: float
    scores: Scores


@dataclass(frozen=True)
class FitEnd:
    """Training ended."""

    step: int
    seconds: float
    spent: float
    reason: Literal["budget", "enough", "interrupted"]
    """The budget is spent; the scores are good enough; Ctrl-C."""
    scores: Scores = field(default_factory=dict)
    """The last ones."""


FitEvent = FitStep | FitEvaluation | FitEnd


def fit(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    budget: Budget,
    *,
    seed: int = 0,
    evaluate: Callable[[], Scores] | None = None,
    enough: Callable[[Scores], bool] | None = None,
    listen: Callable[[FitEvent], None] = lambda event: None,
    **settings: Any,
) -> FitEnd:
    """Train a model in place, and leave it in eval mode.

    `loss(step)` is the loss of batch number `step`, from 0. Where it makes the batch from a seed and that number
    alone, the same seed gives the same numbers. `evaluate()` gives scores; it is called evenly over the budget,
    without gradients and in eval mode, and always at the end. Training ends early when `enough(scores)`.
    `listen` is given every event.

    settings: keys of TrainingRecipe (learning_rate, warmup_ratio, weight_decay, max_grad_norm, evaluations), over
    DEFAULT_SETTINGS; the optimiser and its schedule are those of a run.

    Raises GroundupError when the loss or its gradient is not a number, and for a budget in tokens.
    """
    if budget.unit == "tokens":
        raise GroundupError(
            f"Fitting is not counted in tokens: {budget}.", "Give the budget as 2min or 500steps."
        )
    recipe = TrainingRecipe(**(DEFAULT_SETTINGS | settings))
    optimizer = make_optimizer(model, recipe)
    step, seconds, spent, evaluated = 0, 0.0, 0.0, 0
    reason: Literal["", "budget", "enough", "interrupted"] = ""
    scores: Scores = {}
    model.train()
    with Interrupt() as interrupt:
        while not reason:
            started = time.perf_counter()
            rate = learning_rate(spent, recipe)
            torch.manual_seed(seed * 1_000_003 + step)  # dropout of this step
            value, norm = _step(model, optimizer, loss, recipe, step=step, rate=rate)
            step += 1
            seconds += time.perf_counter() - started
            whole = budget.spent(seconds=seconds, steps=step, tokens=0)
            spent = min(whole, 1.0)
            listen(FitStep(step, seconds, spent, value, norm, rate))
            reason = "interrupted" if interrupt.requested else "budget" if spent >= 1 else ""
            if evaluate is not None and (reason or spent >= (evaluated + 1) / recipe.evaluations):
                evaluated = int(whole * recipe.evaluations)
                model.eval()
                with torch.no_grad():
                    scores = evaluate()
                model.train()
                listen(FitEvaluation(step, seconds, spent, scores))
                if not reason and enough is not None and enough(scores):
                    reason = "enough"
    model.eval()
    end = FitEnd(step, seconds, spent, reason, scores)
    listen(end)
    return end


def _step(
    model: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[[int], Tensor], recipe: TrainingRecipe,
    *, step: int, rate: float,
) -> tuple[float, float]:  # fmt: skip
    """One step of the optimiser. Returns the loss, and the norm of its gradient before clipping."""
    optimizer.zero_grad(set_to_none=True)
    value = loss(step)
    value.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.max_grad_norm).item()
    if not (math.isfinite(value.item()) and math.isfinite(norm)):
        raise GroundupError(
            f"The loss is {value.item():.3g} with a gradient of {norm:.3g} at step {step}: training diverged.",
            f"Try a lower learning rate than {recipe.learning_rate:g}, or a longer warm-up.",
        )
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return value.item(), norm


# ---- saving -------------------------------------------------------------------------------------------------


def practice_folder(name: str) -> Path:
    """Where a fitted model is saved."""
    return home() / "practice" / name


def save_practice(
    name: str, model: nn.Module, *, config: Mapping[str, Any], facts: Mapping[str, Any], scores: Scores
) -> Path:
    """Save a model, in place of an earlier one of that name. Returns the folder.

    `config` is what the model can be built from again, `facts` anything else that is worth knowing; both are plain
    values for TOML, without None.
    """
    folder = practice_folder(name)
    # In both files: a process killed between the two leaves files that do not belong together.
    saved = datetime.now(UTC).isoformat()
    save_checkpoint(folder / "weights.safetensors", model.state_dict(), {"saved": saved})
    about = {"saved": saved, "config": dict(config), "facts": dict(facts), "scores": scores}
    write_text(folder / "practice.toml", tomli_w.dumps(about))
    return folder


def load_practice(
    name: str, build: Callable[[dict[str, Any]], Model], train: str
) -> tuple[Model, dict[str, Any]]:
    """The model of that name in eval mode, and what is in its practice.toml.

    `build(config)` makes the model, with any weights; `train` is the command that would train it, for the
    message. Raises GroundupError if there is none, or if it is damaged.
    """
    folder = practice_folder(name)
    if not (folder / "practice.toml").exists():
        raise GroundupError(f"The model '{name}' is not trained yet.", f"Train it first: `{train}`.")
    try:
        about = tomllib.loads((folder / "practice.toml").read_text(encoding="utf-8"))
        tensors, state = load_checkpoint(folder / "weights.safetensors")
        if state["saved"] != about["saved"]:
            raise ValueError("its two files are not of the same training")
        model = build(about["config"])
        model.load_state_dict(tensors)
        return model.eval(), about
    except GroundupError as error:
        why = error.what.rstrip(".")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        why = str(error).splitlines()[0].rstrip(":.")
    raise GroundupError(f"The trained model in {folder} is damaged: {why}.", f"Train it again: `{train}`.")


# ---- watching ----------------------------------------------------------------------------------------------


def format_scores(scores: Scores) -> str:
    return " · ".join(f"{name} {score:.3f}" for name, score in scores.items())


class FitView:
    """Listens to `fit`: one line with a bar in a terminal, elsewhere a line for each evaluation.

    A context manager. `describe` puts scores into a few words.
    """

    def __init__(
        self, console: Console, title: str, describe: Callable[[Scores], str] = format_scores
    ) -> None:
        self.title, self.describe = title, describe
        self.write = line_writer(console)
        self.score_text, self.loss, self.last_frame = "", 0.0, 0.0
        self.progress: Progress | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[rest]}"))
            self.progress = Progress(*columns, console=console, auto_refresh=False)
            self.task = self.progress.add_task(title, total=1.0, rest="")

    def __enter__(self) -> "FitView":
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.progress is not None:
            self.progress.stop()

    def __call__(self, event: FitEvent) -> None:
        now = time.monotonic()
        if isinstance(event, FitStep):
            self.loss = event.loss
            if self.progress is None or now - self.last_frame < FRAME_INTERVAL_S:
                return
        elif isinstance(event, FitEvaluation):
            self.score_text = self.describe(event.scores)
        self.last_frame = now
        time_text = format_duration(event.seconds / event.spent * (1 - event.spent)) + " left"
        if isinstance(event, FitEnd):
            time_text = f"{format_duration(event.seconds)} of training"
            time_text += ", stopped" if event.reason == "interrupted" else ""
        parts = [f"step {event.step:,}", f"loss {self.loss:.3f}", self.score_text, time_text]
        parts = [part for part in parts if part]
        if self.progress is not None:
            done = 1.0 if isinstance(event, FitEnd) and event.reason != "interrupted" else event.spent
            self.progress.update(self.task, completed=done, rest=" · ".join(parts), refresh=True)
        else:
            self.write(f"{self.title}  {event.spent:4.0%}  {'  '.join(parts)}\n")
