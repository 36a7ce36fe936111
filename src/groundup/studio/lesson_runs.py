"""What runs in a lesson: experiments, pictures and code, each in a process of its own.

    async for state in EXPERIMENTS.experiment(lesson, widget, {"h": 0.1}, run=None): ...  # {"state": ..., "share": 0.2}
    png = await EXPERIMENTS.picture(lesson, block, dark=True)

An experiment that takes seconds yields its state again and again; a slow reader gets the newest. It ends when its
reader leaves, and its process with it. One that answers once goes on to its end even so, and its process stays, because
it has loaded what the next request needs. Answers are kept by their settings.
"""

import base64
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Annotated, Any, Self

from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.common.process import ONE_THREAD, ChildError, ChildPool, ChildProcess, child_environment
from groundup.course.lessons.code import run_code
from groundup.course.lessons.items import Code, Picture, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import Setting, parse_setting, run_for
from groundup.course.progress.answers import find_item, store_goal
from groundup.studio.courses import trusted_course
from groundup.studio.lesson import Number, block_at
from groundup.studio.lesson_view import stamp
from groundup.studio.pages import the_store
from groundup.studio.streams import EventStream, named_event, while_the_studio_runs

MAX_EXPERIMENTS = 2  # at a time
MAX_CODE_RUNS = 2
EXPERIMENT_SECONDS = 60.0
LOADING_SECONDS = 120.0  # more for the first request of a process: torch takes long on a busy machine
MAX_MEMORY_MB = 3000
MAX_KEPT_ANSWERS = 300


# ---- the processes of experiments ---------------------------------------------------------------------------


class Experiments:
    """The processes, and the answers that are kept."""

    def __init__(self) -> None:
        self.children = ChildPool(_start)
        self.limiter = CapacityLimiter(MAX_EXPERIMENTS)
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def __enter__(self) -> Self:
        self.children.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.children.close()

    def experiment(
        self, lesson: Lesson, widget: Widget, settings: dict[str, Setting], run: str | None
    ) -> AsyncGenerator[dict[str, Any]]:
        """Text, state, picture (base64, or None) and share on the way; the share of the last is 1.

        Raises GroundupError where it cannot work with the settings.
        """
        return self._states(lesson, {"widget": widget.id, "settings": settings, "run": run})

    async def picture(self, lesson: Lesson, block: Picture, *, dark: bool) -> bytes:
        """A PNG. Raises GroundupError where the lesson cannot draw it."""
        states = self._states(lesson, {"picture": block.id, "dark": dark})
        (answer,) = [state async for state in states]
        return base64.b64decode(answer["png"])

    async def _states(self, lesson: Lesson, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        request |= {"folder": str(lesson.folder)}
        key = json.dumps([await run_sync(stamp, lesson.folder), request], sort_keys=True)
        if key in self._answers:
            self._answers.move_to_end(key)
            yield self._answers[key]
            return
        holder = object()  # of the limiter's token: the task may change between two states
        await self.limiter.acquire_on_behalf_of(holder)
        child = None
        try:
            child = await run_sync(self.children.take)
            seconds = EXPERIMENT_SECONDS + (0.0 if child.replied else LOADING_SECONDS)
            replies = child.ask(request, seconds=seconds, max_memory=MAX_MEMORY_MB * 2**20)
            # The first state is waited for, even if the reader leaves: it may be the answer.
            state = await run_sync(next, replies)
            if state["share"] == 1:
                await run_sync(next, replies, None)  # the child says that it is done
                self._answers[key] = state
                while len(self._answers) > MAX_KEPT_ANSWERS:
                    self._answers.popitem(last=False)
            yield state
            while state["share"] < 1:
                state = await run_sync(_newest, child, replies, abandon_on_cancel=True)
                yield state
        except ChildError as error:
            raise GroundupError(*_SENTENCES[error.reason]) from None
        finally:
            self.limiter.release_on_behalf_of(holder)
            with CancelScope(shield=True):
                if child is not None:
                    await run_sync(self.children.give_back, child)


def _newest(child: ChildProcess, replies: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The newest state that has come; waits for one."""
    state = next(replies)
    while state["share"] < 1 and child.pending():
        state = next(replies)
    if state["share"] == 1:
        next(replies, None)  # the child says that it is done
    return state


_SENTENCES = {
    "time": (f"After {EXPERIMENT_SECONDS:.0f} s it was still running, and was stopped.", "Smaller settings may do."),
    "memory": (f"It needed more than {MAX_MEMORY_MB:,} MB of memory.", "Smaller settings may do."),
    "ended": ("It ended without an answer.", "Other settings may do."),
}  # fmt: skip


def _start() -> ChildProcess:
    # An experiment reads runs and texts below GROUNDUP_HOME. What matplotlib writes goes into the child's own folder.
    environment = child_environment(**ONE_THREAD, MPLBACKEND="agg")
    return ChildProcess(
        "groundup.studio.lesson_process", environment=environment, folder_variables=("MPLCONFIGDIR",)
    )


EXPERIMENTS = Experiments()
CODE_RUNS = CapacityLimiter(MAX_CODE_RUNS)
router = APIRouter(prefix="/api/lesson/{identity}", lifespan=while_the_studio_runs(EXPERIMENTS))


# ---- experiments --------------------------------------------------------------------------------------------


class Settings(BaseModel):
    settings: dict[str, bool | int | Number | Annotated[str, Field(max_length=2000)]] = Field(
        {}, max_length=50
    )
    """The settings that are changed; the others keep the lesson's values."""


class ExperimentState(BaseModel):
    """The result of an experiment, or its state on the way."""

    settings: dict[str, Any]
    """All of them."""
    text: str
    state: dict[str, Any]
    picture: str | None
    """A data URL."""
    share: float
    """How much of the work is done: 1 in the last state."""
    reached: bool
    """Whether the goal is reached, now or before."""


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ExperimentState,
        "content": {"text/event-stream": {}},
        "description": "`shown` events, or `wrong`",
    }
}


