"""A run, live: server-sent events, one for each line of its metrics.jsonl.

The id of an event is the offset of the byte after its line. A browser that was cut off sends the last id it saw, and
gets each later event once. Beside the run's own events there are two of ours, without an id: `state` says in words
what happens with the run now, and `reset` that the file was cut (a training that was killed and goes on takes back
what it had not saved): forget all, it comes again from the start.

One watcher looks at a run's file for all who listen, so a hundred open pages cost hardly more than one.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from groundup.studio.status import run_folder, status

SECONDS_BETWEEN_LOOKS = 0.25
LOOKS_PER_STATE = 3
SECONDS_OF_SILENCE = 15.0  # then a comment is sent: a listener who has gone is noticed
BLOCK = 64 * 1024


class Watcher:
    """What is known of one run's file, for all streams of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.file = run_folder(name) / "metrics.jsonl"
        self.end = 0
        """Bytes of whole lines."""
        self.cuts = 0
        """How often the file was cut."""
        self.state = ""
        self.news = asyncio.Event()
        self.streams = 0
        self._stamp = (-1, -1)
        self._last = b""  # what stood before `end`: if that has changed, the file was cut and is longer again

    async def watch(self) -> None:
        looks = 0
        while True:
            changed = self.read_on()
            if changed or looks % LOOKS_PER_STATE == 0:
                state = json.dumps(await asyncio.to_thread(status, self.name))
                changed, self.state = changed or state != self.state, state
            if changed:
                self.tell()
            looks += 1
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    def tell(self) -> None:
        """Wake all who listen."""
        heard, self.news = self.news, asyncio.Event()
        heard.set()

    def read_on(self) -> bool:
        """Whether there are new whole lines, or the file was cut."""
        try:
            now = self.file.stat()
            if (now.st_size, now.st_mtime_ns) == self._stamp:
                return False
            self._stamp = (now.st_size, now.st_mtime_ns)
            with open(self.file, "rb") as file:
                file.seek(self.end - len(self._last))
                cut = file.read(len(self._last)) != self._last
                if cut:
                    self.cuts, self.end, self._last = self.cuts + 1, 0, b""
                    file.seek(0)
                added = file.read()
        except OSError:
            return False
        whole = added[: added.rfind(b"\n") + 1]
        self.end += len(whole)
        self._last = (self._last + whole)[-256:]
        return cut or bool(whole)


# ---- streams of a run ---------------------------------------------------------------------------------------

WATCHERS: dict[str, tuple[Watcher, "asyncio.Task[None]"]] = {}
CLOSING = asyncio.Event()  # the studio ends: open streams must not hold it up


@asynccontextmanager
async def watched(name: str) -> AsyncIterator[Watcher]:
    """The run's watcher, made for the first who listens and ended with the last."""
    if name not in WATCHERS:
        made = Watcher(name)
        WATCHERS[name] = (made, asyncio.create_task(made.watch()))
    watcher, watching = WATCHERS[name]
    watcher.streams += 1
    try:
        yield watcher
    finally:
        watcher.streams -= 1
        if not watcher.streams:
            del WATCHERS[name]
            watching.cancel()


async def stream(name: str, offset: int) -> AsyncIterator[bytes]:
    """The events of a run from a byte offset on, for as long as somebody listens."""
    async with watched(name) as watcher:
        yield b"retry: 1000\n\n"
        cuts, state = watcher.cuts, ""
        if offset and not _after_a_line(watcher.file, offset):
            yield RESET
            offset = 0
        while not CLOSING.is_set():
            news = watcher.news
            if watcher.cuts != cuts:
                yield RESET
                cuts, offset = watcher.cuts, 0
            while offset < watcher.end:
                said, offset = _block(watcher.file, offset, watcher.end)
                yield said
            if watcher.state != state:
                state = watcher.state
                yield f"event: state\ndata: {state}\n\n".encode()
            if json.loads(state or "{}").get("state") == "deleted":
                return
            try:
                await asyncio.wait_for(news.wait(), SECONDS_OF_SILENCE)
            except TimeoutError:
                yield b": still here\n\n"


def named_event(name: str, data: dict[str, Any]) -> str:
    """A server-sent event with a name and JSON."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


RESET = named_event("reset", {}).encode()


def _after_a_line(file: Path, offset: int) -> bool:
    """Whether a line of the file ends there. It does not if the file was cut since that offset was given out."""
    try:
        with open(file, "rb") as opened:
            opened.seek(offset - 1)
            return opened.read(1) == b"\n"
    except (OSError, ValueError):
        return False


def _block(file: Path, offset: int, end: int) -> tuple[bytes, int]:
    """Some lines as events, and the offset after them."""
    try:
        with open(file, "rb") as opened:
            opened.seek(offset)
            data = opened.read(min(BLOCK, end - offset))
            if not data.endswith(b"\n") and offset + len(data) < end:
                data += opened.readline()
    except OSError:
        return b"", end
    said = []
    for line in data.splitlines(keepends=True):
        offset += len(line)
        said.append(b"id: %d\ndata: %s\n\n" % (offset, line.strip()))
    return b"".join(said), offset


router = APIRouter()


@router.get(
    "/api/runs/{name}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Server-sent events, without end."}
    },
)
async def events(
    name: str,
    start: Annotated[int, Query(alias="from", ge=0, description="A byte offset, as an id gave it.")] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """What happens in a run: all that happened after the offset, then live."""
    run_folder(name)  # raises GroundupError where there is none
    offset = int(last_event_id) if last_event_id and last_event_id.isdecimal() else start
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        stream(name, min(offset, 2**62)), media_type="text/event-stream", headers=headers
    )


def while_the_studio_runs(*resources: AbstractContextManager[Any]) -> Any:
    """For a router's `lifespan`: the resources are entered when the server starts, and left when it ends."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        with ExitStack() as stack:
            for resource in resources:
                stack.enter_context(resource)
            yield

    return lifespan


@asynccontextmanager
async def ending_with_the_studio() -> AsyncIterator[None]:
    """The server waits for open answers before it ends: so the first word of its end closes the streams."""
    CLOSING.clear()
    loop = asyncio.get_running_loop()

    def close() -> None:
        CLOSING.set()
        for watcher, _ in WATCHERS.values():
            watcher.tell()

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):

        def heard(signal_number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(close)
            if callable(handler := before[signal_number]):
                handler(signal_number, frame)

        with suppress(ValueError):  # not the main thread: a test's own server
            before[number] = signal.signal(number, heard)
    yield
    close()
    for kept, handler in before.items():
        signal.signal(kept, handler)
