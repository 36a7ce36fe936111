import numpy as np


def batches(x, labels, size, rng):
    order = rng.permutation(len(x))
    parts = np.split(order, range(size, len(x), size))
    return [(x[part], labels[part]) for part in parts]
