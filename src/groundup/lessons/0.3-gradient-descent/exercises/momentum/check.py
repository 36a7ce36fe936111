"""Two steps in a valley; without momentum; any walk, as the library takes it; and whether it helps."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds
from groundup.foundations.descent import SURFACES, GradientDescent, Momentum
from groundup.foundations.descent import descend as library


def valley(point):
    return np.array([point[0], 20 * point[1]])


def reference(gradient, start, learning_rate, keep, steps):
    point, ball = np.array(start, dtype=float), Momentum(learning_rate, keep=keep)
    places = [point]
    for _ in range(steps):
        point = point + ball.step(gradient(point))
        places.append(point)
    return np.array(places)


def a_walk(rng):
    start = rng.normal(size=2).round(2)
    return (
        valley,
        start,
        round(rng.uniform(0.01, 0.1), 2),
        round(rng.uniform(0.1, 0.9), 2),
        int(rng.integers(0, 7)),
    )


def starts_at_rest(work, rng):
    start = rng.normal(size=2).round(2)
    first, second = (np.array(work["roll"](valley, start, 0.05, 0.9, 3)) for _ in range(2))
    if not np.array_equal(first, second):
        says = "The second call of `roll` takes another way than the first: is the speed kept outside the function?"
        return Failure(says, f"roll(valley, {start.tolist()}, 0.05, 0.9, 3), twice", second, first)
    return None


def gets_lower(work, rng):
    height = SURFACES["valley"].height
    plain = library("valley", GradientDescent(0.09), steps=40).heights[-1]
    got = float(height(*work["roll"](valley, np.array([-1.8, 1.0]), 0.1, 0.5, 40)[-1]))
    if not got < plain / 1000:
        says = "In the narrow valley, momentum gets more than a thousand times lower than plain descent in 40 steps."
        return Failure(says, "roll(valley, [-1.8, 1], 0.1, 0.5, 40)", got, plain / 1000)
    return None


CHECKS = [
    example("roll", (valley, np.array([1.0, 1.0]), 0.05, 0.5, 2),
            np.array([[1.0, 1.0], [0.95, 0.0], [0.8775, -0.5]]), title="two steps from (1, 1) in the valley"),
    example("roll", (valley, np.array([1.0, 1.0]), 0.01, 0.0, 2),
            np.array([[1.0, 1.0], [0.99, 0.8], [0.9801, 0.64]]), title="with keep = 0 it is plain gradient descent"),
    agrees("roll", reference, draw=a_walk, title="any start, rate, keep and number of steps"),
    holds("every call starts at rest", starts_at_rest),
    holds("it gets lower than plain descent", gets_lower),
]  # fmt: skip
