import numpy as np


def forward(x, W1, b1, W2, b2):
    hidden = 1 / (1 + np.exp(-(x @ W1 + b1)))
    return hidden @ W2 + b2
