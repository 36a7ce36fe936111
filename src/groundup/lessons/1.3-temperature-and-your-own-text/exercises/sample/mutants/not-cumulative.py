import numpy as np


def sample(shares, rng):
    return int(np.argmax(shares > rng.random()))
