def mean(values):
    """The mean of a list of numbers, one number. The list has at least one.

    >>> mean([2.0, 3.0, 7.0])
    4.0
    """
