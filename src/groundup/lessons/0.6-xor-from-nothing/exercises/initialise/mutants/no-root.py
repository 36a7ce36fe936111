import numpy as np


def initialise(inputs, neurons, rng):
    return rng.standard_normal((inputs, neurons)) / inputs, np.zeros(neurons)
