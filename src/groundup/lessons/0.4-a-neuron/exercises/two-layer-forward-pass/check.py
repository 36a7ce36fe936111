import numpy as np

from groundup.course.grading.checks import Failure, agrees, construct, example, holds, same


def forward(x, W1, b1, W2, b2):
    return np.tanh(x @ W1 + b1) @ W2 + b2


def some_network(rng):
    rows, inputs, hidden, outputs = rng.integers(2, 6, 4)

    def numbers(*shape):
        return rng.uniform(-1.5, 1.5, shape).round(2)

    return (
        numbers(rows, inputs),
        numbers(inputs, hidden),
        numbers(hidden),
        numbers(hidden, outputs),
        numbers(outputs),
    )


def rows_are_apart(work, rng):
    x, *weights = some_network(rng)
    together = work["forward"](x, *weights)
    alone = work["forward"](x[:1], *weights)
    if same(np.asarray(together)[:1], alone):
        return None
    says = "The first row comes out differently when other rows stand below it. Rows are apart: nothing mixes them."
    return Failure(says, "forward(x, ...)[:1] beside forward(x[:1], ...)", np.asarray(together)[:1], alone)


by_hand = (
    np.array([[1.0, -1.0]]), np.array([[1.0, 2.0], [1.0, -1.0]]), np.array([1.0, -1.0]),
    np.array([[1.0], [-1.0]]), np.array([0.5]),
)  # fmt: skip
no_loop = (
    "A loop goes over rows or neurons one at a time. A layer is one matrix product: `x @ W1` does them all."
)

CHECKS = [
    example("forward", by_hand, forward(*by_hand), title="The network worked by hand gives 0.2976"),
    agrees("forward", forward, draw=some_network, title="forward is right for networks of other sizes"),
    holds("Each row has its own result, whatever rows stand beside it", rows_are_apart, times=5),
    construct("forward", forbidden={"For": no_loop, "While": no_loop, "ListComp": no_loop, "GeneratorExp": no_loop},
              title="forward needs no loop"),
]  # fmt: skip
