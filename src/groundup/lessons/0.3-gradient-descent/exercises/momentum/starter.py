import numpy as np


def roll(gradient, start, learning_rate, keep, steps):
    """Gradient descent with momentum.

    gradient: a function, array (2,) -> array (2,). start: array (2,). keep: 0 to 1.
    Returns a list of steps + 1 arrays (2,).

    On a slope that is (2, 0) everywhere, with the rate 0.1 and keep 0.5, the speeds are 2, then 0.5 · 2 + 2 = 3:

    >>> def even(point):
    ...     return np.array([2.0, 0.0])
    >>> [place.round(6).tolist() for place in roll(even, np.array([1.0, 0.0]), 0.1, 0.5, steps=2)]
    [[1.0, 0.0], [0.8, 0.0], [0.5, 0.0]]
    """
