import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds

WEIGHTS = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.1, 0.1, 0.8]])
V = np.array([[8.0, 0.0], [0.0, 4.0], [4.0, 4.0]])


def draw(rng):
    n, m, d = rng.integers(2, 6, size=3)
    parts = rng.integers(1, 10, size=(n, m)) / 1.0
    return parts / parts.sum(axis=1, keepdims=True), rng.integers(-5, 6, size=(m, d)) / 1.0


def stays_inside(work, rng):
    weights, v = draw(rng)
    got = np.asarray(work["context"](weights, v))
    if (got > v.max(axis=0) + 1e-9).any() or (got < v.min(axis=0) - 1e-9).any():
        return Failure("A mean cannot lie outside the values that it is made of.", str(work.last), got)
    return None


CHECKS = [
    example(
        "context",
        (WEIGHTS, V),
        np.array([[5.0, 2.0], [0.0, 4.0], [4.0, 3.6]]),
        title="three queries, worked by hand",
    ),
    agrees(
        "context",
        lambda weights, v: weights @ v,
        draw=draw,
        title="any number of queries, values and dimensions",
    ),
    holds("no context leaves the range of the values", stays_inside, times=10),
]
