import numpy as np


def split(x, labels, validation, test, rng):
    """Three pairs (x, labels): the training, the validation and the test set.

    x (rows, inputs), labels (rows,). validation, test: shares of all rows.

    Of 10 rows with the shares 0.2 and 0.3, two go to the validation set, three to the test set, and five are left:

    >>> import numpy as np
    >>> x, labels = np.arange(10.0)[:, None], np.arange(10)
    >>> parts = split(x, labels, 0.2, 0.3, np.random.default_rng(0))
    >>> [len(part) for part, _ in parts]
    [5, 2, 3]
    """
