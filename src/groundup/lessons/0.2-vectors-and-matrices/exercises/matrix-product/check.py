"""A square case, where every mistake shows in the numbers; an oblong one; any; and the count of multiplications."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, construct, example, holds, operations
from groundup.foundations.linear import matrix_product_by_loops, rotation

OWN = "Write the loops yourself here: they are what these calls do inside. From the next lesson on, use `@`."
BASKETS, PRICES = [[3, 1, 2], [1, 2, 0]], [[2, 1], [3, 4], [5, 4]]


def two_matrices(rng):
    rows, inner, columns = rng.integers(1, 5, 3)
    return rng.integers(-9, 10, (rows, inner)).tolist(), rng.integers(-9, 10, (inner, columns)).tolist()


def turns_add_up(work, rng):
    one, two = (int(angle) for angle in rng.integers(1, 90, 2))
    got = np.array(work["matrix_product"](rotation(one).tolist(), rotation(two).tolist()), dtype=float)
    if not np.allclose(got, rotation(one + two)):
        says = (
            f"A turn by {two}° and then one by {one}° is a turn by {one + two}°: its matrix is the product."
        )
        return Failure(says, "", got, rotation(one + two))
    return None


CHECKS = [
    example("matrix_product", ([[1, 2], [3, 4]], [[5, 6], [7, 8]]), [[19, 22], [43, 50]],
            title="[[1, 2], [3, 4]] times [[5, 6], [7, 8]]"),
    example("matrix_product", (BASKETS, PRICES), [[19, 15], [8, 9]], title="baskets (2, 3) times prices (3, 2)"),
    agrees("matrix_product", matrix_product_by_loops, draw=two_matrices, title="matrices of any shapes that fit"),
    holds("two turns, one after the other, add up", turns_add_up, times=3),
    operations("matrix_product", lambda number: (
        [[number(x) for x in row] for row in BASKETS], [[number(x) for x in row] for row in PRICES],
    ), at_most=12, why="2 rows, 2 columns, and 3 products for each number.",
       title="(2, 3) times (3, 2) takes 12 multiplications"),
    construct("matrix_product", forbidden={"MatMult": OWN, "np.matmul": OWN, "np.dot": OWN, "np.einsum": OWN,
                                           "np.inner": OWN}, title="the loops are your own"),
]  # fmt: skip
