"""A page that shows every widget of the lessons by itself, from its fixture: for those who write widgets, and for tests.

It is in no menu. `/widgets?only=0.1.drag` shows one.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lesson_code import Setting
from groundup.studio.fixtures import fixture, widgets
from groundup.studio.pages import STATIC, page, the_course
from groundup.studio.shown import the_shows

router = APIRouter()


@router.get("/widgets", include_in_schema=False)
def shown(request: Request, only: Annotated[str, Query(max_length=80)] = "") -> Response:
    course = the_course(request)
    found = {f"{lesson.id}.{block.id}": (lesson, block) for lesson, block in widgets(course)}
    if only and only not in found:
        raise GroundupError(f"There is no widget '{only}'.", did_you_mean(only, found))
    chosen = {name: found[name] for name in ([only] if only else found)}
    rows = [
        {
            "name": name, "lesson": lesson, "block": block, "module": block.use.replace("-", "_"),
            "there": (STATIC / "widgets" / f"{block.use.replace('-', '_')}.js").is_file(),
            "json": json.dumps(fixture(lesson, block)),
        }
        for name, (lesson, block) in chosen.items()
    ]  # fmt: skip
    return page(request, "widgets.html", rows=rows)


class Settings(BaseModel):
    settings: dict[str, Setting] = {}


class Answer(BaseModel):
    state: dict[str, Any]


@router.post("/api/widgets/{lesson}/{block}")
async def computed(request: Request, lesson: str, block: str, body: Settings) -> Answer:
    """What a lesson's function makes of some settings. Nothing is recorded."""
    for one, widget in widgets(the_course(request)):
        if (one.id, widget.id) == (lesson, block):
            if unknown := [name for name in body.settings if name not in widget.settings]:
                raise GroundupError(f"There is no setting '{unknown[0]}'.", did_you_mean(unknown[0], widget.settings))
            found = await the_shows(request).experiment(one, widget, body.settings, None)
            return Answer(state=found["state"])
    raise GroundupError(f"Lesson {lesson} has no widget '{block}'.", "See /widgets.")
