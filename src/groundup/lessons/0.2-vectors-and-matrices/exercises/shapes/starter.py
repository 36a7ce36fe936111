def product_shape(a, b):
    """The shape of the product, or why there is none.

    a, b: shapes, tuples of one or two whole numbers. Returns a tuple, or a text.

    The two 3s meet and vanish; 3 and 2 do not fit; a matrix times a vector is a vector:

    >>> product_shape((2, 3), (3, 4))
    (2, 4)
    >>> product_shape((2, 3), (2, 4))
    'inner sizes differ: 3 and 2'
    >>> product_shape((2, 3), (3,))
    (2,)
    """
