"""The studio's application: pages, the API under /api/ that they use, and the host check before both.

    app = create_app()
    uvicorn.run(app)

Learner code, training and models run in processes of their own; see common/process.py.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from groundup.common.brand import VERSION
from groundup.common.errors import GroundupError
from groundup.common.places import progress_file
from groundup.course.lessons.catalogue import LESSONS
from groundup.studio.pages import STATIC, wrong
from groundup.studio.safety import HostOriginMiddleware, HostPolicy

PAGES: tuple[str, ...] = (
    "home",
    "placement",
    "lesson",
    "lesson_runs",
    "exercise",
    "review",
    "journal",
    "settings",
    "courses",
    "focus",
    "search",
    "glossary",
    "gallery",
    "playground",
    "generate",
    "tokens",
    "look",
    "lab",
    "run",
    "streams",
    "texts",
    "climb",
)  # modules of this folder that have a `router`


class Refusal(BaseModel):
    """What every request under /api/ gets that could not be met."""

    error: str
    """What was wrong."""
    hint: str
    """What to do."""


def create_app(
    policy: HostPolicy | None = None, course: Path = LESSONS, commands: Sequence[tuple[str, str]] = ()
) -> FastAPI:
    """The application. `policy`: who may ask (this machine alone); `course`: its folder; `commands`: those of the
    command line, each with what it does, for the search."""
    app = FastAPI(title="groundup studio", version=VERSION, docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json",
                  responses={"4XX": {"model": Refusal, "description": "Two sentences."}})  # fmt: skip
    app.state.progress_file = progress_file()
    app.state.course = {"folder": course}
    app.state.commands = commands
    app.mount("/static", StaticFiles(directory=STATIC), "static")
    for name in PAGES:
        router = import_module(f"groundup.studio.{name}").router
        for route in router.routes:  # the schema is of the API: pages are for people
            route.include_in_schema = route.path.startswith("/api/")
        app.include_router(router)

    @app.exception_handler(GroundupError)
    def _wrong(request: Request, error: GroundupError) -> Response:
        return wrong(request, error)

    @app.exception_handler(RequestValidationError)
    def _unfit(request: Request, error: RequestValidationError) -> Response:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"][1:]) or "body"
        sentence = f"{name!a} does not fit: {problem['msg'][:1].lower()}{problem['msg'][1:]}."
        return wrong(request, GroundupError(sentence, "Change it, then try again."))

    @app.exception_handler(HTTPException)
    def _missing(request: Request, error: HTTPException) -> Response:
        sentence = "There is no such page." if error.status_code == 404 else f"{error.detail}."
        return wrong(
            request, GroundupError(sentence, "The bar above leads to all there is."), error.status_code
        )

    @app.exception_handler(Exception)
    def _ours(request: Request, error: Exception) -> Response:
        hint = "The terminal in which the studio runs says more. Nothing that was saved is lost."
        return wrong(request, GroundupError("That went wrong, and it is our fault.", hint), 500)

    app.add_middleware(HostOriginMiddleware, policy=policy or HostPolicy())
    return app
