import numpy as np


def sigmoid(z):
    """1 / (1 + e⁻ᶻ). z: a number, or an array; the result has the same shape.

    >>> sigmoid(np.array([0.0, 2.0, -1000.0])).round(4)
    array([0.5   , 0.8808, 0.    ])
    """


def neuron(x, w, b):
    """The sigmoid of w·x + b, one number. x (inputs,), w (inputs,), b a number.

    >>> float(neuron(np.array([0.5, 1.0]), np.array([2.0, -1.0]), 1.0).round(4))  # sigmoid(2·0.5 − 1·1 + 1)
    0.7311
    """
