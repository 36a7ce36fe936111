"""Models in processes of their own: the studio's process never runs one.

A worker holds one run, loaded, and answers calls over a pipe. Texts that are being written take turns, token by token,
so that several tabs can share it. At most two workers are kept; when a third is wanted, the one that was not asked for
longest ends. One that dies takes nothing with it: its callers are told, and the next call starts another.

This side knows no model, and imports no torch; the worker's side is model_calls.py.
"""

import asyncio
import inspect
import itertools
import multiprocessing
import queue
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.formatting import corpus_title
from groundup.common.places import runs_folder

MOST = 2  # workers kept at a time: each holds torch and a model, some 300 MB
PATIENCE = 120.0  # seconds that an answer may take
LOADING = 900.0  # the same, until a worker has answered once: a real model of gigabytes is read first
QUIET = 1.0  # seconds without a piece after which a stream says that it is still there
DEAF = 5.0  # seconds that a worker has to hear that it is to stop

_processes = multiprocessing.get_context("spawn")  # a fork would copy the server's threads' locks


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
    folder = runs_folder()
    found = [path for path in folder.iterdir() if _weights(path)] if folder.is_dir() else []
    runs = [_read(path) for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]
    return [run for run in runs if run is not None]


def trained_run(name: str) -> Trained:
    """The run of that name. A name comes from a page, so it is looked up and never used as a path."""
    runs = {run.name: run for run in trained_runs()}
    if name not in runs:
        raise GroundupError(
            f"There is no trained run '{name}'.", did_you_mean(name, runs) or "Train one in the lab."
        )
    return runs[name]


def _weights(folder: Path) -> bool:
    return any((folder / f"{which}.safetensors").is_file() for which in ("best", "last"))


