"""A run, live: server-sent events, one for each line of its metrics.jsonl.

The id of an event is the offset of the byte after its line. A browser that was cut off sends the last id it saw, and
gets each later event once. Two more events have no id: `state` says in words what happens with the run now, and `reset`
says that the file was cut (a training that was killed and goes on takes back what it had not saved): the reader forgets
all events, and they come again from the start.

One watcher follows a run's file for all its readers, so a hundred open pages cost hardly more than one. The responses
are those of sse-starlette, which ends them when the server ends and keeps quiet connections open.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from groundup.studio.status import run_folder, status
from groundup.training.run_folder import RunFolder

POLL_INTERVAL_S = 0.25
POLLS_PER_STATE = 3
CHUNK_BYTES = 64 * 1024
TAIL_BYTES = 256
"""Of the lines that were read: if they have changed, the file was cut, and may be longer than before by now."""


class EventStream(EventSourceResponse):
    """A response of server-sent events; its lines end as the scripts of the studio expect."""

    DEFAULT_SEPARATOR = "\n"


def named_event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    """A server-sent event with a name and JSON."""
    return ServerSentEvent(json.dumps(data), event=name, sep="\n")


class Watcher:
    """What is known of one run's file, for all streams of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.file = RunFolder(run_folder(name)).metrics_file
        self.end = 0
        """Bytes of whole lines."""
        self.cuts = 0
        """How often the file was cut."""
        self.state = ""
        self.changed = asyncio.Event()
        self.streams = 0
        self._stamp = (-1, -1)
        self._tail = b""
        """The last bytes before `end`."""

    async def watch(self) -> None:
        polls = 0
        while True:
            has_changed = self.poll()
            if has_changed or polls % POLLS_PER_STATE == 0:
                state = json.dumps(await asyncio.to_thread(status, self.name))
                has_changed, self.state = has_changed or state != self.state, state
            if has_changed:
                self.changed.set()
                self.changed = asyncio.Event()
            polls += 1
            await asyncio.sleep(POLL_INTERVAL_S)

    def poll(self) -> bool:
        """Whether there are new whole lines, or the file was cut."""
        try:
            stat = self.file.stat()
            if (stat.st_size, stat.st_mtime_ns) == self._stamp:
                return False
            self._stamp = (stat.st_size, stat.st_mtime_ns)
            with open(self.file, "rb") as file:
                file.seek(self.end - len(self._tail))
                is_cut = file.read(len(self._tail)) != self._tail
                if is_cut:
                    self.cuts, self.end, self._tail = self.cuts + 1, 0, b""
                    file.seek(0)
                added = file.read()
        except OSError:
            return False
        lines = added[: added.rfind(b"\n") + 1]
        self.end += len(lines)
        self._tail = (self._tail + lines)[-TAIL_BYTES:]
        return is_cut or bool(lines)


# ---- streams of a run ---------------------------------------------------------------------------------------

WATCHERS: dict[str, tuple[Watcher, "asyncio.Task[None]"]] = {}


@asynccontextmanager
async def watched(name: str) -> AsyncIterator[Watcher]:
    """The run's watcher: made for its first reader, and ended with the last."""
    if name not in WATCHERS:
        new_watcher = Watcher(name)
        WATCHERS[name] = (new_watcher, asyncio.create_task(new_watcher.watch()))
    watcher, task = WATCHERS[name]
    watcher.streams += 1
    try:
        yield watcher
    finally:
        watcher.streams -= 1
        if not watcher.streams:
            del WATCHERS[name]
            task.cancel()


async def stream(name: str, offset: int) -> AsyncIterator[bytes | ServerSentEvent]:
    """The events of a run from a byte offset on, until the reader leaves or the run is deleted."""
    async with watched(name) as watcher:
        yield ServerSentEvent(retry=1000, sep="\n")
        cuts, state = watcher.cuts, ""
        if offset and not _ends_a_line(watcher.file, offset):
            yield named_event("reset", {})
            offset = 0
        while True:
            changed = watcher.changed
            if watcher.cuts != cuts:
                yield named_event("reset", {})
                cuts, offset = watcher.cuts, 0
            while offset < watcher.end:
                events, offset = _events(watcher.file, offset, watcher.end)
                yield events
            if watcher.state != state:
                state = watcher.state
                yield ServerSentEvent(state, event="state", sep="\n")
            if json.loads(state or "{}").get("state") == "deleted":
                return
            await changed.wait()


def _ends_a_line(file: Path, offset: int) -> bool:
    """Whether a line of the file ends at the offset. It does not if the file was cut after that offset was sent."""
    try:
        with open(file, "rb") as opened:
            opened.seek(offset - 1)
            return opened.read(1) == b"\n"
    except (OSError, ValueError):
        return False


def _events(file: Path, offset: int, end: int) -> tuple[bytes, int]:
    """The next lines as events, many in one message, and the offset after them."""
    try:
        with open(file, "rb") as opened:
            opened.seek(offset)
            data = opened.read(min(CHUNK_BYTES, end - offset))
            if not data.endswith(b"\n") and offset + len(data) < end:
                data += opened.readline()
    except OSError:
        return b"", end
    events = []
    for line in data.splitlines(keepends=True):
        offset += len(line)
        events.append(b"id: %d\ndata: %s\n\n" % (offset, line.strip()))
    return b"".join(events), offset


router = APIRouter()


@router.get(
    "/api/runs/{name}/events",
    response_class=EventStream,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Server-sent events, without end."}
    },
)
async def events(
    name: str,
    start: Annotated[int, Query(alias="from", ge=0, description="A byte offset, as an id gave it.")] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventStream:
    """What happens in a run: all that happened after the offset, then live."""
    run_folder(name)  # raises GroundupError where there is none
    offset = int(last_event_id) if last_event_id and last_event_id.isdecimal() else start
    return EventStream(stream(name, min(offset, 2**62)))


def while_the_studio_runs(*resources: AbstractContextManager[Any]) -> Any:
    """For a router's `lifespan`: the resources are entered when the server starts, and left when it ends."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        with ExitStack() as stack:
            for resource in resources:
                stack.enter_context(resource)
            yield

    return lifespan
