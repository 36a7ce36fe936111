"""Progress of a climb and of an ablation: what is done and what is to come, and the model in training below."""

import time

from rich.console import Console, Group, RenderableType
from rich.text import Text

from groundup.common.brand import rung_of
from groundup.common.formatting import format_duration
from groundup.ladder.ablate import VariantEnd, VariantStart
from groundup.ladder.climb import RungEnd, RungStart
from groundup.training.view import LineView, Progress, TerminalView, draw, has_blocks, line_writer, name_tag

TRAINING_LINES = 15  # what the model in training needs below the list


# ---- a climb -----------------------------------------------------------------------------------------------


class ClimbView(TerminalView):
    """The ladder as it stands, redrawn in place; the highest rung is on top, as on a ladder."""

    def __init__(self, console: Console, models: list[str]) -> None:
        super().__init__(console, transient=True)
        self.models = models
        self.ended: dict[str, RungEnd] = {}

    def read(self, event: object) -> None:
        if isinstance(event, RungStart):
            self.model, self.progress = event.model, Progress()
        elif isinstance(event, RungEnd):
            self.ended[event.model] = event
        else:
            super().read(event)

    def frame(self) -> RenderableType:
        width = self.console.width
        scores = [end.summary["bpb"] for end in self.ended.values() if end.summary.get("bpb") is not None]
        rows = [self.rung(model, min(scores, default=None), width) for model in reversed(self.models)]
        training = draw(self.progress, self.model, width, blocks=has_blocks(self.console))
        if len(self.ended) == len(self.models):
            training = Text(f"{self.progress.message or 'Comparing'} ...", style="dim")
        return Group(*rows, Text(""), training)

    def rung(self, model: str, best: float | None, width: int) -> Text:
        line = name_tag(model)
        line.pad_right(max(0, 24 - line.cell_len))
        end = self.ended.get(model)
        if end is None:
            line.append("training" if model == self.model else "waiting", style="dim")
        elif end.error:
            line.append(f"failed: {end.error}", style="dim")
        else:
            row = end.summary
            line.append(f"{row['bpb']:.3f}", style="bold underline" if row["bpb"] == best else "")
            line.append(" bits per byte", style="dim")
            line.append(
                f"  {format_duration(row['seconds'])}, {row['tokens_per_second'] or 0:,} tokens/s",
                style="dim",
            )
        line.no_wrap, line.overflow = True, "ellipsis"
        return line


class ClimbLines(LineView):
    """The same in plain lines."""

    def __call__(self, event: object) -> None:
        if isinstance(event, RungStart):
            self.progress = Progress()
            self.line(f"\n{event.number} of {event.total}: {rung_of(event.model).title}")
        elif isinstance(event, RungEnd):
            score = f"failed: {event.error}" if event.error else f"{event.summary['bpb']:.3f} bits per byte"
            self.line(f"{rung_of(event.model).title}: {score}")
        else:
            super().__call__(event)


def watch_climb(console: Console, models: list[str]) -> ClimbView | ClimbLines:
    """The view that fits where the console writes."""
    if console.is_terminal and not console.is_jupyter and not console.is_dumb_terminal:
        return ClimbView(console, models)
    return ClimbLines(line_writer(console), bar=console.is_jupyter)


# ---- an ablation -------------------------------------------------------------------------------------------


class Pace:
    """How long all of it will still take, by what it took so far in this session."""

    def __init__(self, of: int) -> None:
        self.of, self.begun = of, time.monotonic()
        self.trained = 0
        """Variants trained here from start to end: what was trained before tells nothing of the pace."""

    def left(self, to_come: int, spent: float) -> float | None:
        """Seconds until the last of `to_come` variants is done, the first of which has spent that share."""
        done = self.trained + spent
        if done < 0.05:
            return None
        return (time.monotonic() - self.begun) / done * (to_come - spent)


def outcome(end: VariantEnd, whole: VariantEnd | None) -> str:
    """A few words on how a variant ended."""
    if end.diverged_at is not None:
        return f"diverged at step {end.diverged_at:,}"
    if end.bpb is None:
        return "was not scored"
    score = f"{end.bpb:.3f} bits per byte"
    if whole is None or whole is end or whole.bpb is None:
        return score
    return f"{score}  {end.bpb - whole.bpb:+.3f}"


class AblationView(TerminalView):
    """The list as it stands, redrawn in place, with the lines that there is room for."""

    def __init__(self, console: Console, model: str, variants: list[str]) -> None:
        super().__init__(console, model, transient=True)
        self.variants, self.now = variants, ""
        self.ended: dict[str, VariantEnd] = {}
        self.pace = Pace(len(variants))

    def read(self, event: object) -> None:
        if isinstance(event, VariantStart):
            self.now, self.progress = event.variant, Progress()
        elif isinstance(event, VariantEnd):
            self.ended[event.variant] = event
            self.pace.trained += bool(self.progress.start)
        else:
            super().read(event)

    def frame(self) -> RenderableType:
        to_come = len(self.variants) - len(self.ended)
        if not to_come:
            return Text(f"{self.progress.message or 'Comparing'} ...", style="dim")
        left = self.pace.left(to_come, self.progress.spent)
        head = Text(f"{len(self.ended)} of {len(self.variants)} done", style="bold")
        head.append(f" · about {format_duration(left)} left in all" if left is not None else "", style="dim")
        room = max(4, self.console.height - TRAINING_LINES)
        at = self.variants.index(self.now) if self.now else 0
        first = min(max(0, at - room + 3), max(0, len(self.variants) - room))
        visible = self.variants[first : first + room]
        rows = [self.row(variant) for variant in visible]
        training = draw(self.progress, self.model, self.console.width, blocks=has_blocks(self.console))
        return Group(head, *rows, Text(""), training)

    def row(self, variant: str) -> Text:
        line = Text(f"  {variant:28}")
        if variant in self.ended:
            line.append(outcome(self.ended[variant], next(iter(self.ended.values()))))
        else:
            line.append("training" if variant == self.now else "waiting", style="dim")
        line.no_wrap, line.overflow = True, "ellipsis"
        return line


class AblationLines(LineView):
    """The same in plain lines."""

    def __init__(self, console: Console, model: str, variants: list[str]) -> None:
        super().__init__(line_writer(console), bar=console.is_jupyter)
        self.model = model
        self.whole: VariantEnd | None = None
        self.pace = Pace(len(variants))

    def __call__(self, event: object) -> None:
        if isinstance(event, VariantStart):
            self.progress = Progress()
            left = self.pace.left(event.total - event.number + 1, 0.0)
            rest = f"   (about {format_duration(left)} left in all)" if left is not None else ""
            self.line(f"\n{event.number} of {event.total}: {event.variant}{rest}")
        elif isinstance(event, VariantEnd):
            self.whole = self.whole or event
            self.pace.trained += bool(self.progress.start)
            self.line(f"{event.variant}: {outcome(event, self.whole)}")
        else:
            super().__call__(event)


def watch_ablation(console: Console, model: str, variants: list[str]) -> AblationView | AblationLines:
    """The view that fits where the console writes."""
    if console.is_terminal and not console.is_jupyter and not console.is_dumb_terminal:
        return AblationView(console, model, variants)
    return AblationLines(console, model, variants)
