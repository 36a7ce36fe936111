"""What must hold of an epoch, whichever order was drawn."""

import math

import numpy as np

from groundup.course.grading.checks import Failure, as_array, frequencies, holds


def rows(count):
    """Row i holds i and 100 + i, and its label is 10·i: any row can be known again."""
    numbers = np.arange(count)
    return np.stack([numbers, 100 + numbers], axis=1).astype(float), 10 * numbers


def epoch(work, count, size, rng):
    """The batches as a list of (x, labels), or a Failure."""
    case = f"batches(x, labels, size={size}, rng) with {count} rows"
    got = work["batches"](*rows(count), size, rng)
    got = list(got) if got is not None else got
    if got is None or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in got):
        return Failure("A list of pairs (x, labels) is expected.", case, got)
    return [(as_array(x), as_array(labels)) for x, labels in got]


def sizes(work, _):
    for count, size in ((10, 4), (8, 4), (3, 5)):
        got = epoch(work, count, size, np.random.default_rng(0))
        if isinstance(got, Failure):
            return got
        wanted = [size] * (count // size) + ([count % size] if count % size else [])
        if (found := [len(x) for x, _ in got]) != wanted:
            says = f"The batches have {found} rows; {wanted} are expected."
            return Failure(says, f"batches(x, labels, size={size}, rng) with {count} rows", found, wanted)
    return None


def pairs(work, _):
    for x, labels in epoch(work, 10, 4, np.random.default_rng(1)):
        if len(x) != len(labels) or not np.array_equal(10 * x[:, 0], labels):
            says = "Rows and labels do not belong together. Here the label of a row is 10 times its first number."
            return Failure(says, "batches(x, labels, size=4, rng) with 10 rows", labels, 10 * x[:, 0])
    return None


def once(work, _):
    got = np.concatenate([x for x, _ in epoch(work, 10, 4, np.random.default_rng(2))])[:, 0]
    times = [int((got == row).sum()) for row in range(10)]
    if times != [1] * 10:
        never, often = times.count(0), sum(count > 1 for count in times)
        says = f"In one epoch, {never} of 10 rows never came, and {often} came more than once."
        return Failure(says, "how often each of 10 rows comes", times, [1] * 10)
    return None


def untouched(work, _):
    x, labels = rows(10)
    list(work["batches"](x, labels, 4, np.random.default_rng(3)))
    if not np.array_equal(x, rows(10)[0]) or not np.array_equal(labels, rows(10)[1]):
        return Failure(
            "The caller's arrays were changed.",
            "labels, after batches(x, labels, 4, rng)",
            labels,
            rows(10)[1],
        )
    return None


def anew(work, _):
    rng = np.random.default_rng(4)
    first, second = (np.concatenate([x for x, _ in epoch(work, 20, 4, rng)])[:, 0] for _ in range(2))
    if np.array_equal(first, second):
        return Failure(
            "Two epochs with the same generator came in the same order.", "two epochs of 20 rows", second
        )
    again = np.concatenate([x for x, _ in epoch(work, 20, 4, np.random.default_rng(4))])[:, 0]
    if not np.array_equal(first, again):
        return Failure(
            "The same seed gave another order. Draw from `rng` alone.", "two runs of one seed", again, first
        )
    return None


def order_of_three(function, rng):
    """Which of the six orders three rows come in."""
    got = [int(as_array(x)[0, 0]) for x, _ in function(*rows(3), 1, rng)]
    return [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].index(got)


CHECKS = [
    holds("The batches have the right sizes", sizes),
    holds("Every row keeps its label", pairs),
    holds("Every row comes once", once),
    holds("The caller's arrays stay as they are", untouched),
    holds("Every epoch has a new order, drawn with the generator given", anew),
    frequencies("batches", order_of_three, [1 / math.factorial(3)] * 6, draws=3000,
                title="Each of the six orders of three rows comes equally often"),
]  # fmt: skip
