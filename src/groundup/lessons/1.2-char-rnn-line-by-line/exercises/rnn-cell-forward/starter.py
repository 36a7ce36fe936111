import numpy as np


def rnn_step(x, h, w_ih, w_hh, b):
    """The new state (batch, width): tanh(W_ih x + W_hh h + b), a row for each text.

    x (batch, inputs), h (batch, width), w_ih (width, inputs), w_hh (width, width), b (width,)

    With x = [[0.3]], h = [[0.2]], both matrices [[1.0]] and b = [0.0] the sum is 0.5 and the result [[0.4621]].
    """