def _read(folder: Path) -> Trained | None:
    """None where the recipe cannot be read: the run's own page says what is wrong with it."""
    try:
        recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
        kind, corpus = str(recipe["model"]["kind"]), corpus_title(str(recipe["corpus"]))
        tokenizer = str(recipe["tokenizer"]["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Trained(folder.name, kind, rung_of(kind).number, rung_of(kind).title, corpus, tokenizer, folder)


# ---- the studio's side -------------------------------------------------------------------------------------


class Worker:
    """A process that holds one model, which it loads at once. `folder`: of its run; None for one that only cuts texts
    into tokens."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._pipe, theirs = _processes.Pipe()
        self.process = _processes.Process(target=serve, args=(theirs, folder), daemon=True)
        self.process.start()
        theirs.close()
        self._numbers = itertools.count()
        self._waiting: dict[int, Callable[[str, Any], None]] = {}  # who is told of each call's answers
        self._lock = threading.Lock()
        self._gone = False
        self._loaded = threading.Event()
        with suppress(OSError):
            self._pipe.send((next(self._numbers), "load", {}))  # if it fails, so does the next call, in words
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def alive(self) -> bool:
        return not self._gone and self.process.is_alive()

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def loaded(self, wait: float = 0.0) -> bool:
        """Whether torch and the model are there; waits so many seconds for them. Raises GroundupError if it ended."""
        there = self._loaded.wait(wait)
        return there if self.alive else self._value("gone", None)

    def call(self, name: str, **given: Any) -> Any:
        """One answer. Waits, so not for the server's event loop. Raises GroundupError for what the worker refuses."""
        answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        number = self._send(lambda *answer: answers.put(answer), name, given)
        patience = PATIENCE if self._loaded.is_set() else LOADING
        try:
            return self._value(*answers.get(timeout=patience))
        except queue.Empty:
            self.end()
            raise GroundupError(
                f"That took more than {patience:.0f} s, and was stopped.", "Ask for less: a shorter text."
            ) from None
        finally:
            self._forget(number)

    async def stream(self, name: str, **given: Any) -> AsyncGenerator[Any, None]:
        """The pieces as they come, and None after each second without one. Close it to stop the call."""
        loop = asyncio.get_running_loop()
        answers: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

        def tell(*answer: Any) -> None:
            with suppress(RuntimeError):  # the server is closing
                loop.call_soon_threadsafe(answers.put_nowait, answer)

        number = self._send(tell, name, given)
        ended = False
        try:
            while True:
                try:
                    kind, value = await asyncio.wait_for(answers.get(), QUIET)
                except TimeoutError:
                    yield None
                    continue
                ended = kind != "piece"
                yield self._value(kind, value)
                if ended:
                    return
        finally:
            self._forget(number)
            if not ended:
                self.stop(number)

    def stop(self, number: int) -> None:
        """Stop a call. One that is deep in a computation cannot hear it: then the process ends, and another follows."""
        heard = threading.Event()
        with self._lock:
            self._waiting[number] = lambda kind, _: (
                heard.set() if kind in ("stopped", "done", "gone") else None
            )
        with suppress(OSError):
            self._pipe.send((number, "stop", {}))

        def wait() -> None:
            deaf = not heard.wait(DEAF)
            with self._lock:
                self._waiting.pop(number, None)
                deaf = deaf and not self._waiting  # others may wait for what comes after
                self._gone = self._gone or deaf
            if deaf:
                self.end()

        threading.Thread(target=wait, daemon=True).start()

    def end(self) -> None:
        self.process.kill()
        self.process.join(5)

    def _send(self, tell: Callable[[str, Any], None], name: str, given: dict[str, Any]) -> int:
        with self._lock:  # two threads' messages must not mix
            number = next(self._numbers)
            self._waiting[number] = tell
            try:
                self._pipe.send((number, name, given))
            except OSError:
                self._gone = True
        if self._gone:
            tell("gone", None)
        return number

    def _forget(self, number: int) -> None:
        with self._lock:
            self._waiting.pop(number, None)

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                number, kind, value = self._pipe.recv()
                self._loaded.set()  # the first answer is that to "load"
                if tell := self._waiting.get(number):
                    tell(kind, value)
        with self._lock:
            self._gone = True
            waiting = list(self._waiting.values())
        self._loaded.set()  # nobody need wait for it any more
        for tell in waiting:
            tell("gone", None)

    def _value(self, kind: str, value: Any) -> Any:
        if kind == "gone":
            whose = f"of '{self.folder.name}' " if self.folder else ""
            raise GroundupError(
                f"The process {whose}ended in the middle of its work.",
                "Ask again: another one is started. If it ends again, the computer may be short of memory.",
            )
        if kind == "wrong":
            raise GroundupError(*value)
        return value


class Workers:
    """The workers that are kept."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: dict[Path | None, Worker] = {}  # the one asked for last is the last
        self._lock = threading.RLock()

    def of(self, folder: Path | None) -> Worker:
        """The worker that holds this run, started if need be. It may wait for another to end."""
        with self._lock:
            worker = self._kept.pop(folder, None)
            if worker is None or not worker.alive:
                while len(self._kept) >= self.most:
                    oldest = next(
                        (at for at, one in self._kept.items() if not one.busy), next(iter(self._kept))
                    )
                    self._kept.pop(oldest).end()
                worker = Worker(folder)
            self._kept[folder] = worker
            return worker

    def ahead(self, folder: Path | None) -> Worker | None:
        """The same before anybody has asked it anything: None where another would have to end for it."""
        with self._lock:
            others = [at for at, worker in self._kept.items() if at != folder and worker.alive]
            return self.of(folder) if len(others) < self.most else None

    def close(self) -> None:
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].end()


WORKERS = Workers()  # of this server; they end with it


# ---- the worker's side -------------------------------------------------------------------------------------


def serve(pipe: Connection, folder: Path | None) -> None:
    """Answer calls until the studio closes its end of the pipe, or is killed, which closes it too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the studio, which then closes the pipe
    from groundup.studio.model_calls import Calls

    calls = Calls(folder)
    streams: dict[int, Iterator[Any]] = {}
    with suppress(EOFError, OSError):
        while True:
            if pipe.poll(0 if streams else None):
                number, name, given = pipe.recv()
                if name == "stop":
                    streams.pop(number, None)
                    pipe.send((number, "stopped", None))
                else:
                    made = _tried(lambda: ("done", getattr(calls, name)(**given)))  # noqa: B023 (called at once)
                    if made[0] == "done" and inspect.isgenerator(made[1]):
                        streams[number] = made[1]
                    else:
                        pipe.send((number, *made))
            for number, stream in list(streams.items()):
                answer = _tried(lambda: _next(stream))  # noqa: B023
                if answer[0] != "piece":
                    del streams[number]
                pipe.send((number, *answer))


def _next(stream: Iterator[Any]) -> tuple[str, Any]:
    try:
        return "piece", next(stream)
    except StopIteration as end:
        return "done", end.value


def _tried(work: Callable[[], tuple[str, Any]]) -> tuple[str, Any]:
    """What came of it; an error as its two sentences. One that is our fault is shown where the studio was started."""
    try:
        return work()
    except GroundupError as error:
        return "wrong", (error.what, error.hint)
    except Exception as error:
        print(time.strftime("%H:%M:%S"), "a model's process:", file=sys.stderr)
        traceback.print_exc()
        return "wrong", (
            f"That did not work: {error}.",
            "It is our fault: the terminal of the studio says more.",
        )
