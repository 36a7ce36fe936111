import numpy as np


def context(weights, v):
    return np.tile(v.mean(axis=0), (len(weights), 1))
