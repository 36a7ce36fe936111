"""Additive attention: a small network judges every pair of a query and a key."""

import numpy as np
from earlier.attention_weights import attention_weights


def additive_weights(q, k, w_q, w_k, w_s):
    """Attention weights from the score w_s · tanh(W_q q + W_k k).

    q: (n, d) queries.  k: (m, e) keys, which may be of another size.
    w_q: (width, d).  w_k: (width, e).  w_s: (width,).
    Returns (n, m): every row sums to 1.

    The three tokens of the lesson. W_q and W_k change nothing, w_s adds both numbers up:

    >>> q = np.array([[1.0, 1.0]])
    >>> k = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    >>> additive_weights(q, k, np.eye(2), np.eye(2), np.array([1.0, 1.0])).round(2)
    array([[0.4 , 0.27, 0.33]])
    """
