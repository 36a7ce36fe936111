"""The experiments of lesson 0.4: draw a line with one neuron, XOR with three, and forecast the weather."""

import numpy as np

from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.network import Network
from groundup.foundations.operations import sigmoid
from groundup.foundations.points import corners

EDGE = 1.6  # how far the plane is drawn, either way
ROWS, COLUMNS = 13, 35  # in characters, which are about twice as high as wide
TASKS = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}
DAYS = [1, 1, 1, 0]


def one_neuron(w1: float = 1.0, w2: float = -1.0, bias: float = 0.0, task: str = "and") -> ExperimentResult:
    """The line that one neuron draws between the corners of a square. task: and, or, xor."""
    task = task if task in TASKS else "and"
    network = _network([2, 1], ([[w1], [w2]], [bias]))
    labels = TASKS[task]
    above = [f"score = {_signed(w1)}·x₁ {_added(w2)}·x₂ {_added(bias)}      wanted: {task}"]
    return _playground(network, labels, above, {"w1": w1, "w2": w2, "bias": bias, "task": task})


def two_neurons(  # noqa: PLR0917 (each is a weight that the learner sets)
    a1: float = 1.0, a2: float = 1.0, a_bias: float = 1.0, b1: float = 2.0, b2: float = -1.0, b_bias: float = -1.0,
    out_a: float = 1.0, out_b: float = -1.0, out_bias: float = 0.5,
) -> ExperimentResult:  # fmt: skip
    """Two hidden neurons and one output, with weights set by hand, on the four corners of XOR."""
    network = _network([2, 2, 1], ([[a1, b1], [a2, b2]], [a_bias, b_bias]), ([[out_a], [out_b]], [out_bias]))
    above = [
        f"A = tanh({_signed(a1)}·x₁ {_added(a2)}·x₂ {_added(a_bias)})",
        f"B = tanh({_signed(b1)}·x₁ {_added(b2)}·x₂ {_added(b_bias)})",
        f"score = {_signed(out_a)}·A {_added(out_b)}·B {_added(out_bias)}      wanted: xor",
    ]
    weights = {
        "a1": a1, "a2": a2, "a_bias": a_bias, "b1": b1, "b2": b2, "b_bias": b_bias, "out_a": out_a, "out_b": out_b,
        "out_bias": out_bias,
    }  # fmt: skip
    return _playground(network, TASKS["xor"], above, weights)


def forecaster(p: float = 0.99) -> ExperimentResult:
    """Four days, of which three are dry. Each morning you say: dry, with probability p. p: above 0 and below 1."""
    p = min(max(float(p), 1e-6), 1 - 1e-6)
    given = np.array([p if dry else 1 - p for dry in DAYS])
    surprises = -np.log2(given)
    mean = float(surprises.mean())
    lines = [
        f"Each morning you say: dry, with probability {p:.6g}.",
        "",
        "day  it was   you gave that   surprise",
    ]
    for day, (dry, share, bits) in enumerate(zip(DAYS, given, surprises, strict=True), start=1):
        bar = "█" * min(28, round(4 * bits))
        lines.append(f" {day}   {'dry' if dry else 'wet':8} {share:11.4g}   {bits:6.2f} bits  {bar}".rstrip())
    lines += ["", f"mean surprise {mean:6.3f} bits", "No idea, p = 0.5, would cost 1 bit a day."]
    curve = [[q / 100, _mean_bits(q / 100)] for q in range(1, 100)]
    state = {"p": p, "surprises": surprises.tolist(), "bits": mean, "days": DAYS, "curve": curve}
    return ExperimentResult("\n".join(lines), state)


def _mean_bits(p: float) -> float:
    return float(np.mean([-np.log2(p if dry else 1 - p) for dry in DAYS]))


def _network(widths: list[int], *layers: tuple[list, list]) -> Network:
    network = Network(widths)
    for layer, (weights, biases) in zip(network.layers, layers, strict=True):
        layer.weights.data, layer.biases.data = (
            np.array(weights, dtype=np.float64),
            np.array(biases, dtype=np.float64),
        )
    return network


def _playground(network: Network, labels: list[int], above: list[str], settings: dict) -> ExperimentResult:
    """The plane in characters, with the four points and what the network says of each."""
    x = corners().x
    *hidden, scores = (layer.data for layer in network.every_layer(x))
    scores = scores[:, 0]
    answers = network.classify(x)
    right = int((answers == np.array(labels)).sum())

    across, up = np.linspace(-EDGE, EDGE, COLUMNS), np.linspace(EDGE, -EDGE, ROWS)
    plane = network(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)).data.reshape(ROWS, COLUMNS)
    drawn = [["▒" if score > 0 else "·" for score in row] for row in plane]
    for (x1, x2), label in zip(x, labels, strict=True):
        column, row = int(np.abs(across - x1).argmin()), int(np.abs(up - x2).argmin())
        drawn[row][column - 1 : column + 2] = [" ", "●" if label else "○", " "]

    beside = [" x₁  x₂  " + ("    A      B  " if hidden else "") + "  score  wanted"]
    for number, ((x1, x2), label) in enumerate(zip(x, labels, strict=True)):
        inner = "".join(f"{value:7.2f}" for value in hidden[0][number]) if hidden else ""
        mark = "✓" if answers[number] == label else "✗"
        beside.append(
            f"{x1:3.0f} {x2:3.0f}  {inner}{scores[number]:8.2f}  {'yes' if label else 'no ':3} {mark}"
        )
    beside += ["", f"{right} of 4 right"]
    picture = [
        "".join(row) + ("   " + beside[number - 2] if 0 <= number - 2 < len(beside) else "")
        for number, row in enumerate(drawn)
    ]
    legend = "▒ score above 0: yes   · no   ● should be yes   ○ should be no"
    state = settings | {
        "right": right, "points": x.tolist(), "labels": labels, "scores": scores.tolist(),
        "hidden": hidden[0].tolist() if hidden else [], "edge": EDGE, "map": plane.round(4).tolist(),
        "probabilities": sigmoid(scores).data.tolist(),
    }  # fmt: skip
    return ExperimentResult(
        "\n".join([*above, "", *(row.replace("-", "−").rstrip() for row in picture), legend]), state
    )


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _added(number: float) -> str:
    return f"{'−' if number < 0 else '+'} {abs(number):g}"
