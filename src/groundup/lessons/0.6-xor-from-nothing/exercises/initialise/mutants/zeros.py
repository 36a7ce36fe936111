import numpy as np


def initialise(inputs, neurons, rng):
    return np.zeros((inputs, neurons)), np.zeros(neurons)
