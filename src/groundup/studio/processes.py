"""The process of one training: starting it, whether it runs, and how it ended.

The process outlives the studio, and another studio finds it. So nothing here asks for an exit code: the files that a
process leaves say how it ended, and a process is identified by its number and the time at which it started.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from groundup.common.places import home
from groundup.common.process import child_environment, start_detached
from groundup.training.run_folder import RunFolder, parse_event, read_tail

Kind = Literal["train", "climb"]
State = Literal["waiting", "running", "pausing", "stopping", "paused", "stopped", "failed", "done"]

ACTIVE_STATES: tuple[State, ...] = ("running", "pausing", "stopping")  # those with a process
MIN_FREE_BYTES = 4_000_000  # with less on the disk, nothing can be saved
NICENESS = 5  # of a training, so that pages stay quick while it takes all cores
_STARTED: dict[
    int, subprocess.Popen[bytes]
] = {}  # by this studio: their parent must ask for their exit codes


@dataclass
class Job:
    """One training, or one climb of five."""

    name: str
    kind: Kind = "train"
    state: State = "waiting"
    pid: int | None = None
    started: float | None = None
    """When the process started, by the machine's clock: the numbers of processes are used again."""
    error: str = ""
    """Why it failed."""
    hint: str = ""
    """What to do."""

    @property
    def command(self) -> list[str]:
        """The same for a new training as for one that goes on: recipe and plan are in their folders already."""
        subcommand = ["resume", self.name] if self.kind == "train" else ["climb", "--resume", self.name]
        return [sys.executable, "-m", "groundup", *subcommand, "--json"]


def folder() -> Path:
    return home() / "queue"


def log_file(name: str) -> Path:
    return folder() / f"{name}.log"


def start(job: Job) -> None:
    """Start its process, or write into the job why that is not possible."""
    job.error = job.hint = ""
    try:
        with open(log_file(job.name), "wb") as log:
            # It works in the queue's own folder: with -m, Python looks for modules there first.
            environment = child_environment(PYTHONIOENCODING="utf-8")
            process = start_detached(job.command, log=log, folder=folder(), environment=environment)
    except OSError as error:
        job.state, job.error = "failed", f"The training could not be started: {error.strerror or error}."
        job.hint = "Free some space or memory, then go on."
        return
    _STARTED[process.pid] = process
    job.state, job.pid, job.started = "running", process.pid, _start_time(process.pid)
    with suppress(psutil.Error):  # it has ended already: the next tick says why
        running = psutil.Process(process.pid)
        running.nice(
            psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(running.nice(), NICENESS)
        )


def is_alive(job: Job) -> bool:
    """Whether the process that was started for it still runs."""
    if job.pid is None:
        return False
    if (process := _STARTED.get(job.pid)) is not None:
        if process.poll() is None:
            return True
        del _STARTED[job.pid]
        return False
    # A clock that is set a little while a training runs moves the time at which a process seems to have started.
    start_time = _start_time(job.pid)
    return start_time is not None and job.started is not None and abs(start_time - job.started) < 2


def _start_time(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def interrupt(job: Job) -> None:
    """Ask it to save and end, as Ctrl-C does. Windows has no such signal for another console: there the process is
    ended, and the last save counts, at most 30 s old."""
    if job.pid is not None and is_alive(job):
        with suppress(OSError):  # it has just ended
            os.kill(job.pid, signal.SIGTERM)


def record_end(job: Job) -> None:
    """Write into the job how its process ended, from the files that it left."""
    requested, job.pid, job.started = job.state, None, None
    error = _reported_error(job)
    end = _end(job)
    if end == "more":
        job.state = "waiting" if requested == "running" else "paused" if requested == "pausing" else "stopped"
    elif end == "done":
        job.state = "done"
        if requested != "running":
            verb = "pause" if requested == "pausing" else "stop"
            job.error = f"It came to its end in the moment you asked it to {verb}."
            job.hint = "Nothing was cut off: all of it is trained, scored and saved."
    elif error:
        job.state, (job.error, job.hint) = "failed", error
    elif requested != "running":
        job.state = "paused" if requested == "pausing" else "stopped"
    elif (last := last_event(job.name)).get("event") == "end" and last.get("reason") == "interrupted":
        job.state = "stopped"  # from outside the studio, with a save
    elif _free_bytes() < MIN_FREE_BYTES:
        job.state = "failed"
        job.error = "The disk is full: the training could not save what it learnt last."
        job.hint = "Free some space, then go on: what was saved before is whole."
    else:
        job.state = "failed"
        job.error = "The training was ended from outside, perhaps because memory ran out."
        job.hint = "What it had saved is safe: it can go on from there."


def _end(job: Job) -> Literal["", "done", "more"]:
    """Whether it came to its end; "more": to that of its old budget, and was then given a larger one."""
    if job.kind == "climb":
        return "done" if (home() / "reports" / job.name / "ladder.json").is_file() else ""
    last = last_event(job.name)
    if last.get("event") != "end" or last.get("reason") not in ("budget", "early"):
        return ""
    return "done" if RunFolder.named(job.name).finished() else "more"


def _free_bytes() -> int:
    """Bytes that are left on the disk of the runs."""
    try:
        return shutil.disk_usage(home()).free
    except OSError:
        return MIN_FREE_BYTES


def last_event(name: str) -> dict[str, Any]:
    """The last event of a run; empty where there is none."""
    return RunFolder.named(name).last_event()


def _reported_error(job: Job) -> tuple[str, str] | None:
    """The two sentences that a process printed when it failed."""
    output = read_tail(log_file(job.name))
    lines = [line for line in output.split("\n") if line.strip()]
    for line in reversed(lines):
        event = parse_event(line)
        if event and "error" in event:
            # 130 is Ctrl-C's: "Stopped. What was trained is saved."
            return None if event["error"].startswith("Stopped") else (event["error"], event.get("hint", ""))
    if "Traceback (most recent call last)" in output:
        return (
            f"The training ended with an error: {lines[-1][:300]}",
            "A smaller model or batch may help. What it had saved is safe.",
        )
    return None


def current_activity(name: str) -> str:
    """What a process works on by its last line, such as "Turning the text into tokens"; '' where no line says so."""
    lines = [line for line in read_tail(log_file(name), 4096).split("\n") if line.strip()]
    return lines[-1].strip().removesuffix(" ...") if lines and lines[-1].endswith(" ...") else ""
