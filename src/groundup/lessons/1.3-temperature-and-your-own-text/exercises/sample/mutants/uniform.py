import numpy as np


def sample(shares, rng):
    return int(rng.integers(len(shares)))
