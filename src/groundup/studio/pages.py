"""What every page shares: the frame, the place in the course, and how errors look.

    router = APIRouter()

    @router.get("/lab")
    def lab(request: Request) -> Response:
        return page(request, "lab.html", runs=...)

Plain `def`: such a function runs in a thread, so whatever it waits for does not hold up the server.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import Request, UploadFile
from fastapi.templating import Jinja2Templates
from starlette.responses import JSONResponse, Response

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_number
from groundup.course.authoring.imported import added_folders
from groundup.course.lessons.catalogue import COURSE_FILE, LESSONS, Course, load_course
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.resume import resume_card
from groundup.course.progress.store import Store
from groundup.studio.markdown import html, inline
from groundup.widgets.bundle import LAYERS

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
VENDOR = STATIC / "vendor"

NAV = (  # path, name
    ("/", "Course"),
    ("/lab", "Lab"),
    ("/climb", "Climb"),
    ("/look", "Look inside"),
    ("/generate", "Generate"),
    ("/tokens", "Tokens"),
    ("/playground", "Playground"),
)

templates = Jinja2Templates(FOLDER / "templates")
templates.env.filters |= {"markdown": html, "inline": inline, "number": format_number}
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of the studio. `values` are for the template; `nonce`, `nav` and `here` are there always."""
    shared = {
        "nav": NAV,
        "here": f"/{request.url.path.split('/')[1]}",
        "nonce": request.state.nonce,
        "vendored": VENDOR.is_dir(),
        "layers": LAYERS,
    }
    return templates.TemplateResponse(request, template, shared | values, status)


def wrong(request: Request, error: GroundupError, status: int = 422) -> Response:
    """What was wrong and what to do: JSON under /api/, a page elsewhere."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error.what, "hint": error.hint}, status)
    return page(request, "wrong.html", status, what=error.what, hint=error.hint)


def the_store(request: Request) -> Store:
    """The learner's progress, to be used in a `with`: one connection for one request."""
    return Store(request.app.state.progress_file)


def the_course(request: Request, lesson: str = "") -> Course:
    """The course that has a lesson, or a folder of placement; without one, or where no course has it, ours."""
    courses = the_courses(request)
    return next((one for one in courses if lesson and one.has(lesson)), courses[0])


def the_courses(request: Request) -> list[Course]:
    """Ours first, then those that were added; what cannot be read of these is left out (courses.py says why).

    Each is read once, and again when a file of it changes: an author writes beside the open studio.
    """
    cache = request.app.state.course
    if cache.get("stamp") != (stamp := stamp_of(cache["folder"])):
        cache.update(stamp=stamp, course=load_course(cache["folder"]))
    if cache["folder"] != LESSONS:  # an author's own, alone: as for the commands
        return [cache["course"]]
    readable, known = {}, cache.get("others", {})
    for folder in added_folders():
        stamp = stamp_of(folder)
        if stamp and known.get(folder, (0, None))[0] == stamp:
            readable[folder] = known[folder]
        else:
            with suppress(GroundupError):
                readable[folder] = (stamp, load_course(folder))
    cache["others"] = readable
    return [cache["course"], *(course for _, course in readable.values())]


def every_lesson(request: Request) -> Course:
    """All courses as if they were one, for what is asked across them: review, journal, search."""
    courses, cache = the_courses(request), request.app.state.course
    if [id(one) for one in cache.get("joined", [])] != [id(one) for one in courses]:
        # Made once: a course remembers the cards that it has read.
        lessons = [lesson for course in courses for lesson in course.lessons]
        cache.update(joined=courses, whole=Course(courses[0].folder, courses[0].contents, lessons))
    return cache["whole"]


def stamp_of(folder: Path) -> float:
    """When a lesson's text or cards last changed; 0 where there is no course."""
    files = [folder / COURSE_FILE, *folder.glob("*/lesson.md"), *folder.glob("*/*.toml")]
    return max((file.stat().st_mtime for file in files if file.is_file()), default=0.0)


# ---- files that a browser sends -------------------------------------------------------------------------------


def save_upload(file: UploadFile, copy: Path, most: int, hint: str) -> None:
    """Raises GroundupError, with the hint, for one of more than `most` bytes."""
    written = 0
    with open(copy, "wb") as out:
        while part := file.file.read(1 << 20):
            written += len(part)
            if written > most:
                raise GroundupError(f"The file has more than {most // 1_000_000} MB.", hint)
            out.write(part)


def static_url(path: str) -> str:
    """The address of a file of ours; empty where it is not there."""
    return f"/static/{path}" if (STATIC / path).is_file() else ""


def in_hand(courses: Sequence[Course], store: Store) -> CourseProgress:
    """What was done in that course."""
    return latest([CourseProgress(course, store) for course in courses])


def latest(every: Sequence[CourseProgress]) -> CourseProgress:
    """The one of them that is in hand."""
    begun = [one for one in every if one.last_event is not None]
    open_ones = [one for one in begun if resume_card(one).lesson is not None]
    return max(
        open_ones or begun, key=lambda one: one.last_event.number if one.last_event else 0, default=every[0]
    )
