"""`groundup course check`: what the author of a lesson is told, before a learner is.

    faults = check(["0.1"], LESSONS)
    for fault in faults: print(fault.text(LESSONS))

One lesson is checked alone: whether others of the course are finished does not matter. The rules, by what they look at:

author_exercises.py  the starter fails, solutions pass, every mistake is recognised
author_course.py     the order of lessons: what each needs, teaches and uses
author_text.py       questions, numbers, links, length (and spelling.py: words)
author_child.py      what runs, in a process of its own: numbers, fixtures, experiments, pictures, code
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundup.course.author_course import check_place
from groundup.course.author_exercises import check_exercises, submissions
from groundup.course.author_fault import Fault
from groundup.course.author_process import PARTS, run_code
from groundup.course.author_targets import targets
from groundup.course.author_text import check_text


@dataclass(frozen=True)
class Step:
    """Where a check stands."""

    lesson: str
    doing: str
    done: int
    of: int


Watch = Callable[[Step], None]


def check(
    names: Sequence[str], course: Path, *, write: bool = False, watch: Watch = lambda step: None
) -> list[Fault]:
    """Check lessons, by id or by folder (see `targets`), in the order in which they are given.

    `write` makes anew what is generated. Raises GroundupError where there is no such lesson.
    """
    chosen, faults = targets(names, course)
    steps = [PARTS + 1 + sum(map(submissions, target.exercises())) for target in chosen]
    done = 0

    def begin(lesson: str, doing: str) -> None:
        nonlocal done
        watch(Step(lesson, doing, min(done, sum(steps)), sum(steps)))
        done += 1

    for number, target in enumerate(chosen):
        whole = not target.only
        if whole:  # first, for the text may lack the numbers that this makes
            faults += run_code(target, write, begin)
        faults += check_exercises(target.exercises(), begin)
        if whole:
            begin(target.lesson, "text")
            faults += [*check_place(target), *check_text(target)]
        done = sum(steps[: number + 1])
    return list(dict.fromkeys(faults))  # a broken file is met by several rules
