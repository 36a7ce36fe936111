import numpy as np


def mean(values):
    return float(np.mean(values))
