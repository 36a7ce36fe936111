import numpy as np

from groundup.course.grading.checks import Failure, differs, example, holds


def forward(x, h0, w):
    states, h = [], h0
    for row in x:
        h = np.tanh(row + w @ h)
        states.append(h)
    return np.array(states)


def slopes(function, values, step=1e-6):
    """The gradient of a number by central differences."""
    gradient = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        ends = []
        for sign in (1, -1):
            moved = values.copy()
            moved[index] += sign * step
            ends.append(function(moved))
        gradient[index] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def against_small_steps(time):
    """`backward` on a random network, against what small steps in x, W and h0 do to a loss."""

    def claim(work, rng):
        width = 3
        x, h0, w = rng.normal(size=(time, width)), rng.normal(size=width), rng.normal(size=(width, width))
        weights = rng.normal(size=(time, width))  # the loss is the sum of all states, each number weighted

        def loss(x, h0, w):
            return float((weights * forward(x, h0, w)).sum())

        states = forward(x, h0, w)
        got = work["backward"](weights.copy(), states.copy(), h0.copy(), w.copy())
        expected = (
            slopes(lambda moved: loss(moved, h0, w), x),
            slopes(lambda moved: loss(x, h0, moved), w),
            slopes(lambda moved: loss(x, moved, w), h0),
        )
        case = f"backward on {time} step{'s' * (time > 1)} of width {width}"
        if not isinstance(got, tuple | list) or len(got) != 3:
            return differs(got, expected, 1e-5, case)
        for name, mine, wanted in zip(("d_x", "d_w", "d_h0"), got, expected, strict=True):
            if failure := differs(mine, wanted, 1e-5, case):
                says = f"{name} is not what small steps give. {failure.says}"
                return Failure(says, f"{name}, {case}", failure.got, failure.expected, failure.difference)
        return None

    return claim


one = (np.array([[1.0]]), np.array([[0.6]]), np.array([0.5]), np.array([[2.0]]))

CHECKS = [
    example(
        "backward", one, (np.array([[0.64]]), np.array([[0.32]]), np.array([1.28])), title="one step, by hand"
    ),
    holds("one step, against small steps", against_small_steps(1), times=3),
    holds("two steps: the second tells the first", against_small_steps(2), times=3),
    holds("six steps", against_small_steps(6), times=3),
]
