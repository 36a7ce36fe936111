"""Predictions: what was typed as a number or a sketch, and how far it is from what comes.

A sketch is a list of points `(x, y)`, joined by straight lines, wherever it was drawn.
"""

import re
from math import sqrt

import numpy as np

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_number
from groundup.course.lessons.items import Prediction

Points = list[tuple[float, float]]


def parse_number(text: str, unit: str = "") -> float:
    """A number as people write it: 0.5, 0,5, −3, 1/4, 1e-3, 12 %, 3 m/s. Raises GroundupError."""
    plain = text.strip().replace("−", "-").replace("·10^", "e").removesuffix(unit.strip() or " ").strip()
    plain = re.sub(r"(?<=\d)[\s_'](?=\d{3}\b)", "", plain)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain) and not plain.lstrip("+-").startswith("0"):
        plain = plain.replace(",", "")  # 1,000: a comma between thousands
    plain = plain.replace(",", ".")
    percent = plain.endswith("%")
    over, slash, under = plain.removesuffix("%").partition("/")
    try:
        number = float(over) / (float(under) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        number = float("nan")
    if not np.isfinite(number):
        raise GroundupError(f"'{text.strip()}' is no number.", "Write one such as 0.5, -3, 1/4 or 1e-3.")
    return number / 100 if percent else number


def sketch_positions(block: Prediction, count: int = 5) -> list[float]:
    """Where a sketch is asked for in a terminal: x values, evenly over the axis."""
    assert block.x is not None
    return [float(x) for x in np.linspace(*block.x, count)]


def interpolate_sketch(points: Points, x: "np.ndarray | list[float]") -> np.ndarray:
    """The height of a sketch at x."""
    by_x = sorted(points)
    return np.asarray(np.interp(x, [x for x, _ in by_x], [y for _, y in by_x]))


def prediction_error(block: Prediction, given: float | Points) -> float:
    """How far a prediction is from the answer; for a sketch, on average over the curve."""
    if isinstance(block.answer, list):
        assert isinstance(given, list)
        assert block.x is not None
        x = np.linspace(*block.x, 201)
        return float(np.abs(interpolate_sketch(given, x) - interpolate_sketch(block.answer, x)).mean())
    assert block.answer is not None
    assert not isinstance(given, list)
    return abs(given - block.answer)


def is_right(block: Prediction, given: float | Points) -> bool:
    """Whether a number or a sketch is near enough to count as right; of a choice, whether it is the right option,
    counted from 0."""
    if block.form == "choice":
        assert isinstance(given, int)
        return block.options[given].right
    assert block.near is not None
    return prediction_error(block, given) <= block.near * (1 + 1e-9)


def draw_sketch(block: Prediction, given: Points | None = None, width: int = 48, height: int = 12) -> str:
    """The true curve in characters, and a sketch where there is one: o is the sketch, • the answer, @ both.

    At most `width` + 12 characters wide.
    """
    assert block.x is not None
    assert block.y is not None
    assert block.axes is not None
    assert isinstance(block.answer, list)
    x = np.linspace(*block.x, width)
    low, high = block.y
    marks = [[" "] * width for _ in range(height)]
    for points, mark in ((block.answer, "•"), (given or [], "o")):
        if not points:
            continue
        rows = np.rint((high - interpolate_sketch(points, x)) / (high - low) * (height - 1))
        for column, row in enumerate(np.clip(rows, 0, height - 1).astype(int)):
            marks[row][column] = "@" if marks[row][column] == "•" and mark == "o" else mark
    names = [format_number(high), *[""] * (height - 2), format_number(low)]
    edge = max(map(len, names))
    lines = [f"{block.axes[1]}"]
    lines += [f"{name:>{edge}} │{''.join(row).rstrip()}" for name, row in zip(names, marks, strict=True)]
    first, last = format_number(block.x[0]), format_number(block.x[1])
    lines.append(f"{'':{edge}} └{'─' * width}")
    lines.append(f"{'':{edge}}  {first}{last:>{width - len(first)}}")
    lines.append(f"{'':{edge}}  {block.axes[0]:^{width}}".rstrip())
    return "\n".join([*lines, "o yours   • what comes   @ both"] if given else lines)


CERTAINTY_PERCENTS = (10, 30, 50, 70, 90)
"""The same for every question: only guesses with the same step can be counted together."""

MIN_GUESSES = 8
"""Guesses with the same step, before they are judged: of fewer, nothing can be said."""


def certainty_steps(block: Prediction) -> tuple[int, ...]:
    """Those that fit a question: a choice between two is never less than about 50 % sure."""
    blind = 100 / len(block.options) if block.options else 0
    return tuple(step for step in CERTAINTY_PERCENTS if step > blind - 10)


def calibration_sentence(sure: int, count: int, right: int) -> str:
    """One sentence or two on the guesses with this step, of which there is one at least."""
    sentence = f"You were {sure}% sure."
    if count == 1:
        return f"{sentence} It is the first guess you were that sure of."
    sentence += f" Of the guesses you were that sure of, {right} in {count} came true so far"
    if count < MIN_GUESSES:
        return f"{sentence}."
    share = sure / 100
    luck = 1.5 * sqrt(count * share * (1 - share))  # of those who judge well, one in seven is off by more
    if abs(right - count * share) <= luck:
        return f"{sentence}: well judged."
    if right < count * share:
        return f"{sentence}: fewer than you thought."
    return f"{sentence}: you know more than you think."
