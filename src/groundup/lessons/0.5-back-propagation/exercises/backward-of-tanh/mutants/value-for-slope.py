import numpy as np


def local_derivative(x):
    return 1 - np.tanh(x) ** 2


def backward_of_tanh(arrived, x):
    return arrived * np.tanh(x)
