"""What runs in a lesson: experiments, pictures and code, each in a process of its own.

    async for state in EXPERIMENTS.experiment(lesson, widget, {"h": 0.1}, run=None): ...  # {"state": ..., "share": 0.2}
    png = await EXPERIMENTS.picture(lesson, block, dark=True)

An experiment that takes seconds yields its state again and again; a slow reader gets the newest. It ends when its
reader leaves, and its process with it. One that answers once goes on to its end even so, and its process stays, because
it has loaded what the next request needs. Answers are kept by their settings.
"""

import asyncio
import base64
import json
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator
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
from groundup.common.process import ChildError, ChildPool, ChildProcess, child_environment
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
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Future[dict[str, Any]]] = set()  # the event loop itself holds no reference

    def __enter__(self) -> Self:
        self.children.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.children.close()

    async def experiment(
        self, lesson: Lesson, widget: Widget, settings: dict[str, Setting], run: str | None
    ) -> AsyncGenerator[dict[str, Any]]:
        """Text, state, picture (base64, or None) and share on the way; the share of the last is 1.

        Raises GroundupError where it cannot work with the settings.
        """
        request = {"widget": widget.id, "settings": settings, "run": run}
        viewer = _Viewer()
        task = asyncio.ensure_future(run_sync(self._answer, lesson, request, viewer, limiter=self.limiter))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: viewer.changed.set())
        try:
            while not task.done():
                await viewer.changed.wait()
                viewer.changed.clear()
                if viewer.state and not task.done():
                    yield viewer.state
            yield task.result()
        finally:
            if not task.done():
                with CancelScope(shield=True):
                    await run_sync(viewer.leave)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # it has no reader left

    async def picture(self, lesson: Lesson, block: Picture, *, dark: bool) -> bytes:
        """A PNG. Raises GroundupError where the lesson cannot draw it."""
        request = {"picture": block.id, "dark": dark}
        answer = await run_sync(self._answer, lesson, request, _Viewer(), limiter=self.limiter)
        return base64.b64decode(answer["png"])

    def _answer(self, lesson: Lesson, request: dict[str, Any], viewer: "_Viewer") -> dict[str, Any]:
        """The last state. In a thread of its own."""
        request |= {"folder": str(lesson.folder)}
        key = json.dumps([stamp(lesson.folder), request], sort_keys=True)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        try:
            answer = self._ask(request, viewer)
        except ChildError as error:
            raise GroundupError(*_SENTENCES[error.reason]) from None
        if viewer.state is None:  # one with intermediate states runs again, to be watched again
            with self._lock:
                self._answers[key] = answer
                while len(self._answers) > MAX_KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return answer

    def _ask(self, request: dict[str, Any], viewer: "_Viewer") -> dict[str, Any]:
        child = viewer.child = self.children.take()
        seconds = EXPERIMENT_SECONDS + (0.0 if child.replied else LOADING_SECONDS)
        answer: dict[str, Any] = {}
        try:
            for answer in child.ask(request, seconds=seconds, max_memory=MAX_MEMORY_MB * 2**20):
                if answer["share"] < 1:
                    viewer.show(answer)
        finally:
            viewer.child = None
            self.children.give_back(child)
        return answer


_SENTENCES = {
    "time": (f"After {EXPERIMENT_SECONDS:.0f} s it was still running, and was stopped.", "Smaller settings may do."),
    "memory": (f"It needed more than {MAX_MEMORY_MB:,} MB of memory.", "Smaller settings may do."),
    "ended": ("It ended without an answer.", "Other settings may do."),
}  # fmt: skip


class _Viewer:
    """The reader of an experiment, in the server's event loop. The thread that works shows it the states."""

    def __init__(self) -> None:
        self.state: dict[str, Any] | None = None
        """The newest intermediate state."""
        self.changed = asyncio.Event()
        self.child: ChildProcess | None = None
        """The process that works for it."""
        self._left = False
        self._loop = asyncio.get_running_loop()

    def show(self, state: dict[str, Any]) -> None:
        self.state = state
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self.changed.set)
        if self._left and self.child:
            self.child.kill()

    def leave(self) -> None:
        """End the process if the experiment has intermediate states."""
        self._left = True
        if self.state and (child := self.child):
            child.kill()


def _start() -> ChildProcess:
    # An experiment reads runs and texts below GROUNDUP_HOME. What matplotlib writes goes into the child's own folder.
    return ChildProcess(
        "groundup.studio.lesson_process",
        environment=child_environment(1, MPLBACKEND="agg"),
        folder_variables=("MPLCONFIGDIR",),
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
