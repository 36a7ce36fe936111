"""The numbers of lesson 0.4, computed by the library."""

import math
from collections.abc import Iterable

import numpy as np

from groundup.foundations.autograd import Tensor
from groundup.foundations.network import Layer, Network, squared_error, yes_or_no
from groundup.foundations.operations import sigmoid, tanh
from groundup.foundations.points import corners
from groundup.foundations.softmax import cross_entropy, softmax

GIVEN = (
    "99 %",
    "75 %",
    "50 %",
    "30 %",
    "0.82",
    "6.1",
)  # forecasts that were chosen, a goal, and a section of a book


def text(number: float, digits: int = 2) -> str:
    """With a real minus, and no minus before a zero."""
    return f"{round(float(number), digits) + 0.0:.{digits}f}".replace("-", "−")


def bits(p: float) -> float:
    return float(-np.log2(p))


def cyclist(sun: float, tired: float, activation: str | None = None) -> float:
    layer = Layer(2, 1, activation, np.random.default_rng(0))
    layer.weights.data, layer.biases.data = np.array([[2.0], [-1.0]]), np.array([1.0])
    return layer(Tensor([[sun, tired]])).item()


def by_hand() -> Network:
    """The network that the lesson works out: not yet XOR."""
    network = Network([2, 2, 1])
    for layer, weights, biases in zip(
        network.layers, ([[1.0, 2.0], [1.0, -1.0]], [[1.0], [-1.0]]), ([1.0, -1.0], [0.5]), strict=True
    ):
        layer.weights.data, layer.biases.data = np.array(weights), np.array(biases)
    return network


def slope_at(score: float, squared: bool) -> float:
    """How the loss answers to the score, where the right answer is 1."""
    z = Tensor([[score]])
    (squared_error(sigmoid(z), [1.0]) if squared else yes_or_no(z, [1])).backward()
    assert z.grad is not None
    return float(z.grad[0, 0])


def forecaster(p: float, outcomes: Iterable[int] = (1, 1, 1, 0)) -> float:
    """Mean surprise, in bits, of who gives `yes` the probability p each day."""
    return float(np.mean([bits(p if outcome else 1 - p) for outcome in outcomes]))


def numbers() -> dict[str, str]:
    network = by_hand()
    hidden, score = (layer.data for layer in network.every_layer([[1.0, -1.0]]))
    p = sigmoid(score).item()
    points = corners()
    shares = softmax([2.0, 1.0, 0.0])
    powers = np.exp([2.0, 1.0, 0.0])
    nats = cross_entropy([[2.0, 1.0, 0.0]], [1])
    found = {
        "score": text(cyclist(0.5, 1.0), 0),
        "no_weights": text(0.5 + 1.0 + 1.0, 1),
        "p_cycle": text(cyclist(0.5, 1.0, "sigmoid")),
        "hidden_a": text(hidden[0, 0]),
        "hidden_b": text(hidden[0, 1]),
        "out_score": text(score.item()),
        "out_p": text(p, 3),
        "right_at_first": str(int((network.classify(points.x) == points.labels).sum())),
        "out_squared": text((1 - p) ** 2),
        "out_bits": text(bits(p)),
        "bits_sure": text(bits(0.99), 3),
        "bits_99_wrong": text(bits(0.01)),
        "bits_million": text(bits(1e-6), 1),
        "forecast_99": text(forecaster(0.99)),
        "forecast_75": text(forecaster(0.75)),
        "forecast_50": text(forecaster(0.5)),
        "nat": text(1 / math.log(2)),
        "slope_squared": text(slope_at(-6.0, squared=True), 3),
        "slope_bits": text(slope_at(-6.0, squared=False), 3),
        "slope_ratio": f"{round(slope_at(-6.0, squared=False) / slope_at(-6.0, squared=True), -1):.0f}",
        "p_at_minus_6": text(sigmoid(-6.0).item(), 4),
        "softmax_bits": text(nats / math.log(2)),
        "power_sum": text(powers.sum()),
        "bits_55": text(math.log2(55)),
        "layer_size": f"{784 * 100 + 100:,}",
        "xor_size": str(sum(tensor.data.size for tensor in network.parameters())),
    }
    for place, name in enumerate("abc"):
        found[f"power_{name}"] = text(powers[place])
        found[f"share_{name}"] = text(shares[place], 3)
    for score_, name in ((-2.0, "m2"), (0.0, "0"), (1.0, "1"), (2.0, "2")):
        found[f"sigmoid_{name}"] = text(sigmoid(score_).item())
        found[f"tanh_{name}"] = text(tanh(score_).item())
    return found
