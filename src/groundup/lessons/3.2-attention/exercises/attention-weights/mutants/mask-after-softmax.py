import numpy as np


def attention_weights(scores, allowed=None):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights if allowed is None else weights * allowed
