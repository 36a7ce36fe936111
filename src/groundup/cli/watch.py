"""`groundup watch`: the file in hand is checked whenever it is saved, and a few keys do the rest.

It never moves on by itself. Files are looked at five times a second, by what they hold: so it does not matter how
an editor writes, or what the clock says.
"""

import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer

from groundup.cli.exercise import FileArgument, check_now, next_hint, show_solution, whats_next, which
from groundup.cli.learner import WorkspaceOption, all_exercises, open_store, the_course, the_workspace
from groundup.cli.shared import examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.console import Console

    from groundup.course.grading.grader import Grader
    from groundup.course.grading.workspace import Workspace
    from groundup.course.lessons.exercise import Exercise
    from groundup.course.progress.store import Store

EXAMPLES = examples(
    ("watch", "check the file that you saved last, and every one that you save from now on"),
    ("watch 0.1/numerical-derivative", "begin with this one"),
)
EVERY = 0.2  # seconds between two looks
LOCK = ".watch.lock"
LARGEST = 2**20  # bytes; more is no exercise, and its size and time are enough to see that it changed
KEYS = "h hint · n next · l list · r run again · s solution · q quit"


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(watch)


def watch(file: FileArgument = None, *, workspace: WorkspaceOption = None) -> None:
    """Check your files whenever you save them. It never moves on by itself."""
    from groundup.cli.lesson_text import page
    from groundup.cli.prompts import Prompter
    from groundup.course.grading.grader import Grader

    screen = page()
    if not Prompter(screen).interactive:
        raise GroundupError("Watching needs a terminal, for its keys.", "`groundup check` checks once.")
    with open_store() as store:
        files = the_workspace(workspace, store)
        exercise = _first(file, files, store)
        files.place(exercise)
        with (
            suppress(KeyboardInterrupt),
            _alone(files),
            Grader(warm=True) as grader,
            Keys() as keys,
            _ends_on_termination(),
        ):
            _Watch(exercise, files=files, store=store, grader=grader, screen=screen, keys=keys).run()
    print_line("\nYour files are where they were. Go on with: groundup watch, or groundup learn")


def _first(name: str | None, files: "Workspace", store: "Store") -> "Exercise":
    """The one that is named, or was saved last, or comes first where the learner is."""
    exercises = all_exercises()
    if name is not None or files.newest(exercises) is not None:
        return which(name, files)[0]
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card

    course = the_course(store=store)
    lesson = resume_card(CourseProgress(course, store)).lesson or course.lessons[0]
    after = course.lessons[course.lessons.index(lesson) :]
    open_exercises = [exercise for later in after for exercise in course.exercises_of(later)]
    if not open_exercises:
        raise GroundupError("There is no exercise to watch.", "`groundup learn` goes on.")
    return open_exercises[0]


