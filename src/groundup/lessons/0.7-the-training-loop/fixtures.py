"""The runs that this lesson tells of, made anew: about half a minute on one core. Losses are in bits."""

import json
import math
from pathlib import Path

import numpy as np

from groundup.foundations.descent import GradientDescent
from groundup.foundations.network import Network, batches, neuron_maps, train, yes_or_no
from groundup.foundations.points import moons

NOISE = 0.25  # of the moons: they overlap, so that no honest boundary gets every point right
FEW, MANY = 30, 300
STEPS, EVERY = 1000, 10
EXTENT = (-1.4, 1.4, -1.4, 1.4)
BITS = 1 / math.log(2)  # in a nat: the library's losses are in nats


def make(folder: Path) -> None:
    """Write the four files into a folder."""
    for name, run in (("overfit", overfit), ("helps", helps), ("noise", noise), ("coins", coins)):
        text = json.dumps(run(), separators=(",", ":"))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def overfit(seed: int = 6) -> dict:
    """A wide network on 30 points, to the end: the losses every 10 steps, the score over the plane now and then."""
    points, validation = moons(FEW, NOISE, seed), moons(MANY, NOISE, 1000 + seed)
    network = Network([2, 32, 32, 1], seed=seed)
    found: dict[str, list] = {"step": [], "training": [], "validation": [], "wrong_training": [],
                              "wrong_validation": []}  # fmt: skip
    maps = {}

    def look(step: int) -> None:
        found["step"].append(step)
        for name, (x, labels) in (("training", points), ("validation", validation)):
            found[name].append(round(BITS * yes_or_no(network(x), labels).item(), 3))
            found[f"wrong_{name}"].append(int((network.classify(x) != labels).sum()))
        if step in (0, 50, 150, 250) or step % 500 == 0:
            maps[step] = neuron_maps(network, EXTENT, 41)[-1][0].round(2).tolist()

    look(0)
    for state in train(network, *points, steps=STEPS, learning_rate=0.002, measure_every=STEPS):
        if state.step % EVERY == 0:
            look(state.step)
    placed = {name: {"x": p.x.round(3).tolist(), "labels": p.labels.tolist()}
              for name, p in (("training", points), ("validation", validation))}  # fmt: skip
    return found | {"points": placed, "maps": maps, "extent": EXTENT}


def helps(seeds: int = 5) -> dict:
    """Loss and share of errors on 1,000 test points, a mean over seeds, for each thing that may help."""
    ways = {
        "nothing": {},
        "early": {"stop": True},
        "data": {"count": MANY},
        "small": {"hidden": [4]},
        "decay": {"l2": 0.01},
    }
    found = {}
    for name, options in ways.items():
        results = np.mean([_tested(seed, **options) for seed in range(seeds)], axis=0)
        found[name] = dict(zip(("training", "test", "wrong"), results.round(4).tolist(), strict=True))
    return found


def _tested(seed: int, *, count=FEW, hidden=(32, 32), l2=0.0, stop=False) -> tuple[float, float, float]:
    """(training loss, test loss, share of the test points that are wrong), at the end or where it was best; bits."""
    points, validation, test = (moons(n, NOISE, first + seed) for n, first in
                                ((count, 0), (MANY, 1000), (1000, 2000)))  # fmt: skip
    network = Network([2, *hidden, 1], seed=seed)
    best, result = np.inf, (0.0, 0.0, 0.0)
    for state in train(network, *points, steps=STEPS, learning_rate=0.003, l2=l2, validation=validation,
                       measure_every=EVERY):  # fmt: skip
        if state.validation_loss is None or (stop and state.validation_loss >= best):
            continue
        best = state.validation_loss
        if stop or state.step == STEPS:
            wrong = float((network.classify(test.x) != test.labels).mean())
            result = (
                BITS * state.training_loss,
                BITS * yes_or_no(network(test.x), test.labels).item(),
                wrong,
            )
    return result


def noise() -> dict:
    """How far the gradient of a batch lies from that of all 2,000 rows, as a share of its length; and what ten
    epochs bring with batches of two sizes."""
    x, labels = moons(2000, NOISE, seed=0)
    network = Network([2, 8, 1], seed=0)
    whole = _gradient(network, x, labels)
    away = {}
    for size in (1, 4, 16, 64, 256):
        stream = batches(x, labels, size, seed=size)
        drawn = [_gradient(network, *part) for _, *part in (next(stream) for _ in range(400))]
        squares = [((one - whole) ** 2).sum() for one in drawn]
        away[size] = round(float(np.sqrt(np.mean(squares) / (whole**2).sum())), 4)
    ten = {}
    for size in (20, 2000):
        steps = 10 * len(x) // size
        states = train(Network([2, 8, 1], seed=0), x, labels, steps=steps, learning_rate=0.5, batch_size=size,
                       optimiser=GradientDescent, measure_every=steps)  # fmt: skip
        ten[size] = {"steps": steps, "loss": round(BITS * list(states)[-1].training_loss, 3)}
    return {"away": away, "ten_epochs": ten}


def _gradient(network: Network, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    for parameter in network.parameters():
        parameter.grad = None
    yes_or_no(network(x), labels).backward()
    return np.concatenate([parameter.grad.ravel() for parameter in network.parameters()])


def coins(networks: int = 100) -> dict:
    """Labels by the toss of a coin, over 20 random numbers a row: nothing is there to be learnt."""
    random = np.random.default_rng(0)
    x, labels = random.standard_normal((1100, 20)), random.integers(0, 2, 1100)
    learn, test, fresh = slice(0, 50), slice(50, 100), slice(100, 1100)

    def right(network: Network, part: slice) -> float:
        return float((network.classify(x[part]) == labels[part]).mean())

    def trained(part: slice) -> Network:
        network = Network([20, 32, 1], seed=0)
        for _ in train(network, x[part], labels[part], steps=300, learning_rate=0.02, measure_every=300):
            pass
        return network

    honest, leaked = trained(learn), trained(slice(0, 100))
    many = [Network([20, 32, 1], seed=seed) for seed in range(networks)]  # as they start, not trained at all
    scores = [right(network, test) for network in many]
    best = int(np.argmax(scores))
    return {
        "honest": {"learn": right(honest, learn), "test": right(honest, test), "fresh": right(honest, fresh)},
        "leaked": {"learn": right(leaked, learn), "test": right(leaked, test), "fresh": right(leaked, fresh)},
        "scores": [round(score, 2) for score in scores],
        "mean": round(float(np.mean(scores)), 3), "chosen": {"test": scores[best], "fresh": right(many[best], fresh)},
    }  # fmt: skip
