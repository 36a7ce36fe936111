import numpy as np


def cross_entropy(p, targets):
    right = p[targets, np.arange(len(targets))]
    return -np.log2(np.maximum(right, 1e-12)).mean()
