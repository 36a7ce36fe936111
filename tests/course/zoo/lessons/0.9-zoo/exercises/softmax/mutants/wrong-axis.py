import numpy as np


def softmax(scores, axis=-1):
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()
