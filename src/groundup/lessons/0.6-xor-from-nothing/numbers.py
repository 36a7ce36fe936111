"""Every number of this lesson, by the program in its text, by the library, and from fixtures/ (see fixtures.py)."""

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np

from groundup.foundations.autograd import Tensor
from groundup.foundations.network import Network, train, yes_or_no
from groundup.foundations.points import circles, corners

HERE = Path(__file__).parent
STEPS = 1000
GIVEN = ("13.2", "6.1", "6.2")  # sections of books


def numbers() -> dict[str, str]:
    return _separable() | _two_lines() | _the_program() | _starts() | _twins() | _how_often() | _ring()


def _runs() -> dict:
    return json.loads((HERE / "fixtures" / "starts.json").read_text(encoding="utf-8"))


def _separable() -> dict[str, str]:
    """The ways to say yes or no at four corners that some line divides. These few weights find all of them."""
    found = set()
    for a, b, bias in itertools.product((-1, 0, 1), repeat=3):
        scores = [a * x + b * y + bias for x, y in itertools.product((-1, 1), repeat=2)]
        if 0 not in scores:
            found.add(tuple(score > 0 for score in scores))
    return {"separable": str(len(found))}


def _two_lines() -> dict[str, str]:
    """The network set by hand: two lines, and what the third neuron makes of them."""
    found = {}
    for name, (a, b) in {"mm": (-1, -1), "mp": (-1, 1), "pp": (1, 1)}.items():
        first, second = math.tanh(2 * (a + b) + 2), math.tanh(2 * (a + b) - 2)
        found |= {f"h1_{name}": f"{first:.2f}", f"h2_{name}": f"{second:.2f}",
                  f"score_{name}": f"{first - second - 1:+.2f}".replace("-", "−")}  # fmt: skip
        found[f"h1_{name}"], found[f"h2_{name}"] = (
            found[k].replace("-", "−") for k in (f"h1_{name}", f"h2_{name}")
        )
    return found


def _the_program() -> dict[str, str]:
    """Run the program that stands in the lesson, and look at its loss."""
    text = (HERE / "lesson.md").read_text(encoding="utf-8")
    program = re.search(r"```python\n(import numpy.*?)```", text, re.DOTALL)
    lines = program[1].strip().split("\n")
    names: dict = {}
    exec(program[1].replace("    loss = ", "    losses.append(loss) if step else None\n    loss = ")
         .replace("for step in", "losses, loss = [], None\nfor step in"), names)  # fmt: skip
    losses = [*names["losses"], names["loss"]]
    return {
        "program_lines": str(sum(bool(line.strip()) for line in lines)),
        "program_first": f"{losses[0]:.2f}", "program_20": f"{losses[20]:.2f}", "program_50": f"{losses[50]:.3f}",
        "program_scores": ", ".join(
            f"{s:.2f}".replace("-", "−") for s in names["score"][:, 0]),
    }  # fmt: skip


def _starts() -> dict[str, str]:
    """How often 4 neurons end with an error, by the size of the start; how many slopes are below 0.001 at first."""
    found = {"slope_7": f"{1 - math.tanh(7) ** 2:.6f}"}
    for name, row in _runs()["scales"].items():
        found |= {f"fails_{name}": str(row["fails"]), f"flat_{name}": f"{100 * row['flat']:.0f}"}
    return found


def _twins() -> dict[str, str]:
    """All weights 0.5, eight neurons: the gradient, and where training ends."""
    x, labels = corners()
    network = Network([2, 8, 1])
    for layer in network.layers:
        layer.weights = Tensor(np.full(layer.weights.shape, 0.5))
    yes_or_no(network(x), labels).backward()
    gradient = network.layers[0].weights.grad
    for _ in train(network, x, labels, steps=STEPS, learning_rate=0.1, measure_every=STEPS):
        pass
    weights = network.layers[0].weights.data
    spread = np.ptp(weights, axis=1).max()
    return {
        "twin_gradient": f"{gradient[0, 0]:.3f}".replace("-", "−"), "twins_spread": f"{spread:.0f}",
        "twins_wrong": str(int((network.classify(x) != labels).sum())),
    }  # fmt: skip


def _how_often() -> dict[str, str]:
    """20 seeds each: how many end with an error, and at which loss."""
    runs = _runs()["hidden"]
    stuck = [curve[-1] for curve, wrong in zip(runs["2"]["bits"], runs["2"]["wrong"], strict=True) if wrong]
    found = {f"stuck_{hidden}": str(sum(wrong > 0 for wrong in row["wrong"])) for hidden, row in runs.items()}
    return found | {
        "stuck_bits": f"{np.mean(stuck):.2f}", "stuck_longer": str(_runs()["stuck_longer"]),
    }  # fmt: skip


def _ring() -> dict[str, str]:
    """Errors on the ring with two neurons and with three, the best of three seeds."""
    x, labels = circles(200, seed=0)
    found = {}
    for hidden in (2, 3):
        ends = []
        for seed in range(3):
            network = Network([2, hidden, 1], seed=seed)
            for _ in train(network, x, labels, steps=1000, learning_rate=0.1, measure_every=1000):
                pass
            ends.append(int((network.classify(x) != labels).sum()))
        found[f"ring_{hidden}"] = str(min(ends))
    return found
