"""How word pieces are learnt: join the two pieces that belong together most, and do so again.

Belonging together is more than being frequent: score(a, b) = count(ab) / (count(a) count(b)). It says how
much more often a and b meet than by chance, so joining them raises the likelihood of the text under a model
that draws pieces one by one (Schuster and Nakajima 2012, section 2.2).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from groundup.common.errors import GroundupError
from groundup.text.bpe import Pair, replace

CONTINUES = "##"


def learn(chunks: Mapping[str, int], size: int, min_count: int) -> list[str]:
    """The pieces for chunks that occur so often: each character, at a beginning or not, then joint ones.

    The highest score comes first; of equal ones the pair whose left piece, then whose right piece, is older.
    """
    alphabet = sorted({character for chunk in chunks for character in chunk})
    names = alphabet + [CONTINUES + character for character in alphabet]
    if len(names) > size:
        raise GroundupError(
            f"A vocabulary of {size + 1} is too small: {len(alphabet)} characters take two tokens each.",
            "Make it larger.",
        )
    index = {name: number for number, name in enumerate(names)}
    table = _Pairs(size)
    words = [
        [index[c if at == 0 else CONTINUES + c] for at, c in enumerate(chunk)] for chunk in sorted(chunks)
    ]
    weights = [chunks[chunk] for chunk in sorted(chunks)]
    for number, (word, weight) in enumerate(zip(words, weights, strict=True)):
        table.add(number, word, weight)
    while len(names) < size:
        best = table.best(min_count)
        if best is None:
            break
        left, right = best
        names.append(names[left] + names[right].removeprefix(CONTINUES))
        for number in table.words_with(best):
            word, weight = words[number], weights[number]
            words[number] = replace(word, best, len(names) - 1)
            table.add(number, word, -weight)
            table.add(number, words[number], weight)
    return list(dict.fromkeys(names))


class _Pairs:
    """How often pieces occur alone and side by side, and in which words.

    Each joining changes the scores of all pairs that share a piece with it. So the counts are NumPy arrays,
    and all scores are worked out anew: 50,000 of them take a fifth of a millisecond.
    """

    def __init__(self, size: int) -> None:
        self.alone = np.zeros(size)  # by piece
        self.number: dict[Pair, int] = {}
        self.words: list[
            list[int]
        ] = []  # by number of the pair; a word may be there twice, or no more hold the pair
        self.left, self.right = np.zeros((2, 1024), np.int64)  # by number of the pair
        self.together = np.zeros(1024)

    def add(self, word_number: int, word: Sequence[int], weight: int) -> None:
        """Count a word that occurs `weight` times; a negative weight takes it away."""
        for piece in word:
            self.alone[piece] += weight
        for pair in pairwise(word):
            number = self.number.get(pair)
            if number is None:
                number = self._new(pair)
            self.together[number] += weight
            if weight > 0:
                self.words[number].append(word_number)

    def best(self, min_count: int) -> Pair | None:
        """The pair of the highest score among those seen `min_count` times."""
        numbers = np.flatnonzero(self.together[: len(self.number)] >= max(1, min_count))
        if len(numbers) == 0:
            return None
        left, right = self.left[numbers], self.right[numbers]
        scores = self.together[numbers] / (self.alone[left] * self.alone[right])
        highest = np.flatnonzero(scores == scores.max())
        return min(zip(left[highest].tolist(), right[highest].tolist(), strict=True))

    def words_with(self, pair: Pair) -> list[int]:
        return sorted(set(self.words[self.number[pair]]))

    def _new(self, pair: Pair) -> int:
        number = self.number[pair] = len(self.number)
        self.words.append([])
        if number == len(self.together):
            self.left, self.right, self.together = (
                np.concatenate([old, np.zeros_like(old)]) for old in (self.left, self.right, self.together)
            )
        self.left[number], self.right[number] = pair
        return number
