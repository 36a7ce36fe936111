def matrix_product(A, B):
    """A times B.

    A: a list of rows, (rows, inner). B: a list of rows, (inner, columns). Returns a list of rows, (rows, columns).

    Row 0 of A is 1, 2 and column 0 of B is 5, 7: the number at row 0, column 0 is 1·5 + 2·7 = 19.

    >>> matrix_product([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50]]
    True
    """
