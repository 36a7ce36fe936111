import numpy as np


def initialise(inputs, neurons, rng):
    rng = np.random.default_rng(0)
    return rng.standard_normal((inputs, neurons)) / np.sqrt(inputs), np.zeros(neurons)
