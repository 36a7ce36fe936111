import numpy as np

from groundup.course.grading.checks import Failure, construct, example, frequencies, holds

SHARES = np.array([0.5, 0.3, 0.2])


class Throw:
    """A generator that throws what it is told to."""

    def __init__(self, value):
        self.value = value

    def random(self):
        return self.value

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * self.value


def repeatable(work, rng):
    """The same seed gives the same outcomes."""
    shares = np.full(50, 0.02)

    def drawn():
        generator = np.random.default_rng(3)
        return [int(work["sample"](shares, generator)) for _ in range(20)]

    if drawn() != drawn():
        says = "The same generator, started with the same seed, gave other outcomes. All chance must come from `rng`."
        return Failure(says, "sample(shares, np.random.default_rng(3)), 20 draws, twice")
    return None


def never(work, rng):
    """An outcome with share 0 never comes."""
    shares = np.array([0.0, 0.7, 0.0, 0.3, 0.0])
    for throw in (0.0, 0.7, 0.9999999999):
        got = work["sample"](shares, Throw(throw))
        if got not in (1, 3):
            case = f"sample([0, 0.7, 0, 0.3, 0], rng) when rng.random() gives {throw:g}"
            return Failure(f"Outcome {got} has the share 0 and came all the same.", case, got)
    return None


CHECKS = [
    construct("sample", forbidden={"choice": "Do it without `choice`: lay the shares side by side and throw once."},
              title="written by hand"),
    holds("the same seed gives the same outcomes", repeatable),
    frequencies("sample", lambda sample, rng: sample(SHARES, rng), SHARES),
    example("sample", (SHARES, Throw(0.6)), 1, title="a throw of 0.6 on the pieces 0.5, 0.3, 0.2 is outcome 1"),
    example("sample", (SHARES, Throw(0.1)), 0, title="a throw of 0.1 is outcome 0"),
    holds("what has the share 0 never comes", never),
]  # fmt: skip
