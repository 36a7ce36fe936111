"""How a run came down: its bits per byte over training time, and what charts of several runs need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundup.common.look import spread  # noqa: F401 (pictures of runs use it beside what is here)
from groundup.training.run import Run

POINTS = 90

Point = tuple[float, float]  # seconds of training, bits per byte


@dataclass(frozen=True)
class Course:
    """One run's way down."""

    scores: list[Point]
    """Bits per byte on the whole validation text, at each evaluation."""
    losses: list[Point]
    """The training loss in the same unit: nats per token times what one of them is worth in bits per byte.

    That worth (bits per byte over nats per token) is taken from the run's best evaluation. It is exact for a
    lossless tokenizer up to how the two texts differ, and for words it shares out what spelling costs.
    """

    @classmethod
    def of(cls, run: Run) -> "Course":
        scored = list(run.events("evaluation"))
        steps = [(event["seconds"], event["loss"]) for event in run.events("step")]
        if not scored:
            return cls([], [])
        best = min(scored, key=lambda event: event["bpb"])
        worth = best["bpb"] / best["loss"] if best["loss"] > 0 else 0.0
        losses = [(seconds, loss * worth) for seconds, loss in _thinned(steps)]
        return cls([(event["seconds"], event["bpb"]) for event in scored], losses)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most `POINTS` points: the means of equal stretches."""
    size = max(1, math.ceil(len(points) / POINTS))
    stretches = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(p[0] for p in part) / len(part), sum(p[1] for p in part) / len(part)) for part in stretches]


def window(courses: Sequence[Course], floor: float | None = None) -> tuple[float, float, float]:
    """The part of the plane worth drawing: seconds to the right, bits per byte at the bottom and at the top.

    A wild start is clipped rather than let it squeeze the rest: losses of the first tenth do not count.
    """
    end = max((point[0] for course in courses for point in course.scores), default=1.0)
    settled = [point[1] for course in courses for point in course.losses if point[0] > end / 10]
    values = [point[1] for course in courses for point in course.scores] + settled
    values += [floor] if floor else []
    if not values:
        return 1.0, 0.0, 8.0
    ordered = sorted(values)
    low, high = ordered[0], ordered[int(0.985 * (len(ordered) - 1))]
    high = max([high] + [course.scores[-1][1] for course in courses if course.scores])
    room = 0.06 * (high - low) or 0.5
    return end, low - room, high + room


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` round numbers from low to high, evenly spaced.

    >>> ticks(0, 55)
    [0, 20, 40]
    """
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    for times in (1, 2, 5, 10, 20):
        step = size * times
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            break
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    marks = [round(number * step, digits) for number in range(first, last + 1)]
    return [int(mark) if digits == 0 else mark for mark in marks]


def tick_labels(marks: Sequence[float]) -> list[str]:
    """The marks in digits, all with as many decimals.

    >>> tick_labels([2.0, 2.5])
    ['2.0', '2.5']
    """
    digits = max((len(str(mark).partition(".")[2]) for mark in marks), default=0)
    return [f"{mark:,.{digits}f}" for mark in marks]
