"""The process of one training: how it begins, whether it lives, and how it ended.

A process may outlive the studio that began it, and a studio the numbers of its processes. So nothing here asks for an
exit code: what a process left on disk says how it ended, and a process is known by its number and when it began.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from groundup.common.places import home, runs_folder
from groundup.training.record import came_to_its_end, read_events

Kind = Literal["train", "climb"]
State = Literal["waiting", "running", "pausing", "stopping", "paused", "stopped", "failed", "done"]

GOING: tuple[State, ...] = ("running", "pausing", "stopping")  # those with a process
LITTLE = 4_000_000  # bytes left on a disk on which nothing can be saved
POLITE = 5  # niceness of a training, so that pages stay quick while it takes all cores
CHILDREN: dict[int, subprocess.Popen[bytes]] = {}  # those of this studio: who began a process must collect it

# A session of its own on POSIX, a console and a group of its own on Windows: what ends the studio does not reach it.
APART: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}


@dataclass
class Job:
    """One training, or one climb of five."""

    name: str
    kind: Kind = "train"
    state: State = "waiting"
    pid: int | None = None
    started: float | None = None
    """When the process began, by the machine's clock: numbers of processes come again."""
    what: str = ""
    """Why it failed, and what to do."""
    hint: str = ""

    @property
    def command(self) -> list[str]:
        """It begins and goes on with the same words: recipe and plan lie in their folders already."""
        deed = ["resume", self.name] if self.kind == "train" else ["climb", "--resume", self.name]
        return [sys.executable, "-m", "groundup", *deed, "--json"]


def folder() -> Path:
    return home() / "queue"


def log_file(name: str) -> Path:
    return folder() / f"{name}.log"


def start(job: Job) -> None:
    """Begin its process, or say in the job why that could not be."""
    job.what = job.hint = ""
    try:
        with open(log_file(job.name), "wb") as log:
            # The queue's own folder is where it runs: with -m, Python looks for modules there first.
            process = subprocess.Popen(
                job.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder(),
                env=_environment(), **APART,
            )  # fmt: skip
    except OSError as error:
        job.state, job.what = "failed", f"The training could not be started: {error.strerror or error}."
        job.hint = "Free some space or memory, then go on."
        return
    CHILDREN[process.pid] = process
    job.state, job.pid, job.started = "running", process.pid, _begun(process.pid)
    try:
        one = psutil.Process(process.pid)
        one.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(one.nice(), POLITE))
    except psutil.Error:
        pass  # it ended at once: the next tick says why


def _environment() -> dict[str, str]:
    """Ours; a home that was given as a relative path stays where it is though the process starts elsewhere."""
    moved = {"GROUNDUP_HOME": str(home())} if "GROUNDUP_HOME" in os.environ else {}
    return os.environ | moved | {"PYTHONIOENCODING": "utf-8"}


def lives(job: Job) -> bool:
    """Whether the process that was begun for it is still there."""
    if job.pid is None:
        return False
    child = CHILDREN.get(job.pid)
    if child is not None:
        if child.poll() is None:
            return True
        del CHILDREN[job.pid]
        return False
    begun = _begun(job.pid)
    # A clock that is set a little while a training runs moves the time that a process seems to have begun.
    return begun is not None and job.started is not None and abs(begun - job.started) < 2


def _begun(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def end_politely(job: Job) -> None:
    """As Ctrl-C does. Windows has no such signal for another console: there the last save counts, at most 30 s old."""
    if job.pid is not None and lives(job):
        with suppress(OSError):  # it has just ended
            os.kill(job.pid, signal.SIGTERM)


def settle(job: Job) -> None:
    """How it ended, from what it left: whoever began the process may be gone, and its exit code with it."""
    asked, job.pid, job.started = job.state, None, None
    complaint = _complaint(job)
    end = _end(job)
    if end == "more":
        job.state = "waiting" if asked == "running" else "paused" if asked == "pausing" else "stopped"
    elif end == "done":
        job.state = "done"
        if asked != "running":
            job.what = f"It came to its end in the moment you asked it to {'pause' if asked == 'pausing' else 'stop'}."
            job.hint = "Nothing was cut off: all of it is trained, scored and saved."
    elif complaint:
        job.state, (job.what, job.hint) = "failed", complaint
    elif asked != "running":
        job.state = "paused" if asked == "pausing" else "stopped"
    elif (ended := last_event(job.name)).get("event") == "end" and ended.get("reason") == "interrupted":
        job.state = "stopped"  # somebody else asked it to
    elif _free() < LITTLE:
        job.state = "failed"
        job.what = "The disk is full: the training could not save what it learnt last."
        job.hint = "Free some space, then go on: what was saved before is whole."
    else:
        job.state = "failed"
        job.what = "The training was ended from outside, perhaps because memory ran out."
        job.hint = "What it had saved is safe: it can go on from there."


def _end(job: Job) -> Literal["", "done", "more"]:
    """Whether it came to its end; "more": to that of its old budget, and it was given more in the last moment."""
    if job.kind == "climb":
        return "done" if (home() / "reports" / job.name / "ladder.json").is_file() else ""
    last = last_event(job.name)
    if last.get("event") != "end" or last.get("reason") not in ("budget", "early"):
        return ""
    folder = runs_folder() / job.name
    try:
        budget = str(tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))["budget"])
    except (OSError, ValueError, KeyError):
        return "done"
    return "done" if came_to_its_end(read_events(folder / "metrics.jsonl"), budget) else "more"


def _free() -> int:
    """Bytes that are left on the disk of the runs."""
    try:
        return shutil.disk_usage(home()).free
    except OSError:
        return LITTLE


def last_event(name: str) -> dict[str, Any]:
    lines = _tail(runs_folder() / name / "metrics.jsonl", 16_384).split("\n")
    return next((event for line in reversed(lines) if (event := _parsed(line))), {})


def _complaint(job: Job) -> tuple[str, str] | None:
    """The two sentences that a process said when it failed."""
    said = _tail(log_file(job.name), 16_384)
    lines = [line for line in said.split("\n") if line.strip()]
    for line in reversed(lines):
        event = _parsed(line)
        if event and "error" in event:
            # 130 is Ctrl-C's: "Stopped. What was trained is saved."
            return None if event["error"].startswith("Stopped") else (event["error"], event.get("hint", ""))
    if "Traceback (most recent call last)" in said:
        return (
            f"The training ended with an error: {lines[-1][:300]}",
            "A smaller model or batch may help. What it had saved is safe.",
        )
    return None


def now_doing(name: str) -> str:
    """What a process said last, such as "Turning the text into tokens"; '' where it said nothing."""
    lines = [line for line in _tail(log_file(name), 4096).split("\n") if line.strip()]
    return lines[-1].strip().removesuffix(" ...") if lines and lines[-1].endswith(" ...") else ""


def _tail(path: Path, size: int) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
