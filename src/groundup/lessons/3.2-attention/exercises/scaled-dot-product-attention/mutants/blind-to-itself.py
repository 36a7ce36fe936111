import numpy as np

from earlier.attention_weights import attention_weights
from earlier.context import context
from earlier.scores import scores


def scaled_dot_product_attention(q, k, v, causal=False):
    table = scores(q, k) / np.sqrt(q.shape[-1])
    allowed = np.tri(len(q), k=-1, dtype=bool) if causal else None
    weights = attention_weights(table, allowed)
    return context(weights, v), weights
