"""A training step of the NumPy autograd beside micrograd, which works the same out number by number.

Both have the same weights and read the same rows: forward, loss, backward, a step of gradient descent. Their losses
must agree before anything is timed. micrograd has ReLU, no tanh and no logarithm. So the loss is the squared error
for XOR, and for the digits the hinge loss of micrograd's own demonstration: relu(1 - y·score), with y = ±1.
"""

from collections.abc import Callable

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from groundup.foundations.network import Network
from groundup.foundations.operations import relu
from groundup.foundations.points import corners
from table import medians, print_rows

RATE = 0.01
ROWS = 4  # in a batch of digits, small because micrograd makes some 20,000 nodes for it


def measure(rounds: int = 15) -> list[dict]:
    """One row for each network; times are milliseconds for a step."""
    x, labels = corners()
    digits = load_digits()
    y = np.where(np.arange(10) == digits.target[:ROWS, None], 1.0, -1.0)  # (ROWS, 10)
    return [
        row(
            "XOR network 2-8-1, 4 rows",
            steps([2, 8, 1], x, 2.0 * labels[:, None] - 1, lambda score, y: (score - y) ** 2),
            "at least 1",
            rounds,
        ),
        row(
            f"digits network 64-32-10, {ROWS} rows",
            steps([64, 32, 10], digits.data[:ROWS] / 16, y, hinge),
            "at least 20",
            max(rounds // 3, 1),
        ),
    ]


def hinge(score, y):
    """Works on a Tensor and on a Value."""
    return (1 - score * y).relu() if isinstance(score, Value) else relu(1 - score * y)


def steps(
    widths: list[int], x: NDArray, y: NDArray, loss: Callable
) -> tuple[Callable[[], float], Callable[[], float]]:
    """The two training steps, from the same weights; each gives its loss. y: (rows, scores)."""
    network = Network(widths, "relu")
    peer = MLP(widths[0], widths[1:])
    for layer, theirs in zip(network.layers, peer.layers, strict=True):
        for column, neuron in enumerate(theirs.neurons):
            neuron.b.data = layer.biases.data[column].item()
            for weight, value in zip(neuron.w, layer.weights.data[:, column].tolist(), strict=True):
                weight.data = value
    rows, targets = x.tolist(), y.tolist()

    def ours() -> float:
        size = loss(network(x), y).mean()
        for parameter in network.parameters():
            parameter.grad = None
        size.backward()
        for parameter in network.parameters():
            parameter.data = parameter.data - RATE * parameter.grad
        return size.item()

    def micrograd() -> float:
        scores = [score for row in rows for score in np.atleast_1d(peer(row))]
        request = [target for row in targets for target in row]
        size = sum(loss(score, target) for score, target in zip(scores, request, strict=True)) * (1 / y.size)
        peer.zero_grad()
        size.backward()
        for parameter in peer.parameters():
            parameter.data -= RATE * parameter.grad
        return size.data

    return ours, micrograd


def row(
    subject: str, programs: tuple[Callable[[], float], Callable[[], float]], reach: str, rounds: int
) -> dict:
    ours, peer = programs
    for _ in range(3):  # which also warms up
        np.testing.assert_allclose(ours(), peer(), rtol=1e-9)
    seconds = medians({"ours": ours, "peer": peer}, rounds)
    return {
        "what": f"{subject}: training step",
        "ours": 1000 * seconds["ours"],
        "peer": 1000 * seconds["peer"],
        "peer_name": "micrograd",
        "ratio": seconds["peer"] / seconds["ours"],
        "reach": reach,
        "unit": "ms",
    }


if __name__ == "__main__":
    print_rows(measure())
