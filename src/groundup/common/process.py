"""Child processes: one way to start, ask, limit and end them.

    with ChildProcess("groundup.studio.playground_process") as child:
        for frame in child.ask({"steps": 100}, seconds=60.0): ...

A child is the `main()` of a module in a Python of its own. Requests go to it, and replies come from it, as lines of
JSON through the pipes that it is started with. They are never pickles: a child may run other people's code, and a
pickle from it would run code here.

    def main():                    # in that module
        serve(frames)              # frames(request) yields the replies

A child ends with its parent, however the parent ends: its pipe of requests closes then. What has to outlive the parent
is started by `start_detached`.
"""

import json
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal, Self

from groundup.common.errors import GroundupError
from groundup.common.places import home

SOURCES = Path(__file__).parents[2]
MAX_MESSAGE_BYTES = 2**26
CHECK_INTERVAL_S = 0.1  # how often time and memory are looked at
MAX_REQUESTS_AHEAD = 8  # requests that a child reads before it works on them; the parent waits with the next

# A session of its own on POSIX, a group without a window on Windows: the Ctrl-C of the parent's terminal does not
# reach the process, and it can be killed together with everything that it started.
OWN_SESSION: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    OWN_SESSION = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment variables for a child in which NumPy and torch compute with one thread."""


class ChildError(Exception):
    """A child gave no further reply: its time or its memory ran out, or it ended."""

    def __init__(self, reason: Literal["time", "memory", "ended"]) -> None:
        super().__init__(reason)
        self.reason = reason


def child_environment(**variables: str) -> dict[str, str]:
    """Our own environment and more. A GROUNDUP_HOME that is a relative path becomes absolute: the child may work in
    another folder."""
    moved_home = {"GROUNDUP_HOME": str(home())} if "GROUNDUP_HOME" in os.environ else {}
    return os.environ | moved_home | variables


# ---- the parent's end ---------------------------------------------------------------------------------------


class ChildProcess:
    """A process that runs `module.main()`, and the messages to it and from it.

    `environment`: all of it; ours (`child_environment`) if None. `folder_variables`: names of environment variables
    that hold the path of a new empty folder; the child works in it, and it is deleted with the child. Without them it
    works where we do. `max_output_bytes`: how much of what it prints is kept in `output`; the rest is dropped, and with
    None it goes to our own standard error. `deliver`: called with each message, from a thread, and with None after the
    last; without it, `receive` returns the messages.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        folder_variables: Sequence[str] = (),
        max_output_bytes: int | None = 0,
        deliver: Callable[[Any], None] | None = None,
    ) -> None:
        self.folder = (
            tempfile.TemporaryDirectory(prefix="groundup-child-", ignore_cleanup_errors=True)
            if folder_variables
            else None
        )
        folder = self.folder.name if self.folder else None
        self.secret = b""
        """What a line must begin with to be a message. The parent sets it and sends it in a request, so that nothing
        else in the child, which does not know it, can write a message."""
        self.output = bytearray()
        self.replied = False
        """Whether it has answered before: its modules are loaded then."""
        self.busy = False
        """Whether it works on a request."""
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._deliver = deliver or self._inbox.put
        self._sending, self._ending = threading.Lock(), threading.Lock()
        self._killed = False
        code = f"import sys; sys.path.append({str(SOURCES)!r}); from {module} import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-c", code, *arguments], cwd=folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if max_output_bytes else subprocess.DEVNULL if max_output_bytes == 0 else None,
            env=dict(child_environment() if environment is None else environment)
            | dict.fromkeys(folder_variables, folder or ""),
            **OWN_SESSION,
        )  # fmt: skip
        self._threads = [threading.Thread(target=self._read_messages, daemon=True)]
        if max_output_bytes:
            self._threads.append(
                threading.Thread(target=self._read_output, args=(max_output_bytes,), daemon=True)
            )
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def alive(self) -> bool:
        return self.process.poll() is None

    def pending(self) -> bool:
        """Whether another message has come already."""
        return not self._inbox.empty()

    def send(self, message: Any) -> None:
        """Send a message; waits while the child is behind. Raises ChildError where it has ended."""
        assert self.process.stdin
        data = json.dumps(message).encode() + b"\n"
        try:
            with self._sending:
                self.process.stdin.write(data)
                self.process.stdin.flush()
        except (OSError, ValueError):  # the pipe is closed, at its end or at ours
            raise ChildError("ended") from None

    def receive(self, deadline: float = math.inf, max_memory: float = math.inf) -> Any:
        """The next message. `deadline`: of `time.monotonic`; `max_memory`: in bytes. Raises ChildError."""
        while True:
            wait = min(CHECK_INTERVAL_S, deadline - time.monotonic())
            try:
                message = self._inbox.get(timeout=max(0.0, wait))
            except queue.Empty:
                if time.monotonic() >= deadline:
                    raise ChildError("time") from None
                if max_memory < math.inf and self.memory() > max_memory:
                    raise ChildError("memory") from None
                continue
            if message is None:
                self._inbox.put(None)  # for the next who asks
                raise ChildError("ended")
            return message

    def ask(self, request: Any, *, seconds: float = math.inf, max_memory: float = math.inf) -> Iterator[Any]:
        """The replies of a child that uses `serve`, as they come. `seconds`: what all of them may take.

        Raises GroundupError for what the child refuses, and ChildError where a limit is reached or the child ends.
        """
        deadline = time.monotonic() + seconds
        self.busy = True
        self.send(request)
        while True:
            message = self.receive(deadline, max_memory)
            self.replied = True
            if "reply" in message:
                yield message["reply"]
                continue
            self.busy = False
            if "error" in message:
                raise GroundupError(message["error"], message["hint"])
            return

    def memory(self) -> float:
        """Bytes of memory that it occupies; 0 where it has ended."""
        import psutil

        try:
            process = psutil.Process(self.process.pid)
            # on Windows, the python.exe of a virtual environment only starts the real one
            inner = process.children() if os.name == "nt" else []
            return sum(item.memory_info().rss for item in (process, *inner))
        except psutil.Error:
            return 0

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait until it ends by itself. Returns its exit code; None where it still runs after so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None

    def kill(self) -> None:
        """End the child with all that it started, and delete its folder. Called again, it does nothing."""
        with self._ending:
            if self._killed:
                return
            self._killed = True
        kill_tree(self.process)
        pipes = (self.process.stdout, self.process.stderr)
        for thread, pipe in zip(self._threads, pipes, strict=False):
            thread.join(timeout=1.0)  # only a process that got away could still hold the pipe open
            if pipe and not thread.is_alive():
                pipe.close()
        with suppress(OSError):  # what was not yet written is lost with it
            if self.process.stdin:
                self.process.stdin.close()
        if self.folder:
            self.folder.cleanup()

    def _read_messages(self) -> None:
        assert self.process.stdout
        for line in _lines(self.process.stdout.fileno()):
            if line.startswith(self.secret):
                try:
                    message = json.loads(line[len(self.secret) :])
                except ValueError:
                    continue
                self._deliver(message)
        self._deliver(None)

    def _read_output(self, max_bytes: int) -> None:
        """The rest beyond `max_bytes` is read all the same, or the child would wait for us."""
        assert self.process.stderr
        while part := os.read(self.process.stderr.fileno(), 2**16):
            self.output += part[: max(0, max_bytes - len(self.output))]


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started with OWN_SESSION, and all that it started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        import psutil

        with suppress(psutil.Error):
            for descendant in psutil.Process(process.pid).children(recursive=True):
                descendant.kill()
        process.kill()
    process.wait()


