"""The gradient against small steps; a walk by hand; any walk; the bowl's exact rule; and both functions together."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, example, holds, outcome, slope


def bowl(point):
    return point[0] ** 2 + 3 * point[1] ** 2


def gradient_of_the_bowl(point):
    return np.array([2 * point[0], 6 * point[1]])


def gradient_of_a_hill(point):
    return np.array([np.sin(point[0]) + point[1], point[0] - 2 * point[1]])


def reference(gradient, start, learning_rate, steps):
    places = [np.array(start)]
    for _ in range(steps):
        places.append(places[-1] - learning_rate * gradient(places[-1]))
    return np.array(places)


def a_place(rng):
    return (rng.normal(size=2).round(2),)


def a_walk(rng):
    gradient = (gradient_of_the_bowl, gradient_of_a_hill)[rng.integers(2)]
    return gradient, rng.normal(size=2).round(2), round(rng.uniform(0.01, 0.2), 2), int(rng.integers(0, 6))


def exact_rule(work, rng):
    rate, steps = round(rng.uniform(0.05, 0.3), 2), int(rng.integers(2, 9))
    places = work["descend"](gradient_of_the_bowl, np.array([1.0, 1.0]), rate, steps)
    expected = np.array([(1 - 2 * rate) ** steps, (1 - 6 * rate) ** steps])
    if not np.allclose(places[-1], expected):
        says = "On the bowl each step multiplies x by 1 - 2η and y by 1 - 6η. Yours ends elsewhere."
        return Failure(says, f"learning rate {rate}, {steps} steps from (1, 1)", places[-1], expected)
    return None


def furthest(work):
    end = work["descend"](work["bowl_gradient"], np.array([3.0, -2.0]), 0.1, 60)[-1]
    return float(np.abs(end).max())


CHECKS = [
    slope("bowl_gradient", bowl, draw=a_place, title="bowl_gradient gives the slopes that small steps measure"),
    example("descend", (gradient_of_the_bowl, np.array([3.0, 1.0]), 0.1, 2),
            np.array([[3.0, 1.0], [2.4, 0.4], [1.92, 0.16]]), title="two steps from (3, 1), with the rate 0.1"),
    agrees("descend", reference, draw=a_walk, title="any start, rate and number of steps, on another hill too"),
    holds("the bowl's exact rule", exact_rule, times=5),
    outcome("both together reach the bottom", furthest, lambda far: far < 0.001,
            "After 60 steps with the rate 0.1 it is still {got} from the bottom."),
]  # fmt: skip
