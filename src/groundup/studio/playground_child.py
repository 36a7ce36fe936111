"""The process in which the playground trains; playground.py starts it: settings in, frames out, a line of JSON each.

What it makes is what lesson 0.6's experiment makes of the same settings, shown on the way.
"""

import json
import math
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.course.catalogue import LESSONS
from groundup.course.lesson_code import load_part
from groundup.course.store import finite
from groundup.foundations.network import Network, neuron_maps, train
from groundup.foundations.points import POINTS, corners

EVERY = 0.15  # seconds between frames
RESOLUTION = 24


def frames(
    *, data: str, hidden: int, layers: int, activation: str, start: str, rate: float, steps: int, seed: int,
    points: str, every: float = EVERY,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """How training stands, about every so many seconds, before the first step and after the last."""
    lesson = load_part(LESSONS / "0.6-xor-from-nothing" / "experiments.py")
    x, labels = corners() if data == "corners" else POINTS[data](200, seed=0)
    own_x, own_labels = lesson._own(points)
    x, labels = np.concatenate([x, own_x]), np.concatenate([labels, own_labels])
    network = lesson.begun([2, *[hidden] * layers, 1], activation, start, seed)
    losses: list[float] = []
    step, loss, told = 0, math.nan, time.monotonic()

    def frame() -> dict[str, Any]:
        return {
            "data": data, "hidden": hidden, "layers": layers, "start": start, "step": step, "steps": steps,
            "loss": round(loss, 4), "errors": int((network.classify(x) != labels).sum()),
            "losses": [round(one, 4) for one in losses[:: max(1, steps // 100)]],
            "maps": _maps(network, lesson.EXTENT), "extent": list(lesson.EXTENT), "points": x.round(3).tolist(),
            "labels": labels.tolist(),
        }  # fmt: skip

    yield frame()
    with np.errstate(over="ignore", invalid="ignore"):
        for state in train(network, x, labels, steps=steps, learning_rate=rate, measure_every=steps):
            step = state.step
            losses.append(state.loss)
            loss = state.loss if state.training_loss is None else state.training_loss
            if time.monotonic() - told > every and step < steps:
                told = time.monotonic()
                yield frame()
        yield frame()


def _maps(network: Network, extent: tuple[float, float, float, float]) -> list[Any]:
    return [layer.round(2).tolist() for layer in neuron_maps(network, extent, RESOLUTION)]


def main() -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        for one in frames(**json.loads(sys.stdin.readline())):
            print(json.dumps(finite(one), separators=(",", ":")), flush=True)
    except GroundupError as error:
        print(json.dumps({"error": error.what, "hint": error.hint}), flush=True)
    except BrokenPipeError:
        sys.exit(1)  # nobody looks any more


if __name__ == "__main__":
    main()
