import numpy as np


def weights(q, keys):
    return keys @ q / np.sqrt(len(q))
