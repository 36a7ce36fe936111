"""The queue of trainings. Each is a process of its own, which neither a closed page nor a killed studio ends.

    add("gpt-1")        it waits for its turn; `tick` starts it
    ask("gpt-1", "pause")

What is in the queue lies in `queue/queue.json` of the home folder, and what each process says in a log beside it. So
a new studio finds what an old one began: it looks whether a process of that number, begun at that time, is still
there. A training is stopped as Ctrl-C stops it: the step in hand is finished and everything saved. Nothing is ever
frozen in memory, so a paused training takes none, and goes on after a restart of the machine.
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
    GOING,
    Job,
    Kind,
    State,
    end_politely,
    folder,
    lives,
    log_file,
    settle,
    start,
)

Deed = Literal["pause", "stop", "resume", "sooner"]

MOST_AT_ONCE = 4
SECONDS_BETWEEN_TICKS = 0.5


@dataclass
class Queue:
    jobs: list[Job] = field(default_factory=list)
    """In the order in which they train."""
    at_once: int = 1

    def find(self, name: str) -> Job | None:
        return next((job for job in self.jobs if job.name == name), None)

    def before(self, job: Job) -> int:
        """How many train, or will, before this one that waits."""
        waiting = [one for one in self.jobs if one.state == "waiting"]
        return sum(one.state in GOING for one in self.jobs) + waiting.index(job) if job in waiting else 0


# ---- on disk ------------------------------------------------------------------------------------------------


def read() -> Queue:
    """The queue as it lies on disk. A damaged file is an empty queue: runs and their weights lie elsewhere."""
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
    """Put it at the end of the queue; one that was there before goes on from its last save."""
    with changing() as queue:
        known = queue.find(name)
        if known is not None and known.state in (*GOING, "waiting"):
            raise GroundupError(f"'{name}' is in the queue already.", "Stop it there first.")
        job = Job(name, kind)
        queue.jobs = [*(one for one in queue.jobs if one is not known), job]
    tick()
    return job


def ask(name: str, deed: Deed) -> None:
    """Pause it, stop and keep it, let it go on, or let it train before the others that wait.

    A paused one keeps its place and is the next to train when it goes on. Raises GroundupError where that cannot be.
    """
    with changing() as queue:
        job = queue.find(name)
        if job is None:
            if deed != "resume":
                raise GroundupError(
                    f"'{name}' is not in the queue.", "It may have ended just now: look again."
                )
            job = Job(name)
            queue.jobs.append(job)
        elif deed in ("pause", "stop"):
            later: State = "paused" if deed == "pause" else "stopped"
            if job.state == "running":
                job.state = "pausing" if deed == "pause" else "stopping"
                end_politely(job)
            elif job.state in ("waiting", "paused"):
                job.state = later
            else:
                raise GroundupError(
                    f"'{name}' does not train now: there is nothing to {deed}.", "Look again."
                )
        elif deed == "resume":
            if job.state in GOING:
                raise GroundupError(f"'{name}' is being trained already.", "Wait until it has stopped.")
            job.state, job.what, job.hint = "waiting", "", ""
        else:  # sooner
            first = next(
                (place for place, one in enumerate(queue.jobs) if one.state == "waiting"), len(queue.jobs)
            )
            queue.jobs.remove(job)
            queue.jobs.insert(first, job)
    tick()


def move(name: str, before: str | None) -> None:
    """Let it train before another one that waits, or, with None, after all others. Raises GroundupError."""
    with changing() as queue:
        job, other = queue.find(name), queue.find(before) if before else None
        for wanted, one in ((name, job), (before, other)):
            if wanted and (one is None or one.state != "waiting"):
                raise GroundupError(f"'{wanted}' does not wait any more.", "It may train by now: look again.")
        if job is None or job is other:
            return
        queue.jobs.remove(job)
        queue.jobs.insert(queue.jobs.index(other) if other else len(queue.jobs), job)


def set_at_once(number: int) -> None:
    """How many may train at the same time; each is slower then."""
    with changing() as queue:
        queue.at_once = max(1, min(number, MOST_AT_ONCE))
    tick()


def forget(name: str) -> None:
    """Take it out of the queue. Raises GroundupError while it trains."""
    with changing() as queue:
        job = queue.find(name)
        if job is None:
            return
        if job.state in GOING:
            raise GroundupError(f"'{name}' is being trained right now.", "Stop it first, then delete it.")
        queue.jobs.remove(job)
    log_file(name).unlink(missing_ok=True)


# ---- what happens by itself ---------------------------------------------------------------------------------


def tick() -> None:
    """See which processes ended and how, and start those whose turn it is."""
    with changing() as queue:
        for job in queue.jobs:
            if job.state in GOING and not lives(job):
                settle(job)
        going = sum(job.state in GOING for job in queue.jobs)
        for job in queue.jobs:
            if job.state == "waiting" and going < queue.at_once:
                start(job)
                going += job.state == "running"


@asynccontextmanager
async def conducting() -> AsyncIterator[None]:
    """While the studio is open, ticks come by themselves. A tick that fails (a full disk) is tried again."""

    async def beat() -> None:
        while True:
            try:
                await asyncio.to_thread(tick)
            except Exception:
                logging.getLogger("groundup").exception("The queue could not be looked after")
            await asyncio.sleep(SECONDS_BETWEEN_TICKS)

    beating = asyncio.create_task(beat())
    yield
    beating.cancel()
