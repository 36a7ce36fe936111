def matrix_product(A, B):
    """The same; zip(*B) gives B's columns."""

    def dot(row, column):
        return sum(x * y for x, y in zip(row, column, strict=True))

    return [[dot(row, column) for column in zip(*B, strict=True)] for row in A]
