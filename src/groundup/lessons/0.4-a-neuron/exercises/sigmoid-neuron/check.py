import numpy as np

from groundup.course.grading.checks import Failure, agrees, differs, example, holds


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(z))


def neuron(x, w, b):
    return float(sigmoid(np.dot(w, x) + b))


def some_scores(rng):
    return (rng.uniform(-6, 6, size=(2, 3)),)


def some_neuron(rng):
    inputs = rng.integers(1, 6)
    return (
        rng.uniform(-2, 2, inputs).round(2),
        rng.uniform(-2, 2, inputs).round(2),
        round(rng.uniform(-1, 1), 2),
    )


def no_overflow(work, _rng):
    for score in (-1000.0, 1000.0):
        case = f"sigmoid(np.array([{score:g}]))"
        try:
            with np.errstate(over="raise", invalid="raise"):
                got = work["sigmoid"](np.array([score]))
        except (FloatingPointError, OverflowError):
            at = f"{score:g}".replace("-", "−")
            says = f"At the score {at} a number overflowed on the way: e¹⁰⁰⁰ is larger than any float can be."
            return Failure(says, case, None, sigmoid(np.array([score])))
        if failure := differs(got, sigmoid(np.array([score])), 1e-9, case):
            return failure
    return None


CHECKS = [
    example("sigmoid", (2.0,), 0.8807970779778823),
    agrees("sigmoid", sigmoid, draw=some_scores, title="sigmoid takes arrays, and keeps their shape"),
    example("neuron", (np.array([0.5, 1.0]), np.array([2.0, -1.0]), 1.0), 0.7310585786300049),
    agrees("neuron", neuron, draw=some_neuron, title="neuron is right for one to five inputs"),
    holds("sigmoid does not overflow at −1000 and at 1000", no_overflow),
]
