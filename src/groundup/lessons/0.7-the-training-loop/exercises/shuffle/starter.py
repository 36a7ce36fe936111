import numpy as np


def batches(x, labels, size, rng):
    """The batches of one epoch: a list of (x, labels), each of `size` rows, the last perhaps smaller.

    x (rows, inputs), labels (rows,).

    With 10 rows and the size 4 there are three batches, and together they hold every row once:

    >>> import numpy as np
    >>> x, labels = np.arange(10.0)[:, None], np.arange(10)
    >>> [len(part) for part, _ in batches(x, labels, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
