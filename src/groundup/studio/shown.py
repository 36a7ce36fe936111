"""Experiments and pictures of lessons: run in processes beside the server, each with a time limit, and kept by their
settings, so that the same one is not run twice.

    shows = the_shows(request)
    async for found in shows.experiment(lesson, widget, {"h": 0.1}, run=None): ...   # {"state": ..., "share": 0.2, ...}
    png = await shows.picture(lesson, block, dark=True)

An experiment that takes seconds shows how it stands, again and again; whoever is slower gets the newest. It ends with
whoever looks: who leaves ends its process. One that answers once goes on to its end all the same, and its process
stays: it has loaded what the next question needs.
"""

import asyncio
import base64
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from fastapi import Request

from groundup.common.errors import GroundupError
from groundup.course.lessons.items import Picture, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import Setting
from groundup.studio.turns import Turns

AT_ONCE = 2
SECONDS = 60.0  # what one experiment may take
START = 120.0  # seconds more for the first of a process: torch takes long on a busy machine
MEGABYTES = 3000
KEPT = 300  # answers
IDLE = 600.0  # seconds after which a process that nobody needed is let go


class Shows:
    """The processes, and what they have shown."""

    def __init__(self) -> None:
        self.turns = Turns(AT_ONCE)
        self._free: list[_Child] = []
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False
        self._working: set[asyncio.Future[dict[str, Any]]] = set()  # or they would be swept away half done

    async def experiment(
        self, lesson: Lesson, widget: Widget, settings: dict[str, Setting], run: str | None
    ) -> AsyncGenerator[dict[str, Any]]:
        """Text, state, picture (base64, or None) and share, as it goes; the last has share 1.

        Raises GroundupError where it cannot work with the settings.
        """
        job = {"widget": widget.id, "settings": settings, "run": run}
        looker = Looker()
        work = asyncio.ensure_future(self.turns.take(lambda: self._shown(lesson, job, looker)))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        work.add_done_callback(lambda _: looker.news.set())
        try:
            while not work.done():
                await looker.news.wait()
                looker.news.clear()
                if looker.newest and not work.done():
                    yield looker.newest
            yield work.result()
        finally:
            looker.left = True
            # Nobody hears of what may go wrong from now on: so be it.
            work.add_done_callback(lambda one: one.cancelled() or one.exception())

    async def picture(self, lesson: Lesson, block: Picture, *, dark: bool) -> bytes:
        """A PNG. Raises GroundupError where the lesson cannot draw it."""
        job = {"picture": block.id, "dark": dark}
        looker = Looker()
        found = await self.turns.take(lambda: self._shown(lesson, job, looker))
        return base64.b64decode(found["png"])

    def close(self) -> None:
        """End the processes that wait, and those that work."""
        with self._lock:
            self._closed = True
            while self._free:
                self._free.pop().stop()

    def _shown(self, lesson: Lesson, job: dict[str, Any], looker: "Looker") -> dict[str, Any]:
        job |= {"folder": str(lesson.folder)}
        key = json.dumps([stamp(lesson.folder), job], sort_keys=True)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._asked(job, looker)
        if "error" in found:
            raise GroundupError(found["error"], found["hint"])
        if not looker.newest:  # one that could be watched is run anew for whoever wants to watch
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found

    def _asked(self, job: dict[str, Any], looker: "Looker") -> dict[str, Any]:
        """Asked of the process that worked last, which has imported the most."""
        with self._lock:
            self._free = [child for child in self._free if child.alive()]
            child = self._free.pop() if self._free else None
        child = child or _Child()

        def unwanted() -> bool:
            return self._closed or (looker.left and bool(looker.newest))

        try:
            child.ask(job)
            while (found := child.answer(unwanted))["share"] < 1:
                looker.tell(found)
        except BaseException:
            child.stop()
            raise
        with self._lock:
            if self._closed:
                child.stop()
            else:
                child.rest(IDLE)
                self._free.append(child)
        return found


class Looker:
    """Who looks at an experiment: a page, from the server's event loop. It is told from the thread that works."""

    def __init__(self) -> None:
        self.newest: dict[str, Any] | None = None
        self.news = asyncio.Event()
        self.left = False
        self._loop = asyncio.get_running_loop()

    def tell(self, state: dict[str, Any]) -> None:
        """How it stands now."""
        self.newest = state
        with suppress(RuntimeError):  # the server has just ended
            self._loop.call_soon_threadsafe(self.news.set)


class _Child:
    """One process, asked one thing after another."""

    def __init__(self) -> None:
        # Experiments look at runs and texts below GROUNDUP_HOME; what matplotlib writes goes into a folder of its own.
        self.folder = tempfile.TemporaryDirectory(prefix="groundup-shown-", ignore_cleanup_errors=True)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        own = {"MPLBACKEND": "agg", "MPLCONFIGDIR": self.folder.name}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", "groundup.studio.shown_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder.name,
            env=os.environ | threads | own, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self.messages: queue.Queue[str] = queue.Queue()
        self.patience = START
        self.idle: threading.Timer | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        with suppress(ValueError, OSError):  # closed while it was read
            for line in self.process.stdout:
                self.messages.put(line)
        self.messages.put("")

    def alive(self) -> bool:
        return self.process.poll() is None

    def rest(self, seconds: float) -> None:
        """Nothing to do: after so many seconds it ends."""
        self.idle = threading.Timer(seconds, self.stop)
        self.idle.daemon = True
        self.idle.start()

    def ask(self, job: dict[str, Any]) -> None:
        if self.idle:
            self.idle.cancel()
        assert self.process.stdin
        with suppress(OSError):  # it has just ended; the queue says so
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        self.until = time.monotonic() + SECONDS + self.patience

    def answer(self, unwanted: Callable[[], bool]) -> dict[str, Any]:
        """The newest of what it says; with share 1 the last. Raises GroundupError where its time or memory ran out, it
        ended, or nobody wants it any more."""
        while True:
            if unwanted():
                raise GroundupError("It was stopped.")
            try:
                line = self.messages.get(timeout=0.1)
                while line and not self.messages.empty():
                    line = self.messages.get()
            except queue.Empty:
                if time.monotonic() > self.until:
                    raise GroundupError(
                        f"After {SECONDS:.0f} s it was still running, and was stopped.",
                        "Smaller settings may do.",
                    ) from None
                if self._megabytes() > MEGABYTES:
                    raise GroundupError(
                        f"It needed more than {MEGABYTES:,} MB of memory.", "Smaller settings may do."
                    ) from None
                continue
            if not line:
                raise GroundupError("It ended without an answer.", "Other settings may do.")
            self.patience = 0.0
            return json.loads(line)

    def _megabytes(self) -> float:
        try:
            return psutil.Process(self.process.pid).memory_info().rss / 2**20
        except psutil.Error:
            return 0.0

    def stop(self) -> None:
        if self.idle:
            self.idle.cancel()
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def stamp(folder: Path) -> int:
    """Another number whenever a file of a lesson has changed."""
    files = [file for pattern in ("*.*", "fixtures/*") for file in folder.glob(pattern)]
    return max((file.stat().st_mtime_ns for file in files), default=0)


_making = threading.Lock()


def the_shows(request: Request) -> Shows:
    """The studio's one."""
    state = request.app.state
    with _making:
        if not hasattr(state, "shows"):
            state.shows = Shows()
        return state.shows


@asynccontextmanager
async def until_the_studio_ends(app: Any) -> AsyncIterator[None]:
    """For a router's `lifespan`: the processes end with the server."""
    yield
    if hasattr(app.state, "shows"):
        app.state.shows.close()
