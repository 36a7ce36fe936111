"""The parent's end of a child process: starting it, reading what it says, killing it with all that it started."""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from groundup.common.places import home

OUTPUT = 40_000  # bytes of output that are kept; the rest is read and dropped
SOURCES = Path(__file__).parents[3]
_CODE = (
    f"import sys; sys.path.append({str(SOURCES)!r}); from groundup.course.grading.child import main; main()"
)


class Worker:
    """A child process, for one submission: started at once, it imports modules and waits for its request."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules
        self.folder = tempfile.TemporaryDirectory(prefix="groundup-check-", ignore_cleanup_errors=True)
        self.secret, self.stopped = "", False
        self.output = bytearray()
        self.messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        windows = {"creationflags": 0x08000200} if os.name == "nt" else {}  # no window, a group of its own
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-X", "utf8", "-c", _CODE, *modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder.name,
            env=self._environment(), start_new_session=True, **windows,  # type: ignore[call-overload]
        )  # fmt: skip
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._collect)]
        for thread in self.threads:
            thread.start()

    def _environment(self) -> dict[str, str]:
        """Nothing of the learner's own but where the library keeps its texts. One thread: the same numbers anywhere."""
        kept = {
            name: os.environ[name] for name in ("SYSTEMROOT", "PATH", "LD_LIBRARY_PATH") if name in os.environ
        }
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        folders = dict.fromkeys(
            ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), self.folder.name
        )
        return kept | threads | folders | {
            "GROUNDUP_HOME": str(home()), "PYTHONHASHSEED": "0",
        }  # fmt: skip

    def _listen(self) -> None:
        """Messages that begin with the secret; None when no more can come."""
        assert self.process.stdout
        for line in self.process.stdout:
            secret = self.secret.encode()
            if line.startswith(secret):
                with suppress(ValueError):
                    self.messages.put(json.loads(line[len(secret) :]))
        self.messages.put(None)

    def _collect(self) -> None:
        """The output: its beginning is kept, the rest is read all the same, or the child would wait for us."""
        assert self.process.stderr
        while part := os.read(self.process.stderr.fileno(), 65536):
            self.output += part[: OUTPUT - len(self.output)]

    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, message: Any) -> None:
        assert self.process.stdin
        with suppress(OSError):  # it may have ended; then `next` says so
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def next(self, until: float, most_bytes: float = float("inf")) -> dict[str, Any] | str | None:
        """The next message; None if it ended, "time" or "memory" if one ran out. `until`: of time.monotonic."""
        while True:
            try:
                return self.messages.get(timeout=max(0.0, min(0.1, until - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= until:
                    return "time"
                if self.resident() > most_bytes:
                    return "memory"

    def resident(self) -> float:
        """Bytes of memory that it occupies; 0 where it has ended."""
        try:
            process = psutil.Process(self.process.pid)
            # on Windows, the python.exe of a virtual environment only starts the real one
            inner = process.children() if os.name == "nt" else []
            return sum(one.memory_info().rss for one in (process, *inner))
        except psutil.Error:
            return 0

    def stop(self, patience: float = 0.0) -> int | None:
        """Kill it and all that it started, and clean up. Returns how it ended by itself, within `patience` seconds."""
        if self.stopped:
            return None
        self.stopped = True
        code = None
        if patience:
            with suppress(subprocess.TimeoutExpired):
                code = self.process.wait(patience)
        if os.name == "posix":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            with suppress(psutil.Error):
                for process in psutil.Process(self.process.pid).children(recursive=True):
                    process.kill()
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(timeout=1.0)  # only a process that got away could still hold a pipe open
        for pipe, thread in ((self.process.stdout, self.threads[0]), (self.process.stderr, self.threads[1])):
            if pipe and not thread.is_alive():
                pipe.close()
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        self.folder.cleanup()
        return code
