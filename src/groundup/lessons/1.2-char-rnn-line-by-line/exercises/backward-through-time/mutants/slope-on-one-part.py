import numpy as np


def backward(d_states, states, h0, w):
    d_x, d_w, d_h = np.zeros_like(states), np.zeros_like(w), np.zeros_like(h0)
    for t in reversed(range(len(states))):
        delta = d_states[t] * (1 - states[t] ** 2) + d_h
        d_x[t] = delta
        d_w += np.outer(delta, states[t - 1] if t else h0)
        d_h = w.T @ delta
    return d_x, d_w, d_h
