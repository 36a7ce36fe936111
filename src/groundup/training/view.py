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

SECONDS_BETWEEN_FRAMES = 0.2
SAMPLE_LINES = 6


@dataclass
class Progress:
    """What the events so far amount to."""

    start: dict[str, Any] = field(default_factory=dict)
    """The facts of the `start` or `resume` event: run, model, corpus, budget, parameters, precision, ..."""
    message: str = "Starting"
    """What is done before and after the steps."""
    step: dict[str, Any] = field(default_factory=dict)
    """The newest event that came from a step or an evaluation, over older ones."""
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    """Bits per byte on the validation text."""
    sample: str = ""
    sampled_at: int = 0
    ended: str = ""

    def read(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind in ("start", "resume"):
            self.start, self.message = event, ""
            self.step.update(event)
        elif kind == "step":
            self.step.update(event)
            self.losses.append(event["loss"])
        elif kind == "evaluation":
            # An evaluation's loss is that of the validation text; the frame shows the training loss.
            self.step.update({key: event[key] for key in ("step", "tokens", "seconds", "spent")})
            self.scores.append(event["bpb"])
            self.sample, self.sampled_at = event.get("sample") or "", event["step"]
        elif kind == "end":
            self.step.update(event)
            self.ended = event["reason"]
        elif "message" in event:
            self.message = event["message"]

    @property
    def spent(self) -> float:
        return self.step.get("spent", 0.0)

    @property
    def seconds_left(self) -> float | None:
        """Seconds of training that are left, at the pace so far."""
        if self.ended:
            return 0.0
        return self.step["seconds"] / self.spent * (1 - self.spent) if self.spent > 0.001 else None

    def facts(self) -> list[str]:
        """What is trained, in a few words each."""
        start = self.start
        if not start:
            return []
        return [
            f"on {start['corpus']}",
            f"{format_count(start['parameters'])} parameters",
            f"{format_count(start['vocab_size'])} tokens ({start['tokenizer']})",
        ]

    def machine(self) -> str:
        """Device and precision, and why."""
        start = self.start
        if not start:
            return ""
        why = start.get("precision_why")
        return f"{start['precision']} on {start['device']}" + (f": {why}" if why else "")


# ---- one frame ---------------------------------------------------------------------------------------------


def name_tag(model: str) -> Text:
    """The model's number on its colour, and its name."""
    shown = rung_of(model)
    tag = Text(f" {shown.number} ", style=f"bold {colour_on(model)} on {shown.middle}")
    return tag.append(" ").append(shown.title, style="bold").append("", style="not bold")


def draw(progress: Progress, model: str, width: int, blocks: bool = True) -> RenderableType:
    """One frame: what is trained, how far it is, how good, how fast, and what it writes now."""
    head = name_tag(model)
    for fact in progress.facts():
        head.append(f" · {fact}", style="dim")
    head.no_wrap, head.overflow = True, "ellipsis"
    if not progress.start:
        return Group(head, Text(f"{progress.message} ...", style="dim"))

    left = progress.seconds_left
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(ratio=1)
    bar.add_column(justify="right", no_wrap=True)
    state = (
        f"{progress.spent:4.0%}  {format_duration(left)} left"
        if not progress.ended
        else _ENDS.get(progress.ended, "")
    )
    colour = rung_of(model).middle
    bar.add_row(
        ProgressBar(total=1, completed=min(progress.spent, 1), complete_style=colour, finished_style=colour),
        Text(state),
    )

    step, line = progress.step, max(0, min(40, width - 44)) if blocks else 0
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
    loss = f"{step['loss']:.3f}" if "loss" in step else "-"
    numbers.add_row("training loss", loss, Text(sparkline(progress.losses, line), style=colour))
    rate = f"{step['learning_rate']:.2g}" if "learning_rate" in step else "-"
    rest = Text(f"learning rate {rate} · step {step.get('step', 0):,}", style="dim")
    numbers.add_row("tokens/s", f"{step.get('tokens_per_second', 0):,}", rest)

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
    lines = [line for line in make_printable(sample).strip("\n").split("\n") if line.strip()][:SAMPLE_LINES]
    text = Text("\n".join(line[: width - 3] for line in lines))
    return Padding(text, (0, 0, 0, 2))


# ---- the views ---------------------------------------------------------------------------------------------


class TerminalView:
    """A frame in place, redrawn with the events; a context manager."""

    def __init__(self, console: Console, model: str = "", transient: bool = False) -> None:
        self.console, self.model = console, model
        self.progress = Progress()
        self.drawn = 0.0
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

    def __call__(self, event: dict[str, Any]) -> None:
        self.read(event)
        if event["event"] != "step" or time.monotonic() - self.drawn > SECONDS_BETWEEN_FRAMES:
            self.refresh()

    def read(self, event: dict[str, Any]) -> None:
        self.progress.read(event)
        self.model = event.get("model", self.model)

    def refresh(self) -> None:
        self.drawn = time.monotonic()
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

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        progress = self.progress
        progress.read(event)
        self.model = event.get("model", self.model)
        step = progress.step
        if kind in ("start", "resume"):
            verb = "goes on" if kind == "resume" else "starts"
            about = ", ".join([*progress.facts(), event["budget"], progress.machine()])
            self.line(f"{event['run']} {verb}: {rung_of(self.model).title} {about}")
        elif kind == "evaluation":
            loss = f"loss {step['loss']:.3f}" if "loss" in step else ""
            rate = f"{step.get('tokens_per_second', 0):,} tokens/s"
            words = [
                f"{progress.spent:4.0%}",
                f"step {event['step']:,}",
                loss,
                f"{event['bpb']:.3f} bits per byte",
                rate,
            ]
            self.line("  ".join([*words, f"{format_duration(progress.seconds_left)} left"]))
            self.line("      " + " ⏎ ".join(make_printable(progress.sample).strip().splitlines())[:100])
        elif kind == "step" and self.bar:
            done = round(progress.spent * 24)
            score = (
                f"{progress.scores[-1]:.3f} bits per byte" if progress.scores else f"loss {event['loss']:.3f}"
            )
            rest = f"{score} · {event['tokens_per_second']:,} tokens/s · {format_duration(progress.seconds_left)} left"
            self.write(f"\r{'█' * done}{'░' * (24 - done)} {progress.spent:4.0%}  {rest}   ")
        elif kind == "end":
            self.line(f"{event.get('run', '')} {_ENDS.get(event['reason'], '')}".strip())
        elif "message" in event and not progress.start:
            self.line(f"{event['message']} ...")

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
