def backward_of_matrix_product(arrived, A, B):
    """The gradients of A (n, k) and B (k, m), where A @ B was computed; `arrived` (n, m) is the gradient of that.

    >>> import numpy as np
    >>> A, B = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    >>> of_A, of_B = backward_of_matrix_product(np.array([[1, 0], [0, -1]]), A, B)
    >>> of_A.tolist(), of_B.tolist()
    ([[5, 7], [-6, -8]], [[1, -3], [2, -4]])
    """
