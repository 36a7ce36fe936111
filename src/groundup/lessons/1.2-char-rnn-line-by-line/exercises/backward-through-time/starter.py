import numpy as np


def backward(d_states, states, h0, w):
    """Gradients of the loss: d_x (time, width), d_w (width, width), d_h0 (width,).

    states (time, width): what the forward walk gave, states[t] = tanh(x[t] + w @ states[t − 1]), from h0 (width,).
    d_states (time, width): the gradient of the loss with respect to each state, as far as its own prediction goes.

    One step, width 1: state 0.6, h0 = [0.5], w = [[2.0]], d_states = [[1.0]]. The slope of tanh is 1 − 0.36 = 0.64,
    so d_x = [[0.64]], d_w = 0.64 · 0.5 = [[0.32]] and d_h0 = 2 · 0.64 = [1.28].
    """
