import numpy as np


def softmax(scores, axis=-1):
    scores -= np.max(scores, axis=axis, keepdims=True)
    powers = np.exp(scores)
    return powers / powers.sum(axis=axis, keepdims=True)
