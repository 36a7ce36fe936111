import numpy as np


def batches(x, labels, size, rng):
    order = rng.permutation(len(x))
    other = rng.permutation(len(x))
    found = []
    for first in range(0, len(x), size):
        part = slice(first, first + size)
        found.append((x[order[part]], labels[other[part]]))
    return found
