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
from contextlib import asynccontextmanager, suppress
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
        self.generation = 0
        """How often the file was cut."""
        self.state = ""
        self.news = asyncio.Event()
        self.streams = 0
        self._seen: tuple[int, int] = (-1, -1)
        self._last = b""

    async def watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def look(self, number: list[int] = [0]) -> None:  # noqa: B006
        changed = self.read_on()
        number[0] += 1
        if changed or not self.state or number[0] % LOOKS_PER_STATE == 0:
            state = json.dumps(await asyncio.to_thread(status, self.name))
            changed, self.state = changed or state != self.state, state
        if changed:
            heard, self.news = self.news, asyncio.Event()
            heard.set()

    def read_on(self) -> bool:
        """Whether there are new whole lines, or the file was cut."""
        try:
            now = self.file.stat()
        except OSError:
            return False
        if (now.st_size, now.st_mtime_ns) == self._seen:
            return False
        self._seen = (now.st_size, now.st_mtime_ns)
        with open(self.file, "rb") as file:
            file.seek(max(0, self.end - len(self._last)))
            if file.read(len(self._last)) != self._last:  # cut, and perhaps longer again since
                self.generation += 1
                self.end = 0
                file.seek(0)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self.end += len(whole)
        self._last = (self._last + whole if self.end > len(whole) else whole)[-256:]
        return bool(whole)


WATCHERS: dict[str, tuple[Watcher, asyncio.Task[None]]] = {}
