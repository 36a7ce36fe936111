"""One neuron."""

import numpy as np


def neuron(x, w, b):
    """The sigmoid of w·x + b, a number between 0 and 1.

    Here w·x + b is 2·1 + 3·(−1) + 1 = 0, and the sigmoid of 0 is one half:

    >>> float(neuron(np.array([2.0, 3.0]), np.array([1.0, -1.0]), 1.0))
    0.5
    """
