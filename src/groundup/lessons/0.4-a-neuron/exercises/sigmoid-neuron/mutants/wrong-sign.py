import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(z))


def neuron(x, w, b):
    return sigmoid(np.dot(w, x) + b)
