"""Sizes, then what must hold whichever order was drawn."""

import numpy as np

from groundup.course.grading.checks import Failure, as_array, holds

NAMES = ("training", "validation", "test")


def rows(count):
    """Row i holds i, and its label is 10·i."""
    return np.arange(float(count))[:, None], 10 * np.arange(count)


def parts(work, count, validation, test, seed):
    """Three pairs of arrays, or a Failure."""
    case = f"split(x, labels, {validation}, {test}, rng) with {count} rows"
    got = work["split"](*rows(count), validation, test, np.random.default_rng(seed))
    if (
        not isinstance(got, tuple | list)
        or len(got) != 3
        or not all(isinstance(p, tuple | list) and len(p) == 2 for p in got)
    ):
        return Failure("Three pairs (x, labels) are expected: training, validation, test.", case, got)
    return [(as_array(x), as_array(labels)) for x, labels in got]


def sizes(work, _):
    for count, validation, test, wanted in ((10, 0.2, 0.3, [5, 2, 3]), (100, 0.29, 0.1, [61, 29, 10]),
                                            (7, 0.2, 0.2, [5, 1, 1])):  # fmt: skip
        got = parts(work, count, validation, test, 0)
        if isinstance(got, Failure):
            return got
        found = [len(x) for x, _ in got]
        if found != wanted:
            says = "Training, validation and test have {}, {} and {} rows".format(*found)
            case = f"split(x, labels, {validation}, {test}, rng) with {count} rows"
            return Failure("{}; {}, {} and {} are expected.".format(says, *wanted), case, found, wanted)
    return None


def together(work, _):
    for (x, labels), name in zip(parts(work, 10, 0.2, 0.3, 1), NAMES, strict=True):
        if len(x) != len(labels) or not np.array_equal(10 * x[:, 0], labels):
            says = (
                f"In the {name} set rows and labels do not belong together: here a label is 10 times its row."
            )
            return Failure(says, "split(x, labels, 0.2, 0.3, rng) with 10 rows", labels, 10 * x[:, 0])
    return None


def apart(work, _):
    found = [set(x[:, 0].astype(int)) for x, _ in parts(work, 50, 0.2, 0.2, 2)]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        if common := found[one] & found[two]:
            says = f"The {NAMES[one]} set and the {NAMES[two]} set share {len(common)} of 50 rows."
            return Failure(says, "split(x, labels, 0.2, 0.2, rng) with 50 rows", sorted(common), [])
    if missing := set(range(50)) - set.union(*found):
        return Failure(
            f"{len(missing)} of 50 rows are in no part.",
            "split(x, labels, 0.2, 0.2, rng)",
            sorted(missing),
            [],
        )
    return None


def shuffled(work, _):
    ways = [[x[:, 0].tolist() for x, _ in parts(work, 50, 0.2, 0.2, seed)] for seed in (3, 3, 4)]
    if ways[0] == ways[2]:
        rows_of = f"The test set holds the rows {', '.join(f'{row:.0f}' for row in ways[0][2][:4])}, ..."
        return Failure(f"Two seeds gave the same parts. {rows_of}", "split with two seeds", ways[2][2], None)
    if ways[0] != ways[1]:
        return Failure(
            "The same seed gave other parts. Draw from `rng` alone.", "split, twice with one seed", ways[1][2]
        )
    return None


def untouched(work, _):
    x, labels = rows(10)
    work["split"](x, labels, 0.2, 0.2, np.random.default_rng(5))
    if not np.array_equal(x, rows(10)[0]) or not np.array_equal(labels, rows(10)[1]):
        return Failure(
            "The caller's arrays were changed: shuffle row numbers instead.",
            "labels, after split",
            labels,
            rows(10)[1],
        )
    return None


CHECKS = [
    holds("The parts have the right sizes", sizes),
    holds("Every row keeps its label", together),
    holds("No row is in two parts, and none is lost", apart),
    holds("The parts are drawn with the generator given", shuffled),
    holds("The caller's arrays stay as they are", untouched),
]
