"""Courses by others: what is added, adding one and taking one out; and the question that comes before their code runs.

The experiments, pictures and checks of a course are Python by its author. A learner who adds a course here is asked
first; a course that the command line added is asked for when its first lesson is opened. A yes holds for the code and
the texts as they are: it is stored with a hash over all of them, so a newer version is asked for again.
"""

import hashlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from groundup.common.errors import GroundupError
from groundup.course.authoring.imported import (
    LEFT_OUT,
    MAX_BYTES,
    RUNS_CODE,
    added_folders,
    import_course,
    remove_course,
)
from groundup.course.lessons.catalogue import Course, load_course
from groundup.course.progress.store import Store
from groundup.studio.pages import page, save_upload, the_course, the_courses, the_store
from groundup.studio.safety import is_loopback

router = APIRouter()


# ---- may its code run? --------------------------------------------------------------------------------------


def is_ours(course: Course) -> bool:
    """Whether it came with groundup, or is the one that an author works on."""
    return course.folder not in added_folders()


def trusted(course: Course, store: Store) -> bool:
    """Whether the code of a course may run: ours may, another one after a yes to just these files."""
    if is_ours(course):
        return True
    answers = store.events("setting", _name(course))
    return bool(answers) and answers[-1].data.get("value") == _sum(course.folder)


def trust(course: Course, store: Store) -> None:
    """Its code may run from now on, as it is."""
    store.add("setting", _name(course), value=_sum(course.folder))


def trusted_course(request: Request, lesson: str) -> Course:
    """The course of a lesson, before its code runs. Raises GroundupError where the learner has not allowed it yet."""
    course = the_course(request, lesson)
    if is_ours(course):
        return course
    with the_store(request) as store:
        if not trusted(course, store):
            raise GroundupError(
                f"“{course.contents.title}” has not been allowed to run its code.",
                "Open one of its lessons: the question stands there.",
            )
    return course


def _name(course: Course) -> str:
    return f"trust:{course.contents.id}"


def _sum(folder: Path) -> str:
    """Over the names and bytes of its code and texts. What its code writes beside itself is no reason to ask again."""
    files = []
    for parent, names, here in os.walk(folder):
        names[:] = sorted(set(names) - LEFT_OUT)
        for path in (Path(parent, name) for name in sorted(here) if name.endswith((".py", ".md", ".toml"))):
            about = path.stat()
            files.append((path.relative_to(folder).as_posix(), about.st_size, about.st_mtime_ns))
    return _summed(folder, tuple(files))


@lru_cache(maxsize=64)
def _summed(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    """Read again when a size or a time of change differs."""
    total = hashlib.sha256()
    for name, size, _ in files:
        total.update(f"{name}\0{size}\0".encode())
        total.update((folder / name).read_bytes())
    return total.hexdigest()


Destination = Literal["lesson", "placement"]
"""The page that was asked for before the question of trust."""


def asked_first(request: Request, course: Course, lesson: str, to: Destination = "lesson") -> Response:
    """The page that stands before a course until the learner trusts it; it leads on to the lesson or questions."""
    first_lesson = course.lesson(lesson)
    return page(request, "trust.html", course=course, lesson=first_lesson, to=to, runs_code=RUNS_CODE)


@router.post("/courses/trust")
def say_yes(
    request: Request, lesson: Annotated[str, Form()], to: Annotated[Destination, Form()] = "lesson"
) -> Response:
    """A plain form: its code may run from now on."""
    course = the_course(request, lesson)
    first_lesson = course.lesson(lesson)
    with the_store(request) as store:
        if not trusted(course, store):
            trust(course, store)
    there = f"/placement?course={course.contents.id}" if to == "placement" else f"/lesson/{first_lesson.id}"
    return RedirectResponse(there, 303)


# ---- what is added ------------------------------------------------------------------------------------------


class Listed(BaseModel):
    """A course that was added."""

    id: str
    title: str
    lessons: int
    first: str
    """Its first lesson; empty where it cannot be read."""
    wrong: str = ""
    """Why it cannot be read, if it cannot."""


def listed(request: Request) -> list[Listed]:
    """All that were added, also those that cannot be read."""
    by_folder = {course.folder: course for course in the_courses(request)[1:]}
    return [_listed(folder, by_folder.get(folder)) for folder in added_folders()]


def _listed(folder: Path, course: Course | None) -> Listed:
    if course is not None:
        lessons = course.lessons
        return Listed(id=folder.name, title=course.contents.title, lessons=len(lessons), first=lessons[0].id)
    try:
        load_course(folder)
        wrong = ""
    except GroundupError as error:
        wrong = f"It is left out: {error}"
    return Listed(id=folder.name, title=folder.name, lessons=0, first="", wrong=wrong)


@router.get("/api/courses")
def courses(request: Request) -> list[Listed]:
    """The courses that were added."""
    return listed(request)


class Added(BaseModel):
    course: Listed
    kept: str
    """Where the version lies that was there before; empty where there was none."""


@router.post("/api/courses")
def add(
    request: Request,
    trusted: Annotated[bool, Form()] = False,
    folder: Annotated[str, Form(max_length=1000)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Added:
    """Add a course, or a newer version of one: from a folder of this machine, or from a ZIP."""
    if not trusted:
        raise GroundupError("Nothing was added.", "Tick the box first, if you trust who made the course.")
    if file is not None and (name := Path(file.filename or "").name):
        with tempfile.TemporaryDirectory(prefix="groundup-") as aside:
            copy = Path(aside, "course.zip")
            save_upload(file, copy, MAX_BYTES, "Keep what is shown, not whole runs or corpora.")
            added = _added(copy, name)
    elif folder.strip():
        added = _added(_here(request, folder.strip()), folder.strip())
    else:
        raise GroundupError("Nothing was chosen.", "Choose a ZIP, or type the path of a folder.")
    with the_store(request) as store:
        trust(added.course, store)
    return Added(course=_listed(added.course.folder, added.course), kept=str(added.kept or ""))


def _added(source: Path, name: str) -> Any:
    try:
        return import_course(source)
    except GroundupError as error:
        raise GroundupError(error.what.replace(str(source), name), error.hint) from None
    except (OSError, ValueError) as error:  # a path too long, a disk that is full, a letter that no path has
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no path looks like that"
        raise GroundupError(f"{name[:80]!a} cannot be read: {why}.", "Nothing was changed.") from None


def _here(request: Request, folder: str) -> Path:
    """A path that was typed at this machine. From another machine, a ZIP is the way."""
    if request.client is None or not is_loopback(request.client.host):
        raise GroundupError("A folder can only be named at the machine itself.", "Send a ZIP of it.")
    try:
        path = Path(folder).expanduser()
    except RuntimeError:
        path = Path(folder)
    if not path.is_absolute():
        raise GroundupError(
            f"{folder[:80]!a} is no whole path.", f"Begin at the root, as in {Path.home() / 'my-course'}."
        )
    return path


class Named(BaseModel):
    id: Annotated[str, Field(max_length=200)]


class Removed(BaseModel):
    kept: str
    """Where it lies now."""


@router.post("/api/courses/remove")
def remove(course: Named) -> Removed:
    """Take a course out. It is kept aside, and so is what was learnt in it."""
    return Removed(kept=str(remove_course(course.id)))
