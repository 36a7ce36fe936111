import numpy as np


def neuron(x, w, b):
    return 1 / (1 + np.exp(w @ x + b))
