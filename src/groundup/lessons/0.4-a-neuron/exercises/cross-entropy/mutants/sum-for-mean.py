import numpy as np


def cross_entropy(p, targets):
    right = p[np.arange(len(targets)), targets]
    return -np.log2(np.maximum(right, 1e-12)).sum()
