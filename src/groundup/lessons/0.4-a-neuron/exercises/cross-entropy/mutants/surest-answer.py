import numpy as np


def cross_entropy(p, targets):
    return float(-np.log2(np.maximum(p.max(axis=1), 1e-12)).mean())
