"""The context: the values, mixed by the weights."""

import numpy as np


def context(weights, v):
    """For each query, the weighted mean of the values.

    weights: (n, m), every row sums to 1.  v: (m, d), a value in each row.
    Returns (n, d): a context for each query.

    Half of the first value, a quarter of each other:

    >>> context(np.array([[0.5, 0.25, 0.25]]), np.array([[8.0, 0.0], [0.0, 4.0], [4.0, 4.0]]))
    array([[5., 2.]])
    """
