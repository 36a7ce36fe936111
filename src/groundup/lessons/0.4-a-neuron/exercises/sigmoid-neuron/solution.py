import numpy as np


def sigmoid(z):
    small = np.exp(-np.abs(z))  # between 0 and 1, whatever z is
    return np.where(np.asarray(z) >= 0, 1.0, small) / (1.0 + small)


def neuron(x, w, b):
    return sigmoid(np.dot(w, x) + b)
