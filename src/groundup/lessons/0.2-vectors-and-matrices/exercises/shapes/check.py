"""Shapes that fit, that do not, vectors, and then what NumPy says of any two."""

import numpy as np

from groundup.course.grading.checks import agrees, example


def as_numpy(a, b):
    try:
        return np.matmul(np.zeros(a), np.zeros(b)).shape
    except ValueError:
        return f"inner sizes differ: {a[-1]} and {b[0]}"


def two_shapes(rng):
    sizes = [tuple(int(size) for size in rng.integers(1, 4, rng.integers(1, 3))) for _ in range(2)]
    return sizes[0], sizes[1]


CHECKS = [
    example("product_shape", ((2, 3), (3, 4)), (2, 4)),
    example("product_shape", ((2, 3), (2, 4)), "inner sizes differ: 3 and 2"),
    example("product_shape", ((3, 2), (4, 3)), "inner sizes differ: 2 and 4",
            title="(3, 2) times (4, 3) does not fit, though the other order would"),
    example("product_shape", ((2, 3), (3,)), (2,), title="a matrix times a vector is a vector"),
    example("product_shape", ((3,), (3,)), (), title="a vector times a vector is a single number: its shape is ()"),
    agrees("product_shape", as_numpy, draw=two_shapes, times=60, title="the same as NumPy, whatever the shapes"),
]  # fmt: skip
