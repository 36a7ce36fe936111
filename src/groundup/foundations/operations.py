"""The functions that networks add to arithmetic, each with its derivative: see autograd.py for how they work.

Activations bend, look-ups choose, softmax makes shares of scores, losses say how wrong, layer norm steadies.
Every function takes a Tensor or an array, and gives a Tensor.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from groundup.foundations.autograd import (
    Array,
    Local,
    Tensor,
    as_tensor,
    elementwise,
    node,
    take,
    unbroadcast,
)

# --- number by number --------------------------------------------------------------------------------------


def exp(a: Tensor | ArrayLike) -> Tensor:
    """eᵃ, which is its own slope.

    >>> exp(1.0).item()
    2.718281828459045
    """
    a = as_tensor(a)
    grown = np.exp(a.data)
    return elementwise("exp", grown, (a, "d(eᵃ)/da = eᵃ", lambda: grown))


def log(a: Tensor | ArrayLike) -> Tensor:
    """The natural logarithm: the number whose exp is a.

    >>> log(2.718281828459045).item()
    1.0
    """
    a = as_tensor(a)
    return elementwise("log", np.log(a.data), (a, "d(log a)/da = 1/a", lambda: 1 / a.data))


def tanh(a: Tensor | ArrayLike) -> Tensor:
    """An S from -1 to 1.

    >>> tanh([-100.0, 0.0, 100.0]).data.tolist()
    [-1.0, 0.0, 1.0]
    """
    a = as_tensor(a)
    bent = np.tanh(a.data)
    return elementwise("tanh", bent, (a, "d(tanh a)/da = 1 - tanh²a", lambda: 1 - bent**2))


def sigmoid(a: Tensor | ArrayLike) -> Tensor:
    """σ(a) = 1/(1 + e⁻ᵃ): an S from 0 to 1, so that a score becomes a probability.

    >>> sigmoid([-1000.0, 0.0, 1000.0]).data.tolist()
    [0.0, 0.5, 1.0]
    """
    a = as_tensor(a)
    bent = _sigmoid(a.data)
    return elementwise("sigmoid", bent, (a, "dσ(a)/da = σ(a)·(1 - σ(a))", lambda: bent * (1 - bent)))


def _sigmoid(a: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * a)  # the same function, and no power of e that could overflow


def relu(a: Tensor | ArrayLike) -> Tensor:
    """max(a, 0): what is positive passes, the rest is cut. At the corner we take the slope to be 0.

    >>> relu([-2.0, 3.0]).data.tolist()
    [0.0, 3.0]
    """
    a = as_tensor(a)
    return elementwise(
        "relu",
        np.maximum(a.data, 0.0),
        (a, "d relu(a)/da = 1 if a > 0, else 0", lambda: np.where(a.data > 0, 1.0, 0.0)),
    )


def gelu(a: Tensor | ArrayLike) -> Tensor:
    """a·Φ(a), a ReLU with a soft corner; Φ(a) is the share of a normal distribution that lies below a.

    This is the form that GPT-2 has, Φ(a) ≈ (1 + tanh u)/2 with u = √(2/π)·(a + 0.044715·a³).
    Hendrycks and Gimpel (2016), section 2.

    >>> gelu([-1.0, 0.0, 1.0]).data.round(4).tolist()
    [-0.1588, 0.0, 0.8412]
    """
    a = as_tensor(a)
    x, steepness = a.data, np.sqrt(2 / np.pi)
    t = np.tanh(steepness * (x + 0.044715 * x**3))

    def slope() -> Array:
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * steepness * (1 + 3 * 0.044715 * x**2)

    formula = "d gelu(a)/da = (1 + tanh u)/2 + a/2·(1 - tanh²u)·du/da"
    return elementwise("gelu", 0.5 * x * (1 + t), (a, formula, slope))


# --- look-up -----------------------------------------------------------------------------------------------


def embedding(table: Tensor | ArrayLike, ids: ArrayLike) -> Tensor:
    """Row `ids[i]` of a table (vocab, width) for each id: (..., width). The same as multiplying by one-hot rows.

    >>> embedding([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [2, 0]).data.tolist()
    [[0.5, 0.6], [0.1, 0.2]]
    """
    table = as_tensor(table)
    if table.data.ndim != 2:
        raise ValueError(f"embedding: the table has the shape {table.shape}; it must be (vocab, width)")
    chosen = _whole_numbers("embedding", "ids", ids, below=table.shape[0])

    return take("embedding", table, chosen, "d(row)/d(table) = how often a row was looked up")


def _whole_numbers(operation: str, subject: str, values: ArrayLike, below: int) -> np.ndarray:
    numbers = np.array(values)
    if numbers.size == 0:
        raise ValueError(f"{operation}: there are no {subject}")
    if not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(f"{operation}: the {subject} must be whole numbers, and are {numbers.dtype}")
    if numbers.min() < 0 or numbers.max() >= below:
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise ValueError(f"{operation}: among the {subject} is {wrong}; they go from 0 to {below - 1}")
    return numbers


# --- scores to shares, and to a loss -----------------------------------------------------------------------


def _softmax(a: Array, axis: int = -1) -> Array:
    grown = np.exp(a - a.max(axis=axis, keepdims=True))  # the largest becomes e⁰: nothing overflows
    return grown / grown.sum(axis=axis, keepdims=True)


def softmax(a: Tensor | ArrayLike, axis: int = -1) -> Tensor:
    """Scores to shares that are positive and sum to 1 along `axis`: pᵢ = e^aᵢ / (e^a₁ + e^a₂ + ...).

    Raising one score takes share from all others, so each pᵢ answers to every aⱼ: the local derivative is a
    matrix (..., n, n), with pᵢ(1 - pᵢ) down the middle and -pᵢpⱼ elsewhere.

    >>> softmax(np.log([1.0, 2.0, 5.0])).data.round(6).tolist()  # e^log is the number itself: 1, 2, 5 of 8
    [0.125, 0.25, 0.625]
    """
    a = as_tensor(a)
    if a.data.ndim == 0:
        raise ValueError("softmax: one score alone has nothing to share with; give a row of scores")
    p = _softmax(a.data, axis)

    def jacobian() -> Array:
        rows = np.moveaxis(p, axis, -1)
        return rows[..., :, None] * (np.eye(rows.shape[-1]) - rows[..., None, :])

    return node(
        "softmax",
        p,
        Local(
            a,
            "dpᵢ/daⱼ = pᵢ·((1 if i = j else 0) - pⱼ)",
            jacobian,
            lambda g: p * (g - (g * p).sum(axis=axis, keepdims=True)),  # the product with that matrix, faster
            "arrived row @ derivative matrix",
        ),
    )


def cross_entropy(scores: Tensor | ArrayLike, targets: ArrayLike) -> Tensor:
    """The mean of -log(softmax share of the right class): one number, 0 for a sure and right guess.

    scores (..., classes), as they come, before any softmax; targets (...), whole numbers below `classes`.
    Softmax and logarithm in one, because their product has the simplest derivative of all: shares minus the
    truth; and because neither overflows so.

    >>> cross_entropy(np.log([[1.0, 2.0, 5.0]]), [2]).item()  # -log(5/8)
    0.47000362924573563
    """
    scores = as_tensor(scores)
    if scores.data.ndim == 0:
        raise ValueError("cross_entropy: the scores are one number; give (..., classes)")
    right = _whole_numbers("cross_entropy", "targets", targets, below=scores.shape[-1])
    if right.shape != scores.shape[:-1]:
        raise ValueError(
            f"cross_entropy: scores of shape {scores.shape} need targets of shape {scores.shape[:-1]}, one for each "
            f"row of scores, and these have {right.shape}"
        )
    shifted = scores.data - scores.data.max(axis=-1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    surprise = -np.take_along_axis(log_shares, right[..., None], axis=-1)

    def slope() -> Array:
        truth = np.arange(scores.shape[-1]) == right[..., None]  # one-hot rows
        return (np.exp(log_shares) - truth) / right.size

    formula = "dL/da = (softmax(a) - truth) / n, of n rows"
    return _loss("cross_entropy", surprise.mean(), scores, formula, slope)


def binary_cross_entropy(scores: Tensor | ArrayLike, targets: ArrayLike) -> Tensor:
    """The same for yes or no: one score for each row, p = σ(score) the probability of yes; targets 0 or 1.

    The loss -y·log p - (1 - y)·log(1 - p) is log(1 + eᵃ) - y·a, which never takes the logarithm of 0.

    >>> binary_cross_entropy([0.0], [1]).item()  # p = 1/2, and -log(1/2) = 0.693
    0.6931471805599453
    """
    scores = as_tensor(scores)
    y = np.array(targets, dtype=np.float64)
    if y.shape != scores.shape or y.size == 0:
        raise ValueError(
            f"binary_cross_entropy: scores of shape {scores.shape} need as many targets, and these have {y.shape}"
        )
    if np.any((y < 0) | (y > 1)):
        raise ValueError("binary_cross_entropy: the targets must lie between 0, for no, and 1, for yes")
    losses = np.logaddexp(0.0, scores.data) - y * scores.data
    formula = "dL/da = (σ(a) - y) / n, of n scores"
    return _loss(
        "binary_cross_entropy", losses.mean(), scores, formula, lambda: (_sigmoid(scores.data) - y) / y.size
    )


def _loss(
    operation: str, loss: ArrayLike, scores: Tensor, formula: str, slope: Callable[[], Array]
) -> Tensor:
    return node(operation, loss, Local(scores, formula, slope, lambda g: g * slope(), "arrived × derivative"))


# --- layer norm --------------------------------------------------------------------------------------------


def layer_norm(
    x: Tensor | ArrayLike, gain: Tensor | ArrayLike, shift: Tensor | ArrayLike, epsilon: float = 1e-5
) -> Tensor:
    """Each row of x (..., n) moved and stretched to mean 0 and deviation 1, then times `gain` (n,) plus `shift` (n,).

    x̂ = (x - mean) / √(variance + ε).  Moving one number also moves the row's mean and deviation, so as with
    softmax each output answers to every input of its row.  Ba, Kiros and Hinton (2016), section 3.

    >>> layer_norm([1.0, 2.0, 3.0], np.ones(3), np.zeros(3), epsilon=0.0).data.round(4).tolist()  # deviation √(2/3)
    [-1.2247, 0.0, 1.2247]
    """
    x, gain, shift = as_tensor(x), as_tensor(gain), as_tensor(shift)
    if not x.shape or gain.shape != x.shape[-1:] or shift.shape != x.shape[-1:]:
        raise ValueError(
            f"layer_norm: x of shape {x.shape} needs gain and shift of shape {x.shape[-1:]}, and these have "
            f"{gain.shape} and {shift.shape}"
        )
    away = x.data - x.data.mean(axis=-1, keepdims=True)
    spread = np.sqrt((away**2).mean(axis=-1, keepdims=True) + epsilon)  # σ, (..., 1)
    normal = away / spread  # x̂

    def jacobian() -> Array:  # (..., n out, n in)
        n = x.shape[-1]
        own = np.eye(n) - (1 + normal[..., :, None] * normal[..., None, :]) / n
        return gain.data[:, None] * own / spread[..., None]

    def pull(arrived: Array) -> Array:  # arrived @ jacobian, without building it
        g = arrived * gain.data
        return (
            g - g.mean(axis=-1, keepdims=True) - normal * (g * normal).mean(axis=-1, keepdims=True)
        ) / spread

    matrix_rule, number_rule = "arrived row @ derivative matrix", "arrived × derivative"
    return node(
        "layer_norm",
        normal * gain.data + shift.data,
        Local(x, "dyᵢ/dxⱼ = gainᵢ/σ·((1 if i = j else 0) - 1/n - x̂ᵢ·x̂ⱼ/n)", jacobian, pull, matrix_rule),
        Local(
            gain, "dy/d(gain) = x̂", lambda: normal, lambda g: unbroadcast(g * normal, gain.shape), number_rule
        ),
        Local(shift, "dy/d(shift) = 1", lambda: 1.0, lambda g: unbroadcast(g, shift.shape), number_rule),
    )
