"""A lesson's budget against the time that its own code takes: processor time, for a busy machine is not its fault."""

import re
from collections.abc import Iterator
from pathlib import Path

from groundup.course.author_course import front_of
from groundup.course.author_fault import Fault

UNDECLARED = 5.0  # seconds that anything may take without being announced
FAR_OVER = 3.0


def over_budget(folder: Path, file: Path, what: str, seconds: float, line: int = 0) -> Iterator[Fault]:
    """Beyond the budget it is a warning, far beyond a fault: machines differ by less than that."""
    front = front_of(folder)
    declared = front.budget if front else ""
    if not declared:
        if seconds > UNDECLARED:
            says = f"{what} took {seconds:.0f} s of processor time. Declare a budget, or show a smaller case."
            yield Fault(file, says, line, warning=True)
        return
    budget = budget_seconds(declared)
    if budget is not None and seconds > budget:
        says = f"{what} took {seconds:.1f} s of processor time; the lesson's budget is {declared}."
        yield Fault(file, says, line, warning=seconds <= FAR_OVER * budget)


def budget_seconds(text: str) -> float | None:
    """30s and 2min in seconds; None where it counts steps or is not understood.

    >>> budget_seconds("2min")
    120.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min)", text.strip())
    return float(match[1]) * (60 if match[2] == "min" else 1) if match else None
