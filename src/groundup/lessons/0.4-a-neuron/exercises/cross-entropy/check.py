import numpy as np

from groundup.course.grading.checks import Failure, agrees, differs, example, holds


def cross_entropy(p, targets):
    right = p[np.arange(len(targets)), targets]
    return float(-np.log2(np.maximum(right, 1e-12)).mean())


def some_rows(rng):
    rows, classes = rng.integers(2, 7, 2)
    p = rng.dirichlet(np.ones(classes), rows)
    return p, rng.integers(0, classes, rows)


def no_idea(work, rng):
    """Equal shares: log₂ of the number of classes, whatever comes true."""
    classes = int(rng.integers(2, 65))
    p, targets = np.full((3, classes), 1 / classes), rng.integers(0, classes, 3)
    case = f"cross_entropy(p, targets) with all p = 1/{classes}"
    failure = differs(work["cross_entropy"](p, targets), float(np.log2(classes)), 1e-6, case)
    if failure is None:
        return None
    says = f"Who has no idea among {classes} classes is surprised by log₂ {classes} bits. {failure.says}"
    return Failure(says, case, failure.got, failure.expected)


by_hand = (np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]), np.array([0, 0]))
never = (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 0]))

CHECKS = [
    example("cross_entropy", by_hand, 2.0, title="1 bit and 3 bits are 2 bits on average"),
    agrees("cross_entropy", cross_entropy, draw=some_rows),
    holds("No idea among n classes costs log₂ n bits", no_idea, times=5),
    example("cross_entropy", never, cross_entropy(*never),
            title="A right answer that was given 0 costs much, but not infinity"),
]  # fmt: skip
