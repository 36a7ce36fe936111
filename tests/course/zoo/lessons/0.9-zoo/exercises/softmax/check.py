"""Three of the checks are drawn at random; the last looks at the text."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, construct, example, holds


def reference(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sums_to_one(work, rng):
    scores = rng.normal(size=(2, 3))
    total = work["softmax"](scores, axis=0).sum(axis=0)
    if not np.allclose(total, 1):
        return Failure("With axis=0, the columns do not sum to 1.", got=total, expected=np.ones(3))
    return None


CHECKS = [
    example("softmax", (np.array([0.0, 0.0]),), np.array([0.5, 0.5])),
    agrees("softmax", reference, draw=lambda rng: (rng.normal(size=(3, 4)),), title="each row on its own"),
    agrees("softmax", reference, draw=lambda rng: (1000 * rng.normal(size=(2, 3)),), title="large scores"),
    holds("the columns, with axis=0", sums_to_one),
    construct("softmax", forbidden={"scipy.special.softmax": "Write it yourself."}, title="written by hand"),
]
