import numpy as np


def batches(x, labels, size, rng):
    order = np.arange(len(x))
    found = []
    for first in range(0, len(x), size):
        chosen = order[first : first + size]
        found.append((x[chosen], labels[chosen]))
    return found
