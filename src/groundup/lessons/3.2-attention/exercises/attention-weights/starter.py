"""Attention weights: each row of scores becomes shares of one."""

import numpy as np


def attention_weights(scores, allowed=None):
    """Softmax of each row, over the places where looking is allowed.

    scores: (n, m), a row for each query.
    allowed: (n, m), True where looking is allowed; None allows everything. Each row allows at least one place.
    Returns (n, m): every row sums to 1, and is exactly 0 where looking is not allowed.

    >>> attention_weights(np.array([[2.0, 0.0, 1.0]])).round(2)
    array([[0.67, 0.09, 0.24]])
    """
