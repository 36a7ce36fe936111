"""`groundup course`: for authors of lessons, and for courses by others."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import JsonOption, console, examples, print_json, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.course.authoring.check import CheckStep
    from groundup.course.authoring.targets import LessonFault

CHECK_EXAMPLES = examples(
    ("course check", "the whole course that groundup ships"),
    ("course check 0.1", "one lesson, by its id"),
    ("course check 0.1/numerical-derivative", "one exercise"),
    (
        "course check my-course/1.1-rhymes --write",
        "a lesson of yours, by its folder; generated files are made again",
    ),
)
NEW_EXAMPLES = examples(
    ("course new my-course/1.1-rhymes", "a lesson, and a course around it if there is none yet"),
    ("course new 1.2-metre --title 'What is a metre?'", "in the folder of a course"),
)
IMPORT_EXAMPLES = examples(
    ("course import my-course", "from a folder"),
    ("course import rhymes.zip --yes", "from a ZIP, without asking"),
)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def register(app: typer.Typer) -> None:
    course = typer.Typer(help="Write lessons, check them, and add courses by others.", no_args_is_help=True)
    course.command(epilog=CHECK_EXAMPLES)(check)
    course.command(epilog=NEW_EXAMPLES)(new)
    course.command("import", epilog=IMPORT_EXAMPLES)(import_)
    course.command("list")(list_)
    course.command(epilog=examples(("course remove rhymes", "remove it; its files are kept")))(remove)
    app.add_typer(course, name="course")


def check(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids of lessons or exercises, or folders of lessons or courses.",
            show_default="the whole course",
        ),
    ] = None,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Make numbers.toml and fixtures again before checking.")
    ] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Leave out most of what trains: making fixtures again to compare them, and mutants of trainings.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check lessons as a learner, a proof-reader and a slow machine would.

    The exit code is 0 when nothing has to be mended and 1 otherwise. Warnings do not count.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from groundup.course.authoring.check import check as check_
    from groundup.course.lessons.catalogue import LESSONS

    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeRemainingColumn(), TextColumn("left"))
    with Progress(
        *columns, console=console(error=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("reading", total=None)

        def watch(step: "CheckStep") -> None:
            doing = f"{step.lesson} {step.doing}"[:40].ljust(40)
            bar.update(task, description=doing, completed=step.done, total=step.of)

        faults = check_(lessons or [], LESSONS, write=write, quick=quick, watch=watch)
    wrong = sum(not fault.warning for fault in faults)
    if json:
        print_json({"ok": not wrong, "faults": [fault.to_json() for fault in faults]})
    else:
        _show(faults, wrong, time.monotonic() - began)
    if wrong:
        raise typer.Exit(1)


def _show(faults: "Sequence[LessonFault]", wrong: int, seconds: float) -> None:
    """What is to mend, then what is to weigh, each at its file and line."""
    from groundup.common.formatting import format_duration

    for title, chosen in (
        ("To mend", [fault for fault in faults if not fault.warning]),
        ("To weigh", [fault for fault in faults if fault.warning]),
    ):
        if chosen:
            print_line(f"{title}", style="bold")
            for fault in chosen:
                print_line(f"  {fault.text(Path.cwd())}")
            print_line("")
    warnings = len(faults) - wrong
    print_line(
        f"{wrong or 'Nothing'} to mend, {warnings or 'nothing'} to weigh, in {format_duration(seconds)}."
    )


def new(
    lesson: Annotated[
        Path, typer.Argument(help="The new folder: an id, a dash and a few words, as my-course/1.1-rhymes.")
    ],
    *,
    title: Annotated[str, typer.Option(help="What it is called.", show_default="from the folder")] = "",
    json: JsonOption = False,
) -> None:
    """Begin a lesson: a small complete one, with TODO where you write your own."""
    from groundup.course.authoring.scaffold import new_lesson

    files = new_lesson(lesson, title)
    if json:
        print_json({"folder": lesson, "files": files})
        return
    for file in files:
        print_line(f"  {file}", style="dim")
    print_line(f"\nWrite {lesson / 'lesson.md'}, then: groundup course check {lesson} --write")


def import_(
    source: Annotated[Path, typer.Argument(help="The folder of a course, or a ZIP of it.")],
    *,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """Add another author's course to yours, or a newer version of it.

    Each file's name is checked before it is copied; nothing is written outside groundup's own folder.
    """
    from groundup.course.authoring.imported import RUNS_CODE, import_course

    if not source.exists():
        raise GroundupError(f"There is no {source}.", "Give the folder of a course, or a ZIP of it.")
    if not yes:
        _ask(f"{RUNS_CODE}\nDo you trust the author of {source.name}?")
    added = import_course(source)
    about, lessons = added.course.contents, len(added.course.lessons)
    if json:
        print_json({"id": about.id, "title": about.title, "lessons": lessons, "kept": added.kept})
        return
    print_line(f"Added '{about.title}' ({about.id}), {lessons} {'lesson' if lessons == 1 else 'lessons'}.")
    if added.kept:
        print_line(f"The previous version is in {added.kept}")


def _ask(question: str) -> None:
    """Continue only after a yes. Without a terminal, `--yes` is required."""
    if not sys.stdin.isatty():
        raise GroundupError(question.split("\n", maxsplit=1)[0], "Add --yes if you trust its author.")
    typer.confirm(question, abort=True, err=True)


def list_(*, json: JsonOption = False) -> None:
    """List groundup's course and those that you added."""
    from groundup.course.authoring.imported import courses

    notices: list[str] = []
    courses_here = courses(notices.append)
    rows = [
        {
            "id": course.contents.id,
            "title": course.contents.title,
            "lessons": len(course.lessons),
            "folder": course.folder,
        }
        for course in courses_here
    ]
    if json:
        print_json({"courses": rows, "notices": notices})
        return
    width = max(len(str(row["id"])) for row in rows)
    for row in rows:
        lessons = f"{row['lessons']} {'lesson' if row['lessons'] == 1 else 'lessons'}"
        print_line(f"{row['id']:{width}}  {lessons:>11}  {row['title']}")
    for notice in notices:
        print_line(notice, error=True)


def remove(
    name: Annotated[str, typer.Argument(help="The course's id, as `groundup course list` shows it.")],
    *,
    json: JsonOption = False,
) -> None:
    """Remove a course that you added. Its files and your progress in it are kept."""
    from groundup.course.authoring.imported import remove_course

    folder = remove_course(name)
    if json:
        print_json({"removed": name, "kept": folder})
    else:
        print_line(f"'{name}' is removed. Its files are in {folder}")
