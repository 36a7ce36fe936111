"""The experiments of lesson 0.5: walk back through a graph, and find the backward pass that is right."""

from typing import Any

import numpy as np

from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.autograd import Array, Tensor
from groundup.foundations.calculus import gradient
from groundup.foundations.network import Network
from groundup.foundations.operations import binary_cross_entropy, tanh
from groundup.foundations.points import corners
from groundup.foundations.record import record

AGREES = 1e-8  # two ways to the same slopes, with numbers of 16 digits
GRAPH = """\
a = 2 ───────┐
             × ── p = −1 ──┐
b = −0.5 ────┘             + ── s = 0.5 ── tanh ── r = 0.462
c = 1.5 ───────────────────┘"""
EDGES = (  # box, its input, and how the two are called where one moves by 0.01
    ("tanh", "s", "r"),
    ("+", "p", "s"),
    ("+", "c", "s"),
    ("×", "a", "p"),
    ("×", "b", "p"),
)


def walk(step: int = 1, guess: float = 0.0) -> ExperimentResult:
    """tanh(a·b + c), backwards, one edge at a time. step: 1 to 5; guess: the local derivative on that edge."""
    step, guess = max(1, min(len(EDGES), int(step))), float(guess)
    a, b, c = Tensor(2.0, name="a"), Tensor(-0.5, name="b"), Tensor(1.5, name="c")
    nodes = record(tanh(a * b + c))
    box = {node["operation"]: node for node in nodes if node["operation"]}
    inputs = [
        (node, edge)
        for name in ("tanh", "add", "multiply")
        for node in [box[name]]
        for edge in node["inputs"]
    ]
    derivative = float(inputs[step - 1][1]["derivative"])
    right = abs(guess - derivative) < 0.006
    filled = step if right else step - 1

    lines = [*GRAPH.split("\n"), "", "step   box    to    arrived  ×  local derivative  =  passed on"]
    for number, ((node, edge), (sign, to, _)) in enumerate(zip(inputs, EDGES, strict=True), start=1):
        arrived = f"{float(node['gradient']):7.3f}" if number <= step else "      ?"
        known, asked = number <= filled, number == step
        local = f"{float(edge['derivative']):7.3f}" if known else (f"{guess:7.3g} ✗" if asked else "      ?")
        passed = f"{float(edge['passed']):7.3f}" if known else "      ?"
        lines.append(
            f"{'→' if asked else ' '} {number}    {sign:4} → {to}   {arrived}       {local:9}      {passed}"
        )
    _, to, result = EDGES[step - 1]
    if right and filled == len(EDGES):
        said = "All five. What was passed on to a, b and c are their gradients."
    elif right:
        said = f"Right. Go on with step={step + 1}."
    else:
        said = f"Not yet. If {to} moves by 0.01 and all else is held, {result} moves by about {0.01 * derivative:.4f}."
    state = {"step": step, "guess": guess, "right": right, "filled": filled, "nodes": nodes}
    return ExperimentResult(
        "\n".join([*(line.replace("-", "−") for line in lines), "", said.replace("-", "−")]), state
    )


def check_gradient(version: str = "A", h: float = 0.1) -> ExperimentResult:
    """Three backward passes of one network, of which one is right, beside the slopes that steps of size h give."""
    version = version.upper() if version.upper() in VERSIONS else "A"
    h = min(max(float(h), 1e-12), 1.0)
    x, labels = corners()
    network = Network([2, 3, 1], seed=1)
    names = ("W1", "b1", "W2", "b2")
    weights = dict(zip(names, (parameter.data for parameter in network.parameters()), strict=True))
    weights["b1"] = np.array([0.3, -0.2, 0.5])  # at 0 some mistakes would not show
    mine = backward(x, labels[:, None].astype(np.float64), weights, VERSIONS[version])
    rows, largest = [], 0.0
    for name in names:
        measured = gradient(
            lambda moved, name=name: loss(x, labels, weights | {name: moved}), weights[name], h
        )
        off = np.abs(mine[name] - measured)
        largest = max(largest, float(off.max()))
        place = np.unravel_index(off.argmax(), off.shape)
        rows.append((name, float(mine[name][place]), float(measured[place]), float(off.max())))

    lines = [f"version {version}, step h = {h:g}".replace("-", "−"), "", "where the two differ most:", ""]
    lines.append("        back-propagated   by small steps   difference")
    for name, own, measured, off in rows:
        lines.append(f"  {name}    {own:15.9f}  {measured:15.9f}   {off:10.1e}".replace("-", "−"))
    verdict = "The two do not agree: a mistake, or a step h too large or too small."
    if largest < AGREES:
        verdict = "The two agree."
    lines += ["", f"largest difference {largest:.1e}".replace("-", "−"), verdict]
    state = {"version": version, "h": h, "difference": largest, "rows": [list(row) for row in rows]}
    return ExperimentResult("\n".join(lines), state)


def loss(x: Array, labels: Any, weights: dict[str, Array]) -> float:
    hidden = np.tanh(x @ weights["W1"] + weights["b1"])
    return binary_cross_entropy((hidden @ weights["W2"] + weights["b2"])[:, 0], labels).item()


VERSIONS = {"A": "bias from one row", "B": "slope at the score", "C": ""}
"""What is wrong with each. C has no mistake."""


def backward(x: Array, y: Array, weights: dict[str, Array], mistake: str) -> dict[str, Array]:
    """The gradients of a two-layer network, written by hand: the walk back of `loss`."""
    score = x @ weights["W1"] + weights["b1"]
    hidden = np.tanh(score)
    out = hidden @ weights["W2"] + weights["b2"]
    to_out = (1 / (1 + np.exp(-out)) - y) / len(x)  # p minus the truth
    to_hidden = to_out @ weights["W2"].T
    to_score = to_hidden * (1 - (score if mistake == "slope at the score" else hidden) ** 2)
    to_b1 = to_score[-1] if mistake == "bias from one row" else to_score.sum(axis=0)
    return {"W1": x.T @ to_score, "b1": to_b1, "W2": hidden.T @ to_out, "b2": to_out.sum(axis=0)}
