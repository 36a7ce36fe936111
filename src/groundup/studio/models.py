"""Models in processes of their own: the studio's process never runs one.

A worker holds one run, loaded, and answers calls. Texts that it writes at the same time advance in turn, token by
token, so that several tabs can share it. At most two workers are kept; for a third, the one that was not asked for
longest ends. A worker that dies takes nothing with it: its callers are told, and the next call starts another.

This side knows no model, and imports no torch; the worker's side is model_process.py.
"""

import asyncio
import itertools
import queue
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from anyio.to_thread import run_sync

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.formatting import corpus_title
from groundup.common.process import ChildError, ChildProcess
from groundup.training.run_folder import RunFolder, list_runs

MAX_WORKERS = 2  # at a time: each holds torch and a model, some 300 MB
ANSWER_SECONDS = 120.0  # that an answer may take
LOADING_SECONDS = (
    900.0  # that the first answer of a worker may take: it reads a model of perhaps gigabytes before
)
PIECE_SECONDS = 1.0  # without a piece, after which a stream yields None
STOP_SECONDS = 5.0  # that a worker has to stop a call

Reply = tuple[str, Any]
"""Its kind ("piece", "done", "refused", "stopped", "ended") and its value."""


# ---- which runs there are ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trained:
    """A run that has weights, as pages show it."""

    name: str
    kind: str
    number: int
    title: str
    """Of its model: `word GRU`."""
    corpus: str
    tokenizer: str
    """Its kind; only byte pairs have merges to replay."""
    folder: Path


def trained_runs() -> list[Trained]:
    """All runs that have weights, newest first."""
    runs = [_read(run) for run in list_runs() if run.has_weights()]
    return [run for run in runs if run is not None]


def trained_run(name: str) -> Trained:
    """The run of that name. A name comes from a page, so it is looked up and never used as a path."""
    runs = {run.name: run for run in trained_runs()}
    if name not in runs:
        raise GroundupError(
            f"There is no trained run '{name}'.", did_you_mean(name, runs) or "Train one in the lab."
        )
    return runs[name]


def _read(run: RunFolder) -> Trained | None:
    """None where the recipe cannot be read: the run's own page says what is wrong with it."""
    try:
        recipe = run.settings()
        rung = rung_of(recipe.model)
    except (GroundupError, KeyError):
        return None
    corpus = corpus_title(recipe.corpus)
    return Trained(run.name, recipe.model, rung.number, rung.title, corpus, recipe.tokenizer, run.path)


# ---- the workers -------------------------------------------------------------------------------------------


