"""`groundup check`, `hint`, `solution` and `reset`: an exercise, from the first try to the last word."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.learner import (
    WorkspaceOption,
    all_exercises,
    complete_exercises,
    display_path,
    open_store,
    placement_command,
    the_course,
    the_workspace,
)
from groundup.cli.shared import JsonOption, examples, print_json, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from groundup.course.grading.grader import Grader
    from groundup.course.grading.verdict import Verdict
    from groundup.course.grading.workspace import Workspace
    from groundup.course.lessons.catalogue import Course
    from groundup.course.lessons.exercise import Exercise
    from groundup.course.progress.store import Store

FileArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE",
        help="Your file, or the exercise's id.",
        show_default="the file you saved last",
        autocompletion=complete_exercises,
    ),
]

CHECK_EXAMPLES = examples(
    ("check", "the file that you saved last"),
    ("check 0.1/numerical-derivative", "one exercise"),
)
HINT_EXAMPLES = examples(("hint", "the next hint for the file that you saved last"))
SOLUTION_EXAMPLES = examples(
    ("solution", "one that passes, why it does, and another way"),
    ("solution 0.1/numerical-derivative --yes", "before you have passed, without being asked"),
)
RESET_EXAMPLES = examples(
    ("reset 0.1/numerical-derivative", "the starter again; your text is kept beside it")
)


def register(app: typer.Typer) -> None:
    app.command(epilog=CHECK_EXAMPLES)(check)
    app.command(epilog=HINT_EXAMPLES)(hint)
    app.command(epilog=SOLUTION_EXAMPLES)(solution)
    app.command(epilog=RESET_EXAMPLES)(reset)


# ---- commands -----------------------------------------------------------------------------------------------


def check(file: FileArgument = None, *, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Check your code for an exercise.

    Ends with 0 where it passes, with 1 where it does not, with 2 where there is nothing to check.
    """
    from groundup.course.grading.grader import Grader
    from groundup.course.progress.answers import attempt

    with open_store() as store:
        files = the_workspace(workspace, store)
        exercise, path = which(file, files)
        course = the_course(exercise.id)
        if not path.parent.exists() and path == files.file(exercise):
            files.place(exercise)  # asked for by its id, in a lesson never opened: there is nothing to miss
            print_line(f"Your file for it is {display_path(path)}: edit it, then check again.", error=True)
        if json:
            with Grader() as grader:
                verdict = attempt(exercise, files, store, grader, path)
            print_json({**verdict.to_json(), "ok": verdict.ok, "file": path})
        else:
            from groundup.cli.lesson_text import page

            screen = page()
            verdict = check_now(course, exercise, files, store, screen, file=path)
            _tips(verdict, course, exercise, store, screen)
    if not verdict.ok:
        raise typer.Exit(2 if verdict.kind == "file" else 1)


def hint(file: FileArgument = None, *, workspace: WorkspaceOption = None) -> None:
    """Show the next hint. They go from a question, to a pointer, to the line."""
    from groundup.cli.lesson_text import page

    with open_store() as store:
        exercise, _ = which(file, the_workspace(workspace, store))
        next_hint(the_course(exercise.id), exercise, store, page())


