import numpy as np


def forward(x, W1, b1, W2, b2):
    """Scores (rows, outputs), of a hidden layer with tanh and an output layer without.

    x (rows, inputs), W1 (inputs, hidden), b1 (hidden,), W2 (hidden, outputs), b2 (outputs,).

    The network worked by hand: the hidden scores are 1 and 2, bent 0.7616 and 0.9640.

    >>> x, W1, b1 = np.array([[1.0, -1.0]]), np.array([[1.0, 2.0], [1.0, -1.0]]), np.array([1.0, -1.0])
    >>> W2, b2 = np.array([[1.0], [-1.0]]), np.array([0.5])
    >>> forward(x, W1, b1, W2, b2).round(4)
    array([[0.2976]])
    """
