import numpy as np


def softmax(scores, axis=-1):
    powers = np.exp(scores - np.max(scores, axis=0))
    return powers / powers.sum(axis=0)
