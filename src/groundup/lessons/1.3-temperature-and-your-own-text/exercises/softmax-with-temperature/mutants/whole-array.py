import numpy as np


def softmax(scores, temperature):
    scaled = np.asarray(scores) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum()
