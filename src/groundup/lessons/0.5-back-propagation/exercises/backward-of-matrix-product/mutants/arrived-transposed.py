def backward_of_matrix_product(arrived, A, B):
    return (B @ arrived.T), (arrived.T @ A)
