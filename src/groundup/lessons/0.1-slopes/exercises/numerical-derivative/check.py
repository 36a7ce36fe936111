"""x² first, where the answer is exact; then a curve that bends unevenly; then any function, and the step given."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, construct, example, holds
from groundup.foundations import calculus


def square(x):
    return x * x


def cube(x):
    return x * x * x


CURVES = (np.sin, np.exp, cube)


def some_curve(rng):
    return CURVES[rng.integers(3)], round(rng.uniform(-1, 1), 2), round(rng.uniform(0.05, 0.5), 2)


def without_a_step(work, rng):
    x = round(rng.uniform(-1, 1), 2)
    got, expected = work["derivative"](np.exp, x), np.exp(x)
    if got is None or not abs(got - expected) < 1e-8:
        says = "When no h is given, the slope of eˣ is eˣ itself, to eight digits. Keep h=1e-5 in the first line."
        return Failure(says, f"derivative(exp, {x})", got, expected)
    return None


CHECKS = [
    example("derivative", (square, 3.0, 0.1), 6.0, title="x² at 3, with h = 0.1, has the slope 6"),
    example("derivative", (cube, 1.0, 0.5), 3.25, title="x³ at 1, with h = 0.5, comes out as 3.25"),
    agrees("derivative", calculus.derivative, draw=some_curve, title="sine, eˣ and x³, anywhere, with any step"),
    holds("without a step it takes a good one", without_a_step, times=3),
    construct("derivative", forbidden={"np.gradient": "Write the difference yourself: it is one line."},
              title="the difference is your own"),
]  # fmt: skip