def solution(
    file: FileArgument = None,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Show it before you have passed, without asking.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a solution that passes, why it does, and another way to write it."""
    from groundup.cli.lesson_text import page
    from groundup.cli.prompts import Leave, NoTerminal, Prompter
    from groundup.course.progress.progress import CourseProgress

    with open_store() as store:
        exercise, _ = which(file, the_workspace(workspace, store))
        screen, passed = page(), exercise.id in CourseProgress(the_course(exercise.id), store).passed
        if not (yes or passed):
            try:
                question = f"You have not passed {exercise.id} yet. See the solution all the same?"
                confirmed = Prompter(screen).confirm(question)
            except Leave:
                confirmed = False
            except NoTerminal:
                raise GroundupError(
                    f"You have not passed {exercise.id} yet.", "--yes shows the solution all the same."
                ) from None
            if not confirmed:
                print_line("Kept for later. `groundup hint` gives away less.")
                return
        show_solution(exercise, store, screen, passed=passed)


def reset(file: FileArgument = None, *, workspace: WorkspaceOption = None) -> None:
    """Write an exercise's starter again. Your version is kept beside it."""
    from groundup.course.progress.answers import start_over

    with open_store() as store:
        files = the_workspace(workspace, store)
        missing = _lost(files, store) if file is None else None
        exercise = missing or which(file, files)[0]
        there = files.file(exercise).exists()
        backup = start_over(exercise, files, store)
        place = display_path(files.file(exercise))
        if backup is None and there:
            print_line(f"{place} is the starter already.")
            return
        print_line(f"{exercise.id}: the starter is in {place} again.")
        if backup is not None:
            print_line(f"What you had is kept as {display_path(backup)}")


def _lost(files: "Workspace", store: "Store") -> "Exercise | None":
    """The exercise that was checked last, if its file has gone: its starter is written again."""
    last = next((event.about for event in reversed(store.events("attempt"))), None)
    return next(
        (
            exercise
            for exercise in all_exercises()
            if exercise.id == last and not files.file(exercise).exists()
        ),
        None,
    )


def which(name: str | None, files: "Workspace") -> "tuple[Exercise, Path]":
    """The exercise and the file that are meant: those given, or the file that was saved last."""
    exercises = all_exercises()
    if name is not None:
        return files.find(name, exercises)
    newest = files.newest(exercises)
    if newest is None:
        raise GroundupError(
            f"There is no file of yours in {files.folder} yet.",
            "`groundup learn` brings you to the first exercise.",
        )
    return newest, files.file(newest)


# ---- what learn and watch do as well ------------------------------------------------------------------------


def check_now(
    course: "Course",
    exercise: "Exercise",
    files: "Workspace",
    store: "Store",
    screen: "Console",
    *,
    file: Path | None = None,
    grader: "Grader | None" = None,
) -> "Verdict":
    """Check, show the verdict, and remember it."""
    from groundup.cli.lesson_text import WIDEST
    from groundup.course.grading.grader import Grader
    from groundup.course.progress.answers import attempt
    from groundup.course.progress.focus import Focus
    from groundup.course.progress.rhythm import celebration

    file = file or files.file(exercise)
    screen.print(f"{exercise.id}   {display_path(file)}", style="dim", soft_wrap=True)
    with Grader() as cold:
        verdict = attempt(exercise, files, store, grader or cold, file)
    screen.print(verdict_text(verdict, min(screen.width, WIDEST)), soft_wrap=True)
    screen.print()
    if verdict.ok and (cheer := celebration(course, store, exercise.id)):
        screen.print(cheer, style="bold")
    if word := Focus(store).word():
        screen.print(word, style="bold")
    return verdict


def _tips(
    verdict: "Verdict", course: "Course", exercise: "Exercise", store: "Store", screen: "Console"
) -> None:
    """What one can do after a check."""
    from groundup.course.progress.progress import CourseProgress

    if verdict.ok:
        screen.print("Why it works, and another way: groundup solution", style="dim")
        screen.print(whats_next(course, exercise, store))
    elif verdict.kind != "file":
        seen, count = CourseProgress(course, store).hints_seen(exercise.id), len(exercise.about.hints)
        left = f"{count - seen} of {count} left" if seen < count else "all seen; then: groundup solution"
        screen.print(f"Stuck? groundup hint   ({left})", style="dim")


def whats_next(
    course: "Course", exercise: "Exercise", store: "Store", how: str = "groundup learn goes on"
) -> str:
    """Where one goes from an exercise that has passed."""
    from groundup.course.progress.progress import CourseProgress

    if exercise.id not in course.exercises:
        return f"Next: {placement_command(course)} goes on."
    lesson = course.lesson(exercise.lesson)
    passed = CourseProgress(course, store).passed
    waiting = [other for other in course.exercises_of(lesson) if other.id not in passed]
    if waiting:
        return f"Next: {how}. Waiting in this lesson: {waiting[0].about.title}."
    return f"Next: {how}. Every exercise of {lesson.id}, {lesson.front.title}, has passed."


def verdict_text(verdict: "Verdict", width: int) -> "Text":
    """The verdict in colour. Without colour it is the same text."""
    from rich.text import Text

    styles = {"  ✓ ": "green", "  ✗ ": "bold red", "  · ": "dim", "  case": "cyan", "  got": "cyan", "Note": "dim",
              "  expected": "cyan", "Passed": "bold green"}  # fmt: skip
    text, has_headline = Text(), False
    for line in verdict.text(width).split("\n"):
        style = next((style for start, style in styles.items() if line.startswith(start)), "")
        if not style and not has_headline and line.startswith(verdict.says.split(" ")[0] or "\0"):
            style, has_headline = "bold", True  # the first line of the sentence that counts
        text.append(f"{line}\n", style=style)
    text.rstrip()
    return text


def next_hint(
    course: "Course",
    exercise: "Exercise",
    store: "Store",
    screen: "Console",
    *,
    solution: str = "groundup solution",
) -> None:
    """The next hint; once all were shown, all of them again."""
    from groundup.cli.lesson_text import markdown, title
    from groundup.course.progress.answers import next_hint as one_more
    from groundup.course.progress.progress import CourseProgress

    hints, new = exercise.about.hints, one_more(CourseProgress(course, store), exercise, store)
    screen.print(f"{exercise.id}   {exercise.about.title}", style="dim")
    for number in [new] if new else range(1, len(hints) + 1):
        screen.print(title(f"Hint {number} of {len(hints)}"))
        screen.print(markdown(hints[number - 1]))
    if new in (0, len(hints)):
        screen.print(f"That is the last hint. A solution: {solution}.", style="dim")


def show_solution(exercise: "Exercise", store: "Store", screen: "Console", *, passed: bool) -> None:
    """The solution, why it is so, and the alternative. Stored: it counts as looked at."""
    from groundup.cli.lesson_text import highlighted, markdown, title
    from groundup.course.progress.answers import look_at_solution

    look_at_solution(exercise, store, passed=passed)
    about = exercise.about
    screen.print(f"{exercise.id}   {about.title}", style="dim")
    screen.print(title("A solution"))
    screen.print(highlighted(exercise.code("solution.py").rstrip()), soft_wrap=True)
    screen.print(title("\nWhy"))
    screen.print(markdown(about.why))
    screen.print(title("\nAnother way"))
    screen.print(highlighted(exercise.code("alternative.py").rstrip()), soft_wrap=True)
    screen.print(markdown(about.alternative))
