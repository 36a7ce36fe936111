import numpy as np

from groundup.course.grading.checks import agrees, example


def reference(x, w, b):
    return 1 / (1 + np.exp(-(w @ x + b)))


def draw(rng):
    n = rng.integers(2, 6)
    return rng.normal(size=n).round(1), rng.normal(size=n).round(1), round(float(rng.normal()), 1)


ONE = (np.array([1.0, 2.0]), np.array([0.5, 0.25]), 1.0)

CHECKS = [
    example("neuron", ONE, reference(*ONE)),
    agrees("neuron", reference, draw=draw, title="neurons drawn at random"),
]
