"""The playground: a network that the learner builds on points in the plane, trained in the NumPy of `foundations/`.

It trains in a process of its own (playground_process.py), whose frames go on to the page, a line of JSON each. The page
keeps the state: weights, and the state of the optimiser. So a pause is the end of the stream, going on is another
request with that state, and nothing is lost when the studio ends.
"""

import json
from collections.abc import AsyncIterator

from anyio import CancelScope, CapacityLimiter, WouldBlock
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from groundup.common.errors import GroundupError
from groundup.common.process import ONE_THREAD, ChildError, ChildPool, ChildProcess, child_environment
from groundup.studio.fixtures import FOLDER
from groundup.studio.pages import STATIC, page
from groundup.studio.playground_process import Frame, TrainingRequest
from groundup.studio.streams import while_the_studio_runs

MAX_TRAININGS = 4  # at a time; each takes a core


def _start() -> ChildProcess:
    return ChildProcess("groundup.studio.playground_process", environment=child_environment(**ONE_THREAD))


CHILDREN = ChildPool(_start, spare=1)
TRAININGS = CapacityLimiter(MAX_TRAININGS)
router = APIRouter(lifespan=while_the_studio_runs(CHILDREN))


@router.get("/playground", include_in_schema=False)
def playground_page(request: Request) -> Response:
    fixture = (FOLDER / "playground.json").relative_to(STATIC).as_posix()
    return page(request, "playground.html", fixture=f"/static/{fixture}")


@router.post(
    "/api/playground/train", responses={200: {"model": Frame, "content": {"application/x-ndjson": {}}}}
)
async def train(request: TrainingRequest) -> StreamingResponse:
    """Train, and show the state several times a second: a Frame in a line. Close the stream to pause."""
    try:
        TRAININGS.acquire_on_behalf_of_nowait(request_id := object())
    except WouldBlock:
        raise GroundupError(
            f"{MAX_TRAININGS} trainings run already.", "Stop one of them, or wait some seconds."
        ) from None
    return StreamingResponse(_lines(request, request_id), media_type="application/x-ndjson")


async def _lines(request: TrainingRequest, request_id: object) -> AsyncIterator[str]:
    child = None
    try:
        child = await run_sync(CHILDREN.take)
        frames = child.ask(request.model_dump())
        while frame := await run_sync(next, frames, None, abandon_on_cancel=True):
            yield json.dumps(frame, separators=(",", ":")) + "\n"
    except GroundupError as error:
        yield json.dumps({"error": error.what, "hint": error.hint}) + "\n"
    except ChildError:
        yield json.dumps({"error": "The training ended.", "hint": "Press Train again."}) + "\n"
    finally:  # also where the page was closed, or paused
        TRAININGS.release_on_behalf_of(request_id)
        with CancelScope(shield=True):
            if child is not None:
                await run_sync(CHILDREN.give_back, child)
