def backward_of_matrix_product(arrived, A, B):
    return arrived @ B, A @ arrived
