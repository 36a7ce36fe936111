"""Softmax: from any scores to shares that sum to one; and the loss that goes with it, cross-entropy.

A model ends in scores, one for each possible answer, called logits. exp makes them positive, dividing by the
sum makes them shares of one:

    p_i = exp(x_i) / Σ_j exp(x_j)

On paper that is all. On a computer exp overflows: it outgrows the largest number that fits. So each function
stands here twice: `naive_…` as the formula says it, and once with the care that makes it safe. Every gradient
is derived by hand beside it.

Source: Goodfellow, Bengio and Courville (2016), "Deep Learning", sections 4.1 and 6.2.2.3.
"""

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def exp_limits(dtype: Any) -> tuple[float, float]:
    """Where exp leaves the numbers of a type: it gives 0 below the first result, infinity above the second.

    The largest number M that fits is exp(ln M). The smallest positive number m is a little special: exp
    rounds to the nearest number, so it gives 0 from half of m on.

    >>> for dtype in (np.float16, np.float32, np.float64):
    ...     low, high = exp_limits(dtype)
    ...     print(f"{np.dtype(dtype)}: 0 below {low:.2f}, infinity above {high:.2f}")
    float16: 0 below -17.33, infinity above 11.09
    float32: 0 below -103.97, infinity above 88.72
    float64: 0 below -745.13, infinity above 709.78
    """
    numbers = np.finfo(dtype)
    return math.log(float(numbers.smallest_subnormal)) - math.log(2), math.log(float(numbers.max))


# --- softmax ------------------------------------------------------------------------------------------------


