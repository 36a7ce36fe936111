"""Points in the plane, in two colours, for networks to tell apart. From the easiest to the hardest:

circles (a ring round a disc), moons (two arcs that interlock), xor (opposite quarters) and spirals (two arms
that turn about each other). No straight line divides any of them, so each needs a hidden layer.

All lie between about -1 and 1. The same seed gives the same points.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Points(NamedTuple):
    x: NDArray[np.float64]  # (count, 2)
    labels: NDArray[np.int64]  # (count,), 0 or 1, as many of each (one more 0, if the count is odd)


def corners() -> Points:
    """The four lines of "exclusive or": 1 if just one of the two inputs is on. Off is -1 here, and on is 1.

    >>> corners().x.tolist(), corners().labels.tolist()
    ([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    return Points(np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]), np.array([0, 1, 1, 0]))


def xor(count: int = 200, noise: float = 0.0, seed: int = 0) -> Points:
    """Points all over the four quarters of a square; two quarters that touch only at their corner are alike.

    >>> xor(4).labels.tolist()
    [0, 1, 0, 1]
    """
    labels, random = _start(count, noise, seed)
    x = random.uniform(0.1, 1.0, (count, 2))  # away from the lines between the quarters
    left = random.choice([-1.0, 1.0], count)
    x *= np.stack([left, np.where(labels == 0, left, -left)], axis=1)
    return _finish(x, labels, noise, random)


def circles(count: int = 200, noise: float = 0.05, seed: int = 0) -> Points:
    """A disc, and a ring round it.

    >>> x, labels = circles(100, noise=0.0)
    >>> radius = np.hypot(x[:, 0], x[:, 1])
    >>> bool(radius[labels == 0].max() < 0.5), bool(radius[labels == 1].min() > 0.7)
    (True, True)
    """
    labels, random = _start(count, noise, seed)
    radius = np.where(labels == 0, random.uniform(0.0, 0.45, count), random.uniform(0.75, 1.0, count))
    return _finish(_at(random.uniform(0, 2 * np.pi, count), radius), labels, noise, random)


def moons(count: int = 200, noise: float = 0.05, seed: int = 0) -> Points:
    """Two half circles, one open below and one open above, each with its end inside the other.

    >>> moons(2, noise=0.0).x.shape
    (2, 2)
    """
    labels, random = _start(count, noise, seed)
    angle = random.uniform(0, np.pi, count)
    upper = _at(angle, np.full(count, 0.6)) + np.array([-0.3, -0.15])
    lower = _at(-angle, np.full(count, 0.6)) + np.array([0.3, 0.15])
    return _finish(np.where(labels[:, None] == 0, upper, lower), labels, noise, random)


def spirals(count: int = 200, noise: float = 0.02, seed: int = 0, turns: float = 1.25) -> Points:
    """Two arms that start near the middle, half a turn apart, and wind outwards `turns` times.

    >>> x, labels = spirals(100, noise=0.0)
    >>> bool(np.hypot(x[:, 0], x[:, 1]).max() <= 1.0)
    True
    """
    labels, random = _start(count, noise, seed)
    along = np.sqrt(random.uniform(0.01, 1.0, count))  # the root spreads them evenly along the arm
    return _finish(_at(2 * np.pi * turns * along + np.pi * labels, along), labels, noise, random)


POINTS: dict[str, Callable[..., Points]] = {
    "xor": xor,
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
}


def _start(count: int, noise: float, seed: int) -> tuple[NDArray[np.int64], np.random.Generator]:
    if count < 2:
        raise ValueError(f"count is {count}; two colours need 2 points or more")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise is {noise}; it must be 0 or more, such as 0.05")
    return np.arange(count) % 2, np.random.default_rng(seed)


def _at(angle: NDArray[np.float64], radius: NDArray[np.float64]) -> NDArray[np.float64]:
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _finish(
    x: NDArray[np.float64], labels: NDArray[np.int64], noise: float, random: np.random.Generator
) -> Points:
    return Points(x + noise * random.standard_normal(x.shape), labels)
