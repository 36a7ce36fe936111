"""What every page shares: the frame, the place in the course, and how errors look.

    router = APIRouter()

    @router.get("/lab")
    def lab(request: Request) -> Response:
        return page(request, "lab.html", runs=...)

Plain `def`: such a function runs in a thread, so whatever it waits for does not hold up the server.
"""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import JSONResponse, Response

from groundup.common.errors import GroundupError
from groundup.course.catalogue import Course, load_course
from groundup.course.store import Store
from groundup.studio.markdown import html, inline

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
templates.env.filters |= {"markdown": html, "inline": inline}
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of the studio. `values` are for the template; `nonce`, `nav` and `here` are there always."""
    shared = {
        "nav": NAV,
        "here": f"/{request.url.path.split('/')[1]}",
        "nonce": request.state.nonce,
        "vendored": VENDOR.is_dir(),
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


def the_course(request: Request) -> Course:
    """Our course, read once; read anew when a file of it changes (an author writes beside the open studio)."""
    kept = request.app.state.course
    if kept.get("stamp") != (stamp := _stamp(kept["folder"])):
        kept.update(stamp=stamp, course=load_course(kept["folder"]))
    return kept["course"]


def _stamp(folder: Path) -> float:
    """The newest change to a lesson's text or cards."""
    files = [folder / "course.toml", *folder.glob("*/lesson.md"), *folder.glob("*/*.toml")]
    return max(file.stat().st_mtime for file in files)
