import numpy as np


def split(x, labels, validation, test, rng):
    order = rng.permutation(len(x))
    v, t = int(validation * len(x)), int(test * len(x))
    parts = order[v + t :], order[:v], order[v : v + t]
    return [(x[part], labels[part]) for part in parts]
