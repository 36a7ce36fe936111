import numpy as np


def rnn_step(x, h, w_ih, w_hh, b):
    return np.tanh(x @ w_ih + h @ w_hh + b)
