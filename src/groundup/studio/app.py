"""The studio's application: pages, the API under /api/ that they use, and the guard before both.

    app = create_app()
    uvicorn.run(app)

Learner code, training and models run in processes of their own; see grading.py, queue.py and models.py.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import Response

from groundup import __version__
from groundup.common.errors import GroundupError
from groundup.common.places import progress_file
from groundup.course.catalogue import LESSONS
from groundup.studio.pages import STATIC, wrong
from groundup.studio.safety import Door, Guard

PAGES: tuple[str, ...] = (
    "home",
    "placement",
    "review",
    "journal",
    "settings",
    "focus",
    "search",
    "glossary",
    "design",
    "widget_page",
)  # modules of this folder that have a `router`


def create_app(
    door: Door | None = None, course: Path = LESSONS, commands: Sequence[tuple[str, str]] = ()
) -> FastAPI:
    """The application. `door`: who is let in (this machine alone); `course`: its folder; `commands`: those of the
    command line, each with what it does, for the search."""
    app = FastAPI(title="groundup studio", version=__version__, docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json")  # fmt: skip
    app.state.progress_file = progress_file()
    app.state.course = {"folder": course}
    app.state.commands = commands
    app.mount("/static", StaticFiles(directory=STATIC), "static")
    for name in PAGES:
        app.include_router(import_module(f"groundup.studio.{name}").router)

    @app.exception_handler(GroundupError)
    def _wrong(request: Request, error: GroundupError) -> Response:
        return wrong(request, error)

    @app.exception_handler(HTTPException)
    def _missing(request: Request, error: HTTPException) -> Response:
        what = "There is no such page." if error.status_code == 404 else str(error.detail)
        return wrong(request, GroundupError(what, "The bar above leads to all there is."), error.status_code)

    app.add_middleware(Guard, door=door or Door())
    return app
