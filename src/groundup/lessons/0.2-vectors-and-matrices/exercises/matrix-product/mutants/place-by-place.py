def matrix_product(A, B):
    product = []
    for i in range(len(A)):
        row = []
        for j in range(len(A[0])):
            row.append(A[i][j] * B[i][j])
        product.append(row)
    return product
