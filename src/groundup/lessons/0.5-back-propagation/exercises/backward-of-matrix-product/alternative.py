import numpy as np


def backward_of_matrix_product(arrived, A, B):
    return np.einsum("ij,kj->ik", arrived, B), np.einsum("ik,ij->kj", A, arrived)
