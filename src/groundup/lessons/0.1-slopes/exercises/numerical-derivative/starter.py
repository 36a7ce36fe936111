def derivative(f, x, h=1e-5):
    """The slope of f at x, measured with a step h to each side.

    f: a function of one number. x: where. h: the step, above 0. Returns one number.

    square(3.1) is 9.61, square(2.9) is 8.41. They differ by 1.2, over 0.2:

    >>> def square(x):
    ...     return x * x
    >>> round(derivative(square, 3.0, h=0.1), 6)
    6.0
    """
