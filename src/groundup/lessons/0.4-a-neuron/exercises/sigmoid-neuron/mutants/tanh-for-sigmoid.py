import numpy as np


def sigmoid(z):
    return np.tanh(z)


def neuron(x, w, b):
    return float(sigmoid(np.dot(w, x) + b))
