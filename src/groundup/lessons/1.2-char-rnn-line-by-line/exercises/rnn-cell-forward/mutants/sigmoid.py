import numpy as np


def rnn_step(x, h, w_ih, w_hh, b):
    return 1 / (1 + np.exp(-(x @ w_ih.T + h @ w_hh.T + b)))
