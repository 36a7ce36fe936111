import numpy as np


def split(x, labels, validation, test, rng):
    v, t = round(validation * len(x)), round(test * len(x))
    held_v, held_t, train = np.split(rng.permutation(len(x)), [v, v + t])
    return (x[train], labels[train]), (x[held_v], labels[held_v]), (x[held_t], labels[held_t])
