"""Slopes: how much a result moves when what it depends on moves a little.

The derivative of f at x is the slope of its curve there. With no algebra at all we can measure it: take a
small step h, see how far f moved, divide. This file does that for one number (`derivative`), for many at once
(`gradient`), and for slopes of slopes (`second_derivative`). It shows why h must be neither large nor tiny
(`error_by_step`), and how slopes multiply along a chain of functions (`chain_rule`), which is all that
back-propagation is.

Every gradient in the course is checked against these few lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Function = Callable[[float], float]


def forward_derivative(f: Function, x: float, h: float = 1e-8) -> float:
    """The slope from x to a point h further: (f(x + h) - f(x)) / h.

    Its error shrinks as h does: half the step, half the error. For x² at 3 it is exactly h:

    >>> forward_derivative(lambda x: x**2, 3.0, h=0.5)  # (3.5² - 3²) / 0.5; the true slope is 6
    6.5
    """
    _check_step(h)
    return (f(x + h) - f(x)) / h


def derivative(f: Function, x: float, h: float = 1e-5) -> float:
    """The slope between the two neighbours of x, h away on either side: (f(x + h) - f(x - h)) / 2h.

    What the step to the right gets wrong, the step to the left gets wrong the other way, so most of the error
    cancels: half the step, a quarter of the error. For a parabola it all cancels, whatever h is:

    >>> derivative(lambda x: x**2, 3.0, h=0.5)  # (3.5² - 2.5²) / 1
    6.0
    >>> derivative(lambda x: x**3, 1.0, h=0.5)  # (1.5³ - 0.5³) / 1; the true slope is 3, the error h²
    3.25
    """
    _check_step(h)
    return (f(x + h) - f(x - h)) / (2 * h)


def second_derivative(f: Function, x: float, h: float = 1e-4) -> float:
    """How fast the slope itself changes: (f(x + h) - 2 f(x) + f(x - h)) / h². Positive where f is a bowl.

    It is the slope right of x minus the slope left of it, divided by the h between them.

    >>> second_derivative(lambda x: x**2, 3.0, h=0.5)  # (12.25 - 18 + 6.25) / 0.25
    2.0
    """
    _check_step(h)
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


def gradient(f: Callable[[Array], float], x: ArrayLike, h: float = 1e-5) -> Array:
    """One slope for each number of x: move that number alone by h either way, and see how far f moves.

    f takes an array of x's shape and gives one number; the gradient has x's shape. It points the way f rises
    most steeply. With n numbers f is called 2n times. That is why no network is trained so, and why
    back-propagation (autograd.py), which needs one walk for all of them, was worth inventing.

    >>> gradient(lambda p: p[0] ** 2 + 10 * p[1], [3.0, 1.0], h=0.5).tolist()
    [6.0, 10.0]
    """
    _check_step(h)
    point = np.array(x, dtype=np.float64)
    slopes = np.zeros_like(point)
    for place in np.ndindex(point.shape):
        here = point[place]
        point[place] = here + h
        above = float(f(point.copy()))
        point[place] = here - h
        below = float(f(point.copy()))
        point[place] = here
        slopes[place] = (above - below) / (2 * h)
    return slopes


def _check_step(h: float) -> None:
    if not h > 0:
        raise ValueError(f"the step h is {h}; it must be above 0, such as 0.00001")


# --- why h must be neither large nor tiny ------------------------------------------------------------------


@dataclass(frozen=True)
class StepErrors:
    """How wrong a measured slope is for each step size. Every array is `(steps,)`; draw them with log axes."""

    h: Array  # the step sizes
    forward: Array  # |measured - true| of `forward_derivative`: falls like h, then rises again
    central: Array  # the same of `derivative`: falls like h²
    truncation: Array  # what theory expects of the forward slope: the curve is not a straight line, h·|f''|/2
    rounding: Array  # ... and what the computer adds: numbers have 16 digits, so 2·ε·|f(x)|/h


def error_by_step(f: Function, slope: float, x: float, h: ArrayLike | None = None) -> StepErrors:
    """Measure the slope of f at x with many step sizes, where the true `slope` is known.

    Two errors fight. A large h cuts across the curve's bend (truncation, smaller with smaller h). A tiny h
    subtracts two numbers that agree in nearly all their digits, and divides the rounding that is left by h
    (larger with smaller h). Between them lies the best h: near the square root of ε = 2.2e-16 for the forward
    slope, near its cube root for the central one. Press et al., "Numerical Recipes" (2007), section 5.7.

    >>> errors = error_by_step(np.exp, slope=1.0, x=0.0)  # eˣ has slope 1 at 0
    >>> best = errors.h[errors.central.argmin()]
    >>> bool(1e-7 < best < 1e-4), bool(errors.central.min() < 1e-9), bool(errors.central[-1] > 1e-3)
    (True, True, True)
    """
    sizes = np.logspace(0, -15, 61) if h is None else np.array(h, dtype=np.float64).ravel()
    bend = abs(second_derivative(f, x))
    return StepErrors(
        h=sizes,
        forward=np.array([abs(forward_derivative(f, x, size) - slope) for size in sizes]),
        central=np.array([abs(derivative(f, x, size) - slope) for size in sizes]),
        truncation=sizes * bend / 2,
        rounding=2 * np.finfo(np.float64).eps * abs(f(x)) / sizes,
    )


# --- slopes along a chain ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChainRule:
    """A chain of functions at one point, link by link."""

    values: list[float]  # x, then what came out of each function: one more than there are functions
    slopes: list[float]  # each function's own slope, at the value that entered it
    product: float  # the slopes multiplied
    direct: float  # the slope of the whole chain, measured at once: the same number


def chain_rule(functions: Sequence[Function], x: float, h: float = 1e-5) -> ChainRule:
    """Send x through the functions in turn, and measure each one's slope where its own input stands.

    If the first doubles every small change and the second triples it, together they multiply it by six: slopes
    along a chain multiply, (g ∘ f)'(x) = g'(f(x)) · f'(x).

    >>> chain = chain_rule([lambda x: x**2, lambda u: 3 * u], x=2.0)  # 3x² at 2
    >>> chain.values
    [2.0, 4.0, 12.0]
    >>> [round(slope, 6) for slope in chain.slopes], round(chain.product, 6), round(chain.direct, 6)
    ([4.0, 3.0], 12.0, 12.0)
    """
    values = [float(x)]
    slopes = []
    for function in functions:
        slopes.append(float(derivative(function, values[-1], h)))
        values.append(float(function(values[-1])))

    def whole(start: float) -> float:
        for function in functions:
            start = function(start)
        return start

    return ChainRule(values, slopes, float(np.prod(slopes)), float(derivative(whole, x, h)))
