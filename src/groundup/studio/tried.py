"""What is tried in a lesson: experiments, pictures, and code that runs; each in a process of its own."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.course.lessons.code import run_code
from groundup.course.lessons.items import Code, Picture, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import Setting, changed_setting, run_for
from groundup.course.progress.answers import block_called, goal
from groundup.studio.courses import trusted_course
from groundup.studio.lesson import Number, block_at
from groundup.studio.pages import the_store
from groundup.studio.shown import the_shows, until_the_studio_ends
from groundup.studio.streams import named_event
from groundup.studio.turns import Turns

router = APIRouter(prefix="/api/lesson/{identity}", lifespan=until_the_studio_ends)
code_turns = Turns(2)


# ---- experiments --------------------------------------------------------------------------------------------


class Settings(BaseModel):
    settings: dict[str, bool | int | Number | Annotated[str, Field(max_length=2000)]] = Field(
        {}, max_length=50
    )
    """Those that are changed; the others are as the lesson has them."""


class Shown(BaseModel):
    """What an experiment shows, or how it stands on the way."""

    settings: dict[str, Any]
    """All of them."""
    text: str
    state: dict[str, Any]
    picture: str | None
    """A data URL."""
    share: float
    """How much of the work is done: 1 in the last."""
    reached: bool
    """Whether the goal is reached, now or before."""


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"model": Shown, "content": {"text/event-stream": {}}, "description": "`shown` events, or `wrong`"}
}


@router.post("/widget/{block}", response_class=StreamingResponse, responses=EVENTS)
async def widget(request: Request, identity: str, block: str, body: Settings) -> StreamingResponse:
    """Run an experiment with some settings: a `shown` event each time that there is something new to see. To close the
    stream is to stop it. Ticks its goal."""
    found = trusted_course(request, identity).lesson(identity)
    one: Widget = block_called(found, block, Widget)
    settings: dict[str, Setting] = dict(one.settings)
    for name, value in body.settings.items():
        settings |= dict([changed_setting(one, f"{name}={value}")])
    states = _states(request, found, one, settings)
    first = await anext(states)  # settings that do not work are an answer of their own, not half a stream

    async def events() -> AsyncGenerator[str]:
        try:
            yield named_event("shown", first.model_dump())
            async for shown in states:
                yield named_event("shown", shown.model_dump())
        except GroundupError as error:
            yield named_event("wrong", {"error": error.what, "hint": error.hint})
        finally:
            await states.aclose()

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _states(
    request: Request, lesson: Lesson, block: Widget, settings: dict[str, Setting]
) -> AsyncGenerator[Shown]:
    made = the_shows(request).experiment(lesson, block, settings, run_for(block.source))
    try:
        async for found in made:
            reached = await run_in_threadpool(_reached, request, lesson, block, found)
            picture = f"data:image/png;base64,{found['png']}" if found["png"] else None
            yield Shown(settings=settings, text=found["text"], state=found["state"], picture=picture,
                        share=found["share"], reached=reached)  # fmt: skip
    finally:
        await made.aclose()


def _reached(request: Request, lesson: Lesson, block: Widget, found: dict[str, Any]) -> bool:
    """Whether its goal is reached, now or before."""
    with the_store(request) as store:
        with suppress(*([GroundupError] if found["share"] < 1 else [])):  # what it asks for may come later
            if goal(store, lesson, block, found["state"]):
                return True
        return bool(store.events("goal", f"{lesson.id}/{block.id}"))


# ---- pictures and code --------------------------------------------------------------------------------------


@router.get("/picture/{block}/{theme}.png", response_class=Response)
async def picture(request: Request, identity: str, block: str, theme: str) -> Response:
    """A picture of the lesson, on paper or on a dark page. Its address changes with the lesson, so it may be kept."""
    found = trusted_course(request, identity).lesson(identity)
    png = await the_shows(request).picture(found, block_called(found, block, Picture), dark=theme == "dark")
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=kept)


class Printed(BaseModel):
    text: str


@router.post("/run/{index}")
async def run(request: Request, identity: str, index: int) -> Printed:
    """Run the code of a block, in a process of its own."""
    block = block_at(trusted_course(request, identity).lesson(identity), index)
    if not isinstance(block, Code) or not block.run:
        raise GroundupError("There is no code to run here.", "Load the page again: it may have changed.")
    return Printed(text=make_printable((await code_turns.take(lambda: run_code(block))).rstrip("\n")))
