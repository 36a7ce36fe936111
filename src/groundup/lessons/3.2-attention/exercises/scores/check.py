"""A square case comes first, where a missing transpose gives numbers, though wrong ones."""

import numpy as np

from groundup.course.grading.checks import agrees, example
from groundup.foundations.attention import dot_scores

Q = np.array([[1.0, 2.0], [0.0, 1.0]])
K = np.array([[3.0, 0.0], [1.0, 1.0]])


def draw(rng):
    n, m, d = rng.integers(2, 6, size=3)
    return rng.integers(-3, 4, size=(n, d)) / 1.0, rng.integers(-3, 4, size=(m + 4, d)) / 1.0


CHECKS = [
    example("scores", (Q, K), dot_scores(Q, K), title="two queries and two keys"),
    example(
        "scores",
        (np.array([[1.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])),
        np.array([[2.0, 0.0, 1.0]]),
        title="the three tokens of the lesson",
    ),
    agrees("scores", dot_scores, draw=draw, title="any number of queries, keys and dimensions"),
]
