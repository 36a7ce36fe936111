import numpy as np


def attention_weights(scores, allowed=None):
    if allowed is not None:
        scores = np.where(allowed, -np.inf, scores)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
