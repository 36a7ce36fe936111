"""Going downhill: gradient descent and three improvements, on surfaces small enough to draw.

The gradient points uphill, so a step against it goes down. How long a step? That one number, the learning
rate, decides between creeping, arriving and flying off. The methods differ in what they remember of the
gradients before: nothing, their sum, their size, or both.

Every method here answers one question, `step(gradient)`: how to change the numbers now. `network.py` trains
with the same classes that roll a ball down a bowl here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


# --- methods -----------------------------------------------------------------------------------------------
# What a method remembers starts as the number 0.0 and takes the gradient's shape with the first step.


class GradientDescent:
    """Step against the gradient: change = -rate · gradient.  Cauchy (1847).

    >>> GradientDescent(0.1).step(np.array([2.0])).tolist()
    [-0.2]
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = _checked(learning_rate)

    def step(self, gradient: Array) -> Array:
        return -self.learning_rate * gradient


class Momentum:
    """A heavy ball: keeps a part of its speed. Straight valleys go faster, zig-zags cancel.

    speed = keep · speed + gradient;  change = -rate · speed.  Polyak (1964); torch.optim.SGD(momentum=...).

    >>> ball = Momentum(0.1, keep=0.5)
    >>> ball.step(np.array([2.0])).tolist(), ball.step(np.array([2.0])).tolist()  # speeds 2, then 0.5·2 + 2
    ([-0.2], [-0.30000000000000004])
    """

    def __init__(self, learning_rate: float, keep: float = 0.9) -> None:
        self.learning_rate, self.keep = _checked(learning_rate), keep
        self.speed: float | Array = 0.0

    def step(self, gradient: Array) -> Array:
        self.speed = self.keep * self.speed + gradient
        return -self.learning_rate * self.speed


class RMSProp:
    """Divide by the usual size of the gradient, for each number on its own: steep directions slow down.

    square = keep · square + (1 - keep) · gradient²;  change = -rate · gradient / (√square + ε).
    Tieleman and Hinton (2012), "Lecture 6.5"; torch.optim.RMSprop.

    A gradient of 2 and one of 200 give the same step (0.1 · 2 / √(0.01 · 2²) = 1):

    >>> RMSProp(0.1).step(np.array([2.0, 200.0])).round(6).tolist()
    [-1.0, -1.0]
    """

    def __init__(self, learning_rate: float, keep: float = 0.99, epsilon: float = 1e-8) -> None:
        self.learning_rate, self.keep, self.epsilon = _checked(learning_rate), keep, epsilon
        self.square: float | Array = 0.0

    def step(self, gradient: Array) -> Array:
        self.square = self.keep * self.square + (1 - self.keep) * gradient**2
        return -self.learning_rate * gradient / (np.sqrt(self.square) + self.epsilon)


class Adam:
    """Both memories: the recent mean gradient (which way) over its usual size (how sure).

    mean = β₁ · mean + (1 - β₁) · gradient;  square = β₂ · square + (1 - β₂) · gradient²
    change = -rate · (mean / (1 - β₁ᵗ)) / (√(square / (1 - β₂ᵗ)) + ε)

    Both memories start at zero and so are too small at first; after t steps they have only 1 - βᵗ of their
    weight. Dividing by that mends it. Kingma and Ba (2015), "Adam", algorithm 1; torch.optim.Adam.

    The first step is therefore the learning rate, whatever the gradient's size:

    >>> Adam(0.1).step(np.array([2.0, -200.0])).round(6).tolist()
    [-0.1, 0.1]
    """

    def __init__(
        self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        self.learning_rate, self.beta1, self.beta2 = _checked(learning_rate), beta1, beta2
        self.epsilon = epsilon
        self.mean: float | Array = 0.0
        self.square: float | Array = 0.0
        self.steps = 0

    def step(self, gradient: Array) -> Array:
        self.steps += 1
        self.mean = self.beta1 * self.mean + (1 - self.beta1) * gradient
        self.square = self.beta2 * self.square + (1 - self.beta2) * gradient**2
        mean = self.mean / (1 - self.beta1**self.steps)
        square = self.square / (1 - self.beta2**self.steps)
        return -self.learning_rate * mean / (np.sqrt(square) + self.epsilon)


def _checked(learning_rate: float) -> float:
    if not 0 < learning_rate < np.inf:
        raise ValueError(f"the learning rate is {learning_rate}; it must be above 0, such as 0.1")
    return learning_rate


Method = GradientDescent | Momentum | RMSProp | Adam
METHODS: dict[str, Callable[[float], Method]] = {
    "gradient descent": GradientDescent,
    "momentum": Momentum,
    "rmsprop": RMSProp,
    "adam": Adam,
}


# --- surfaces ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surface:
    """A landscape over the plane. `height` and `gradient` take x and y, numbers or arrays of one shape."""

    name: str
    formula: str
    height: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array]]  # (df/dx, df/dy), in closed form
    start: tuple[float, float]
    minimum: tuple[float, float]  # a lowest point
    extent: tuple[float, float, float, float]  # left, right, bottom, top of what is worth drawing


