import numpy as np


def context(weights, v):
    mixed = np.zeros((weights.shape[0], v.shape[1]))
    for i in range(weights.shape[0]):
        for j in range(v.shape[0]):
            mixed[i] += weights[i, j] * v[j]
    return mixed
