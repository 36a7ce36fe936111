"""A page that shows every widget by itself, as it begins: for those who write widgets, and for tests.

Those of the lessons stand as in their lessons; those of lenses show the reference run (see make_fixtures.py). It is in
no menu. `/widgets?only=0.1.drag` and `/widgets?only=gates` show one.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.fixtures import widgets
from groundup.studio.lesson_view import View
from groundup.studio.look import LENSES
from groundup.studio.pages import page, the_course, the_store

router = APIRouter()

OF_LENSES = [*dict.fromkeys(file for lens in LENSES for file, _, _ in lens.widgets), "languages"]


@router.get("/widgets", include_in_schema=False)
def shown(request: Request, only: Annotated[str, Query(max_length=80)] = "") -> Response:
    course = the_course(request)
    found = {f"{lesson.id}.{block.id}": (lesson, block) for lesson, block in widgets(course)}
    if only and only not in found and only not in OF_LENSES:
        raise GroundupError(f"There is no widget '{only}'.", did_you_mean(only, [*found, *OF_LENSES]))
    with the_store(request) as store:
        rows = [
            (name, lesson, block, View(course, lesson, store).html(lesson.blocks.index(block)))
            for name, (lesson, block) in found.items()
            if only in ("", name)
        ]
    lenses = [name for name in OF_LENSES if only in ("", name)]
    return page(request, "widgets.html", rows=rows, lenses=lenses)
