import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds, same
from groundup.foundations.calculus import gradient


def numbers(rng):
    return tuple(rng.uniform(-3, 3, 3).round(2).tolist())


def arrays(rng):
    return tuple(rng.uniform(-3, 3, (3, 2, 3)).round(2))


def by_small_steps(box):
    """Gradients of Σ arrived · box(a, b), measured."""

    def measured(arrived, a, b):
        return (
            gradient(lambda moved: float(np.sum(arrived * box(moved, b))), a),
            gradient(lambda moved: float(np.sum(arrived * box(a, moved))), b),
        )

    return measured


def nothing_from_nothing(work, rng):
    """Where no gradient arrives, none is passed on."""
    _, a, b = numbers(rng)
    for name in ("backward_of_add", "backward_of_multiply"):
        got = work[name](0.0, a, b)
        if not same(got, (0.0, 0.0)):
            says = "Nothing arrived, so nothing can be passed on: the result does not depend on this box."
            return Failure(says, f"{name}(0.0, {a}, {b})", got, (0.0, 0.0))
    return None


CHECKS = [
    example("backward_of_add", (0.5, 3.0, 4.0), (0.5, 0.5)),
    example("backward_of_multiply", (0.5, 3.0, 4.0), (2.0, 1.5)),
    agrees("backward_of_add", by_small_steps(np.add), draw=numbers, times=10, near=1e-5,
           title="backward_of_add gives the slopes that small steps give"),
    agrees("backward_of_multiply", by_small_steps(np.multiply), draw=arrays, times=10, near=1e-5,
           title="backward_of_multiply gives the slopes that small steps give, for arrays too"),
    holds("Where nothing arrives, nothing is passed on", nothing_from_nothing),
]  # fmt: skip
