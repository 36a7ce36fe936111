"""The playground: points of two kinds, a network of your making, and what each of its neurons has learnt to see."""

import math
import time
from collections.abc import Iterator

import numpy as np

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.network import ACTIVATIONS, Network, train
from groundup.foundations.points import POINTS, corners

STARTS = ("random", "zero", "same", "large")
COLUMNS, ROWS, EXTENT = 40, 12, (-1.25, 1.25, -1.25, 1.25)
EVERY = 0.1  # seconds between two looks
SMALL = (11, 4)  # columns and rows of a neuron's own picture
MOST = {"hidden": 32, "layers": 3, "steps": 5000}


def playground(
    *, data: str = "corners", hidden: int = 4, layers: int = 1, activation: str = "tanh", start: str = "random",
    rate: float = 0.1, steps: int = 300, seed: int = 0, points: str = "",
) -> Iterator[ExperimentResult]:  # fmt: skip
    """Train a network on points (Adam, all rows at once) and look at it, several times a second.

    points: some of your own beside the data, each "across up kind", with ; between: "0 0 1; 0.5 -0.2 0".
    """
    _one_of("data", data, ["corners", *POINTS])
    _one_of("activation", activation, list(ACTIVATIONS))
    _one_of("start", start, list(STARTS))
    for name, value in (("hidden", hidden), ("layers", layers), ("steps", steps)):
        if not 1 <= value <= MOST[name]:
            raise GroundupError(f"{name} is {value}.", f"Take a whole number from 1 to {MOST[name]}.")
    if not 0 < rate < math.inf:
        raise GroundupError(f"rate is {rate}.", "Take a number above 0, such as 0.1.")
    x, labels = corners() if data == "corners" else POINTS[data](200, seed=0)
    own_x, own_labels = _own(points)
    x, labels = np.concatenate([x, own_x]), np.concatenate([labels, own_labels])

    network = begun([2, *[hidden] * layers, 1], activation, start, seed)
    title = (
        f"{data}: {layers} x {hidden} {activation}, start {start}, rate {rate:g}, {steps} steps, seed {seed}"
    )
    losses: list[float] = []
    shown = time.monotonic()
    with np.errstate(over="ignore", invalid="ignore"):
        for state in train(network, x, labels, steps=steps, learning_rate=rate, measure_every=steps):
            losses.append(state.loss)
            if time.monotonic() - shown < EVERY and state.step < steps:
                continue
            shown = time.monotonic()
            loss = state.loss if state.training_loss is None else state.training_loss
            wrong = network.classify(x) != labels
            said = f"{wrong.sum()} of {len(x)} wrong · loss {loss / math.log(2):.2f} bits"
            text = "\n".join([title, *_plane(network, x, labels, wrong), said, *_neurons(network)])
            state_of = {
                "data": data, "hidden": hidden, "layers": layers, "errors": int(wrong.sum()), "loss": round(loss, 4),
                "start": start, "step": state.step, "steps": steps,
                "losses": [round(one, 4) for one in losses[:: max(1, steps // 100)]],
                "weights": [
                    {"weights": layer.weights.data.round(6).tolist(), "biases": layer.biases.data.round(6).tolist()}
                    for layer in network.layers
                ],
                "activation": activation, "extent": list(EXTENT), "points": x.round(3).tolist(),
                "labels": labels.tolist(),
            }  # fmt: skip
            yield ExperimentResult(text, state_of, share=state.step / steps)


def begun(widths: list[int], activation: str, start: str, seed: int) -> Network:
    """A network, its weights as the library draws them, all zero, all 0.5, or thirty times as large."""
    network = Network(widths, activation, seed)
    for layer in network.layers:
        weights = layer.weights.data
        layer.weights.data = {"random": weights, "zero": 0 * weights, "same": 0 * weights + 0.5,
                              "large": 30 * weights}[start]  # fmt: skip
    return network


def _own(points: str) -> tuple[np.ndarray, np.ndarray]:
    rows = []
    for part in filter(str.strip, points.split(";")):
        try:
            across, up, kind = map(float, part.split())
        except ValueError:
            across = up = kind = math.nan
        if not (abs(across) <= EXTENT[1] and abs(up) <= EXTENT[1] and kind in (0, 1)):
            raise GroundupError(f"The point '{part.strip()}' cannot be read.",
                                "Write across, up (from -1.25 to 1.25) and kind (0 or 1): 0 0.5 1.")  # fmt: skip
        rows.append((across, up, kind))
    read = np.array(rows).reshape(-1, 3)
    return read[:, :2], read[:, 2].astype(int)


def _one_of(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise GroundupError(f"There is no {what} '{name}'.", did_you_mean(name, known))


def _plane(network: Network, x: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> list[str]:
    """The plane in characters: where the network says 1, and the points; a wrong one is a !."""
    score = _score(network.classify, COLUMNS, ROWS)
    drawn = [["░" if says else " " for says in row] for row in score]
    for (across, up), label, is_wrong in zip(x, labels, wrong, strict=True):
        column = round((across - EXTENT[0]) / (EXTENT[1] - EXTENT[0]) * (COLUMNS - 1))
        row = round((up - EXTENT[2]) / (EXTENT[3] - EXTENT[2]) * (ROWS - 1))
        if 0 <= row < ROWS and 0 <= column < COLUMNS and drawn[row][column] != "!":
            drawn[row][column] = "!" if is_wrong else "ox"[label]
    legend = ["", "░ it says 1", "  it says 0", "x a 1", "o a 0", "! a wrong one"]
    lines = ["".join(row) for row in reversed(drawn)]
    return [f"|{line}|  {legend[n] if n < len(legend) else ''}".rstrip() for n, line in enumerate(lines)]


def _score(function, columns: int, rows: int) -> np.ndarray:
    across, up = np.meshgrid(np.linspace(*EXTENT[:2], columns), np.linspace(*EXTENT[2:], rows))
    return function(np.stack([across.ravel(), up.ravel()], axis=1)).reshape(rows, columns)


def _neurons(network: Network) -> list[str]:
    """Up to six neurons of the first layer, each as a small picture: dark where it gives more than 0."""
    columns, rows = SMALL
    count = min(6, network.layers[0].weights.shape[1])
    middle = 0.5 if network.layers[0].activation == "sigmoid" else 0.0
    seen = [
        _score(lambda x, n=n: network.every_layer(x)[0].data[:, n] > middle, columns, rows)
        for n in range(count)
    ]
    lines = ["".join(f"{f'neuron {n + 1}':<{columns + 1}}" for n in range(count)).rstrip()]
    for row in range(rows - 1, -1, -1):
        lines.append(" ".join("".join("▓" if on else "·" for on in one[row]) for one in seen))
    return lines
