import numpy as np


def initialise(inputs, neurons, rng):
    return rng.standard_normal((inputs, neurons)) / np.sqrt(neurons), np.zeros(neurons)
