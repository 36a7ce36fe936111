import numpy as np


def train(x, y, start, rate, steps):
    W1, b1, W2, b2 = start
    losses = []
    for _ in range(steps):
        H = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(H @ W2 + b2)))
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        d_score = (p - y) / len(x)
        d_sum = d_score @ W2.T * (1 - H**2)
        gradients = [x.T @ d_sum, d_sum.sum(axis=0), H.T @ d_score, d_score.sum(axis=0)]
        old = [W1, b1, W2, b2]
        W1, b1, W2, b2 = [value - rate * slope for value, slope in zip(old, gradients, strict=True)]
    return W1, b1, W2, b2, losses
