import numpy as np

from groundup.course.grading.checks import agrees, example
from groundup.foundations.attention import mix
from groundup.foundations.softmax import softmax

THREE = np.array([[2.0, 0.0, 1.0]])
LAST_HIDDEN = np.array([[True, True, False]])
SQUARE = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]])


def reference(scores, allowed=None):
    return mix(scores, np.zeros((scores.shape[-1], 1)), allowed)[1]


def hidden(rng):
    """In each row something is hidden, and something is not."""
    scores = rng.normal(size=(4, 5)).round(1)
    allowed = rng.random((4, 5)) < 0.5
    allowed[:, 0], allowed[:, 3] = True, False
    return scores, allowed


def large(rng):
    """The rows lie 2,000 apart."""
    return (rng.normal(size=(2, 3)).round(1) + np.array([[1000.0], [-1000.0]]),)


CHECKS = [
    example("attention_weights", (THREE,), softmax(THREE), title="the three tokens of the lesson"),
    example("attention_weights", (SQUARE,), softmax(SQUARE), title="each row is shared out on its own"),
    example(
        "attention_weights",
        (THREE, LAST_HIDDEN),
        reference(THREE, LAST_HIDDEN),
        title="the third token hidden",
    ),
    agrees(
        "attention_weights",
        reference,
        draw=hidden,
        title="what is hidden gets nothing; the row still sums to 1",
    ),
    agrees("attention_weights", reference, draw=large, title="scores of 1,000 and −1,000 do no harm"),
]
