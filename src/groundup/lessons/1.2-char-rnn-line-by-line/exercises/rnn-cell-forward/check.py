import numpy as np

from groundup.course.grading.checks import Failure, agrees, construct, differs, example, holds


def rnn_step(x, h, w_ih, w_hh, b):
    return np.tanh(x @ w_ih.T + h @ w_hh.T + b)


def some_step(rng):
    batch, inputs, width = 2, 3, 4
    sizes = ((batch, inputs), (batch, width), (width, inputs), (width, width), (width,))
    return tuple(rng.normal(size=size) for size in sizes)


def rows_are_texts(work, rng):
    """Each row of a batch gives what it gives alone."""
    x, h, *weights = some_step(rng)
    together = work["rnn_step"](x, h, *weights)
    for row in range(len(x)):
        alone = work["rnn_step"](x[row : row + 1], h[row : row + 1], *weights)
        case = f"row {row} of a batch, and the same row alone"
        if failure := differs(np.asarray(together)[row : row + 1], np.asarray(alone), 1e-9, case):
            says = f"A text must not notice the others in its batch. {failure.says}"
            return Failure(says, case, failure.got, failure.expected)
    return None


one = np.ones((1, 1))

CHECKS = [
    example("rnn_step", (np.array([[0.3]]), np.array([[0.2]]), one, one, np.zeros(1)), np.array([[np.tanh(0.5)]]),
            title="0.3 read, 0.2 carried, weights of 1: tanh(0.5)"),
    agrees("rnn_step", rnn_step, draw=some_step),
    holds("each row of a batch gives what it gives alone", rows_are_texts),
    construct("rnn_step", forbidden={"For": "No loop is needed: one product does the whole batch."},
              title="no loop over the batch"),
]  # fmt: skip
