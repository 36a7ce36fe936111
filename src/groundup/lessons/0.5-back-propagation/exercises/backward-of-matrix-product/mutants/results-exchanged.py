def backward_of_matrix_product(arrived, A, B):
    return A.T @ arrived, arrived @ B.T
