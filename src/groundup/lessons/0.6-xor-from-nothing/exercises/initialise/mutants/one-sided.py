import numpy as np


def initialise(inputs, neurons, rng):
    return rng.random((inputs, neurons)) / np.sqrt(inputs), np.zeros(neurons)
