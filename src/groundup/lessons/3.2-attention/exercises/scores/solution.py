import numpy as np


def scores(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    return q @ k.T
