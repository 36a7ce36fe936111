"""A page that shows every widget of the lessons by itself, as it begins: for those who write widgets, and for tests.

It is in no menu. `/widgets?only=0.1.drag` shows one.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.fixtures import widgets
from groundup.studio.lesson_view import View
from groundup.studio.pages import page, the_course, the_store

router = APIRouter()


@router.get("/widgets", include_in_schema=False)
def shown(request: Request, only: Annotated[str, Query(max_length=80)] = "") -> Response:
    course = the_course(request)
    found = {f"{lesson.id}.{block.id}": (lesson, block) for lesson, block in widgets(course)}
    if only and only not in found:
        raise GroundupError(f"There is no widget '{only}'.", did_you_mean(only, found))
    with the_store(request) as store:
        rows = [
            (name, lesson, block, View(course, lesson, store).html(lesson.blocks.index(block)))
            for name, (lesson, block) in found.items()
            if only in ("", name)
        ]
    return page(request, "widgets.html", rows=rows)
