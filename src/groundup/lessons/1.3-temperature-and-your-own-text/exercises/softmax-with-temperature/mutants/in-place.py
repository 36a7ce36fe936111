import numpy as np


def softmax(scores, temperature):
    scores /= temperature
    scores -= scores.max(axis=-1, keepdims=True)
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)
