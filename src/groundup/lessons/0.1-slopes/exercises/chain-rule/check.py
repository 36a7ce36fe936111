"""At 3 every mistake gives another number. Made-up slopes show whether the given ones are used."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds
from groundup.foundations.calculus import derivative


def square_plus_one(x):
    return x * x + 1


def double(x):
    return 2 * x


def cube(u):
    return u * u * u


def three_squares(u):
    return 3 * u * u


def seven(x):
    return 7.0


def reference(f, f_slope, g, g_slope, x):
    return g_slope(f(x)) * f_slope(x)


LINKS = ((square_plus_one, double), (cube, three_squares), (np.sin, np.cos), (np.exp, np.exp))


def two_links(rng):
    (f, f_slope), (g, g_slope) = LINKS[rng.integers(4)], LINKS[rng.integers(4)]
    return f, f_slope, g, g_slope, round(rng.uniform(-1.5, 1.5), 2)


def as_a_step_says(work, rng):
    x = round(rng.uniform(-1.5, 1.5), 2)
    got = work["chain_slope"](square_plus_one, double, np.sin, np.cos, x)
    expected = derivative(lambda place: float(np.sin(square_plus_one(place))), x)
    if got is None or not abs(got - expected) < 1e-6:
        says = "A small step of x, sent through the whole chain sin(x² + 1), measures another slope."
        return Failure(says, f"x = {x}", got, expected)
    return None


CHECKS = [
    example("chain_slope", (square_plus_one, double, cube, three_squares, 3.0), 1800.0,
            title="(x² + 1)³ at 3 has the slope 300 · 6 = 1800"),
    example("chain_slope", (square_plus_one, seven, cube, three_squares, 1.0), 84.0,
            title="it uses the slopes it is given: with a made-up slope 7 for f, 12 · 7 = 84"),
    agrees("chain_slope", reference, draw=two_links, title="any two of x² + 1, x³, sine and eˣ"),
    holds("a small step through sin(x² + 1) measures the same", as_a_step_says, times=5),
]  # fmt: skip
