import numpy as np


def split(x, labels, validation, test, rng):
    order = rng.permutation(len(x))
    v, t = round(validation * len(x)), round(test * len(x))
    parts = order[v + t :], order[:v], order[v : v + t]
    first = len(x) - v - t
    places = slice(0, first), slice(first, first + v), slice(first + v, None)
    return [(x[part], labels[place]) for part, place in zip(parts, places, strict=True)]
