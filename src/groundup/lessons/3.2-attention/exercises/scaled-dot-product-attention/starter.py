"""Scaled dot-product attention: compare, scale, hide, share out, mix."""

import numpy as np
from earlier.attention_weights import attention_weights
from earlier.context import context
from earlier.scores import scores


def scaled_dot_product_attention(q, k, v, causal=False):
    """Attention of T tokens over themselves.

    q: (T, d) queries.  k: (T, d) keys.  v: (T, e) values.
    causal: if True, token t sees the tokens 0 to t, and none after.
    Returns the context (T, e) and the weights (T, T).

    Two tokens, a score of 2 for each own key and d = 4, so 1 after scaling:

    >>> q = np.array([[2.0, 0, 0, 0], [0, 2.0, 0, 0]])
    >>> k = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])
    >>> v = np.array([[10.0], [20.0]])
    >>> mixed, weights = scaled_dot_product_attention(q, k, v)
    >>> weights.round(2)
    array([[0.73, 0.27],
           [0.27, 0.73]])
    >>> scaled_dot_product_attention(q, k, v, causal=True)[0].round(1)
    array([[10. ],
           [17.3]])
    """
