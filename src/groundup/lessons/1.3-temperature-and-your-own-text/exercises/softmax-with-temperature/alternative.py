import numpy as np


def softmax(scores, temperature):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    sharpened = powers ** (1 / temperature)  # powers are at most 1, the largest is exactly 1
    return sharpened / sharpened.sum(axis=-1, keepdims=True)
