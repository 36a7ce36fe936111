"""What the commands of the course share: which course, which exercises, where things are kept.

The course is ours and, beside it, those that were imported. GROUNDUP_COURSE=folder takes another one alone: for
authors, and for tests.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import progress_file, workspace_folder

if TYPE_CHECKING:
    from groundup.course.grading.workspace import Workspace
    from groundup.course.lessons.catalogue import Course
    from groundup.course.lessons.exercise import Exercise
    from groundup.course.lessons.lesson import Lesson
    from groundup.course.progress.store import Store

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The folder of your files for the exercises.", show_default="below GROUNDUP_HOME"
    ),
]


def the_courses() -> "list[Course]":
    """Ours first. One of others' that cannot be read is left out, and said. Raises GroundupError where ours cannot."""
    if chosen := os.environ.get("GROUNDUP_COURSE"):
        from groundup.course.lessons.catalogue import load_course

        return [load_course(Path(chosen).expanduser())]
    from groundup.course.authoring.imported import courses

    return courses(_say_once)


@cache
def _say_once(text: str) -> None:
    from groundup.cli.shared import print_line

    print_line(text, error=True, style="bold")


def the_course(identity: str = "", store: "Store | None" = None) -> "Course":
    """The course that has a lesson or an exercise, also one of placement; without one, the course that was last open,
    or ours."""
    courses = the_courses()
    if not identity and store is not None:
        identity = next((event.about for event in reversed(store.events("opened"))), "")
    lesson = identity.partition("/")[0]
    return next((course for course in courses if lesson and course.has(lesson)), courses[0])


def lesson_called(identity: str) -> "tuple[Course, Lesson]":
    """A lesson by its id, or by the name of its folder. Raises GroundupError with the nearest."""
    known: dict[str, tuple[Course, Lesson]] = {}
    for course in reversed(the_courses()):
        known |= {lesson.id: (course, lesson) for lesson in course.lessons}
    folders = {lesson.folder.name: identity for identity, (_, lesson) in known.items()}
    identity = folders.get(identity, identity)
    if identity not in known:
        hint = f"{did_you_mean(identity, known)} `groundup learn --list` shows them all."
        raise GroundupError(f"There is no lesson '{identity}'.", hint)
    return known[identity]


def placement_command(course: "Course") -> str:
    """What asks the questions of a course."""
    first = the_courses()[0].contents.id
    return "groundup placement" + (f" --course {course.contents.id}" if course.contents.id != first else "")


def all_exercises() -> "list[Exercise]":
    """Of every course, in order; those of the placement come last."""
    from groundup.course.progress.placement import load_placement

    exercises: list[Exercise] = []
    for course in the_courses():
        exercises += course.exercises.values()
        try:
            placement = load_placement(course)
        except GroundupError:  # `groundup placement` says so; it is no reason not to check an exercise
            placement = None
        exercises += [placement.exercise(question) for question in placement.questions] if placement else []
    return exercises


def the_workspace(folder: Path | None, store: "Store | None" = None) -> "Workspace":
    """The learner's files. Says so where they were somewhere and are not any more."""
    from groundup.cli.shared import print_line
    from groundup.course.grading.workspace import Workspace

    place = (folder or workspace_folder()).expanduser().absolute()
    if place.exists() and not place.is_dir():
        raise GroundupError(
            f"{place} is a file, and your exercises need a folder.", "Choose one with --workspace DIR."
        )
    if not place.exists() and store is not None and store.events("attempt"):
        print_line(
            f"Your files were in a folder that is not there any more; a new one is made: {place}\n"
            "If you moved it, say where: --workspace DIR. What you have passed is kept in any case.",
            error=True,
            style="bold",
        )
    return Workspace(place)


@contextmanager
def open_store() -> "Iterator[Store]":
    """The learner's progress. Says so where its file had to be mended."""
    from groundup.cli.shared import print_line
    from groundup.course.progress.store import Store

    with Store(progress_file()) as store:
        if store.notice:
            print_line(store.notice, error=True, style="bold")
        yield store


def complete_exercises(incomplete: str) -> list[str]:
    return [exercise.id for exercise in all_exercises() if exercise.id.startswith(incomplete)]


def complete_lessons(incomplete: str) -> list[str]:
    known = [lesson.id for course in the_courses() for lesson in course.lessons]
    return [identity for identity in known if identity.startswith(incomplete)]


def display_path(path: Path) -> str:
    """A path as one would type it here: relative where that is shorter, quoted where it has spaces."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive of Windows
        relative = str(path)
    text = min(str(path), relative, key=len)
    return f'"{text}"' if " " in text else text
