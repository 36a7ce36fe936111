def backward_of_add(arrived, a, b):
    """The gradients of a and b, where a + b was computed and `arrived` is the gradient of the sum.

    All are numbers, or arrays of one shape.

    >>> backward_of_add(0.5, 3.0, 4.0)
    (0.5, 0.5)
    """


def backward_of_multiply(arrived, a, b):
    """The gradients of a and b, where a · b was computed and `arrived` is the gradient of the product.

    All are numbers, or arrays of one shape.

    >>> backward_of_multiply(0.5, 3.0, 4.0)
    (2.0, 1.5)
    """
