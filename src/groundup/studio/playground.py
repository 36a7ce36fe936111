"""The playground: a network of the learner's making on points in the plane, trained in the NumPy of `foundations/`.

It trains in a process of its own (playground_child.py), whose frames go straight on to the page, a line of JSON each.
Closing the page, or pressing Stop, ends it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from groundup.common.errors import GroundupError
from groundup.studio.fixtures import file_of
from groundup.studio.pages import STATIC, page

router = APIRouter()

AT_ONCE = 4  # trainings; each takes a core
LINE = 2**23  # bytes of the largest frame


class Wanted(BaseModel):
    """The settings of lesson 0.6's experiment."""

    data: Literal["corners", "xor", "circles", "moons", "spirals"] = "circles"
    hidden: Annotated[int, Field(ge=1, le=32)] = 4
    layers: Annotated[int, Field(ge=1, le=3)] = 1
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh"
    start: Literal["random", "zero", "same", "large"] = "random"
    rate: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 0.05
    steps: Annotated[int, Field(ge=1, le=5000)] = 500
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    points: Annotated[str, Field(max_length=20_000)] = ""


class Frame(BaseModel):
    """A line of the stream: how it stands after `step` steps. The last one has step = steps, or an error."""

    step: int = 0
    steps: int = 0
    loss: float | None = None
    errors: int = 0
    losses: list[float | None] = []
    maps: list[Any] = []
    """For each layer what every neuron gives over the plane: (neurons, 24, 24), row 0 the bottom; the scores last."""
    extent: list[float] = []
    points: list[list[float]] = []
    labels: list[int] = []
    error: str = ""
    hint: str = ""


@router.get("/playground", include_in_schema=False)
def shown(request: Request) -> Response:
    fixture = file_of("0.6", "spirals").relative_to(STATIC).as_posix()
    return page(request, "playground.html", fixture=f"/static/{fixture}")


@router.post(
    "/api/playground/train", responses={200: {"model": Frame, "content": {"application/x-ndjson": {}}}}
)
async def train(request: Request, wanted: Wanted) -> StreamingResponse:
    """Train, and tell several times a second how it stands: a Frame a line."""
    running: set[int] = request.app.state.__dict__.setdefault("playgrounds", set())
    if len(running) >= AT_ONCE:
        raise GroundupError(f"{AT_ONCE} trainings run already.", "Stop one of them, or wait some seconds.")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-X", "utf8", "-m", "groundup.studio.playground_child", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, limit=LINE,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    running.add(process.pid)
    return StreamingResponse(_frames(process, wanted, running), media_type="application/x-ndjson")


async def _frames(
    process: asyncio.subprocess.Process, wanted: Wanted, running: set[int]
) -> AsyncIterator[bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(wanted.model_dump_json().encode() + b"\n")
        process.stdin.close()
        async for line in process.stdout:
            yield line
    finally:  # the page was closed, or pressed Stop
        running.discard(process.pid)
        if process.returncode is None:
            process.kill()
