import numpy as np


def batches(x, labels, size, rng):
    order = rng.permutation(len(x))
    x[:], labels[:] = x[order], labels[order]
    return [(x[first : first + size], labels[first : first + size]) for first in range(0, len(x), size)]