@contextmanager
def _alone(files: "Workspace") -> Iterator[None]:
    """One watch a workspace. The lock is the system's: it ends with the process, however that ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(files.folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise GroundupError(
            f"Another `groundup watch` is looking at {files.folder}.", "Go on there, or end it with q."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _ends_on_termination() -> Iterator[None]:
    """A kill leaves by the front door, so that the terminal is given back."""

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Watch:
    """What is on the screen, and what has been seen of the files."""

    def __init__(
        self, exercise: "Exercise", *, files: "Workspace", store: "Store", grader: "Grader", screen: "Console",
        keys: "Keys",
    ) -> None:  # fmt: skip
        self.files, self.store, self.grader, self.screen, self.keys = files, store, grader, screen, keys
        self.exercises = all_exercises()
        self.exercise = exercise
        self.course = the_course(exercise.id)
        self.seen: dict[Exercise, Any] = {exercise: self._look(exercise) for exercise in self.exercises}

    def run(self) -> None:
        """Until q, or Ctrl-C."""
        does = {"h": self._hint, "n": self._next, "l": self._list, "r": self._check, "s": self._solution}
        self.grader.prepare(self.exercise)
        self._check()
        while (key := self.keys.next(EVERY)) != "q":
            try:
                if key in does:
                    does[key]()
                elif key:
                    self.screen.print(KEYS, style="dim")
                elif saved := self._saved():
                    self._turn_to(saved)
            except GroundupError as error:
                self.screen.print(str(error), style="yellow")

    # ---- files ----------------------------------------------------------------------------------------------

    def _saved(self) -> "Exercise | None":
        """An exercise whose file holds something else than before, once that has settled."""
        changed = [exercise for exercise in self.exercises if self._look(exercise) != self.seen[exercise]]
        if not changed:
            return None
        saved = self.exercise if self.exercise in changed else changed[-1]
        before: Any = object()
        while (now := self._look(saved)) != before:  # an editor may be in the middle of writing
            before = now
            if key := self.keys.next(EVERY / 2):
                self.screen.print(KEYS if key != "q" else "", style="dim")
                if key == "q":
                    raise KeyboardInterrupt
        unchanged = now == self.seen[saved]
        self.seen |= {exercise: self._look(exercise) for exercise in changed}
        there = self.files.file(saved).exists()
        return None if unchanged or not (there or saved == self.exercise) else saved

    def _look(self, exercise: "Exercise") -> object:
        """What a file holds, as far as it matters to see a change; None where there is none."""
        file = self.files.file(exercise)
        try:
            size = file.stat().st_size
            if size > LARGEST:
                return size, file.stat().st_mtime_ns
            return hashlib.sha256(file.read_bytes()).digest()
        except FileNotFoundError:
            return None
        except OSError as error:  # a folder in its place, no right to read it: the check says so
            return str(error)

    # ---- what keys do ---------------------------------------------------------------------------------------

    def _turn_to(self, exercise: "Exercise") -> None:
        if exercise != self.exercise:
            self.exercise, self.course = exercise, the_course(exercise.id)
        self._check()

    def _check(self) -> None:
        self.screen.clear()
        self.seen[self.exercise] = self._look(self.exercise)
        verdict = check_now(
            self.course, self.exercise, self.files, self.store, self.screen, grader=self.grader
        )
        if verdict.ok:
            self.screen.print(whats_next(self.course, self.exercise, self.store, how="n goes on"))
        self.screen.print(f"{self.store.now().astimezone():%H:%M:%S}   {KEYS}", style="dim")

    def _hint(self) -> None:
        next_hint(self.course, self.exercise, self.store, self.screen, solution="s shows it")

    def _next(self) -> None:
        """The next exercise of the course that has not passed; after the last, those left out before."""
        from groundup.course.progress.progress import CourseProgress

        passed = CourseProgress(self.course, self.store).passed
        order = list(self.course.exercises.values())
        at = order.index(self.exercise) + 1 if self.exercise in order else 0
        left = [
            exercise
            for exercise in order[at:] + order[:at]
            if exercise.id not in passed and exercise != self.exercise
        ]
        if not left:
            self.screen.print("There is no other exercise to pass. `groundup review` keeps what you know.")
            return
        self.files.place(left[0])
        self.seen[left[0]] = self._look(left[0])
        self._turn_to(left[0])

    def _list(self) -> None:
        from rich.table import Table

        from groundup.course.progress.progress import CourseProgress

        progress = CourseProgress(self.course, self.store)
        table = Table.grid(padding=(0, 2, 0, 0))
        marks = {"passed": "✓", "tried": "…", "check again": "✓"}
        for exercise in self.course.exercises.values():
            state = progress.exercise_state(exercise.id)
            mark = "▸" if exercise == self.exercise else marks.get(state, "·")
            words = "" if state == "new" else state
            table.add_row(mark, exercise.id, exercise.about.title, words, style="bold" if mark == "▸" else "")
        self.screen.print(table)
        self.screen.print(KEYS, style="dim")

    def _solution(self) -> None:
        from groundup.course.progress.progress import CourseProgress

        passed = self.exercise.id in CourseProgress(self.course, self.store).passed
        if not passed:
            self.screen.print("You have not passed it yet. See the solution all the same? y/n", style="bold")
            while not (key := self.keys.next(EVERY)):
                pass
            if key != "y":
                self.screen.print("Kept for later.")
                return
        show_solution(self.exercise, self.store, self.screen, passed=passed)
        self.screen.print(KEYS, style="dim")


class Keys:
    """With this, keys come one by one and are not shown. Ctrl-C still raises KeyboardInterrupt.

    with Keys() as keys:
        key = keys.next(0.2)      # "", if none came within 0.2 s
    """

    def __enter__(self) -> "Keys":
        self._before: Any = None
        if os.name != "nt":
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def next(self, seconds: float) -> str:
        """The next key in lower case; empty if none came in time. The end of the input is a q."""
        key = _windows_key(seconds) if os.name == "nt" else _key(seconds)
        return key.lower()


def _key(seconds: float) -> str:
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return ""
    data = os.read(sys.stdin.fileno(), 64)  # an arrow key comes as several bytes, and is one key
    return data.decode("utf-8", "ignore") if data else "q"


def _windows_key(seconds: float) -> str:
    import msvcrt  # there on Windows alone
    import time

    until = time.monotonic() + seconds
    while not msvcrt.kbhit():  # type: ignore[attr-defined]
        if time.monotonic() > until:
            return ""
        time.sleep(0.02)
    key: str = msvcrt.getwch()  # type: ignore[attr-defined]
    if key == "\x03":
        raise KeyboardInterrupt
    if key in ("\0", "\xe0"):  # an arrow or a function key: its second half says which
        msvcrt.getwch()  # type: ignore[attr-defined]
        return ""
    return key
