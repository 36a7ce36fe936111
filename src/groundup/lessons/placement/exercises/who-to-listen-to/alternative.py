import numpy as np


def weights(q, keys):
    scores = keys @ q / len(q) ** 0.5
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()
