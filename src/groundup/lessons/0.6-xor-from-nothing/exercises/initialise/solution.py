import numpy as np


def initialise(inputs, neurons, rng):
    weights = rng.standard_normal((inputs, neurons)) / np.sqrt(inputs)
    return weights, np.zeros(neurons)
