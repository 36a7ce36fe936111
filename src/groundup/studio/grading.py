"""Checks of learners' code: each in a process of its own (course/grading/grader.py), a few at a time, others queued.

grading = the_grading(request)
verdict = await grading.check(exercise, workspace, progress_file)
"""

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Request

from groundup.course.grading.grader import Grader
from groundup.course.grading.verdict import Verdict
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.exercise import Exercise
from groundup.course.progress.attempts import attempt
from groundup.course.progress.store import Store
from groundup.studio.turns import Turns

AT_ONCE = min(8, max(2, (os.cpu_count() or 2) // 2))
"""One more than that, and the time limits of the checks would measure the machine. Two at least: one that never ends
must not hold up the other."""


class Grading:
    """A grader that keeps a process at hand, and the queue before it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.grader, self.turns = Grader(warm=True), Turns(at_once)

    async def check(self, exercise: Exercise, workspace: Workspace, progress: Path) -> Verdict:
        """Check the learner's file and store the attempt. Raises GroundupError where the exercise is broken."""

        def work() -> Verdict:
            with Store(progress) as store:
                return attempt(exercise, workspace, store, self.grader)

        return await self.turns.take(work)

    def prepare(self, exercise: Exercise) -> None:
        """Whoever types will check soon: have a process ready that has imported what is needed."""
        self.grader.prepare(exercise)

    def close(self) -> None:
        self.grader.close()


_making = threading.Lock()


def the_grading(request: Request) -> Grading:
    """The studio's one."""
    state = request.app.state
    with _making:
        if not hasattr(state, "grading"):
            state.grading = Grading()
        return state.grading


@asynccontextmanager
async def until_the_studio_ends(app: Any) -> AsyncIterator[None]:
    """For a router's `lifespan`: the process that waits ends with the server."""
    yield
    if hasattr(app.state, "grading"):
        app.state.grading.close()
