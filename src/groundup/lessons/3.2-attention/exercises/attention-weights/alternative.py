import numpy as np


def attention_weights(scores, allowed=None):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    if allowed is not None:
        powers = powers * allowed
    return powers / powers.sum(axis=-1, keepdims=True)
