"""The queue of trainings. Each is a process of its own, which neither a closed page nor a killed studio ends.

    add("gpt-1")        it waits until `tick` starts it
    ask("gpt-1", "pause")

The queue is in `queue/queue.json` of the home folder, and what each process prints in a log beside it. So a new studio
finds the trainings of an old one: it looks for a process with that number that started at that time. A training is
stopped as Ctrl-C stops it: it finishes the current step and saves everything. So a paused training takes no memory, and
goes on after a restart of the machine.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

from filelock import FileLock

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError
from groundup.studio.processes import (
    ACTIVE_STATES,
    Job,
    Kind,
    State,
    folder,
    interrupt,
    is_alive,
    log_file,
    record_end,
    start,
)

Action = Literal["pause", "stop", "resume", "first"]

MAX_AT_ONCE = 4
SECONDS_BETWEEN_TICKS = 0.5


@dataclass
class Queue:
    jobs: list[Job] = field(default_factory=list)
    """In the order in which they train."""
    at_once: int = 1

    def find(self, name: str) -> Job | None:
        return next((job for job in self.jobs if job.name == name), None)

    def before(self, job: Job) -> int:
        """How many train, or will train, before this one that waits."""
        waiting = [other for other in self.jobs if other.state == "waiting"]
        active = sum(other.state in ACTIVE_STATES for other in self.jobs)
        return active + waiting.index(job) if job in waiting else 0


# ---- on disk ------------------------------------------------------------------------------------------------


def read() -> Queue:
    """The queue on disk. A damaged file is read as an empty queue: runs and their weights are elsewhere."""
    try:
        data = json.loads((folder() / "queue.json").read_text(encoding="utf-8"))
        return Queue([Job(**job) for job in data["jobs"]], int(data["at_once"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Queue()


@contextmanager
def changing() -> Iterator[Queue]:
    """The queue, to be changed: by one thread of one studio at a time, and written whole at the end."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GroundupError(
            f"{folder()} cannot be written: {error.strerror}.", "GROUNDUP_HOME moves everything."
        ) from None
    with FileLock(folder() / ".lock"):
        queue = read()
        before = asdict(queue)
        yield queue
        if asdict(queue) != before:
            write_text(folder() / "queue.json", json.dumps(asdict(queue), indent=1))


# ---- what a person asks -------------------------------------------------------------------------------------


def add(name: str, kind: Kind = "train") -> Job:
    """Put it at the end of the queue. A training that was in it before goes on from its last save."""
    with changing() as queue:
        old = queue.find(name)
        if old is not None and old.state in (*ACTIVE_STATES, "waiting"):
            raise GroundupError(f"'{name}' is in the queue already.", "Stop it there first.")
        job = Job(name, kind)
        queue.jobs = [*(other for other in queue.jobs if other is not old), job]
    tick()
    return job


def ask(name: str, action: Action) -> None:
    """Pause it, stop and keep it, let it go on, or let it train before the others that wait.

    A paused training keeps its place, so it is the next to train when it goes on. Raises GroundupError where the action
    does not fit its state.
    """
    with changing() as queue:
        job = queue.find(name)
        if job is None:
            if action != "resume":
                raise GroundupError(
                    f"'{name}' is not in the queue.", "It may have ended just now: look again."
                )
            job = Job(name)
            queue.jobs.append(job)
        elif action in ("pause", "stop"):
            later: State = "paused" if action == "pause" else "stopped"
            if job.state == "running":
                job.state = "pausing" if action == "pause" else "stopping"
                interrupt(job)
            elif job.state in ("waiting", "paused"):
                job.state = later
            else:
                raise GroundupError(
                    f"'{name}' does not train now: there is nothing to {action}.", "Look again."
                )
        elif action == "resume":
            if job.state in ACTIVE_STATES:
                raise GroundupError(f"'{name}' is being trained already.", "Wait until it has stopped.")
            job.state, job.error, job.hint = "waiting", "", ""
        else:
            first = next(
                (place for place, other in enumerate(queue.jobs) if other.state == "waiting"), len(queue.jobs)
            )
            queue.jobs.remove(job)
            queue.jobs.insert(first, job)
    tick()


def move(name: str, before: str | None) -> None:
    """Let it train before another one that waits, or, with None, after all others. Raises GroundupError."""
    with changing() as queue:
        job, other = queue.find(name), queue.find(before) if before else None
        for job_name, found_job in ((name, job), (before, other)):
            if job_name and (found_job is None or found_job.state != "waiting"):
                raise GroundupError(
                    f"'{job_name}' does not wait any more.", "It may train by now: look again."
                )
        if job is None or job is other:
            return
        queue.jobs.remove(job)
        queue.jobs.insert(queue.jobs.index(other) if other else len(queue.jobs), job)


def set_at_once(number: int) -> None:
    """Set how many train at the same time; the more, the slower each is."""
    with changing() as queue:
        queue.at_once = max(1, min(number, MAX_AT_ONCE))
    tick()


def forget(name: str) -> None:
    """Take it out of the queue. Raises GroundupError while it trains."""
    with changing() as queue:
        job = queue.find(name)
        if job is None:
            return
        if job.state in ACTIVE_STATES:
            raise GroundupError(f"'{name}' is being trained right now.", "Stop it first, then delete it.")
        queue.jobs.remove(job)
    log_file(name).unlink(missing_ok=True)


# ---- what happens by itself ---------------------------------------------------------------------------------


def tick() -> None:
    """Record which processes ended and how, and start the next ones."""
    with changing() as queue:
        for job in queue.jobs:
            if job.state in ACTIVE_STATES and not is_alive(job):
                record_end(job)
        active = sum(job.state in ACTIVE_STATES for job in queue.jobs)
        for job in queue.jobs:
            if job.state == "waiting" and active < queue.at_once:
                start(job)
                active += job.state == "running"


@asynccontextmanager
async def ticking() -> AsyncIterator[None]:
    """Tick regularly while the studio runs. A tick that fails (on a full disk) is tried again."""

    async def tick_forever() -> None:
        while True:
            try:
                await asyncio.to_thread(tick)
            except Exception:
                logging.getLogger("groundup").exception("The queue could not be updated")
            await asyncio.sleep(SECONDS_BETWEEN_TICKS)

    task = asyncio.create_task(tick_forever())
    yield
    task.cancel()
