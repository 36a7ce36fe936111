def dot(a, b):
    """Multiply pair by pair, and add.

    a, b: lists of n numbers each. Returns one number. Here it is 1·4 + 2·5 + 3·6:

    >>> dot([1, 2, 3], [4, 5, 6]) == 32
    True
    """
