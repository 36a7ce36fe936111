"""Attention in NumPy: a soft look-up, forward and backward by hand.

Each word asks a question (its query), shows what it can be found by (its key), and holds something to hand
over (its value). Every query is compared with every key, softmax makes shares of the scores, and the answer,
called the context, is the average of the values by those shares. A dictionary finds the one key that fits;
attention takes some of everything, most of what fits best.

Read in this order: `worked_example`, a whole attention in six words; then the scores, of two kinds; the mask;
the mixing; and at the end many heads at once. The leading dimensions `...` are batch, or batch and heads, and
the same everywhere. Names that begin with d_ are gradients of the loss.

Sources: Bahdanau et al. (2015), "Neural machine translation by jointly learning to align and translate",
appendix A.1.2; Vaswani et al. (2017), "Attention is all you need", sections 3.2.1 and 3.2.2.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from groundup.foundations.softmax import softmax, softmax_backward

Array = np.ndarray[Any, np.dtype[Any]]


# --- the whole of it, on six small vectors ------------------------------------------------------------------


@dataclass(frozen=True)
class WorkedExample:
    """Every number of one attention, in the order in which they are computed. One row for each word."""

    words: tuple[str, ...]
    x: Array  # (6, 2) the word vectors
    q: Array  # (6, 2) queries
    k: Array  # (6, 2) keys
    v: Array  # (6, 2) values
    products: Array  # (6, 6) every query with every key
    scale: float  # what the products are divided by
    scores: Array  # (6, 6) the products divided by it
    mask: Array  # (6, 6) true where looking is allowed
    weights: Array  # (6, 6) softmax of the allowed scores; rows sum to 1
    context: Array  # (6, 2) the values, averaged by the weights


def worked_example(causal: bool = True, scaled: bool = True) -> WorkedExample:
    """Six words with two numbers each: how much of a thing it is, and how much of a doing.

    Queries swap the two: who is a thing looks for a doing, who does looks for a thing. Keys are the vectors
    themselves, values ten times as much. All products come out whole. Divided by √2, one more in a product
    means e^(1/√2) = 2.03 times the weight: it about doubles. So "run" spreads its look in parts
    1 : 2 : 1 : 1 : 4 : 1, and sees most of "dog":

    >>> example = worked_example()
    >>> example.products[5].tolist()  # the words are: the cat saw a dog run
    [0.0, 1.0, 0.0, 0.0, 2.0, 0.0]
    >>> example.weights[5].round(1).tolist()
    [0.1, 0.2, 0.1, 0.1, 0.4, 0.1]
    >>> example.context[5].round(1).tolist()  # mostly thing: 0.2 · 10 + 0.4 · 20
    [10.1, 2.0]

    "the" and "a" ask for nothing: a query of zeros looks at everything alike. Without `causal` each word sees
    the later ones too. Without `scaled` one more in a product means e = 2.72 times the weight.
    """
    words = ("the", "cat", "saw", "a", "dog", "run")
    x = np.array([[0, 0], [1, 0], [0, 1], [0, 0], [2, 0], [0, 1]], dtype=float)
    w_q, w_k, w_v = np.array([[0, 1], [1, 0]]), np.eye(2), 10 * np.eye(2)
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    products = q @ k.T
    scale = math.sqrt(2) if scaled else 1.0
    mask = causal_mask(6) if causal else np.ones((6, 6), dtype=bool)
    context, weights = mix(products / scale, v, mask)
    return WorkedExample(words, x, q, k, v, products, scale, products / scale, mask, weights, context)


# --- scores: how well each key fits each query --------------------------------------------------------------


def dot_scores(q: Array, k: Array, scale: float = 1.0) -> Array:
    """q · k / scale for every pair: q (..., n, d) and k (..., m, d) give (..., n, m).

    All pairs are one matrix product. The plain dot product has the scale 1. It grows with d: of random
    numbers with variance 1, a sum of d products has variance d. Divided by √d it has variance 1 again, and
    the softmax starts soft, where it has a gradient to learn from (Vaswani et al., section 3.2.1).

    >>> dot_scores(np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [1.0, 1.0]]))
    array([[3., 3.]])
    """
    return q @ _transposed(k) / scale


def dot_scores_backward(d_scores: Array, q: Array, k: Array, scale: float = 1.0) -> tuple[Array, Array]:
    """Gradients of q and k: each query is pulled towards the keys it should have liked more."""
    d_products = d_scores / scale
    return d_products @ k, _transposed(d_products) @ q


class AdditiveWeights(NamedTuple):
    """The weights of `additive_scores`, or their gradients."""

    query: Array  # (width, d of q): W in the paper
    key: Array  # (width, d of k): U
    score: Array  # (width,): v


def additive_scores(q: Array, k: Array, w: AdditiveWeights) -> tuple[Array, Array]:
    """v · tanh(W q + U k) for every pair: a small network that judges each, where the dot only measures.

    q (..., n, d) and k (..., m, e) may have different widths. Returns the scores (..., n, m), and the tanh
    (..., n, m, width), which is kept for the way back. The dot product needs no such large array: it is why
    the dot won.
    """
    # (..., n, 1, width) + (..., 1, m, width): every query beside every key
    judged = np.tanh((q @ w.query.T)[..., :, None, :] + (k @ w.key.T)[..., None, :, :])
    return judged @ w.score, judged


def additive_scores_backward(
    d_scores: Array, q: Array, k: Array, w: AdditiveWeights, judged: Array
) -> tuple[Array, Array, AdditiveWeights]:
    """Gradients of q, of k and of the weights. `judged` is what the forward pass kept."""
    d_sums = d_scores[..., None] * w.score * (1 - judged**2)  # inside the tanh: (..., n, m, width)
    d_asked, d_shown = (
        d_sums.sum(axis=-2),
        d_sums.sum(axis=-3),
    )  # of W q: (..., n, width); of U k: (..., m, …)
    d_w = AdditiveWeights(_summed(d_asked, q), _summed(d_shown, k), _summed(d_scores[..., None], judged)[0])
    return d_asked @ w.query, d_shown @ w.key, d_w


# --- mask and mix: from scores to the context ---------------------------------------------------------------


def causal_mask(time: int) -> Array:
    """(time, time), true where looking is allowed: row t sees column t and all before it.

    >>> causal_mask(3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return np.tri(time, dtype=bool)


def mix(scores: Array, v: Array, mask: Array | None = None) -> tuple[Array, Array]:
    """The context (..., n, d) and the weights (..., n, m), whose rows sum to 1.

    scores (..., n, m), values (..., m, d); mask, true where looking is allowed, as wide as the scores or
    broadcast to them. A forbidden score becomes −infinity, and exp(−infinity) is exactly 0.

    Raises ValueError where the mask leaves a query nothing to look at.
    """
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = softmax(scores)
    return weights @ v, weights


def mix_backward(d_context: Array, weights: Array, v: Array) -> tuple[Array, Array]:
    """Gradients of the scores and of the values.

    A forbidden place has the weight 0, which is a factor of its score's gradient: no mask is needed here.
    """
    return softmax_backward(d_context @ _transposed(v), weights), _transposed(weights) @ d_context


def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> tuple[Array, Array]:
    """softmax(Q Kᵀ / √d) V, the equation 1 of Vaswani et al.: context (..., n, d of v), weights (..., n, m)."""
    return mix(dot_scores(q, k, math.sqrt(q.shape[-1])), v, mask)


def attention_backward(
    d_context: Array, q: Array, k: Array, v: Array, weights: Array
) -> tuple[Array, Array, Array]:
    """Gradients of q, k and v. `weights` is what the forward pass gave."""
    d_scores, d_v = mix_backward(d_context, weights, v)
    return *dot_scores_backward(d_scores, q, k, math.sqrt(q.shape[-1])), d_v


# --- many heads: Vaswani et al., section 3.2.2 --------------------------------------------------------------


def split_heads(x: Array, heads: int) -> Array:
    """(..., time, width) to (..., heads, time, width / heads): each head gets its own slice of the numbers.

    >>> split_heads(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), heads=2).tolist()
    [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]
    """
    width = x.shape[-1]
    if heads < 1 or width % heads:
        raise ValueError(f"A width of {width} cannot be split over {heads} heads: it must be divisible.")
    return x.reshape(*x.shape[:-1], heads, width // heads).swapaxes(-3, -2)


def merge_heads(x: Array) -> Array:
    """(..., heads, time, head width) to (..., time, width): the slices side by side again."""
    x = x.swapaxes(-3, -2)
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


class MultiHeadWeights(NamedTuple):
    """The parameters of `torch.nn.MultiheadAttention`, in its order; or their gradients."""

    in_weight: Array  # (3·width, width): for queries, keys and values, one under the other
    in_bias: Array  # (3·width,)
    out_weight: Array  # (width, width)
    out_bias: Array  # (width,)


class MultiHeadCache(NamedTuple):
    """What `multi_head` keeps for the way back; the weights (..., heads, n, m) are what to look at."""

    x: Array
    source: Array
    q: Array  # (..., heads, n, head width), like k and v
    k: Array
    v: Array
    weights: Array
    merged: Array


def multi_head(
    x: Array, source: Array, w: MultiHeadWeights, heads: int, mask: Array | None = None
) -> tuple[Array, MultiHeadCache]:
    """Several attentions side by side, each in its own slice of the width, then one product over them all.

    Queries come from x (..., n, width), keys and values from source (..., m, width). Self-attention gives x
    twice; cross-attention asks another text. The output is (..., n, width).
    """
    (w_q, w_k, w_v), (b_q, b_k, b_v) = np.split(w.in_weight, 3), np.split(w.in_bias, 3)
    q = split_heads(x @ w_q.T + b_q, heads)
    k = split_heads(source @ w_k.T + b_k, heads)
    v = split_heads(source @ w_v.T + b_v, heads)
    context, weights = attention(q, k, v, mask)
    merged = merge_heads(context)
    return merged @ w.out_weight.T + w.out_bias, MultiHeadCache(x, source, q, k, v, weights, merged)


def multi_head_backward(
    d_output: Array, cache: MultiHeadCache, w: MultiHeadWeights
) -> tuple[Array, Array, MultiHeadWeights]:
    """Gradients of x, of the source and of the weights. In self-attention x gets the sum of the first two."""
    x, source, q, k, v, weights, merged = cache
    d_context = split_heads(d_output @ w.out_weight, heads=q.shape[-3])
    d_q, d_k, d_v = map(merge_heads, attention_backward(d_context, q, k, v, weights))
    w_q, w_k, w_v = np.split(w.in_weight, 3)
    d_w = MultiHeadWeights(
        np.concatenate([_summed(d_q, x), _summed(d_k, source), _summed(d_v, source)]),
        np.concatenate([_rows(d).sum(axis=0) for d in (d_q, d_k, d_v)]),
        _summed(d_output, merged),
        _rows(d_output).sum(axis=0),
    )
    return d_q @ w_q, d_k @ w_k + d_v @ w_v, d_w


def _transposed(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def _rows(x: Array) -> Array:
    """(..., width) to (n, width)."""
    return x.reshape(-1, x.shape[-1])


def _summed(d_y: Array, x: Array) -> Array:
    """dW of y = x Wᵀ: dyᵀ x, summed over all leading dimensions."""
    return _rows(d_y).T @ _rows(x)
