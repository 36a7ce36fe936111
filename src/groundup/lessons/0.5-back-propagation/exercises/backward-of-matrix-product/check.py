import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds
from groundup.foundations.calculus import gradient


def by_small_steps(arrived, A, B):
    """Gradients of Σ arrived · (A @ B), measured."""
    return (
        gradient(lambda moved: float(np.sum(arrived * (moved @ B))), A),
        gradient(lambda moved: float(np.sum(arrived * (A @ moved))), B),
    )


def some_matrices(rng):
    n, k, m = rng.permutation([2, 3, 4])  # no two alike, so that a wrong shape shows
    A, B, arrived = rng.uniform(-2, 2, (n, k)), rng.uniform(-2, 2, (k, m)), rng.uniform(-2, 2, (n, m))
    return arrived.round(1), A.round(1), B.round(1)


def shapes_fit(work, rng):
    arrived, A, B = some_matrices(rng)
    for name, matrix, got in zip(
        "AB", (A, B), work["backward_of_matrix_product"](arrived, A, B), strict=True
    ):
        if np.shape(got) != matrix.shape:
            says = f"The gradient of {name} has the shape {np.shape(got)}; each number of {name} needs one."
            case = f"arrived {arrived.shape}, A {A.shape}, B {B.shape}"
            return Failure(says, case, np.shape(got), matrix.shape)
    return None


by_hand = (
    np.array([[1.0, 0.0], [0.0, -1.0]]),
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.array([[5.0, 6.0], [7.0, 8.0]]),
)

CHECKS = [
    example(
        "backward_of_matrix_product", by_hand,
        (np.array([[5.0, 7.0], [-6.0, -8.0]]), np.array([[1.0, -3.0], [2.0, -4.0]])),
        title="The case worked by hand",
    ),
    holds("Each gradient has the shape of its matrix", shapes_fit, times=3),
    agrees("backward_of_matrix_product", by_small_steps, draw=some_matrices, times=5, near=1e-5,
           title="The gradients are the slopes that small steps give"),
]  # fmt: skip
