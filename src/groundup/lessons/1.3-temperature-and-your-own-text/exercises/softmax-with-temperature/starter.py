import numpy as np


def softmax(scores, temperature):
    """Probabilities, shaped as `scores`: each row, the last axis, sums to 1.

    scores (..., vocabulary), numbers of any size; temperature: a number above 0

    With scores = [0, ln 3] and temperature = 1 the powers are 1 and 3, so the result is [0.25, 0.75].
    At 0.5 the scores are doubled first: powers 1 and 9, result [0.1, 0.9].
    """
