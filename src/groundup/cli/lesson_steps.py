"""What the learner does in each kind of block of a lesson, at the terminal.

`Steps.take(block)` shows a block and asks its question; `Steps.show(block)` shows all of it with its answers, and
asks nothing. An answer is stored before the solution is shown. Experiments, pictures and code run further below.
"""

import string
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.text import Text

from groundup.cli import lesson_text as look
from groundup.cli.learner import display_path
from groundup.cli.prompts import NoTerminal, Prompter
from groundup.common.errors import GroundupError
from groundup.common.formatting import format_number, make_printable
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.code import run_code as run_of
from groundup.course.lessons.items import (
    Aside,
    Code,
    ExerciseItem,
    Explanation,
    FurtherReading,
    Item,
    Picture,
    Prediction,
    Prose,
    Quiz,
    Recap,
    Widget,
)
from groundup.course.lessons.lesson import Lesson, sections
from groundup.course.lessons.parts import (
    ExperimentResult,
    Setting,
    draw_picture,
    parse_setting,
    run_experiment,
    run_for,
)
from groundup.course.lessons.predictions import (
    certainty_steps,
    draw_sketch,
    parse_number,
    prediction_error,
    sketch_positions,
)
from groundup.course.progress.answers import (
    last_answer,
    store_answer,
    store_explanation,
    store_goal,
    store_prediction,
)
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.store import Store

if TYPE_CHECKING:
    from groundup.course.lessons.exercise import Exercise

GO_ON = "Enter goes on · b back · q leaves"


