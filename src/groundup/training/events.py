"""Where a training stands, and the events in which it says so.

An event is a line of JSON in the run's metrics.jsonl, and is handed to its listeners.
"""

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from groundup.common.errors import GroundupError
from groundup.training.run import Run

Event = dict[str, Any]
Listener = Callable[[Event], None]


@dataclass
class Position:
    """Where training stands: all that a resumed run needs beside tensors."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Time spent in training steps; loading, evaluating, sampling and saving do not count."""
    evaluations: int = 0
    best_bpb: float = math.inf
    best_step: int = 0
    without_gain: int = 0
    """Evaluations since the best one."""
    metrics_bytes: int = 0
    """Length of metrics.jsonl: a resumed run cuts off what a killed one wrote after its last save."""


class Events:
    """What is said of one run."""

    def __init__(self, run: Run, listen: Listener) -> None:
        self.run, self.listen = run, listen

    def say(self, kind: str, at: Position, **facts: Any) -> None:
        """Append an event to metrics.jsonl, and hand it to the listeners.

        Raises GroundupError where it cannot be written.
        """
        position = {"step": at.step, "tokens": at.tokens, "seconds": round(at.seconds, 3)}
        event = {"event": kind, **position, **facts}
        try:
            with open(self.run.metrics_file, "a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
        except OSError as error:
            raise GroundupError(
                f"Could not write {self.run.metrics_file}: {error.strerror}.",
                f"Free some space, then go on from the last save: `groundup resume {self.run.name}`.",
            ) from error
        self.listen(event)

    def say_aside(self, kind: str, message: str) -> None:
        """Tell the listener what is happening now; nothing to remember."""
        self.listen({"event": kind, "message": message})

    def length(self) -> int:
        """Bytes of metrics.jsonl by now."""
        file = self.run.metrics_file
        return file.stat().st_size if file.exists() else 0

    def cut(self, length: int) -> None:
        """Drop what a killed process wrote after its last save, when so many bytes stood there: it happens again."""
        if self.run.metrics_file.exists():
            os.truncate(self.run.metrics_file, length)
