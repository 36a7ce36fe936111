"""storyworld: endless simple stories of a small world, with an entropy that is known exactly.

A language model's loss on real text has a floor that is unknown. Here it is known: the text comes from a
random process whose every choice can be read back from the text (`choices.py` has the proof), so
`surprisal(text)` is exactly -log2 P(text). No model can do better on average than the process itself
(Gibbs' inequality: Cover and Thomas, Elements of Information Theory, theorem 2.6.3).

The world is in `world.py`, its words in `words.py`, the telling in `narrator.py`, `errands.py`,
`plots.py` and `story.py`. Stories are independent of one another, plain ASCII, and end with a blank line.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from groundup.common.errors import GroundupError
from groundup.text.storyworld.choices import Roller, read
from groundup.text.storyworld.story import tell_story

__all__ = [
    "Entropy",
    "Rate",
    "bits_per_character",
    "entropy",
    "expected_rate",
    "floor_note",
    "measure",
    "next_characters",
    "stories",
    "surprisal",
    "trace",
]


def stories(size_bytes: int, seed: int = 0) -> Iterator[str]:
    """Whole stories, each ending with a blank line, until they are at least `size_bytes` bytes together.

    The same seed gives the same stories on every machine, and a larger size only adds stories.
    Raises GroundupError, at the call, for a size that is not positive or a seed that is negative.
    """
    if size_bytes <= 0:
        raise GroundupError(f"A size of {size_bytes} bytes holds no story.", "Ask for at least 1 byte.")
    return _until(size_bytes, _roller(seed))


def _until(size_bytes: int, roller: Roller) -> Iterator[str]:
    written = 0
    while written < size_bytes:
        roller.restart()
        tell_story(roller)
        text = roller.text
        written += len(text)  # ASCII: a character is a byte
        yield text


def _roller(seed: int) -> Roller:
    if seed < 0:
        raise GroundupError(f"The seed is {seed}, which is negative.", "Choose 0 or a positive whole number.")
    return Roller(seed)


def surprisal(text: str) -> float:
    """-log2 of the probability that the world's endless stream of stories begins with `text`. In bits, exact.

    The text must start at the start of a story; it may stop anywhere. Raises GroundupError at the
    first character that the world cannot write.
    """
    return math.fsum(step.bits for step in read(text, tell_story))


def trace(text: str) -> list[tuple[str, float]]:
    """Where the bits are: the text in fragments, each with its surprisal in bits.

    Every fragment is one choice, or what stands for certain between two choices (0 bits).
    """
    fragments: list[tuple[str, float]] = []
    for step in read(text, tell_story):
        if fragments and step.bits == 0 == fragments[-1][1]:
            fragments[-1] = (fragments[-1][0] + step.text, 0.0)
        elif step.text:
            fragments.append((step.text, step.bits))
    return fragments


def bits_per_character(text: str) -> list[float]:
    """The surprisal of each character given all before it, in bits: the floor under a model's loss there."""
    return [bits for step in read(text, tell_story) for bits in step.bits_per_character()]


def next_characters(text: str) -> dict[str, float]:
    """The perfect model: the exact probability of each character that can follow `text`."""
    return read(text, tell_story)[-1].next_characters()


@dataclass(frozen=True)
class Rate:
    """The process's entropy rate, estimated by Monte Carlo from `stories` stories.

    Stories are independent, so the rate of the endless stream is the expected bits of a story over its
    expected bytes (the renewal-reward theorem). The bits of a sampled story are counted as the sum of the
    entropies of its choices: the same mean as its surprisal, and less noise.
    """

    bits_per_byte: float
    standard_error: float
    stories: int


@dataclass(frozen=True)
class Entropy:
    """What one text costs under the process that wrote it (exact), and what such text costs on average."""

    bits: float  # -log2 P(text)
    bytes: int
    stories: int
    rate: Rate

    @property
    def bits_per_byte(self) -> float:
        return self.bits / self.bytes


def measure(text: str) -> Entropy:
    """The entropy of any storyworld text, read from the text alone; a validation split, say.

    `stories` counts the ones that are whole. Raises GroundupError if the world cannot write the text.
    """
    if not text:
        raise GroundupError("The text is empty.", "Give at least one story.")
    return Entropy(surprisal(text), len(text), text.count("\n\n"), expected_rate())


def entropy(size_bytes: int, seed: int = 0) -> Entropy:
    """The same for the text of `stories(size_bytes, seed)`."""
    return measure("".join(stories(size_bytes, seed)))


@lru_cache
def expected_rate(stories: int = 1000, seed: int = 0) -> Rate:
    """The process's entropy rate in bits per byte by Monte Carlo, with its standard error.

    The error is that of a ratio of two means (Cochran, Sampling Techniques, section 2.11).
    """
    if stories < 2:
        raise GroundupError(f"{stories} stories give no standard error.", "Ask for 2 or more.")
    roller = _roller(seed)
    bits, sizes = [], []
    for _ in range(stories):
        roller.restart()
        tell_story(roller)
        bits.append(math.fsum(roller.expected))
        sizes.append(len(roller.text))
    rate = sum(bits) / sum(sizes)
    spread = math.fsum((b - rate * size) ** 2 for b, size in zip(bits, sizes, strict=True)) / (stories - 1)
    return Rate(rate, math.sqrt(spread / stories) / (sum(sizes) / stories), stories)


def floor_note(floor: Entropy) -> str:
    """One sentence for a report."""
    return (
        f"These {floor.bytes} bytes carry exactly {floor.bits_per_byte:.4f} bits per byte under the process "
        f"that wrote them; what a model needs beyond that, it has yet to learn."
    )