@dataclass
class Steps:
    """One sitting with one lesson."""

    course: Course
    lesson: Lesson
    store: Store
    workspace: Workspace
    prompter: Prompter
    clears: bool = False
    """Whether only what is in hand stays on the screen."""

    @property
    def page(self) -> Console:
        return self.prompter.console

    def take(self, block: Item) -> None:
        """Show a block and ask what it asks. Raises Leave, Back or NoTerminal."""
        self._of(block)(block, True)

    def show(self, block: Item) -> None:
        """Show a block whole, and ask nothing."""
        self._of(block)(block, False)

    def between(self, block: Item) -> None:
        """Wait for Enter, but after an exercise, which has asked already."""
        if not isinstance(block, ExerciseItem):
            self.prompter.go_on(GO_ON)

    def _of(self, block: Item) -> Callable[[Any, bool], None]:
        kinds: dict[type[Item], Callable[[Any, bool], None]] = {
            Prose: self._prose, Prediction: self._predict, Widget: self._widget, Code: self._code,
            ExerciseItem: self._exercise, Picture: self._picture, Quiz: self._quiz, Explanation: self._explain,
            Aside: self._aside, Recap: self._recap, FurtherReading: self._more,
        }  # fmt: skip
        return kinds[type(block)]

    # ---- what is only read ----------------------------------------------------------------------------------

    def _prose(self, block: Prose, ask: bool) -> None:
        first, *rest = sections(block.text)
        self.page.print(look.markdown(first))
        for section in rest:
            if ask:
                self.prompter.go_on(GO_ON)
            if ask and self.clears:
                self.page.clear()
            self.page.print()
            self.page.print(look.markdown(section))

    def _aside(self, block: Aside, _ask: bool) -> None:
        self.page.print(look.aside(block))

    def _recap(self, block: Recap, _ask: bool) -> None:
        self.page.print(look.recap(block))

    def _more(self, block: FurtherReading, _ask: bool) -> None:
        self.page.print(look.more(block))

    def _picture(self, block: Picture, _ask: bool) -> None:
        save_picture(self.page, self.lesson, block, self.workspace)

    # ---- what is tried --------------------------------------------------------------------------------------

    def _widget(self, block: Widget, ask: bool) -> None:
        try_widget(self.prompter, self.lesson, block, self.store, ask=ask)

    def _code(self, block: Code, ask: bool) -> None:
        self.page.print(look.code(block), width=self.page.width)
        if not block.run:
            return
        self.page.print()
        self.page.print(look.highlighted(block.run.rstrip()))
        if block.prints and not (ask and self.prompter.interactive):
            self.page.print("It prints:", style="dim")
            self.page.print(look.Padded(block.prints.rstrip("\n")))
        elif (
            ask
            and self.prompter.interactive
            and self.prompter.ask("r runs it; Enter goes on › ").lower() == "r"
        ):
            run_code(self.page, block)

    # ---- what is asked --------------------------------------------------------------------------------------

    def _predict(self, block: Prediction, ask: bool) -> None:
        self.page.print(look.title("Predict"))
        self._question(block, ask)
        data = last_answer(self.store, "predicted", self.lesson, block.id) if ask else None
        if data is None and ask:
            guess = self._guess(block)
            data = store_prediction(self.store, self.lesson, block, guess, self._how_sure(block)).data
        elif data is not None:
            self.page.print("You answered this before.", style="dim")
        self.page.print()
        self._reveal(block, data)
        if data and "sure" in data:
            self.page.print(CourseProgress(self.course, self.store).guess_summary(data["sure"]), style="dim")

    def _guess(self, block: Prediction) -> Any:
        if block.form == "choice":
            return self._choice(len(block.options))
        if block.form == "number":
            return self._number(f"Your guess{f' in {block.unit}' if block.unit else ''}: ", block.unit)
        assert block.axes is not None
        across, up = block.axes
        self.page.print(f"Draw it with five points: {up}, at each of these.", style="dim")
        return [[x, self._number(f"  {across} = {format_number(x)}: ")] for x in sketch_positions(block)]

    def _how_sure(self, block: Prediction) -> int | None:
        """In percent; None where the learner leaves it open. Asked of a person alone: answers given beforehand are to
        the questions of the lesson."""
        if self.prompter.answers or not self.prompter.interactive:
            return None
        known = [str(step) for step in certainty_steps(block)]
        while reply := self.prompter.ask(
            f"How sure are you, in %? {' '.join(known)} (Enter leaves it open): "
        ):
            if reply.removesuffix("%").strip() in known:
                return int(reply.removesuffix("%"))
            self.page.print(f"One of {', '.join(known)}; or Enter.", style="dim")
        return None

    def _reveal(self, block: Prediction, data: dict[str, Any] | None) -> None:
        if block.form == "choice":
            self._verdict(data)
            self.page.print(look.reasons(block.options, data["given"] if data else None))
            return
        if isinstance(block.answer, list):
            points = [(x, y) for x, y in data["given"]] if data else None
            self.page.print(look.Padded(draw_sketch(block, points)))
            if data and points:
                off = f"{prediction_error(block, points):.2g}"
                assert block.near is not None
                mark = "✓ Close: your" if data["right"] else "Your"
                self.page.print(
                    f"{mark} curve is off by {off} on average; {format_number(block.near)} would still be close."
                )
        else:
            assert block.answer is not None
            unit = f" {block.unit}" if block.unit else ""
            if data is None:
                line = f"The answer is {format_number(block.answer)}{unit}."
            elif data["right"]:
                line = (
                    f"✓ Right: {format_number(block.answer)}{unit} (you said {format_number(data['given'])})."
                )
            else:
                line = f"It is {format_number(block.answer)}{unit}; you said {format_number(data['given'])}."
            self.page.print(line, style="bold")
        self.page.print(look.markdown(block.why))

    def _quiz(self, block: Quiz, ask: bool) -> None:
        self.page.print(look.title("Question"))
        self._question(block, ask)
        data = last_answer(self.store, "answered", self.lesson, block.id) if ask else None
        if data is None and ask:
            data = store_answer(self.store, self.lesson, block, self._choice(len(block.options))).data
        elif data is not None:
            self.page.print("You answered this before.", style="dim")
        self.page.print()
        self._verdict(data)
        self.page.print(look.reasons(block.options, data["option"] if data else None))

    def _explain(self, block: Explanation, ask: bool) -> None:
        self.page.print(look.title("In your own words"))
        self.page.print(look.markdown(block.ask))
        data = last_answer(self.store, "explained", self.lesson, block.id) if ask else None
        text = None
        if data is not None:
            self.page.print("You wrote before:", style="dim")
            self.page.print(look.Padded(data["text"]))
        elif ask:
            if self.prompter.interactive:
                self.page.print("As many lines as you like; an empty line ends it.", style="dim")
            while not (text := self.prompter.ask_lines("› ")):
                self.page.print("A sentence is enough.", style="dim")
        self.page.print()
        self.page.print(look.title("A model answer"))
        self.page.print(look.markdown(block.answer))
        if text is None:
            self.page.print(look.bullets(block.rubric))
            return
        self.page.print("Did yours say that ...", style="dim")
        marks = [line for line in block.rubric if self.prompter.confirm(f"  {line}", keys=False)]
        met = [block.rubric.index(line) for line in marks]
        store_explanation(self.store, self.lesson, block, text, met)
        self.page.print(f"{len(marks)} of {len(block.rubric)}.", style="bold")

    def _question(self, block: Prediction | Quiz, ask: bool) -> None:
        self.page.print(look.markdown(block.ask))
        if block.options and ask:
            self.page.print()
            self.page.print(look.options(block.options))

    def _verdict(self, data: dict[str, Any] | None) -> None:
        if data is not None:
            self.page.print("✓ Right." if data["right"] else "Not this one.", style="bold")

    def _choice(self, count: int) -> int:
        """An option as counted from 0. A letter does as well as a number, but not b and q, which are keys."""
        names = [str(number) for number in range(1, count + 1)]
        while (reply := self.prompter.ask(f"1 to {count}: ")) not in names:
            if len(reply) == 1 and reply.lower() in string.ascii_lowercase[:count]:
                return string.ascii_lowercase.index(reply.lower())
            self.page.print(f"Type a number from 1 to {count}.", style="dim")
        return int(reply) - 1

    def _number(self, prompt: str, unit: str = "") -> float:
        while True:
            try:
                return parse_number(self.prompter.ask(prompt), unit)
            except GroundupError as error:
                self.page.print(str(error), style="dim")

    # ---- code to write --------------------------------------------------------------------------------------

    def _exercise(self, block: ExerciseItem, ask: bool) -> None:
        exercise = self.course.exercise(f"{self.lesson.id}/{block.id}")
        file = self.workspace.place(exercise) if ask else self.workspace.file(exercise)
        passed = any(event.data.get("passed") for event in self.store.events("attempt", exercise.id))
        self.page.print(look.exercise(exercise, file, passed))
        if ask and (self.prompter.interactive or self.prompter.answers):
            self._work_on(exercise)
        elif ask and not passed:
            raise NoTerminal

    def _work_on(self, exercise: "Exercise") -> None:
        """Check and hint from here, until the learner goes on. Passing is not a condition."""
        from groundup.cli.exercise import check_now, next_hint

        while True:
            if self.prompter.interactive:
                self.page.print("c checks your file · h gives a hint · " + GO_ON, style="dim")
            reply = self.prompter.ask("› ").lower()
            if reply == "c":
                check_now(self.course, exercise, self.workspace, self.store, self.page)
            elif reply == "h":
                next_hint(self.course, exercise, self.store, self.page)
            elif not reply:
                return


