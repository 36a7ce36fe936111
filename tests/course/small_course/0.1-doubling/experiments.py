"""The experiments of the small course."""

from groundup.common.errors import GroundupError
from groundup.course.lessons.parts import ExperimentResult


def fold(folds: int = 3, factor: float = 2.0, loud: bool = False, name: str = "paper") -> ExperimentResult:
    """A bar for each fold."""
    if folds > 60:
        raise GroundupError("Sixty folds are enough.", "Choose fewer.")
    heights = [factor**n for n in range(folds + 1)]
    lines = [f"{name.upper() if loud else name}"]
    lines += [
        f"{n:3} {height:10,.0f} {'█' * round(40 * height / heights[-1])}" for n, height in enumerate(heights)
    ]
    return ExperimentResult("\n".join(lines), {"sheets": heights[-1], "folds": folds, "heights": heights})


def from_run(run: str | None = None) -> ExperimentResult:
    """Which run it would read."""
    return ExperimentResult(f"drawn from {run or 'the fixture'}", {"run": run or ""})
