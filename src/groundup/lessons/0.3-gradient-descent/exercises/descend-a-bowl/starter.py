import numpy as np


def bowl_gradient(point):
    """The gradient of x² + 3y².

    point: array (2,), x and y. Returns an array (2,): the slope in x and the slope in y.

    >>> [float(slope) for slope in bowl_gradient(np.array([1.0, 1.0]))]
    [2.0, 6.0]
    """


def descend(gradient, start, learning_rate, steps):
    """Walk downhill.

    gradient: a function, array (2,) -> array (2,). start: array (2,). Returns a list of steps + 1 arrays (2,).

    From (3, 1) the gradient is (6, 6). With the rate 0.1 the first step leads to (3 - 0.6, 1 - 0.6):

    >>> [place.round(6).tolist() for place in descend(bowl_gradient, np.array([3.0, 1.0]), 0.1, steps=1)]
    [[3.0, 1.0], [2.4, 0.4]]
    """
