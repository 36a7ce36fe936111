"""How a run came down: its bits per byte over training time, and what charts of several runs need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groundup.training.run import Run

POINTS = 90

Point = tuple[float, float]  # seconds of training, bits per byte


@dataclass(frozen=True)
class LossCurve:
    """One run's way down."""

    scores: list[Point]
    """Bits per byte on the whole validation text, at each evaluation."""
    losses: list[Point]
    """The training loss in the same unit: nats per token times what one of them is worth in bits per byte.

    That worth (bits per byte over nats per token) is taken from the run's best evaluation. It is exact for a
    lossless tokenizer up to how the two texts differ, and for words it shares out what spelling costs.
    """

    @classmethod
    def of(cls, run: Run) -> "LossCurve":
        scored = list(run.events("evaluation"))
        steps = [(event["seconds"], event["loss"]) for event in run.events("step")]
        if not scored:
            return cls([], [])
        best = min(scored, key=lambda event: event["bpb"])
        worth = best["bpb"] / best["loss"] if best["loss"] > 0 else 0.0
        losses = [(seconds, loss * worth) for seconds, loss in thin_out(steps)]
        return cls([(event["seconds"], event["bpb"]) for event in scored], losses)


def thin_out(points: Sequence[Point]) -> list[Point]:
    """At most `POINTS` points: the means of equal stretches."""
    size = max(1, math.ceil(len(points) / POINTS))
    stretches = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(p[0] for p in part) / len(part), sum(p[1] for p in part) / len(part)) for part in stretches]


def plot_limits(curves: Sequence[LossCurve], floor: float | None = None) -> tuple[float, float, float]:
    """The part of the plane worth drawing: seconds to the right, bits per byte at the bottom and at the top.

    A wild start is clipped rather than let it squeeze the rest: losses of the first tenth do not count.
    """
    end = max((point[0] for curve in curves for point in curve.scores), default=1.0)
    settled = [point[1] for curve in curves for point in curve.losses if point[0] > end / 10]
    values = [point[1] for curve in curves for point in curve.scores] + settled
    values += [floor] if floor else []
    if not values:
        return 1.0, 0.0, 8.0
    ordered = sorted(values)
    low, high = ordered[0], ordered[int(0.985 * (len(ordered) - 1))]
    high = max([high] + [curve.scores[-1][1] for curve in curves if curve.scores])
    room = 0.06 * (high - low) or 0.5
    return end, low - room, high + room
