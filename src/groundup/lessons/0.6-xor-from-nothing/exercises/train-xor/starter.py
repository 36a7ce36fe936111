import numpy as np


def train(x, y, start, rate, steps):
    """Gradient descent on the cross-entropy: the trained (W1, b1, W2, b2, losses).

    x (rows, inputs), y (rows, 1) of 0 and 1.
    start: W1 (inputs, hidden), b1 (hidden,), W2 (hidden, 1), b2 (1,). The caller's arrays stay as they are.
    losses: one number a step, in nats, measured before the step.

    One row, x = 1, y = 1, W1 = 0.5, W2 = 1, no biases. H = tanh(0.5) = 0.4621, p = sigmoid(0.4621) = 0.6135,
    so the first loss is -ln 0.6135 = 0.4886, and d_score = 0.6135 - 1 = -0.3865. With the rate 1:

    >>> one = np.array([[1.0]])
    >>> start = (one / 2, np.zeros(1), one, np.zeros(1))
    >>> W1, b1, W2, b2, losses = train(one, one, start, rate=1.0, steps=1)
    >>> W2.round(4).tolist()  # 1 + 0.3865 · 0.4621
    [[1.1786]]
    """
