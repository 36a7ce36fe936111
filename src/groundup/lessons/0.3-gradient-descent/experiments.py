"""The experiments of lesson 0.3: a ball on a bowl, and in a narrow valley."""

from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.descent import SURFACES, GradientDescent, Momentum, Path, Surface, descend

SHOWN = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 40)
HALF = 11  # characters from the middle of a line to its end
LEAST, MOST = 0.001, 3.0  # learning rates


def bowl(learning_rate: float = 0.05) -> ExperimentResult:
    """Twenty steps down x² + y²."""
    rate = max(LEAST, min(MOST, float(learning_rate)))
    return _shown(SURFACES["bowl"], descend("bowl", GradientDescent(rate), steps=20), rate, 0.0)


def valley(learning_rate: float = 0.02, keep: float = 0.0) -> ExperimentResult:
    """Forty steps down x²/2 + 10·y², with momentum if `keep`, 0 to 0.99, is above 0."""
    rate, kept = max(LEAST, min(MOST, float(learning_rate))), max(0.0, min(0.99, float(keep)))
    return _shown(SURFACES["valley"], descend("valley", Momentum(rate, keep=kept), steps=40), rate, kept)


def _shown(surface: Surface, path: Path, rate: float, keep: float) -> ExperimentResult:
    heading = f"height {surface.formula}, learning rate {rate:g}" + (f", keep {keep:g}" if keep else "")
    lines = [heading, "", f"step   {'x':^23}   {'y':^23}    height"]
    for number in [n for n in SHOWN if n < len(path.points)]:
        x, y = path.points[number]
        lines.append(f"{number:4}   {_line(x)}   {_line(y)}   {path.heights[number]:9.3g}")
    if path.diverged is not None:
        lines.append(f"In step {path.diverged} it left the map for good.")
    left, right, bottom, top = surface.extent
    state = {
        "surface": surface.name, "formula": surface.formula, "learning_rate": rate, "keep": keep,
        "points": path.points.tolist(), "heights": path.heights.tolist(), "height": float(path.heights[-1]),
        "steps": len(path.points) - 1, "diverged": path.diverged is not None,
        "extent": [left, right, bottom, top], "minimum": list(surface.minimum),
    }  # fmt: skip
    return ExperimentResult("\n".join(lines), state)


def _line(place: float) -> str:
    """Where it stands between -2 and 2, 0 in the middle; an arrow if it is further out."""
    if abs(place) > 2:
        return "◂" + "·" * (2 * HALF) if place < 0 else "·" * (2 * HALF) + "▸"
    marks = ["·"] * (2 * HALF + 1)
    marks[HALF] = "|"
    marks[HALF + round(HALF * place / 2)] = "●"
    return "".join(marks)
