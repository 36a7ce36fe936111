import numpy as np


def split(x, labels, validation, test, rng):
    order = rng.permutation(len(x))
    v = round(validation * len(x))
    t = round(test * (len(x) - v))
    parts = order[v + t :], order[:v], order[v : v + t]
    return [(x[part], labels[part]) for part in parts]
