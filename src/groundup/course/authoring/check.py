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

from groundup.course.authoring.exercises import AT_ONCE, check_exercises, submissions
from groundup.course.authoring.order import check_place
from groundup.course.authoring.process import PARTS, run_code
from groundup.course.authoring.targets import Fault, targets
from groundup.course.authoring.text import check_text


@dataclass(frozen=True)
class Step:
    """Where a check stands."""

    lesson: str
    doing: str
    done: int
    of: int


Watch = Callable[[Step], None]


def check(
    names: Sequence[str],
    course: Path,
    *,
    write: bool = False,
    quick: bool = False,
    watch: Watch = lambda step: None,
) -> list[Fault]:
    """Check lessons, by id or by folder (see `targets`), in the order in which they are given.

    `write` makes anew what is generated; `quick` leaves out most of what trains.
    Raises GroundupError where there is no such lesson.
    """
    chosen, faults = targets(names, course)
    parts = [0 if target.only else PARTS + 1 for target in chosen]
    steps = [*parts, *(submissions(exercise) for target in chosen for exercise in target.exercises())]
    done, lock = 0, threading.Lock()

    def begin(lesson: str, doing: str) -> None:
        nonlocal done
        with lock:
            watch(Step(lesson, doing, min(done, sum(steps) - 1), sum(steps)))
            done += 1

    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {
            one: pool.submit(run_code, one, write, begin, quick=quick) for one in chosen if not one.only
        }
        for target in chosen:
            faults += check_exercises(target.exercises(), begin, quick=quick)
            if target in running:  # its text may need the numbers that this makes
                faults += running[target].result()
                begin(target.lesson, "text")
                faults += [*check_place(target), *check_text(target)]
    return list(dict.fromkeys(faults))  # a broken file is met by several rules