def naive_softmax(logits: Any, axis: int = -1) -> Array:
    """exp(x_i) / Σ exp(x_j), as it stands.

    A score of 12 is too much for float16. Infinity divided by infinity is not a number:

    >>> with np.errstate(all="ignore"):
    ...     naive_softmax(np.array([12, 11], dtype=np.float16))
    array([nan,  0.], dtype=float16)
    """
    powers = np.exp(_floats(logits))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax(logits: Any, temperature: float = 1.0, axis: int = -1) -> Array:
    """Shares that sum to one along `axis`, shaped as the logits.

    The care: take the largest score away first. exp(x − m) = exp(x) / exp(m), so above and below the line
    everything shrinks by the same factor, and the shares stay as they are. But now the largest power is
    exp(0) = 1, and nothing overflows. What underflows to 0 really was too small to count.

    >>> softmax([math.log(1), math.log(2), math.log(5)])  # 1, 2 and 5 parts of 8
    array([0.125, 0.25 , 0.625])
    >>> softmax(np.array([12, 11], dtype=np.float16))  # where the naive one gave nan
    array([0.731 , 0.2688], dtype=float16)

    The temperature divides the scores. Below 1 the likeliest gains, above 1 the shares even out:

    >>> softmax([math.log(1), math.log(2), math.log(5)], temperature=0.5)  # squares: 1, 4 and 25 of 30
    array([0.03333333, 0.13333333, 0.83333333])

    Raises ValueError for a temperature that is not above 0, and where every score is −infinity.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}; it must be above 0. (Towards 0, argmax.)")
    scores = _floats(logits)
    largest = scores.max(axis=axis, keepdims=True)
    if np.isneginf(largest).any():
        raise ValueError("Every score in a row is -infinity, so there is nothing to share out.")
    with np.errstate(over="ignore"):  # a tiny temperature: −infinity is right then, its power is 0
        powers = np.exp((scores - largest) / temperature)
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(d_shares: Array, shares: Array, temperature: float = 1.0, axis: int = -1) -> Array:
    """The gradient of the logits, from that of the shares.

    Raise x_i by a little. p_i grows, and all others shrink to make room:

        ∂p_i/∂x_j = p_i (1 if i = j else 0) − p_i p_j
        dx_j = Σ_i dp_i ∂p_i/∂x_j = p_j (dp_j − Σ_i dp_i p_i)

    So only what is above the average Σ dp·p goes up. With a temperature, x stands divided by it.

    >>> softmax_backward(np.array([1.0, 0.0]), np.array([0.25, 0.75]))  # p_1 (1 − 0.25) and −p_2 0.25
    array([ 0.1875, -0.1875])
    """
    average = (d_shares * shares).sum(axis=axis, keepdims=True)
    return shares * (d_shares - average) / temperature


# --- log-sum-exp and log-softmax ----------------------------------------------------------------------------


def naive_log_sum_exp(logits: Any, axis: int = -1) -> Array:
    """ln Σ exp(x_j), as it stands: infinite from 88.72 on in float32, −infinite below −103.97."""
    return np.log(np.exp(_floats(logits)).sum(axis=axis))


def log_sum_exp(logits: Any, axis: int = -1) -> Array:
    """ln Σ exp(x_j): a smooth maximum. The shape is that of the logits without `axis`.

    The same care: ln Σ exp(x_j) = m + ln Σ exp(x_j − m), with m the largest score.

    >>> float(log_sum_exp([1000.0, 1000.0]))  # 1000 + ln 2
    1000.6931471805599
    """
    scores = _floats(logits)
    largest = scores.max(axis=axis, keepdims=True)
    # Where all are −infinity the answer is, too; but −infinity − (−infinity) is not a number: take away 0.
    largest = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(scores - largest).sum(axis=axis)) + largest.squeeze(axis)


def log_sum_exp_backward(d_result: Any, logits: Any, axis: int = -1) -> Array:
    """The gradient of the logits: softmax itself, since ∂/∂x_i ln Σ exp(x_j) = exp(x_i) / Σ exp(x_j)."""
    return np.expand_dims(np.asarray(d_result), axis) * softmax(logits, axis=axis)


def log_softmax(logits: Any, axis: int = -1) -> Array:
    """ln p_i = x_i − ln Σ exp(x_j). Finite even where p_i itself is too small for any number.

    >>> log_softmax([0.0, -1000.0])
    array([    0., -1000.])
    """
    scores = _floats(logits)
    return scores - np.expand_dims(log_sum_exp(scores, axis), axis)


# --- cross-entropy ------------------------------------------------------------------------------------------


def naive_cross_entropy(logits: Any, targets: Any) -> float:
    """−ln p of the right answers, on average, as it stands.

    In float32 a right answer 104 below the best gets p = 0, and its loss is infinite. Learning stops there:
    the gradient is 1/p times 0.

    >>> with np.errstate(all="ignore"):
    ...     naive_cross_entropy(np.array([[0, -104]], dtype=np.float32), [1])
    inf
    """
    shares, targets = naive_softmax(logits), _indices(logits, targets)
    return float(-np.log(np.take_along_axis(shares, targets, axis=-1)).mean())


def cross_entropy(logits: Any, targets: Any) -> float:
    """The average surprise −ln p at the right answers, in nats.

    logits are `(..., classes)`, targets integers `(...)`, each from 0 up to, but not with, `classes`.

    >>> cross_entropy([[0.0, 0.0, 0.0, 0.0]], [2])  # four answers, no idea: ln 4
    1.3862943611198906
    >>> cross_entropy(np.array([[0, -104]], dtype=np.float32), [1])  # where the naive one gave infinity
    104.0

    Raises ValueError for a target that is none of the classes, or of another shape.
    """
    targets = _indices(logits, targets)
    return float(-np.take_along_axis(log_softmax(logits), targets, axis=-1).mean())


def cross_entropy_backward(logits: Any, targets: Any) -> Array:
    """The gradient of the logits: (p − y) / n, with y = 1 at the right answer, 0 elsewhere; n answers.

    The loss is ln Σ exp(x_j) − x_y. The first part has the gradient p, the second −y. So every score is
    pulled down by the share it got, and the right one up by 1. Nothing here can overflow.

    >>> cross_entropy_backward([[math.log(1), math.log(3)]], [0])  # p = (1/4, 3/4), y = (1, 0)
    array([[-0.75,  0.75]])
    """
    targets = _indices(logits, targets)
    gradient = softmax(logits)
    gradient_there = np.take_along_axis(gradient, targets, axis=-1)
    np.put_along_axis(gradient, targets, gradient_there - 1, axis=-1)
    return gradient / targets.size


def _floats(values: Any) -> Array:
    """The values as an array; whole numbers become float64, and float16 and float32 stay what they are."""
    array = np.asarray(values)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def _indices(logits: Any, targets: Any) -> Array:
    """Targets `(...)` as `(..., 1)`, to pick one number from each row of logits `(..., classes)`."""
    shape, targets = np.shape(logits), np.asarray(targets)
    if targets.shape != shape[:-1]:
        raise ValueError(f"Logits {shape} need targets {shape[:-1]}, one for each row, not {targets.shape}.")
    if targets.size == 0 or targets.min() < 0 or targets.max() >= shape[-1]:
        raise ValueError(f"Targets must be at least one whole number, each from 0 to {shape[-1] - 1}.")
    return targets[..., None]
