"""`groundup course check`: what the author of a lesson is told, before a learner is.

    faults = check(["0.1"], LESSONS)
    for fault in faults: print(fault.text(LESSONS))

One lesson is checked alone: whether others of the course are finished does not matter. The rules, by what they look at:

exercises.py    the starter fails, solutions pass, every mistake is recognised
order.py        the order of lessons: what each needs, teaches and uses
text.py         questions, numbers, links, length (and spelling.py: words)
child.py        what runs, in a process of its own: numbers, fixtures, experiments, pictures, code
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from groundup.common.process import ONE_THREAD, ChildError, ChildProcess, child_environment
from groundup.course.authoring.exercises import PARALLEL_EXERCISES, check_exercises, submissions
from groundup.course.authoring.order import check_place
from groundup.course.authoring.targets import LessonFault, Target, targets
from groundup.course.authoring.text import check_text

CHILD_PARTS = 6  # that child.py reports
MAX_SECONDS = 900.0  # that the code of one lesson may take


@dataclass(frozen=True)
class CheckStep:
    """Where a check stands."""

    lesson: str
    doing: str
    done: int
    of: int


Watch = Callable[[CheckStep], None]


def check(
    names: Sequence[str],
    course: Path,
    *,
    write: bool = False,
    quick: bool = False,
    watch: Watch = lambda step: None,
) -> list[LessonFault]:
    """Check lessons, by id or by folder (see `targets`), in the order in which they are given.

    `write` makes generated files again; `quick` leaves out most of what trains.
    Raises GroundupError where there is no such lesson.
    """
    chosen, faults = targets(names, course)
    parts = [0 if target.only else CHILD_PARTS + 1 for target in chosen]
    steps = [*parts, *(submissions(exercise) for target in chosen for exercise in target.exercises())]
    done, lock = 0, threading.Lock()

    def begin(lesson: str, doing: str) -> None:
        nonlocal done
        with lock:
            watch(CheckStep(lesson, doing, min(done, sum(steps) - 1), sum(steps)))
            done += 1

    with ThreadPoolExecutor(PARALLEL_EXERCISES) as pool:
        running = {
            target: pool.submit(check_running, target, write, begin, quick=quick)
            for target in chosen
            if not target.only
        }
        for target in chosen:
            faults += check_exercises(target.exercises(), begin, quick=quick)
            if target in running:  # its text may need the numbers that this makes
                faults += running[target].result()
                begin(target.lesson, "text")
                faults += [*check_place(target), *check_text(target)]
    return list(dict.fromkeys(faults))  # a broken file is met by several rules


def check_running(
    target: Target,
    write: bool,
    begin: Callable[[str, str], None],
    seconds: float = MAX_SECONDS,
    *,
    quick: bool = False,
) -> list[LessonFault]:
    """The faults of what a lesson runs, found in a process of its own: without network, with an empty home.

    So a lesson that ends Python, or never returns, has a fault like any other. `write`: numbers.toml and fixtures are
    generated again. `quick`: fixtures are not compared with their regeneration, which trains.
    """
    faults: list[LessonFault] = []
    doing, reason = "start", ""
    environment = child_environment(**ONE_THREAD, MPLBACKEND="agg", PYTHONHASHSEED="0")
    with ChildProcess(
        "groundup.course.authoring.child", environment=environment, folder_variables=("GROUNDUP_HOME", "MPLCONFIGDIR"),
        max_output_bytes=2**20,
    ) as child:  # fmt: skip
        request = {
            "folder": str(target.folder),
            "lesson": target.lesson,
            "write": write,
            "quick": quick,
        }
        try:
            for reply in child.ask(request, seconds=seconds):
                if "doing" in reply:
                    doing = reply["doing"]
                    begin(target.lesson, doing)
                else:
                    faults.append(LessonFault.from_json(reply["fault"]))
        except ChildError as error:
            reason = (
                f"was still running after {seconds:.0f} s"
                if error.reason == "time"
                else f"ended Python (exit code {child.wait(1.0)})"
            )
    if reason:
        last_line = child.output.decode("utf-8", "replace").strip().split("\n")[-1]
        output = f" The last that it said: {last_line}" if last_line else ""
        faults.append(
            LessonFault(target.file, f"its code {reason}, while this was checked: {doing}.{output}")
        )
    return faults
