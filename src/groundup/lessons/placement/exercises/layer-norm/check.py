import numpy as np

from groundup.course.grading.checks import agrees, example


def reference(x):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5)


ONE = np.array([[1.0, 2.0, 6.0], [4.0, 4.0, 1.0]])

CHECKS = [
    example("layer_norm", (ONE,), reference(ONE), near=1e-4, title="two tokens of three numbers"),
    agrees(
        "layer_norm",
        reference,
        draw=lambda rng: (rng.normal(2, 3, size=(4, 5)).round(1),),
        near=1e-4,
        title="tokens drawn at random",
    ),
    example(
        "layer_norm", (np.full((1, 3), 7.0),), np.zeros((1, 3)), title="a row of equal numbers does no harm"
    ),
]