def rule(page: Console, text: str) -> None:
    """A line between two blocks, with where one is."""
    page.print(
        Text(f"\n── {text} " + "─" * max(0, min(page.width, look.WIDEST) - len(text) - 4), style="dim")
    )


SILENCE = 1.0  # seconds before it is said that something is still running
Found = TypeVar("Found")

# ---- experiments --------------------------------------------------------------------------------------------


def try_widget(prompter: Prompter, lesson: Lesson, block: Widget, store: Store, *, ask: bool) -> None:
    """Run it, and again with other settings for as long as the learner likes."""
    page = prompter.console
    page.print(look.title("Try it"))
    page.print(look.markdown(block.caption))
    done = bool(store.events("goal", f"{lesson.id}/{block.id}"))
    page.print(look.goal(block, done))
    run = _own_run(page, block)
    settings: dict[str, Setting] = dict(block.settings)
    output = _run(page, lesson, block, settings, run)
    while True:
        if ask and not done and output is not None and store_goal(store, lesson, block, output.state):
            done = True
            page.print("✓ That is the goal.", style="bold green")
        changes = _changes(prompter, settings) if ask and settings else ""
        if not changes:
            return
        try:
            changed = settings | dict(parse_setting(block, change) for change in _each(changes, block))
        except GroundupError as error:
            page.print(str(error), style="yellow")
            continue
        if again := _run(page, lesson, block, changed, run):
            settings, output = changed, again


def _changes(prompter: Prompter, settings: dict[str, Setting]) -> str:
    """What the learner wants changed; empty where they want to go on."""
    if prompter.answers and "=" not in prompter.answers[0]:
        return ""
    if not prompter.answers and not prompter.interactive:
        return ""
    name, value = next(iter(settings.items()))
    prompter.console.print(f"Change something, as {name}={_written(value)}; Enter goes on.", style="dim")
    return prompter.ask("› ")


def _each(line: str, block: Widget) -> list[str]:
    """`x=1 h=2` as two settings; text may hold spaces where it is the only one."""
    words = line.split()
    several = len(words) > 1 and all(word.partition("=")[0] in block.settings for word in words)
    return words if several else [line]


def _run(
    page: Console, lesson: Lesson, block: Widget, settings: dict[str, Setting], run: str | None
) -> ExperimentResult | None:
    """One run, with its settings above it. None where it cannot be run with these, or was stopped."""
    try:
        output = while_it_runs(page, lambda: run_experiment(lesson, block, settings, run=run))
    except GroundupError as error:
        page.print(str(error), style="yellow")
        return None
    if output is None:
        return None
    page.print()
    if settings:
        line = "  ".join(f"{name}={_written(value)}" for name, value in settings.items())
        page.print(Text(line, style="bold cyan"))
    page.print(look.Padded(make_printable(output.text)))
    return output


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


def save_picture(page: Console, lesson: Lesson, block: Picture, workspace: Workspace) -> None:
    """Save it beside the learner's files, and say where and what it shows."""
    file = workspace.folder / lesson.folder.name / f"{block.id}.png"
    page.print(look.title("Picture"))
    page.print(look.markdown(f"{block.alt}\n\n{block.caption}"))

    def draw() -> bool:
        file.parent.mkdir(parents=True, exist_ok=True)
        draw_picture(lesson, block).savefig(file, dpi=150)
        return True

    try:
        drawn = while_it_runs(page, draw)
    except (GroundupError, OSError) as error:
        page.print(f"It cannot be drawn: {error}", style="yellow")
        return
    if drawn:
        page.print(f"Saved as {display_path(file)}", style="dim", soft_wrap=True)


# ---- code ---------------------------------------------------------------------------------------------------


def run_code(page: Console, block: Code) -> None:
    """Run a block's code in a process of its own, and show what it prints."""
    printed = while_it_runs(page, lambda: run_of(block))
    if printed is not None:
        page.print("It prints:", style="dim")
        page.print(look.Padded(make_printable(printed.rstrip("\n"))))
