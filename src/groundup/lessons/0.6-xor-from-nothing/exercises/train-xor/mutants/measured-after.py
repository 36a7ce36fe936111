import numpy as np


def train(x, y, start, rate, steps):
    W1, b1, W2, b2 = start
    losses = []
    for _ in range(steps):
        H = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(H @ W2 + b2)))
        d_score = (p - y) / len(x)
        d_W2, d_b2 = H.T @ d_score, d_score.sum(axis=0)
        d_sum = d_score @ W2.T * (1 - H**2)
        d_W1, d_b1 = x.T @ d_sum, d_sum.sum(axis=0)
        W1, b1 = W1 - rate * d_W1, b1 - rate * d_b1
        W2, b2 = W2 - rate * d_W2, b2 - rate * d_b2
        p = 1 / (1 + np.exp(-(np.tanh(x @ W1 + b1) @ W2 + b2)))
        losses.append(-np.mean(np.log(np.where(y == 1, p, 1 - p))))
    return W1, b1, W2, b2, losses
