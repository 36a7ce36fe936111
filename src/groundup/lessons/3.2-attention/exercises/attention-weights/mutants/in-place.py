import numpy as np


def attention_weights(scores, allowed=None):
    if allowed is not None:
        scores[~allowed] = -np.inf
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
