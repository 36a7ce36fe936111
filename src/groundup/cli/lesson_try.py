"""What is tried out in a lesson at the terminal: experiments, pictures, and code that runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from groundup.cli import lesson_text as look
from groundup.cli.course_shared import shown_path
from groundup.cli.talk import Talk
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.code import run_code as run_of
from groundup.course.lessons.items import Code, Picture, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import Setting, Shown, changed_setting, experiment, picture, run_for
from groundup.course.progress.answers import goal
from groundup.course.progress.store import Store

SILENCE = 1.0  # seconds before it is said that something is still running
Found = TypeVar("Found")

# ---- experiments --------------------------------------------------------------------------------------------


def try_widget(talk: Talk, lesson: Lesson, block: Widget, store: Store, *, ask: bool) -> None:
    """Run it, and again with other settings for as long as the learner likes."""
    page = talk.console
    page.print(look.title("Try it"))
    page.print(look.markdown(block.caption))
    done = bool(store.events("goal", f"{lesson.id}/{block.id}"))
    page.print(look.goal(block, done))
    run = _own_run(page, block)
    settings: dict[str, Setting] = dict(block.settings)
    shown = _run(page, lesson, block, settings, run)
    while True:
        if ask and not done and shown is not None and goal(store, lesson, block, shown.state):
            done = True
            page.print("✓ That is the goal.", style="bold green")
        changes = _changes(talk, settings) if ask and settings else ""
        if not changes:
            return
        try:
            changed = settings | dict(changed_setting(block, one) for one in _each(changes, block))
        except GroundupError as error:
            page.print(str(error), style="yellow")
            continue
        if again := _run(page, lesson, block, changed, run):
            settings, shown = changed, again


def _changes(talk: Talk, settings: dict[str, Setting]) -> str:
    """What the learner wants changed; empty where they want to go on."""
    if talk.answers and "=" not in talk.answers[0]:
        return ""
    if not talk.answers and not talk.there:
        return ""
    name, value = next(iter(settings.items()))
    talk.console.print(f"Change something, as {name}={_written(value)}; Enter goes on.", style="dim")
    return talk.ask("› ")


def _each(line: str, block: Widget) -> list[str]:
    """`x=1 h=2` as two settings; text may hold spaces where it is the only one."""
    words = line.split()
    several = len(words) > 1 and all(word.partition("=")[0] in block.settings for word in words)
    return words if several else [line]


def _run(
    page: Console, lesson: Lesson, block: Widget, settings: dict[str, Setting], run: str | None
) -> Shown | None:
    """One run, with its settings above it. None where it cannot be run with these, or was stopped."""
    try:
        shown = while_it_runs(page, lambda: experiment(lesson, block, settings, run=run))
    except GroundupError as error:
        page.print(str(error), style="yellow")
        return None
    if shown is None:
        return None
    page.print()
    if settings:
        line = "  ".join(f"{name}={_written(value)}" for name, value in settings.items())
        page.print(Text(line, style="bold cyan"))
    page.print(look.Padded(make_printable(shown.text)))
    return shown


def _written(value: Setting) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _own_run(page: Console, block: Widget) -> str | None:
    """The learner's newest run of the model that the widget is drawn from, if there is one."""
    kind = block.source.removeprefix("run:")
    if kind == block.source:
        return None
    run = run_for(block.source)
    if run:
        page.print(f"With your own run {run}.", style="dim")
    else:
        page.print(
            f"With a run that comes with the lesson. Your own: groundup train {kind}, then come back.",
            style="dim",
        )
    return run


def while_it_runs(page: Console, work: Callable[[], Found]) -> Found | None:
    """Do something that may take a while: said after a second. Ctrl-C stops it, and None comes back."""
    try:
        with _said_late(page):
            return work()
    except KeyboardInterrupt:
        page.print("\nStopped.", style="bold")
        return None


@contextmanager
def _said_late(page: Console) -> Iterator[None]:
    """A line on standard error while something runs, if it runs for more than a second."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield
        return
    status = screen.status("Running. Ctrl-C stops it.")
    timer = threading.Timer(SILENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


# ---- pictures -----------------------------------------------------------------------------------------------


def draw_picture(page: Console, lesson: Lesson, block: Picture, workspace: Workspace) -> None:
    """Save it beside the learner's files, and say where and what it shows."""
    file = workspace.folder / lesson.folder.name / f"{block.id}.png"
    page.print(look.title("Picture"))
    page.print(look.markdown(f"{block.alt}\n\n{block.caption}"))

    def draw() -> bool:
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(lesson, block).savefig(file, dpi=150)
        return True

    try:
        drawn = while_it_runs(page, draw)
    except (GroundupError, OSError) as error:
        page.print(f"It cannot be drawn: {error}", style="yellow")
        return
    if drawn:
        page.print(f"Saved as {shown_path(file)}", style="dim", soft_wrap=True)


# ---- code ---------------------------------------------------------------------------------------------------


def run_code(page: Console, block: Code) -> None:
    """Run a block's code in a process of its own, and show what it prints."""
    printed = while_it_runs(page, lambda: run_of(block))
    if printed is not None:
        page.print("It prints:", style="dim")
        page.print(look.Padded(make_printable(printed.rstrip("\n"))))
