"""The worked cases of the lesson, each in one place: its numbers, pictures and experiments all come from here."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from groundup.course.grading.checks import CountedNumber
from groundup.foundations.attention import AdditiveWeights, additive_scores, dot_scores, mix, worked_example
from groundup.foundations.softmax import softmax

# ---- three tokens and two dimensions: "The keys to the cabinet ___" -----------------------------------------

TOKENS = ("keys", "to", "cabinet")
QUERY = np.array([1.0, 1.0])  # a thing? · what the sentence is about?
KEYS = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
VALUES = np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])  # one · many


class Steps(NamedTuple):
    """One query's attention, step by step."""

    scores: np.ndarray
    powers: np.ndarray
    shares: np.ndarray
    context: np.ndarray


def three_tokens(*, query: np.ndarray = QUERY, scaled: bool = False) -> Steps:
    scores = dot_scores(query[None], KEYS, math.sqrt(2) if scaled else 1.0)
    context, shares = mix(scores, VALUES)
    return Steps(scores[0], np.exp(scores[0]), shares[0], context[0])


# ---- Bahdanau's score on the same three ---------------------------------------------------------------------

JUDGE = AdditiveWeights(query=np.eye(2), key=np.eye(2), score=np.array([1.0, 1.0]))


def additive(query: np.ndarray = QUERY) -> Steps:
    """v · tanh(W q + U k), with W and U that change nothing and v that adds the two numbers up."""
    scores, _ = additive_scores(query[None], KEYS, JUDGE)
    context, shares = mix(scores, VALUES)
    return Steps(scores[0], np.exp(scores[0]), shares[0], context[0])


def additive_without_tanh(query: np.ndarray) -> np.ndarray:
    """The shares if the tanh is left out."""
    return softmax((query @ JUDGE.query.T + KEYS @ JUDGE.key.T) @ JUDGE.score)


# ---- how far scores spread ----------------------------------------------------------------------------------

CHOICES = 16  # keys that a query is compared with
DRAWS = 20_000


def draw_scores(d: int, seed: int = 0) -> np.ndarray:
    """Dot products of random queries with CHOICES random keys each, of d numbers with variance 1: (…, CHOICES)."""
    rng = np.random.default_rng(seed)
    n = DRAWS // CHOICES
    keys, queries = rng.normal(size=(n, CHOICES, d)), rng.normal(size=(n, 1, d))
    return dot_scores(queries, keys)[:, 0]


def measure(d: int, divide_by: float) -> tuple[float, float, float]:
    """The spread (standard deviation) of such scores; the largest of a query's shares, on average; and p (1 − p)
    of it, on average: how much that share moves for a little more score."""
    scores = draw_scores(d) / divide_by
    largest = softmax(scores).max(axis=1)
    return float(scores.std()), float(largest.mean()), float((largest * (1 - largest)).mean())


# ---- two maps, one context ----------------------------------------------------------------------------------


def two_maps() -> tuple[np.ndarray, np.ndarray]:
    """What `run` looks at among six words; and shares that look mostly elsewhere, for the very same context.

    A thing counts 10 in a cat and 20 in a dog. So two cats less are one dog more, and `the` and `a`, whose values
    are zero, make up the rest.
    """
    example = worked_example()
    before = example.weights[5]
    the, cat, _, a, dog, _ = range(6)
    after = before.copy()
    after[the] = after[a] = 0.0
    after[dog] = before[dog] - before[the] - before[a]
    after[cat] = before[cat] + 2 * (before[the] + before[a])
    return before, after


# ---- what it costs ------------------------------------------------------------------------------------------


def attention_multiplications(time: int, d: int) -> int:
    """Every query with every key, and every share with its value: counted while it is done."""
    q, k, v = (counted((time, d)) for _ in range(3))
    CountedNumber.multiplications = 0
    _ = (q @ k.T) @ v
    return CountedNumber.multiplications


def rnn_multiplications(time: int, d: int) -> int:
    """W x + U h for each token: counted likewise."""
    w, u, x, h = counted((d, d)), counted((d, d)), counted((d,)), counted((d,))
    CountedNumber.multiplications = 0
    for _ in range(time):
        _ = w @ x + u @ h
    return CountedNumber.multiplications


def counted(shape: tuple[int, ...]) -> np.ndarray:
    """Ones that count how often they are multiplied."""
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        array[place] = CountedNumber(1.0)
    return array


# ---- where a trained model looked ---------------------------------------------------------------------------


def trained() -> dict:
    """See fixtures.py."""
    return json.loads((Path(__file__).parent / "fixtures" / "dates.json").read_text(encoding="utf-8"))
