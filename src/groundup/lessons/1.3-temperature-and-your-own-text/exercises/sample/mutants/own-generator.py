import numpy as np


def sample(shares, rng):
    rng = np.random.default_rng(0)
    edges = np.cumsum(shares)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
