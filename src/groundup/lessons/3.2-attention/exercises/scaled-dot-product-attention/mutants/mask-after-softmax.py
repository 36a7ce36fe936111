import numpy as np

from earlier.attention_weights import attention_weights
from earlier.context import context
from earlier.scores import scores


def scaled_dot_product_attention(q, k, v, causal=False):
    weights = attention_weights(scores(q, k) / np.sqrt(q.shape[-1]))
    if causal:
        weights = weights * np.tri(len(q))
    return context(weights, v), weights
