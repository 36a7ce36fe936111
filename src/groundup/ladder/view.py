"""Watching a climb: the rungs, and under them the model that is being trained."""

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from groundup.common.brand import rung_of
from groundup.common.formatting import format_duration
from groundup.training.view import LineView, Progress, TerminalView, draw, has_blocks, line_writer, name_tag


class ClimbView(TerminalView):
    """The ladder as it stands, redrawn in place; the highest rung is on top, as on a ladder."""

    def __init__(self, console: Console, models: list[str]) -> None:
        super().__init__(console, transient=True)
        self.models = models
        self.ended: dict[str, dict[str, Any]] = {}

    def read(self, event: dict[str, Any]) -> None:
        if event["event"] == "rung":
            self.model, self.progress = event["model"], Progress()
        elif event["event"] == "rung-end":
            self.ended[event["name"]] = event
        else:
            super().read(event)

    def frame(self) -> RenderableType:
        width = self.console.width
        scores = [event["bpb"] for event in self.ended.values() if event.get("bpb") is not None]
        rows = [self.rung(model, min(scores, default=None), width) for model in reversed(self.models)]
        training = draw(self.progress, self.model, width, blocks=has_blocks(self.console))
        if len(self.ended) == len(self.models):
            training = Text(f"{self.progress.message or 'Comparing'} ...", style="dim")
        return Group(*rows, Text(""), training)

    def rung(self, model: str, best: float | None, width: int) -> Text:
        line = name_tag(model)
        line.pad_right(max(0, 24 - line.cell_len))
        ended = self.ended.get(model)
        if ended is None:
            line.append("training" if model == self.model else "waiting", style="dim")
        elif "failed" in ended:
            line.append(f"failed: {ended['failed']}", style="dim")
        else:
            line.append(f"{ended['bpb']:.3f}", style="bold underline" if ended["bpb"] == best else "")
            line.append(" bits per byte", style="dim")
            line.append(
                f"  {format_duration(ended['seconds'])}, {ended['tokens_per_second'] or 0:,} tokens/s",
                style="dim",
            )
        line.no_wrap, line.overflow = True, "ellipsis"
        return line


class ClimbLines(LineView):
    """The same in plain lines."""

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] == "rung":
            self.progress = Progress()
            self.line(f"\n{event['number']} of {event['of']}: {rung_of(event['model']).title}")
        elif event["event"] == "rung-end":
            name = rung_of(event["name"]).title
            said = f"failed: {event['failed']}" if "failed" in event else f"{event['bpb']:.3f} bits per byte"
            self.line(f"{name}: {said}")
        else:
            super().__call__(event)


def watch_climb(console: Console, models: list[str]) -> ClimbView | ClimbLines:
    """The view that fits where the console writes."""
    if console.is_terminal and not console.is_jupyter and not console.is_dumb_terminal:
        return ClimbView(console, models)
    return ClimbLines(line_writer(console), bar=console.is_jupyter)
