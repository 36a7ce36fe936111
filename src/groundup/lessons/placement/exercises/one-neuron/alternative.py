import numpy as np


def neuron(x, w, b):
    z = np.sum(x * w) + b
    return (1 + np.tanh(z / 2)) / 2
