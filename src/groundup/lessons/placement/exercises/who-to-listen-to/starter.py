"""Attention weights of one query."""

import numpy as np


def weights(q, keys):
    """softmax(q · k / √d) over the keys.

    q: (d,).  keys: (m, d).  Returns (m,), which sum to 1.

    d is 4, and the scores are 2 and 0; after scaling 1 and 0:

    >>> weights(np.array([2.0, 0.0, 0.0, 0.0]), np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])).round(2)
    array([0.73, 0.27])
    """
