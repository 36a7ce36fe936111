"""The events of a run: one dataclass for each kind, and the file that they are appended to.

An event is a line of JSON in the run's metrics.jsonl, and is given to the listener as it happens. Its JSON form has
the class's `kind` under "event", and then its fields; a field that is None is left out. The studio reads the same
lines: static/events.types.js is made from these classes by studio/make_event_types.py.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

from groundup.common.errors import GroundupError

EndReason = Literal["budget", "early", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """Something happened when training stood at this step."""

    kind: ClassVar[str]

    step: int
    tokens: int
    """Tokens read so far."""
    seconds: float
    """Time spent in training steps; loading, evaluating and saving do not count."""

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"event": self.kind, **{name: value for name, value in values.items() if value is not None}}


@dataclass(frozen=True, kw_only=True)
class StartEvent(RunEvent):
    """Training begins."""

    kind = "start"

    run: str
    model: str
    corpus: str
    budget: str
    parameters: int
    flops_per_token: float
    vocab_size: int
    tokenizer: str
    precision: str
    precision_why: str
    device: str
    spent: float
    """The share of the budget that is used up, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class ResumeEvent(StartEvent):
    """Training goes on from the last save."""

    kind = "resume"


@dataclass(frozen=True, kw_only=True)
class StepEvent(RunEvent):
    """A step of the optimiser, one of some four a second."""

    kind = "step"

    loss: float
    """On the training batch, in nats per token."""
    learning_rate: float
    gradient_norm: float
    """Before clipping."""
    spent: float
    update_ratio: dict[str, float] | None = None
    """For each group of matrices, the length of the step over the length of the weights."""
    tokens_per_second: int


@dataclass(frozen=True, kw_only=True)
class EvaluationEvent(RunEvent):
    """The whole validation split was scored."""

    kind = "evaluation"

    bpb: float
    """Bits per byte."""
    loss: float
    """Nats per token."""
    perplexity: float
    """Per token."""
    best: bool
    """Whether no earlier score was as low."""
    coverage: float
    """The share of the text that the tokenizer kept."""
    spent: float
    sample: str
    """What the model writes now."""


@dataclass(frozen=True, kw_only=True)
class BudgetEvent(RunEvent):
    """The budget was changed while the run was training."""

    kind = "budget"

    budget: str
    spent: float


@dataclass(frozen=True, kw_only=True)
class DivergedEvent(RunEvent):
    """The loss is no longer a number; training stops."""

    kind = "diverged"

    last_loss: float
    last_gradient_norm: float


@dataclass(frozen=True, kw_only=True)
class EndEvent(RunEvent):
    """Training ends."""

    kind = "end"

    reason: EndReason
    """The budget is spent; no better for `patience` evaluations; Ctrl-C."""
    best_bpb: float
    best_step: int
    tokens_per_second: int


@dataclass(frozen=True)
class Notice:
    """What is done before and after the steps. Only the listener is told; it is not in the file."""

    message: str


EVENT_KINDS = (
    StartEvent, ResumeEvent, StepEvent, EvaluationEvent, BudgetEvent, DivergedEvent, EndEvent
)  # fmt: skip

Listener = Callable[[Any], None]
"""Is given every RunEvent and Notice, and the events of a climb or an ablation around them."""


def ignore_event(event: Any) -> None:
    """The listener that does nothing."""


class EventLog:
    """Appends events to a run's metrics.jsonl, and gives them to the listener."""

    def __init__(self, file: Path, listen: Listener = ignore_event) -> None:
        self.file, self.listen = file, listen

    def emit(self, event: RunEvent) -> None:
        """Append an event and tell the listener. Raises GroundupError where it cannot be written."""
        try:
            with open(self.file, "a", encoding="utf-8") as file:
                file.write(json.dumps(event.to_json()) + "\n")
        except OSError as error:
            raise GroundupError(
                f"Could not write {self.file}: {error.strerror}.",
                f"Free some space, then go on from the last save: `groundup resume {self.file.parent.name}`.",
            ) from error
        self.listen(event)

    def notify(self, message: str) -> None:
        """Tell the listener what is done now."""
        self.listen(Notice(message))

    def length(self) -> int:
        """Bytes of the file by now."""
        return self.file.stat().st_size if self.file.exists() else 0

    def cut(self, length: int) -> None:
        """Drop what a killed process wrote after its last save, when the file had that length."""
        if self.file.exists():
            os.truncate(self.file, length)
