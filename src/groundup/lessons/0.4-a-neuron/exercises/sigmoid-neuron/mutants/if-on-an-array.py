import numpy as np


def sigmoid(z):
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


def neuron(x, w, b):
    return sigmoid(np.dot(w, x) + b)
