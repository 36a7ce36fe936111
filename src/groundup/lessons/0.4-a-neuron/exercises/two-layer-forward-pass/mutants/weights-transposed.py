import numpy as np


def forward(x, W1, b1, W2, b2):
    hidden = np.tanh(x @ W1.T + b1)
    return hidden @ W2 + b2
