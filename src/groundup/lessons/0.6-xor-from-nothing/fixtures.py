"""XOR trained from many starts, by the solutions of this lesson's two exercises."""

import json
import math
from pathlib import Path

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.points import corners

HERE = Path(__file__).parent
SEEDS, RATE, STEPS, EVERY = 20, 0.5, 1000, 20


def make(folder: Path) -> None:
    """Write starts.json into a folder."""
    text = json.dumps(runs(), separators=(",", ":"))
    (folder / "starts.json").write_text(text + "\n", encoding="utf-8")


def runs() -> dict:
    x, _ = corners()
    hidden = {}
    for count in (2, 3, 4):
        ends = [trained(count, seed) for seed in range(SEEDS)]
        hidden[count] = {
            "bits": [[round(loss / math.log(2), 3) for loss in losses[::EVERY]] for _, losses in ends],
            "wrong": [wrong(parameters) for parameters, _ in ends],
        }
    scales = {}
    for name, scale in (("tiny", 0.01), ("right", 1.0), ("large", 30.0)):
        slopes = [1 - np.tanh(x @ start(4, seed, scale)[0]) ** 2 for seed in range(SEEDS)]
        ends = [wrong(trained(4, seed, scale)[0]) for seed in range(SEEDS)]
        scales[name] = {
            "fails": int(np.count_nonzero(ends)),
            "flat": round(float(np.mean(np.array(slopes) < 1e-3)), 3),
        }
    stuck = [seed for seed, count in enumerate(hidden[2]["wrong"]) if count]
    longer = [wrong(trained(2, seed, steps=5 * STEPS)[0]) for seed in stuck]
    learnt = hidden[2]["wrong"].index(0)
    return {
        "hidden": hidden, "every": EVERY, "scales": scales, "stuck_longer": int(np.count_nonzero(longer)),
        "learnt": [array.round(4).tolist() for array in trained(2, learnt)[0]],
    }  # fmt: skip


def start(hidden: int, seed: int, scale: float = 1.0) -> list[np.ndarray]:
    """W1, b1, W2, b2 as the exercise `initialise` gives them, the weights `scale` times as large."""
    initialise = load_part(HERE / "exercises" / "initialise" / "solution.py").initialise
    rng = np.random.default_rng(seed)
    (W1, b1), (W2, b2) = initialise(2, hidden, rng), initialise(hidden, 1, rng)
    return [scale * W1, b1, scale * W2, b2]


def trained(
    hidden: int, seed: int, scale: float = 1.0, steps: int = STEPS
) -> tuple[list[np.ndarray], list[float]]:
    """The four arrays and the losses, by the solution of `train-xor`."""
    function = load_part(HERE / "exercises" / "train-xor" / "solution.py").train
    x, labels = corners()
    with np.errstate(all="ignore"):
        *parameters, losses = function(x, labels[:, None], start(hidden, seed, scale), RATE, steps)
    return parameters, losses


def wrong(parameters: list[np.ndarray]) -> int:
    x, labels = corners()
    W1, b1, W2, b2 = parameters
    return int((((np.tanh(x @ W1 + b1) @ W2 + b2)[:, 0] > 0) != labels).sum())
