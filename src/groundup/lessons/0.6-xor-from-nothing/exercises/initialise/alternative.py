import numpy as np


def initialise(inputs, neurons, rng):
    deviation = 1 / np.sqrt(inputs)
    return rng.normal(0.0, deviation, (inputs, neurons)), np.zeros(neurons)
