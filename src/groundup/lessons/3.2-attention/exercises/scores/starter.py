"""Scores: how well each key answers each query."""

import numpy as np


def scores(q, k):
    """The dot product of every query with every key.

    q: (n, d), a query in each row.  k: (m, d), a key in each row.
    Returns (n, m): row i holds the scores of query i with every key.

    One query and three keys, the ones of the lesson:

    >>> scores(np.array([[1.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    array([[2., 0., 1.]])
    """
