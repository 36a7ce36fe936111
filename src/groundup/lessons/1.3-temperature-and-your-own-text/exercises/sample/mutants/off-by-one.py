import numpy as np


def sample(shares, rng):
    edges = np.cumsum(shares)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right")) - 1