@router.post("/widget/{block}", response_class=EventStream, responses=EVENTS)
async def widget(request: Request, identity: str, block: str, body: Settings) -> EventStream:
    """Run an experiment with some settings: a `shown` event for each state. Close the stream to stop it. Ticks its
    goal."""
    lesson = trusted_course(request, identity).lesson(identity)
    item: Widget = find_item(lesson, block, Widget)
    settings: dict[str, Setting] = dict(item.settings)
    for name, value in body.settings.items():
        settings |= dict([parse_setting(item, f"{name}={value}")])
    states = _states(request, lesson, item, settings)
    first = await anext(states)  # settings that do not work are an answer of their own, not half a stream

    async def events() -> AsyncGenerator[ServerSentEvent]:
        try:
            yield named_event("shown", first.model_dump())
            async for state in states:
                yield named_event("shown", state.model_dump())
        except GroundupError as error:
            yield named_event("wrong", {"error": error.what, "hint": error.hint})
        finally:
            await states.aclose()

    return EventStream(events())


async def _states(
    request: Request, lesson: Lesson, block: Widget, settings: dict[str, Setting]
) -> AsyncGenerator[ExperimentState]:
    states = EXPERIMENTS.experiment(lesson, block, settings, run_for(block.source))
    try:
        async for state in states:
            reached = await run_sync(_reached, request, lesson, block, state)
            picture = f"data:image/png;base64,{state['png']}" if state["png"] else None
            yield ExperimentState(settings=settings, text=state["text"], state=state["state"], picture=picture,
                                  share=state["share"], reached=reached)  # fmt: skip
    finally:
        await states.aclose()


def _reached(request: Request, lesson: Lesson, block: Widget, state: dict[str, Any]) -> bool:
    """Whether the goal is reached, now or before."""
    with the_store(request) as store:
        with suppress(*([GroundupError] if state["share"] < 1 else [])):  # what it asks for may come later
            if store_goal(store, lesson, block, state["state"]):
                return True
        return bool(store.events("goal", f"{lesson.id}/{block.id}"))


# ---- pictures and code --------------------------------------------------------------------------------------


@router.get("/picture/{block}/{theme}.png", response_class=Response)
async def picture(request: Request, identity: str, block: str, theme: str) -> Response:
    """A picture of the lesson, for a light or a dark page. Its address changes with the lesson, so it may be kept."""
    lesson = trusted_course(request, identity).lesson(identity)
    png = await EXPERIMENTS.picture(lesson, find_item(lesson, block, Picture), dark=theme == "dark")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=headers)


class Output(BaseModel):
    text: str


@router.post("/run/{index}")
async def run(request: Request, identity: str, index: int) -> Output:
    """Run the code of a block, in a process of its own."""
    block = block_at(trusted_course(request, identity).lesson(identity), index)
    if not isinstance(block, Code) or not block.run:
        raise GroundupError("There is no code to run here.", "Load the page again: it may have changed.")
    output = await run_sync(run_code, block, limiter=CODE_RUNS)
    return Output(text=make_printable(output.rstrip("\n")))
