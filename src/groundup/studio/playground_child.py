"""The process in which the playground trains; playground.py starts it: a line of JSON in, lines out, an empty one last.

It is the network of `foundations/network.py` and the loop that lesson 0.6 uses, shown on the way.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import LESSONS
from groundup.course.lessons.parts import load_part
from groundup.course.progress.store import finite
from groundup.foundations.autograd import Array, Tensor
from groundup.foundations.descent import METHODS, Method
from groundup.foundations.network import Batch, Network, split, train, yes_or_no
from groundup.foundations.points import POINTS, corners

REMEMBERED = ("speed", "mean", "square", "steps")  # by a method of descent.py, from step to step
EVERY = 0.06  # seconds between frames, at least: nobody sees more
FEATURES: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda a, b: a,
    "x2": lambda a, b: b,
    "x1^2": lambda a, b: a**2,
    "x2^2": lambda a, b: b**2,
    "x1*x2": lambda a, b: a * b,
    "sin x1": lambda a, b: np.sin(math.pi * a),
    "sin x2": lambda a, b: np.sin(math.pi * b),
}
"""What the network may read of a place. The sines have one wave from -1 to 1."""


def frames(
    *, data: str, noise: float, held_out: float, features: list[str], layers: list[int], activation: str, start: str,
    optimiser: str, rate: float, l2: float, batch: int, seed: int, points: str, step: int,
    weights: list[dict[str, Any]] | None, memory: list[dict[str, Any]] | None, steps: int, pace: int,
    every: float = EVERY,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """How it stands, every `pace` steps but no more often than `every` seconds: before the first and after the last."""
    lesson = load_part(LESSONS / "0.6-xor-from-nothing" / "experiments.py")
    x, labels, held = placed(data, noise, held_out, seed, lesson._own(points))
    read = np.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in features], axis=1)
    learnt: Batch = (read[~held], labels[~held])
    kept: Batch | None = (read[held], labels[held]) if held.any() else None
    network = lesson.begun([len(features), *layers, 1], activation, start, seed)
    methods = [METHODS[optimiser](rate) for _ in network.parameters()]
    if weights is not None:
        _put(network, weights)
        if memory is not None:
            _remind(methods, network.parameters(), memory)

    def frame() -> dict[str, Any]:
        return {
            "step": step, "loss": _bits(network, learnt), "held_loss": _bits(network, kept) if kept else None,
            "weights": [  # none, where they are no numbers any more
                {"weights": one.weights.data.tolist(), "biases": one.biases.data.tolist()} for one in network.layers
                if all(np.isfinite(parameter.data).all() for parameter in network.parameters())
            ],
            "memory": [
                {name: np.asarray(vars(method)[name]).tolist() for name in REMEMBERED if name in vars(method)}
                for method in methods
            ],
        }  # fmt: skip

    yield frame() | {"points": x.tolist(), "labels": labels.tolist(), "held": held.tolist()}
    if steps == 0:
        return
    waiting = iter(methods)
    told, begun, said = time.monotonic(), step, True
    with np.errstate(over="ignore", invalid="ignore"):
        for state in train(
            network, *learnt, steps=steps, learning_rate=rate, batch_size=batch or None, l2=l2,
            optimiser=lambda _: next(waiting), measure_every=steps, seed=seed + begun,
        ):  # fmt: skip
            step = begun + state.step
            said = state.step % pace == 0
            if said:
                time.sleep(max(0.0, told + every - time.monotonic()))
                told = time.monotonic()
                yield frame()
        if not said:
            yield frame()


def placed(
    data: str, noise: float, held_out: float, seed: int, own: tuple[Array, Any]
) -> tuple[Array, Any, Any]:
    """Points (count, 2), their labels, and which are held out: of the data alone, never of the learner's own."""
    x, labels = corners() if data == "corners" else POINTS[data](200, noise=noise, seed=seed)
    held = np.zeros(len(x), dtype=bool)
    if data != "corners" and 0 < round(held_out * len(x)) < len(x):
        _, (chosen, _) = split(np.arange(len(x))[:, None], labels, held_out=held_out, seed=seed)
        held[np.asarray(chosen)[:, 0].astype(int)] = True
    own_x, own_labels = own
    return (
        np.concatenate([x, own_x]),
        np.concatenate([labels, own_labels]),
        np.concatenate([held, np.zeros(len(own_x), dtype=bool)]),
    )


def _bits(network: Network, batch: Batch) -> float:
    x, labels = batch
    return yes_or_no(network(x), labels).item() / math.log(2)


def _put(network: Network, weights: list[dict[str, Any]]) -> None:
    try:
        given = [
            (np.array(one["weights"], dtype=float), np.array(one["biases"], dtype=float)) for one in weights
        ]
    except ValueError:  # rows of different lengths
        given = []
    wanted = [(layer.weights.shape, layer.biases.shape) for layer in network.layers]
    if [(one.shape, other.shape) for one, other in given] != wanted:
        raise GroundupError("These weights are of another network.", "Begin anew: leave them out.")
    for layer, (one, other) in zip(network.layers, given, strict=True):
        layer.weights.data, layer.biases.data = one, other


def _remind(methods: list[Method], parameters: list[Tensor], memory: list[dict[str, Any]]) -> None:
    """Give each method back what it remembered; whatever is not of its shape is refused."""
    try:
        for method, parameter, kept in zip(methods, parameters, memory, strict=True):
            for name in REMEMBERED:
                if name not in vars(method):
                    continue
                value = np.array(kept[name], dtype=float)
                if value.shape not in ((), parameter.shape) or not np.isfinite(value).all():
                    raise ValueError
                setattr(method, name, int(value) if name == "steps" else value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise GroundupError(
            "What the optimiser remembered cannot be read.", "Begin anew: leave it out."
        ) from None


def main() -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        for line in sys.stdin:
            try:
                for one in frames(**json.loads(line)):
                    print(json.dumps(finite(one), separators=(",", ":")), flush=True)
            except GroundupError as error:
                print(json.dumps({"error": error.what, "hint": error.hint}), flush=True)
            print(flush=True)
    except BrokenPipeError:
        sys.exit(1)  # nobody looks any more


if __name__ == "__main__":
    main()
