import numpy as np


def attention_weights(scores, allowed=None):
    hidden = scores if allowed is None else np.where(allowed, scores, -10.0)
    powers = np.exp(hidden - hidden.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
