import numpy as np


def weights(q, keys):
    powers = np.exp(keys @ q)
    return powers / powers.sum()