def start_detached(
    command: Sequence[str], *, log: IO[bytes] | None = None, folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start a program that outlives us. `log`: where what it prints goes. Raises OSError where it cannot be started."""
    output = log or subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=environment,
        **OWN_SESSION,
    )  # fmt: skip


class ChildPool:
    """Children that are used again: a request need not wait for what an earlier one has loaded.

    `start`: starts one. `spare`: how many wait for the next request after one was killed. A child that waits longer
    than `idle_seconds` is ended, and all of them are ended with the `with` block.
    """

    def __init__(
        self, start: Callable[[], ChildProcess], *, spare: int = 0, idle_seconds: float = 600.0
    ) -> None:
        self.start, self.spare, self.idle_seconds = start, spare, idle_seconds
        self.waiting: dict[ChildProcess, threading.Timer] = {}  # the one used last is the last
        self.working: set[ChildProcess] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        self._closed = False
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self) -> ChildProcess:
        """The child that worked last, which has loaded the most, or a new one. Raises ChildError once it is closed."""
        with self._lock:
            if self._closed:
                raise ChildError("ended")
            child = None
            while self.waiting and (child is None or not child.alive()):
                child, timer = self.waiting.popitem()
                timer.cancel()
        if child is None or not child.alive():
            child = self.start()
        with self._lock:
            self.working.add(child)
        return child

    def give_back(self, child: ChildProcess) -> None:
        """Keep it for the next request; end it where it is still at work."""
        reusable = child.alive() and not child.busy
        if not reusable:
            child.kill()
        with self._lock:
            self.working.discard(child)
            if self._closed:
                child.kill()
                return
            count = max(0, self.spare - len(self.waiting))
            for waiting in [child] if reusable else [self.start() for _ in range(count)]:
                timer = threading.Timer(self.idle_seconds, waiting.kill)
                timer.daemon = True
                timer.start()
                self.waiting[waiting] = timer

    def close(self) -> None:
        """End all of them, those at work too."""
        with self._lock:
            self._closed = True
            children = [*self.working, *self.waiting]
            for timer in self.waiting.values():
                timer.cancel()
        for child in children:
            child.kill()


def run_program(source: str, seconds: float) -> str | None:
    """What a Python program prints, errors included; None where it still runs after so many seconds, and is ended."""
    with ChildProcess("groundup.common.process", max_output_bytes=2**20) as child:
        with suppress(ChildError):  # it has ended already
            child.send(source)
        code = child.wait(seconds)
    return None if code is None else child.output.decode("utf-8", "replace")


# ---- the child's end ----------------------------------------------------------------------------------------


class ParentPipe:
    """The requests of the parent and the replies to it, for the child.

    The pipes are moved away from where code that runs in this process would reach them: standard input is empty from
    now on, and what is printed goes to standard error. When the parent ends, this process ends.
    """

    def __init__(self) -> None:
        self.requests: queue.Queue[Any] = queue.Queue(MAX_REQUESTS_AHEAD)
        self._incoming, self._outgoing = take_pipes()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._outgoing, data) :]
        except OSError:
            os._exit(1)  # the parent has ended

    def _read(self) -> None:
        for line in _lines(self._incoming):
            self.requests.put(json.loads(line))
        os._exit(0)  # the parent has ended, or needs this process no more


def take_pipes() -> tuple[int, int]:
    """Move the pipes of requests and replies away from standard input and output. Returns their numbers."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def serve(answer: Callable[[Any], Iterable[Any]]) -> None:
    """Answer requests until the parent ends: `answer(request)` yields the replies. A GroundupError is a reply, too;
    any other error ends the process."""
    parent = ParentPipe()
    while True:
        request = parent.requests.get()
        try:
            for reply in answer(request):
                parent.send({"reply": reply})
            parent.send({"done": True})
        except GroundupError as error:
            parent.send({"error": error.what, "hint": error.hint})


def main() -> None:
    """The child of `run_program`: runs the program that it is sent, as `python -c` does."""
    source = ParentPipe().requests.get()

    def print_error(kind: Any, error: BaseException, frames: Any) -> None:
        traceback.print_exception(kind, error, frames.tb_next.tb_next)  # those of the program alone

    sys.excepthook = print_error
    exec(compile(source, "<string>", "exec"), vars(sys.modules["__main__"]))


def _lines(pipe: int) -> Iterator[bytes]:
    """The lines that come through a pipe, without their ends; one that is far too long is dropped in pieces.

    It reads from the pipe itself: a buffered file that a daemon thread waits in cannot be closed when Python ends.
    """
    parts: list[bytes] = []
    size = 0
    while data := os.read(pipe, 2**16):
        first, *others = data.split(b"\n")
        parts.append(first)
        size += len(first)
        for rest in others:
            yield b"".join(parts)
            parts, size = [rest], len(rest)
        if size > MAX_MESSAGE_BYTES:
            parts, size = [], 0