class Worker:
    """A process that holds one model, which it loads at once. `folder`: of its run; None for a worker that only splits
    texts into tokens."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._numbers = itertools.count()
        self._listeners: dict[int, Callable[[Reply], None]] = {}  # by the number of their call
        self._lock = threading.Lock()
        self._ended = False
        self._loaded = threading.Event()
        arguments = [] if folder is None else [str(folder)]
        # What it prints goes to the terminal of the studio: an error there is our fault.
        self.child = ChildProcess(
            "groundup.studio.model_process", *arguments, max_output_bytes=None, deliver=self._dispatch
        )
        with suppress(ChildError):  # the next call will say so
            self._request(next(self._numbers), "load")

    @property
    def alive(self) -> bool:
        return not self._ended and self.child.alive()

    @property
    def busy(self) -> bool:
        return bool(self._listeners)

    def loaded(self, wait: float = 0.0) -> bool:
        """Whether torch and the model are loaded; waits so many seconds for it. Raises GroundupError if it ended."""
        loaded = self._loaded.wait(wait)
        return loaded if self.alive else self._value("ended", None)

    def call(self, name: str, **arguments: Any) -> Any:
        """One answer. Waits, so not for the server's event loop. Raises GroundupError for what the worker refuses."""
        replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        number = next(self._numbers)
        seconds = ANSWER_SECONDS if self._loaded.is_set() else LOADING_SECONDS
        try:
            self._begin(number, name, arguments, replies.put)
            return self._value(*replies.get(timeout=seconds))
        except queue.Empty:
            self.end()
            raise GroundupError(
                f"That took more than {seconds:.0f} s, and was stopped.", "Ask for less: a shorter text."
            ) from None
        finally:
            self._forget(number)

    async def stream(self, name: str, **arguments: Any) -> AsyncGenerator[Any, None]:
        """The pieces as they come, and None after each second without one. Close it to stop the call."""
        loop = asyncio.get_running_loop()
        replies: asyncio.Queue[Reply] = asyncio.Queue()

        def deliver(reply: Reply) -> None:
            with suppress(RuntimeError):  # the server is closing
                loop.call_soon_threadsafe(replies.put_nowait, reply)

        number, finished = next(self._numbers), False
        try:
            await run_sync(self._begin, number, name, arguments, deliver)
            while not finished:
                try:
                    kind, value = await asyncio.wait_for(replies.get(), PIECE_SECONDS)
                except TimeoutError:
                    yield None
                    continue
                finished = kind != "piece"
                yield self._value(kind, value)
        finally:
            self._forget(number)
            if not finished:
                self.stop(number)

    def stop(self, number: int) -> None:
        """Stop a call. A worker deep in a computation does not read that in time: it is ended, and another follows."""
        timer = threading.Timer(STOP_SECONDS, self._end_if_unused, (number,))
        timer.daemon = True

        def deliver(reply: Reply) -> None:
            if reply[0] != "piece":
                timer.cancel()
                self._forget(number)

        with self._lock:
            self._listeners[number] = deliver
        timer.start()
        with suppress(ChildError):
            self._request(number, "stop")

    def end(self) -> None:
        self.child.kill()

    def _end_if_unused(self, number: int) -> None:
        """End it unless others than this call wait for its answers."""
        with self._lock:
            self._listeners.pop(number, None)
            unused = not self._listeners
            self._ended = self._ended or unused
        if unused:
            self.end()

    def _begin(
        self, number: int, name: str, arguments: dict[str, Any], deliver: Callable[[Reply], None]
    ) -> None:
        with self._lock:
            self._listeners[number] = deliver
        try:
            self._request(number, name, arguments)
        except ChildError:
            deliver(("ended", None))

    def _request(self, number: int, name: str, arguments: dict[str, Any] | None = None) -> None:
        self.child.send({"call": number, "name": name, "arguments": arguments or {}})

    def _forget(self, number: int) -> None:
        with self._lock:
            self._listeners.pop(number, None)

    def _dispatch(self, message: dict[str, Any] | None) -> None:
        """Deliver a reply to the listener of its call; None is the end for all of them."""
        if message is not None:
            if deliver := self._listeners.get(message["call"]):
                deliver((message["kind"], message["value"]))
            self._loaded.set()  # the first reply is that to "load"
            return
        with self._lock:
            self._ended = True
            listeners = list(self._listeners.values())
        self._loaded.set()  # nothing more will come: `loaded` says so
        for deliver in listeners:
            deliver(("ended", None))

    def _value(self, kind: str, value: Any) -> Any:
        if kind == "ended":
            whose = f"of '{self.folder.name}' " if self.folder else ""
            raise GroundupError(
                f"The process {whose}ended in the middle of its work.",
                "Ask again: another one is started. If it ends again, the computer may be short of memory.",
            )
        if kind == "refused":
            raise GroundupError(*value)
        return value


class Workers:
    """The workers that are kept. They end with the `with` block."""

    def __init__(self, max_workers: int = MAX_WORKERS) -> None:
        self.max_workers = max_workers
        self._workers: dict[Path | None, Worker] = {}  # the one asked for last is the last
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            while self._workers:
                self._workers.popitem()[1].end()

    def get(self, folder: Path | None) -> Worker:
        """The worker that holds this run, started if need be. It may wait for another to end."""
        with self._lock:
            worker = self._workers.pop(folder, None)
            if worker is None or not worker.alive:
                while len(self._workers) >= self.max_workers:
                    idle = (path for path, worker in self._workers.items() if not worker.busy)
                    self._workers.pop(next(idle, next(iter(self._workers)))).end()
                worker = Worker(folder)
            self._workers[folder] = worker
            return worker

    def get_if_room(self, folder: Path | None) -> Worker | None:
        """The same before it is needed: None where another would have to end for it."""
        with self._lock:
            others = [path for path, worker in self._workers.items() if path != folder and worker.alive]
            return self.get(folder) if len(others) < self.max_workers else None


WORKERS = Workers()  # of this server
