"""Watching a training: listeners that turn the trainer's events into something to look at.

`TerminalView` draws one frame in place, `LineView` prints plain lines where nothing can be redrawn (a file, a
pipe) and a bar in a notebook; `watch` takes the one that fits. A view only reads. Frames come with the
events, some four a second, and training waits no longer than drawing one takes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from groundup.common.brand import colour_on, rung_of
from groundup.common.formatting import format_count, format_duration, make_printable, sparkline
from groundup.training.events import (
    EndEvent,
    EvaluationEvent,
    Notice,
    ResumeEvent,
    RunEvent,
    StartEvent,
    StepEvent,
)

FRAME_INTERVAL_S = 0.2
MAX_SAMPLE_LINES = 6


@dataclass
class Progress:
    """The state of a training, from its events so far."""

    start: StartEvent | None = None
    message: str = "Starting"
    """What is done before and after the steps."""
    step: int = 0
    seconds: float = 0.0
    spent: float = 0.0
    tokens_per_second: int = 0
    loss: float | None = None
    """Of the newest training batch."""
    learning_rate: float | None = None
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    """Bits per byte on the validation text."""
    sample: str = ""
    sampled_at: int = 0
    end: EndEvent | None = None

    def read(self, event: object) -> None:
        if isinstance(event, RunEvent):
            self.step, self.seconds = event.step, event.seconds
        if isinstance(event, StartEvent | StepEvent | EvaluationEvent):
            self.spent = event.spent
        if isinstance(event, StartEvent):
            self.start, self.message = event, ""
        elif isinstance(event, StepEvent):
            self.loss, self.learning_rate = event.loss, event.learning_rate
            self.tokens_per_second = event.tokens_per_second
            self.losses.append(event.loss)
        elif isinstance(event, EvaluationEvent):
            self.scores.append(event.bpb)
            self.sample, self.sampled_at = event.sample, event.step
        elif isinstance(event, EndEvent):
            self.end, self.tokens_per_second = event, event.tokens_per_second
        elif isinstance(event, Notice):
            self.message = event.message

    @property
    def end_text(self) -> str:
        return _ENDS.get(self.end.reason, "") if self.end else ""

    @property
    def seconds_left(self) -> float | None:
        """Seconds of training that are left, at the pace so far."""
        if self.end:
            return 0.0
        return self.seconds / self.spent * (1 - self.spent) if self.spent > 0.001 else None

    def facts(self) -> list[str]:
        """What is trained, in a few words each."""
        start = self.start
        if not start:
            return []
        return [
            f"on {start.corpus}",
            f"{format_count(start.parameters)} parameters",
            f"{format_count(start.vocab_size)} tokens ({start.tokenizer})",
        ]

    def machine(self) -> str:
        """Device and precision, and why."""
        start = self.start
        if not start:
            return ""
        why = f": {start.precision_why}" if start.precision_why else ""
        return f"{start.precision} on {start.device}{why}"


# ---- one frame ---------------------------------------------------------------------------------------------


def name_tag(model: str) -> Text:
    """The model's number on its colour, and its name."""
    rung = rung_of(model)
    tag = Text(f" {rung.number} ", style=f"bold {colour_on(model)} on {rung.middle}")
    return tag.append(" ").append(rung.title, style="bold").append("", style="not bold")


def draw(progress: Progress, model: str, width: int, blocks: bool = True) -> RenderableType:
    """One frame: what is trained, how far it is, how good, how fast, and what it writes now."""
    head = name_tag(model)
    for fact in progress.facts():
        head.append(f" · {fact}", style="dim")
    head.no_wrap, head.overflow = True, "ellipsis"
    if not progress.start:
        return Group(head, Text(f"{progress.message} ...", style="dim"))

    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(ratio=1)
    bar.add_column(justify="right", no_wrap=True)
    left = f"{progress.spent:4.0%}  {format_duration(progress.seconds_left)} left"
    state = progress.end_text if progress.end else left
    colour = rung_of(model).middle
    bar.add_row(
        ProgressBar(total=1, completed=min(progress.spent, 1), complete_style=colour, finished_style=colour),
        Text(state),
    )

    line = max(0, min(40, width - 44)) if blocks else 0
    best = min(progress.scores, default=None)
    numbers = Table.grid(padding=(0, 2))
    numbers.add_column(style="dim", no_wrap=True)
    numbers.add_column(justify="right", no_wrap=True)
    numbers.add_column(no_wrap=True)
    score = Text(sparkline(progress.scores, line), style=colour)
    if best is not None and best < progress.scores[-1]:
        score.append(f"  best {best:.3f}", style="dim")
    newest = f"{progress.scores[-1]:.3f}" if progress.scores else "not yet"
    numbers.add_row("bits per byte", Text(newest, style="bold"), score)
    loss = f"{progress.loss:.3f}" if progress.loss is not None else "-"
    numbers.add_row("training loss", loss, Text(sparkline(progress.losses, line), style=colour))
    rate = f"{progress.learning_rate:.2g}" if progress.learning_rate is not None else "-"
    rest = Text(f"learning rate {rate} · step {progress.step:,}", style="dim")
    numbers.add_row("tokens/s", f"{progress.tokens_per_second:,}", rest)

    machine = Text(progress.machine(), style="dim", no_wrap=True, overflow="ellipsis")
    parts: list[RenderableType] = [head, machine, bar, numbers]
    if progress.sample:
        parts += [
            Text(f"what it writes at step {progress.sampled_at:,}", style="dim"),
            _sample(progress.sample, width),
        ]
    return Group(*parts)


