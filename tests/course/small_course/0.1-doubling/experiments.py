"""The experiments of the small course."""

from groundup.common.errors import GroundupError
from groundup.course.lessons.parts import Shown


def fold(folds: int = 3, factor: float = 2.0, loud: bool = False, name: str = "paper") -> Shown:
    """A bar for each fold."""
    if folds > 60:
        raise GroundupError("Sixty folds are enough.", "Choose fewer.")
    heights = [factor**n for n in range(folds + 1)]
    lines = [f"{name.upper() if loud else name}"]
    lines += [
        f"{n:3} {height:10,.0f} {'█' * round(40 * height / heights[-1])}" for n, height in enumerate(heights)
    ]
    return Shown("\n".join(lines), {"sheets": heights[-1], "folds": folds, "heights": heights})


def from_run(run: str | None = None) -> Shown:
    """Which run it would read."""
    return Shown(f"drawn from {run or 'the fixture'}", {"run": run or ""})
