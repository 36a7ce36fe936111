import numpy as np


def scores(q, k):
    return np.einsum("id,jd->ij", q, k)
