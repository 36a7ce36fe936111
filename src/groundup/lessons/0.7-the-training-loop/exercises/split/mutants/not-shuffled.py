import numpy as np


def split(x, labels, validation, test, rng):
    order = np.arange(len(x))
    v, t = round(validation * len(x)), round(test * len(x))
    parts = order[v + t :], order[:v], order[v : v + t]
    return [(x[part], labels[part]) for part in parts]
