"""Practice: a short training on a small generated task, such as rewriting dates.

`practise` is the whole loop. A run on a corpus has much more to it (a tokenizer, resuming, precision): that is
trainer.py. Here a model practises for a minute or two on batches that are made on the spot, and is kept, if
at all, in a folder of `practice/` below GROUNDUP_HOME:

weights.safetensors   the weights, with a checksum
practice.toml         what the model is built from (config), how it was trained (facts), how good it is (scores)
"""

import math
import time
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

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
from groundup.training.optimizer import learning_rate as scheduled
from groundup.training.optimizer import make_optimizer
from groundup.training.recipe import TrainingRecipe
from groundup.training.view import line_writer

Event = dict[str, Any]
Scores = dict[str, float]
Model = TypeVar("Model", bound=nn.Module)

SECONDS_BETWEEN_FRAMES = 0.2


def practise(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    *,
    budget: Budget,
    learning_rate: float = 1e-3,
    warmup_ratio: float = 0.05,
    max_grad_norm: float = 1.0,
    weight_decay: float = 0.0,
    seed: int = 0,
    evaluate: Callable[[], Scores] | None = None,
    evaluations: int = 10,
    enough: Callable[[Scores], bool] | None = None,
    listen: Callable[[Event], None] = lambda event: None,
) -> list[Event]:
    """Train a model in place, and return all that happened, in order.

    `loss(step)` is the loss of batch number `step`, from 0; make the batch from a seed and that number alone,
    and the whole is repeatable. `evaluate()` gives scores; it is called `evaluations` times, evenly over the
    budget, without gradients and in eval mode, and always at the end. Training ends early when
    `enough(scores)`. AdamW, with the same schedule as trainer.py: `warmup_ratio` is a share of the budget.

    Events are given to `listen` as they happen:
    - "step": step (of steps done), seconds, spent (0 to 1), loss, gradient_norm, learning_rate;
    - "evaluation": step, seconds, spent, scores;
    - "end": step, seconds, spent, scores (the last ones), reason: "budget", "enough" or "interrupted" (Ctrl-C).

    Seconds count training alone. The model is left in eval mode.
    Raises GroundupError when the loss or its gradient is not a number, and for a budget in tokens.
    """
    if budget.unit == "tokens":
        raise GroundupError(f"A practice is not counted in tokens: {budget}.", "Give it as 2min or 500steps.")
    recipe = TrainingRecipe(
        learning_rate=learning_rate,
        warmup_ratio=warmup_ratio,
        max_grad_norm=max_grad_norm,
        weight_decay=weight_decay,
    )
    optimizer = make_optimizer(model, recipe)
    events: list[Event] = []
    scores: Scores = {}
    step, seconds, spent, evaluated = 0, 0.0, 0.0, 0
    reason = ""

    def say(kind: str, **facts: Any) -> None:
        events.append({"event": kind, "step": step, "seconds": seconds, "spent": min(spent, 1.0), **facts})
        listen(events[-1])

    model.train()
    with Interrupt() as interrupt:
        while not reason:
            started = time.perf_counter()
            rate = scheduled(spent, recipe)
            torch.manual_seed(seed * 1_000_003 + step)  # dropout of this step
            optimizer.zero_grad(set_to_none=True)
            found = loss(step)
            found.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm).item()
            value = found.item()
            if not (math.isfinite(value) and math.isfinite(norm)):
                raise GroundupError(
                    f"The loss is {value:.3g} with a gradient of {norm:.3g} at step {step}: training diverged.",
                    f"Try a lower learning rate than {learning_rate:g}, or a longer warm-up.",
                )
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            step += 1
            seconds += time.perf_counter() - started
            spent = budget.spent(seconds=seconds, steps=step, tokens=0)
            say("step", loss=value, gradient_norm=norm, learning_rate=rate)

            reason = "interrupted" if interrupt.asked else "budget" if spent >= 1 else ""
            if evaluate is not None and (reason or spent >= (evaluated + 1) / evaluations):
                evaluated = int(spent * evaluations)
                model.eval()
                with torch.no_grad():
                    scores = evaluate()
                model.train()
                say("evaluation", scores=scores)
                if not reason and enough is not None and enough(scores):
                    reason = "enough"
    model.eval()
    say("end", scores=scores, reason=reason)
    return events


# ---- keeping what was learnt -------------------------------------------------------------------------------


def practice_folder(name: str) -> Path:
    """Where a practised model is kept."""
    return home() / "practice" / name


def save_practice(
    name: str, model: nn.Module, *, config: Mapping[str, Any], facts: Mapping[str, Any], scores: Scores
) -> Path:
    """Keep a model, in place of the one of that name before it. Returns the folder.

    `config` is what the model can be built from again, `facts` whatever else is worth knowing; both plain
    values for TOML, without None.
    """
    folder = practice_folder(name)
    # In both files: a process killed between the two leaves files that do not belong together.
    saved = datetime.now(UTC).isoformat()
    save_checkpoint(folder / "weights.safetensors", model.state_dict(), {"saved": saved})
    about = {"saved": saved, "config": dict(config), "facts": dict(facts), "scores": scores}
    write_text(folder / "practice.toml", tomli_w.dumps(about))
    return folder


def load_practice(name: str, build: Callable[[dict[str, Any]], Model], train: str) -> tuple[Model, Event]:
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


def plain_scores(scores: Scores) -> str:
    return " · ".join(f"{name} {score:.3f}" for name, score in scores.items())


class PracticeView:
    """Listens to `practise`: one line with a bar in a terminal, elsewhere a line for each evaluation.

    Use it in a `with`. `shown` puts scores into a few words.
    """

    def __init__(self, console: Console, title: str, shown: Callable[[Scores], str] = plain_scores) -> None:
        self.title, self.shown = title, shown
        self.write = line_writer(console)
        self.words, self.loss, self.drawn = "", 0.0, 0.0
        self.progress: Progress | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[rest]}"))
            self.progress = Progress(*columns, console=console, auto_refresh=False)
            self.task = self.progress.add_task(title, total=1.0, rest="")

    def __enter__(self) -> "PracticeView":
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.progress is not None:
            self.progress.stop()

    def __call__(self, event: Event) -> None:
        kind, now = event["event"], time.monotonic()
        if kind == "step":
            self.loss = event["loss"]
        elif kind == "evaluation":
            self.words = self.shown(event["scores"])
        if kind == "step" and (self.progress is None or now - self.drawn < SECONDS_BETWEEN_FRAMES):
            return
        self.drawn = now
        left = format_duration(event["seconds"] / event["spent"] * (1 - event["spent"])) + " left"
        if kind == "end":
            left = f"{format_duration(event['seconds'])} of training"
            left += ", stopped" if event["reason"] == "interrupted" else ""
        rest = [
            f"step {event['step']:,}",
            f"loss {self.loss:.3f}",
            *([self.words] if self.words else []),
            left,
        ]
        if self.progress is not None:
            done = 1.0 if kind == "end" and event["reason"] != "interrupted" else event["spent"]
            self.progress.update(self.task, completed=done, rest=" · ".join(rest), refresh=True)
        else:
            self.write(f"{self.title}  {event['spent']:4.0%}  {'  '.join(rest)}\n")
