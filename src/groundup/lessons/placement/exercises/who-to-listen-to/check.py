import numpy as np

from groundup.course.grading.checks import agrees, example
from groundup.foundations.attention import dot_scores
from groundup.foundations.softmax import softmax


def reference(q, keys):
    return softmax(dot_scores(q[None], keys, len(q) ** 0.5)[0])


def draw(rng):
    d, m = rng.choice([2, 3, 5, 6, 8], size=2, replace=False)
    return rng.normal(size=d).round(1), rng.normal(size=(m, d)).round(1)


ONE = (np.array([1.0, 2.0, 0.0, 1.0]), np.array([[1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 3.0, 0.0]]))

CHECKS = [
    example("weights", ONE, reference(*ONE), title="two keys of four numbers"),
    agrees("weights", reference, draw=draw, title="queries and keys drawn at random"),
]
