"""The playground: a network of the learner's making on points in the plane, trained in the NumPy of `foundations/`.

It trains in a process of its own (playground_child.py), whose frames go straight on to the page, a line of JSON each.
The page keeps what it has: weights, and what the optimiser remembers. So pausing is closing the stream, going on is
asking again with them, and nothing is lost when the studio ends.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from groundup.common.errors import GroundupError
from groundup.studio.fixtures import FOLDER
from groundup.studio.pages import STATIC, page

AT_ONCE = 4  # trainings; each takes a core
SPARE = 2  # processes that wait for work, so that a step is there at once
LINE = 2**23  # bytes of the largest line, either way

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Width = Annotated[int, Field(ge=1, le=8)]


class Weights(BaseModel):
    """Of one layer."""

    weights: Annotated[list[Annotated[list[Finite], Field(max_length=8)]], Field(max_length=8)]
    """(inputs, neurons)"""
    biases: Annotated[list[Finite], Field(max_length=8)]


class Wanted(BaseModel):
    """A network, the points it learns from, and how; where it stands, if it has begun; and how far it is to go."""

    data: Literal["corners", "xor", "circles", "moons", "spirals"] = "circles"
    noise: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.05
    held_out: Annotated[float, Field(ge=0, le=0.8, allow_inf_nan=False)] = 0.3
    """The share of the points that is kept back, to see what was really learnt."""
    features: Annotated[
        list[Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin x1", "sin x2"]],
        Field(min_length=1, max_length=7),
    ] = ["x1", "x2"]
    layers: Annotated[list[Width], Field(max_length=4)] = [4]
    """Neurons of each hidden layer."""
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh"
    start: Literal["random", "zero", "same", "large"] = "random"
    optimiser: Literal["adam", "momentum", "gradient descent"] = "adam"
    rate: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 0.03
    l2: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    batch: Annotated[int, Field(ge=0, le=200)] = 0
    """Points a step; 0 stands for all."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    points: Annotated[str, Field(max_length=20_000)] = ""

    step: Annotated[int, Field(ge=0, le=10**9)] = 0
    weights: Annotated[list[Weights], Field(max_length=5)] | None = None
    """As they stand after `step` steps; without them it begins."""
    memory: Annotated[list[dict[str, Any]], Field(max_length=10)] | None = None
    """What the optimiser remembers, as a frame gave it."""
    steps: Annotated[int, Field(ge=0, le=5000)] = 0
    """To go now."""
    pace: Annotated[int, Field(ge=1, le=1000)] = 10
    """Steps from frame to frame."""


class Frame(BaseModel):
    """A line of the stream: how it stands after `step` steps. The last has all steps that were wanted, or an error."""

    step: int = 0
    loss: float | None = None
    """Of the points it learns from, in bits; None where it is no number any more."""
    held_loss: float | None = None
    """Of the points kept back; None where there are none."""
    weights: list[Weights] = []
    memory: list[dict[str, Any]] = []
    points: list[list[float]] = []
    """In the first line alone, as are the next two."""
    labels: list[int] = []
    held: list[bool] = []
    """Which of the points are kept back."""
    error: str = ""
    hint: str = ""


@asynccontextmanager
async def _until_the_studio_ends(app: Any) -> AsyncIterator[None]:
    app.state.playgrounds = Children(SPARE)
    yield
    app.state.playgrounds.close()


router = APIRouter(lifespan=_until_the_studio_ends)


@router.get("/playground", include_in_schema=False)
def shown(request: Request) -> Response:
    fixture = (FOLDER / "playground.json").relative_to(STATIC).as_posix()
    return page(request, "playground.html", fixture=f"/static/{fixture}")


@router.post(
    "/api/playground/train", responses={200: {"model": Frame, "content": {"application/x-ndjson": {}}}}
)
async def train(request: Request, wanted: Wanted) -> StreamingResponse:
    """Train, and tell several times a second how it stands: a Frame a line. To pause is to close the stream."""
    state = request.app.state
    if not hasattr(state, "playgrounds"):
        state.playgrounds = Children(0)  # the app without its server: each answer is an event loop of its own
    children: Children = state.playgrounds
    child = await children.take()
    return StreamingResponse(children.frames(child, wanted), media_type="application/x-ndjson")


class Children:
    """The processes: some at work, some that wait."""

    def __init__(self, spare: int) -> None:
        self.spare = spare
        self.working: set[asyncio.subprocess.Process] = set()
        self.waiting: list[asyncio.subprocess.Process] = []
        self.closed = False

    async def take(self) -> asyncio.subprocess.Process:
        """One that is at work from now on. Raises GroundupError where too many are."""
        if len(self.working) >= AT_ONCE:
            raise GroundupError(
                f"{AT_ONCE} trainings run already.", "Stop one of them, or wait some seconds."
            )
        self.waiting = [one for one in self.waiting if one.returncode is None]
        child = self.waiting.pop() if self.waiting else await self._started()
        self.working.add(child)
        return child

    async def _started(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-X", "utf8", "-m", "groundup.studio.playground_child",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            limit=LINE, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    async def frames(self, child: asyncio.subprocess.Process, wanted: Wanted) -> AsyncIterator[bytes]:
        """What it says, a line each. After its last it waits for other work; where nobody listens any more, it ends."""
        assert child.stdin is not None
        assert child.stdout is not None
        done = False
        try:
            child.stdin.write(wanted.model_dump_json().encode() + b"\n")
            while line := await child.stdout.readline():
                if line == b"\n":  # an empty line: it is done, and reads again
                    done = True
                    break
                yield line
            if not done:
                yield (
                    json.dumps({"error": "The training ended.", "hint": "Press Train again."}).encode()
                    + b"\n"
                )
        finally:  # or the page was closed, or paused
            self.working.discard(child)
            if done and not self.closed and len(self.waiting) < self.spare:
                self.waiting.append(child)
            elif child.returncode is None:
                child.kill()
            if not done and not self.closed and not self.waiting and self.spare:
                self.waiting.append(await self._started())  # for what is pressed next

    def close(self) -> None:
        """End all of them; for good."""
        self.closed = True
        for child in [*self.working, *self.waiting]:
            if child.returncode is None:
                child.kill()