_ALL = (
    Surface(
        "bowl",
        "x² + y²",
        height=lambda x, y: x**2 + y**2,
        gradient=lambda x, y: (2 * x, 2 * y),
        start=(-1.6, 1.2),
        minimum=(0.0, 0.0),
        extent=(-2.0, 2.0, -2.0, 2.0),
    ),
    Surface(  # twenty times as steep across as along: the rate that one needs is too small for the other
        "valley",
        "x²/2 + 10·y²",
        height=lambda x, y: x**2 / 2 + 10 * y**2,
        gradient=lambda x, y: (x, 20 * y),
        start=(-1.8, 1.0),
        minimum=(0.0, 0.0),
        extent=(-2.0, 2.0, -2.0, 2.0),
    ),
    Surface(  # flat at (0, 0), which is no minimum: downhill lie (0, 1) and (0, -1)
        "saddle",
        "x² - y² + y⁴/2",
        height=lambda x, y: x**2 - y**2 + y**4 / 2,
        gradient=lambda x, y: (2 * x, -2 * y + 2 * y**3),
        start=(-1.5, 0.001),
        minimum=(0.0, 1.0),
        extent=(-2.0, 2.0, -1.5, 1.5),
    ),
    Surface(  # a bent valley with a nearly flat floor: Rosenbrock (1960), with his start
        "rosenbrock",
        "(1 - x)² + 100·(y - x²)²",
        height=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        gradient=lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
        start=(-1.2, 1.0),
        minimum=(1.0, 1.0),
        extent=(-2.0, 2.0, -1.0, 3.0),
    ),
)
SURFACES: dict[str, Surface] = {surface.name: surface for surface in _ALL}


# --- the walk ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Path:
    """Where a descent went."""

    points: Array  # (steps + 1, 2): the start, and where it stood after each step
    heights: Array  # (steps + 1,)
    diverged: int | None  # the step that left the map for good, or None; the path ends before it


def descend(surface: Surface | str, method: Method, steps: int = 100, start: ArrayLike | None = None) -> Path:
    """Walk `steps` steps downhill from `start` (two numbers; the surface's own start if None).

    A step that ends a hundred map-widths off the map, or nowhere at all (not a number), counts as diverged.
    A method remembers, so each walk needs a new one.

    On the bowl, whose slope at x is 2x, a rate of 0.25 halves the way to the minimum with every step, and a
    rate above 1 lands further off on the other side each time:

    >>> descend("bowl", GradientDescent(0.25), steps=2, start=(-1.6, 0.0)).points.tolist()
    [[-1.6, 0.0], [-0.8, 0.0], [-0.4, 0.0]]
    >>> descend("bowl", GradientDescent(1.5), steps=50).diverged
    8
    """
    if isinstance(surface, str):
        if surface not in SURFACES:
            raise ValueError(f"there is no surface {surface!r}; there are {', '.join(SURFACES)}")
        surface = SURFACES[surface]
    point = np.array(surface.start if start is None else start, dtype=np.float64)
    if point.shape != (2,):
        raise ValueError(f"start has the shape {point.shape}; it must be two numbers, x and y")
    left, right, bottom, top = surface.extent
    too_far = 100 * max(right - left, top - bottom)
    points, diverged = [point], None
    for number in range(1, steps + 1):
        point = point + method.step(np.array(surface.gradient(*point)))
        if not np.all(np.abs(point) < too_far):  # so written, not-a-number counts as too far
            diverged = number
            break
        points.append(point)
    walked = np.array(points)
    return Path(walked, surface.height(walked[:, 0], walked[:, 1]), diverged)
