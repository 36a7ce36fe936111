"""One step by hand, steps drawn at random against the reference, then training itself."""

import numpy as np

from groundup.course.grading.checks import Failure, agrees, as_array, example, holds, outcome

X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
ONE, NONE = np.array([[1.0]]), np.zeros(1)


def reference(x, y, start, rate, steps):
    W1, b1, W2, b2 = start
    losses = []
    for _ in range(steps):
        H = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(H @ W2 + b2)))
        losses.append(-np.mean(np.log(np.where(y == 1, p, 1 - p))))
        d = (p - y) / len(x)
        back = (d @ W2.T) * (1 - H**2)
        W2, b2 = W2 - rate * H.T @ d, b2 - rate * d.sum(axis=0)
        W1, b1 = W1 - rate * x.T @ back, b1 - rate * back.sum(axis=0)
    return W1, b1, W2, b2, losses


def begun(hidden, rng):
    """A layer's start as in the lesson, with small biases, so that they count from the first step."""
    return (rng.standard_normal((2, hidden)) / np.sqrt(2), 0.1 * rng.standard_normal(hidden),
            rng.standard_normal((hidden, 1)) / np.sqrt(hidden), 0.1 * rng.standard_normal(1))  # fmt: skip


def some_steps(rng):
    rows, hidden = rng.integers(2, 6), rng.integers(1, 5)
    x, y = rng.standard_normal((rows, 2)), rng.integers(0, 2, (rows, 1)).astype(float)
    return x, y, begun(hidden, rng), rng.uniform(0.1, 1.0), int(rng.integers(1, 4))


def twins(work, rng):
    """Two neurons that start alike get the same gradient, and stay alike."""
    W1, W2 = np.full((2, 2), 0.3), np.full((2, 1), 0.7)
    trained = as_array(work["train"](X, Y, (W1, np.zeros(2), W2, np.zeros(1)), 0.5, 50)[0])
    if not np.allclose(trained[:, 0], trained[:, 1]):
        says = (
            "Two neurons that start alike came out different. Each must get its own column of the gradient."
        )
        return Failure(says, "train(X, Y, two equal neurons, rate=0.5, steps=50)", trained)
    return None


def wrong_answers(work):
    """How many of the four each of five seeds gets wrong, with 4 hidden neurons."""
    counts = []
    for seed in range(5):
        start = begun(4, np.random.default_rng(seed))
        W1, b1, W2, b2, _ = work["train"](X, Y, start, 0.5, 1000)
        counts.append(int((((np.tanh(X @ W1 + b1) @ W2 + b2) > 0) != (Y == 1)).sum()))
    return counts


CHECKS = [
    example("train", (ONE, ONE, (ONE / 2, NONE, ONE, NONE), 1.0, 1),
            reference(ONE, ONE, (ONE / 2, NONE, ONE, NONE), 1.0, 1),
            title="One step on one row gives the numbers of the worked example"),
    agrees("train", reference, draw=some_steps, times=20,
           title="One to three steps are right on 20 networks drawn at random"),
    holds("Neurons that start alike stay alike", twins),
    outcome("XOR is learnt without an error from five seeds", wrong_answers, lambda counts: not any(counts),
            "With 4 hidden neurons, rate 0.5 and 1,000 steps, the five seeds get {got} of the four corners wrong.",
            expected=[0] * 5),
]  # fmt: skip
