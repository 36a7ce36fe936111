import numpy as np

from groundup.course.grading.checks import agrees, example


def softmax(scores, temperature):
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def some_rows(rng):
    return rng.normal(0, 3, size=(3, 5)), float(rng.uniform(0.2, 3.0))


two = np.array([0.0, np.log(3.0)])
large = np.array([[1000.0, 999.0], [0.0, 1.0]])
low = np.array([0.0, 1.0, 0.5])

CHECKS = [
    example("softmax", (two, 1.0), np.array([0.25, 0.75]), title="powers 1 and 3 at temperature 1"),
    example("softmax", (two, 0.5), np.array([0.1, 0.9]), title="powers 1 and 9 at temperature 0.5"),
    agrees("softmax", softmax, draw=some_rows, title="three rows of scores, any temperature"),
    example("softmax", (large, 1.0), softmax(large, 1.0), title="scores of 1,000, and a row far below"),
    example("softmax", (low, 0.001), np.array([0.0, 1.0, 0.0]), title="a temperature of 0.001"),
]
