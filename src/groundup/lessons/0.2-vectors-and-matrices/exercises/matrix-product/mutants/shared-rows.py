def matrix_product(A, B):
    product = [[0.0] * len(B[0])] * len(A)
    for i in range(len(A)):
        for j in range(len(B[0])):
            for k in range(len(B)):
                product[i][j] += A[i][k] * B[k][j]
    return product
