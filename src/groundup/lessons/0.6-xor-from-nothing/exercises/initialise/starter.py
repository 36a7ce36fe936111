import numpy as np


def initialise(inputs, neurons, rng):
    """Starting values of a layer: weights (inputs, neurons), biases (neurons,).

    The weights: normal around 0, deviation 1/√inputs. With 4 inputs 0.5, with 100 inputs 0.1.
    The biases: 0.

    >>> weights, biases = initialise(4, 3, np.random.default_rng(0))
    >>> weights.shape, biases.shape
    ((4, 3), (3,))
    """
