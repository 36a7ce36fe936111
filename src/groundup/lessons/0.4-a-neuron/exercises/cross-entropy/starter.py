import numpy as np


def cross_entropy(p, targets):
    """The mean of −log₂ of the right class's probability: bits, one number.

    p (rows, classes), each row sums to 1; targets (rows,), whole numbers from 0 to classes − 1.

    Below, the right answers got 1/2 and 1/8. That is 1 bit and 3 bits:

    >>> p = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])
    >>> float(cross_entropy(p, np.array([0, 0])))
    2.0
    """