_ENDS = {"budget": "done", "early": "done early: no longer better", "interrupted": "stopped and saved"}


def _sample(sample: str, width: int) -> RenderableType:
    lines = [line for line in make_printable(sample).strip("\n").split("\n") if line.strip()][
        :MAX_SAMPLE_LINES
    ]
    text = Text("\n".join(line[: width - 3] for line in lines))
    return Padding(text, (0, 0, 0, 2))


# ---- the views ---------------------------------------------------------------------------------------------


class TerminalView:
    """A frame in place, redrawn with the events; a context manager."""

    def __init__(self, console: Console, model: str = "", transient: bool = False) -> None:
        self.console, self.model = console, model
        self.progress = Progress()
        self.last_frame = 0.0
        # No thread draws: the frame changes when something happened, and training keeps both cores.
        self.live = Live(
            console=console,
            auto_refresh=False,
            transient=transient,
            vertical_overflow="crop",
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "TerminalView":
        self.live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.refresh()
        self.live.__exit__(*error)

    def __call__(self, event: object) -> None:
        self.read(event)
        if not isinstance(event, StepEvent) or time.monotonic() - self.last_frame > FRAME_INTERVAL_S:
            self.refresh()

    def read(self, event: object) -> None:
        self.progress.read(event)
        if isinstance(event, StartEvent):
            self.model = event.model

    def refresh(self) -> None:
        self.last_frame = time.monotonic()
        self.live.update(self.frame(), refresh=True)

    def frame(self) -> RenderableType:
        return draw(self.progress, self.model, self.console.width, blocks=has_blocks(self.console))


class LineView:
    """Plain lines, one for each thing worth a line; with `bar`, a bar runs along the last one (notebooks)."""

    def __init__(self, write: Callable[[str], object], bar: bool = False) -> None:
        self.write, self.bar = write, bar
        self.model = ""
        self.progress = Progress()

    def __enter__(self) -> "LineView":
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __call__(self, event: object) -> None:
        progress = self.progress
        progress.read(event)
        if isinstance(event, StartEvent):
            self.model = event.model
            verb = "goes on" if isinstance(event, ResumeEvent) else "starts"
            about = ", ".join([*progress.facts(), event.budget, progress.machine()])
            self.line(f"{event.run} {verb}: {rung_of(self.model).title} {about}")
        elif isinstance(event, EvaluationEvent):
            parts = [
                f"{progress.spent:4.0%}",
                f"step {event.step:,}",
                f"loss {progress.loss:.3f}" if progress.loss is not None else "",
                f"{event.bpb:.3f} bits per byte",
                f"{progress.tokens_per_second:,} tokens/s",
                f"{format_duration(progress.seconds_left)} left",
            ]
            self.line("  ".join(parts))
            self.line("      " + " ⏎ ".join(make_printable(progress.sample).strip().splitlines())[:100])
        elif isinstance(event, StepEvent) and self.bar:
            done = round(progress.spent * 24)
            score = (
                f"{progress.scores[-1]:.3f} bits per byte" if progress.scores else f"loss {event.loss:.3f}"
            )
            left = format_duration(progress.seconds_left)
            rest = f"{score} · {event.tokens_per_second:,} tokens/s · {left} left"
            self.write(f"\r{'█' * done}{'░' * (24 - done)} {progress.spent:4.0%}  {rest}   ")
        elif isinstance(event, EndEvent):
            self.line(progress.end_text)
        elif isinstance(event, Notice) and not progress.start:
            self.line(f"{event.message} ...")

    def line(self, text: str) -> None:
        """A whole line; over the bar, where there is one."""
        self.write(("\r" + text.ljust(90) if self.bar else text) + "\n")


View = TerminalView | LineView


def has_blocks(console: Console) -> bool:
    """Whether the console can show block characters."""
    return console.encoding.lower().replace("_", "-").startswith("utf")


def watch(console: Console) -> View:
    """The view that fits where the console writes."""
    if console.is_terminal and not console.is_jupyter and not console.is_dumb_terminal:
        return TerminalView(console)
    return LineView(line_writer(console), bar=console.is_jupyter)


def line_writer(console: Console) -> Callable[[str], None]:
    """Write to the console's file just as it is, and at once: no markup, no wrapping."""

    def write(text: str) -> None:
        console.file.write(text if has_blocks(console) else text.encode("ascii", "replace").decode())
        console.file.flush()

    return write
