"""The journal: a page a day, saved as one types."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_long_day
from groundup.course.progress import journal as pages
from groundup.studio.pages import every_lesson, page, the_store

router = APIRouter()

LONGEST = 200_000  # characters of a page


@router.get("/journal")
def journal(request: Request, day: str = "") -> Response:
    """Today's page, or that of another day. Where nothing is written yet, it begins with a draft."""
    with the_store(request) as store:
        today = store.now().astimezone().date()
        chosen = _day(day) if day else today
        entry = pages.entry(store, chosen)
        draft = pages.draft(every_lesson(request), store, chosen)
        happened, _, questions = draft.partition("\n\n")
        earlier = [one for one in pages.days(store)[::-1] if one != chosen]
        return page(
            request,
            "journal.html",
            day=chosen,
            title=format_long_day(chosen),
            is_today=chosen == today,
            entry=entry,
            draft=questions,
            happened=[line.removeprefix("- ") for line in happened.split("\n")],
            earlier=[(one, format_long_day(one), _first_line(pages.entry(store, one))) for one in earlier],
            longest=LONGEST,
        )


def _first_line(text: str) -> str:
    """The first line that is no heading or question of the draft."""
    lines = [line.strip() for line in text.split("\n")]
    return next((line for line in lines if line and not line.endswith("?")), lines[0])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GroundupError(f"'{text[:40]}' is no date.", "Write it as 2026-11-22.") from None


class Written(BaseModel):
    """A page, as it stands in the browser."""

    day: str
    text: Annotated[str, Field(max_length=LONGEST)]
    before: str
    """What the browser believes is saved: what another tab or the command wrote since must not be lost."""


class Saved(BaseModel):
    saved: bool
    """False where it was changed elsewhere since: nothing is written then."""
    text: str
    """What is saved now."""


@router.post("/api/journal")
def write(request: Request, draft: Written) -> Saved:
    """Save a page, unless it was saved elsewhere since it was loaded."""
    day = _day(draft.day)
    with the_store(request) as store:
        now = pages.entry(store, day)
        if now not in (draft.before, draft.text):
            return Saved(saved=False, text=now)
        if now != draft.text:
            pages.write(store, day, draft.text)
    return Saved(saved=True, text=draft.text)
