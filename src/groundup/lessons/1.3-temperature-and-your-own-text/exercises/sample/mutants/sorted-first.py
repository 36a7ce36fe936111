import numpy as np


def sample(shares, rng):
    edges = np.cumsum(np.sort(shares)[::-1])
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
