import numpy as np


def forward(x, W1, b1, W2, b2):
    hidden = np.zeros((len(x), W1.shape[1]))
    for n in range(W1.shape[1]):
        hidden[:, n] = np.tanh(x @ W1[:, n] + b1[n])
    return hidden @ W2 + b2
