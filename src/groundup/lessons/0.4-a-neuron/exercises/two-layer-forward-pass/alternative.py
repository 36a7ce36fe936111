import numpy as np


def layer(x, W, b):
    ones = np.ones((len(x), 1))
    return np.hstack([x, ones]) @ np.vstack([W, b])


def forward(x, W1, b1, W2, b2):
    return layer(np.tanh(layer(x, W1, b1)), W2, b2)
