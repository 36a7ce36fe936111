import numpy as np


def rnn_step(x, h, w_ih, w_hh, b):
    both = np.concatenate([x, h], axis=1)  # (batch, inputs + width)
    w = np.concatenate([w_ih, w_hh], axis=1)  # (width, inputs + width)
    return np.tanh(both @ w.T + b)
