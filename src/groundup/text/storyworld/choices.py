"""Chance that can be read back: one source that rolls the dice, one that recovers the dice from the text.

A storyteller here is a function that talks to a `Chance`. It has two verbs: `say` a fixed text, and `pick`
one text of several. `Roller` picks at random and writes. `Reader` is handed a finished text, gives the same
function the picks that lead to that text, and so knows the probability of every one of them.

Why reading back is exact. In every `pick` no option is the beginning of another (a prefix code, as in Cover
and Thomas, Elements of Information Theory, section 5.1). So at most one option fits the text at the current
place; the text fixes the first pick, then the second, and so on to the end. Two different chains of picks
never give the same text, hence

    -log2 P(text) = the sum over its picks of -log2 p(option)

with nothing hidden left to sum over. Weights are whole numbers, so every p is a plain fraction.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Protocol

from groundup.common.errors import GroundupError


class Chance(Protocol):
    """What a storyteller talks to."""

    def say(self, text: str) -> None:
        """Add a text that could not have been otherwise."""

    def pick(self, options: Sequence[str], weights: Sequence[int] | None = None) -> int:
        """Add one of the options and return its index. `weights`: whole numbers above 0; None: all alike."""


class Roller:
    """Writes a text by chance, and counts what each pick cost.

    The random numbers are those of `random.Random(seed).random()` alone: the one method for which the Python
    manual ("Notes on Reproducibility") promises the same numbers in every version and on every machine.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random
        self.restart()

    def restart(self) -> None:
        """Forget the text and the counts, not the place in the random numbers."""
        self.parts: list[str] = []
        self.bits: list[float] = []  # -log2 p of each pick that was made
        self.expected: list[float] = []  # the entropy of each pick: what it costs on average

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def say(self, text: str) -> None:
        self.parts.append(text)

    def pick(self, options: Sequence[str], weights: Sequence[int] | None = None) -> int:
        if weights is None:
            chosen = int(self._random() * len(options))
            self.bits.append(math.log2(len(options)))
            self.expected.append(math.log2(len(options)))
        else:
            total = sum(weights)
            left, chosen = int(self._random() * total), 0
            while left >= weights[chosen]:
                left -= weights[chosen]
                chosen += 1
            self.bits.append(math.log2(total / weights[chosen]))
            self.expected.append(_entropy(tuple(weights)))
        self.parts.append(options[chosen])
        return chosen


@lru_cache(maxsize=4096)
def _entropy(weights: tuple[int, ...]) -> float:
    """Bits: the sum of p log2(1/p)."""
    total = sum(weights)
    return math.fsum(weight / total * math.log2(total / weight) for weight in weights)


@dataclass(frozen=True)
class StoryChoice:
    """One `say` or `pick` as it was read: what could have come, and the text that came.

    The text is one of the options; at the very end of a text that was cut short, it is the beginning of one
    or of several.
    """

    options: Sequence[str]
    weights: Sequence[int] | None
    text: str

    def mass(self, beginning: str) -> int:
        """The summed weights of the options that begin so."""
        weights = self.weights or (1,) * len(self.options)
        return sum(w for w, option in zip(weights, self.options, strict=True) if option.startswith(beginning))

    @property
    def bits(self) -> float:
        return math.log2(self.mass("") / self.mass(self.text))

    def bits_per_character(self) -> list[float]:
        """The same bits, each at the character that ruled options out."""
        masses = [self.mass(self.text[:n]) for n in range(len(self.text) + 1)]
        return [math.log2(before / after) for before, after in pairwise(masses)]

    def next_characters(self) -> dict[str, float]:
        """What can follow a text cut short inside this step, with its probability."""
        here = len(self.text)
        following = sorted({option[here] for option in self.options if option.startswith(self.text)})
        return {c: self.mass(self.text + c) / self.mass(self.text) for c in following}


class _EndOfTextError(Exception):
    """The text is used up: nothing more can be read from it."""


class Reader:
    """Gives a storyteller the picks that lead to `text`, and notes each one in `steps`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.steps: list[StoryChoice] = []

    def say(self, text: str) -> None:
        self.pick((text,))

    def pick(self, options: Sequence[str], weights: Sequence[int] | None = None) -> int:
        fitting = [n for n, option in enumerate(options) if self.text.startswith(option, self.position)]
        if len(fitting) == 1:
            self.steps.append(StoryChoice(options, weights, options[fitting[0]]))
            self.position += len(options[fitting[0]])
            return fitting[0]
        assert not fitting, f"options that begin alike: {[options[n] for n in fitting]}"
        rest = self.text[self.position : self.position + max(map(len, options))]
        if self.position + len(rest) == len(self.text) and any(option.startswith(rest) for option in options):
            self.steps.append(StoryChoice(options, weights, rest))
            raise _EndOfTextError
        before = self.text[max(0, self.position - 30) : self.position]
        could = " or ".join(repr(option) for option in options[:3]) + (" or ..." if len(options) > 3 else "")
        raise GroundupError(
            f"This text is not from storyworld: at character {self.position}, after {before!r}, "
            f"comes {rest[:30]!r}; there the world says {could}.",
            "Only text made by storyworld can be measured, from the first letter of a story on. "
            "A file with Windows line ends must be read with newline=None.",
        )


def read(text: str, tell: Callable[[Chance], object]) -> list[StoryChoice]:
    """The steps by which `tell`, told again and again, writes `text`; the last one may be cut short.

    Raises GroundupError at the first character that `tell` cannot write.
    """
    reader = Reader(text)
    try:
        while True:
            tell(reader)
    except _EndOfTextError:
        return reader.steps
