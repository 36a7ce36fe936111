"""A recurrent network whose state is one number."""

import math


def states(xs, w, u):
    """The state after each input: h = tanh(w·x + u·h), from h = 0.

    xs is a list of numbers; w and u are numbers. Returns a list as long as xs.

    >>> [round(h, 3) for h in states([1.0, 0.0], w=1.0, u=0.5)]  # tanh(1), then tanh(0.5·tanh(1))
    [0.762, 0.363]
    """
