"""A worked case, right angles, any lists; then how many multiplications it took, and by whom."""

from groundup.course.grading.checks import Failure, agrees, construct, example, holds, operations
from groundup.foundations.linear import dot_by_loop

OWN = "Multiply and add yourself here: it is what these calls do inside. From the next lesson on, use `@`."


def two_lists(rng):
    size = rng.integers(1, 7)
    return rng.integers(-9, 10, size).tolist(), rng.integers(-9, 10, size).tolist()


def turned(work, rng):
    x, y = (int(number) for number in rng.integers(1, 9, 2))
    got = work["dot"]([x, y], [-y, x])
    if got != 0:
        return Failure("These two arrows stand at right angles, so their dot product is 0.",
                       f"dot([{x}, {y}], [{-y}, {x}])", got, 0)  # fmt: skip
    return None


CHECKS = [
    example("dot", ([1, 2, 3], [4, 5, 6]), 32.0, title="dot([1, 2, 3], [4, 5, 6]) is 4 + 10 + 18 = 32"),
    agrees("dot", dot_by_loop, draw=two_lists, title="lists of any length, with numbers below zero"),
    holds("arrows at right angles give 0", turned, times=5),
    operations("dot", lambda number: ([number(1), number(2), number(3)], [number(4), number(5), number(6)]),
               at_most=3, why="One for each pair.", title="3 pairs take 3 multiplications"),
    construct("dot", forbidden={"np.dot": OWN, "np.inner": OWN, "np.vdot": OWN, "MatMult": OWN, "np.sum": OWN},
              title="the loop is your own"),
]  # fmt: skip
