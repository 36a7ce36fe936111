"""How word pieces are learnt: join the two pieces that belong together most, and do so again.

Belonging together is more than being frequent: score(a, b) = count(ab) / (count(a) count(b)). It says how
much more often a and b meet than by chance, so joining them raises the likelihood of the text under a model
that draws pieces one by one (Schuster and Nakajima 2012, section 2.2).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from groundup.common.errors import GroundupError
from groundup.text.bpe import Pair, replace

CONTINUES = "##"


def learn(chunks: Mapping[str, int], size: int, min_count: int = 2) -> list[str]:
    """The pieces for chunks that occur so often: each character, at a beginning or not, then joint ones.

    The highest score comes first; of equal ones the pair whose left piece, then whose right piece, is older.

    The highest scores of all go to rare pairs of rare parts: two letters that meet once, and stand nowhere
    else. So a pair takes part only when it is frequent. How frequent it must be starts at the count of the
    most frequent pair, and is halved whenever no pair is left, down to `min_count`. Without that, 4,096
    pieces learnt from Shakespeare give nearly three times as many tokens.
    """
    alphabet = sorted({character for chunk in chunks for character in chunk})
    names = alphabet + [CONTINUES + character for character in alphabet]
    if len(names) > size:
        raise GroundupError(
            f"A vocabulary of {size + 1} is too small: {len(alphabet)} characters take two tokens each.",
            "Make it larger.",
        )
    index = {name: number for number, name in enumerate(names)}
    pairs = _Pairs(size)
    words = [[index[CONTINUES * (at > 0) + c] for at, c in enumerate(chunk)] for chunk in sorted(chunks)]
    weights = [chunks[chunk] for chunk in sorted(chunks)]
    pairs.recount([(number, [], word, weights[number]) for number, word in enumerate(words)])
    frequent = pairs.together.max()
    while len(names) < size:
        best = pairs.best(max(frequent, min_count))
        if best is None:
            if frequent <= min_count:
                break
            frequent //= 2
            continue
        left, right = best
        names.append(names[left] + names[right].removeprefix(CONTINUES))
        changes = []
        for number in pairs.words_with(best):
            old, words[number] = words[number], replace(words[number], best, len(names) - 1)
            changes.append((number, old, words[number], weights[number]))
        pairs.recount(changes)
    return list(dict.fromkeys(names))


class _Pairs:
    """How often pieces occur alone and side by side, and in which words.

    Each joining changes the scores of all pairs that share a piece with it. So the counts are NumPy arrays,
    and all scores are worked out again: 50,000 of them take a fifth of a millisecond.
    """

    def __init__(self, size: int) -> None:
        self.alone = np.zeros(size)  # by piece
        self.number: dict[Pair, int] = {}
        self.words: list[list[int]] = []  # by number of the pair, like the arrays below; some hold it no more
        self.left, self.right = np.zeros((2, 1024), np.int64)
        self.together = np.zeros(1024)

    def recount(self, changes: Iterable[tuple[int, list[int], list[int], int]]) -> None:
        """Words that change: number of the word, pieces before, pieces now, and how often the word occurs."""
        alone: defaultdict[int, int] = defaultdict(int)
        together: defaultdict[Pair, int] = defaultdict(int)
        words: defaultdict[Pair, list[int]] = defaultdict(list)
        for number, old, new, weight in changes:
            for piece in old:
                alone[piece] -= weight
            for piece in new:
                alone[piece] += weight
            for pair in pairwise(old):
                together[pair] -= weight
            for pair in pairwise(new):
                together[pair] += weight
                words[pair].append(number)
        for piece, change in alone.items():
            self.alone[piece] += change
        for pair, change in together.items():
            if pair not in self.number:
                self._add(pair, words[pair])
            self.together[self.number[pair]] += change

    def best(self, min_count: float) -> Pair | None:
        """The pair of the highest score among those seen `min_count` times."""
        numbers = np.flatnonzero(self.together[: len(self.number)] >= min_count)
        if len(numbers) == 0:
            return None
        left, right = self.left[numbers], self.right[numbers]
        scores = self.together[numbers] / (self.alone[left] * self.alone[right])
        highest = np.flatnonzero(scores == scores.max())
        return min(zip(left[highest].tolist(), right[highest].tolist(), strict=True))

    def words_with(self, pair: Pair) -> list[int]:
        """The numbers of all words that hold the pair, and some that did."""
        return sorted(set(self.words[self.number[pair]]))

    def _add(self, pair: Pair, words: list[int]) -> None:
        # All words that will ever hold a pair hold it from the moment when its newer piece is made.
        number = self.number[pair] = len(self.number)
        self.words.append(words)
        if number == len(self.together):
            self.left, self.right, self.together = (
                np.concatenate([old, np.zeros_like(old)]) for old in (self.left, self.right, self.together)
            )
        self.left[number], self.right[number] = pair
