"""Shapes, then chance: mean and deviation within five standard errors, neurons that differ, layers that differ."""

import math

import numpy as np

from groundup.course.grading.checks import Failure, as_array, differs, holds

INPUTS, NEURONS = 100, 400
CALL = "weights, biases = initialise(100, 400, np.random.default_rng(7))"


def layer(work, inputs, neurons, rng):
    """(weights, biases) as arrays, or a Failure."""
    case = f"initialise({inputs}, {neurons}, rng)"
    got = work["initialise"](inputs, neurons, rng)
    if not isinstance(got, tuple | list) or len(got) != 2:
        return Failure("Two results are expected: the weights and the biases, as a tuple.", case, got)
    for part, shape, name in zip(got, [(inputs, neurons), (neurons,)], ("weights", "biases"), strict=True):
        found = as_array(part).shape
        if found != shape:
            return Failure(f"The {name} have the shape {found}; {shape} is expected.", case, found, shape)
    return as_array(got[0]), as_array(got[1])


def shapes(work, _):
    for inputs, neurons in ((4, 3), (3, 4), (1, 1)):
        got = layer(work, inputs, neurons, np.random.default_rng(0))
        if isinstance(got, Failure):
            return got
        if failure := differs(
            got[1], np.zeros(neurons), case=f"the biases of initialise({inputs}, {neurons}, rng)"
        ):
            return failure
    return None


def neurons_differ(work, _):
    weights = work["initialise"](3, 5, np.random.default_rng(1))[0]
    alike = len(np.unique(as_array(weights).round(9), axis=1).T)
    if alike < 5:
        says = f"5 neurons start in only {alike} way{'s' if alike > 1 else ''}. Neurons that start alike stay alike."
        return Failure(says, "initialise(3, 5, rng)", weights)
    return None


def centred(work, _):
    """A mean of n numbers of deviation s strays by s/√n."""
    weights = as_array(work["initialise"](INPUTS, NEURONS, np.random.default_rng(7))[0])
    allowed = 5 * weights.std() / math.sqrt(weights.size)
    if abs(weights.mean()) > allowed:
        says = f"The mean of 40,000 weights is {weights.mean():.4f}; chance alone keeps it within {allowed:.4f} of 0."
        return Failure(says, CALL, round(float(weights.mean()), 3), 0.0)
    return None


def scaled(work, _):
    """A deviation s, measured on n numbers, strays by s/√(2n)."""
    weights = as_array(work["initialise"](INPUTS, NEURONS, np.random.default_rng(7))[0])
    wanted = 1 / math.sqrt(INPUTS)
    allowed = 5 * wanted / math.sqrt(2 * weights.size)
    if abs(weights.std() - wanted) > allowed:
        says = (
            f"With 100 inputs the weights have the deviation {weights.std():.3f}; {wanted:.3f} is expected."
        )
        return Failure(says, CALL, round(float(weights.std()), 3), wanted)
    return None


def by_the_generator(work, _):
    rng = np.random.default_rng(2)
    first, second = (as_array(work["initialise"](2, 3, rng)[0]) for _ in range(2))
    if np.array_equal(first, second):
        says = "Two layers made one after the other with the same generator have the same weights."
        return Failure(says, "initialise(2, 3, rng), twice", second)
    again = as_array(work["initialise"](2, 3, np.random.default_rng(2))[0])
    if not np.array_equal(first, again):
        says = "The same seed gave other weights. Draw from `rng` alone, or a run cannot be repeated."
        return Failure(says, "initialise(2, 3, np.random.default_rng(2)), twice", again, first)
    return None


CHECKS = [
    holds("The shapes are right, and the biases are 0", shapes),
    holds("No two neurons start alike", neurons_differ),
    holds("The weights lie around 0", centred),
    holds("Their deviation is 1/√inputs", scaled),
    holds("All chance comes from the generator given", by_the_generator),
]
