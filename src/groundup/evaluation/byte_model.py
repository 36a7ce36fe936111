"""What it costs to spell a word: the bits that a lossy tokenizer owes for each word it lost.

A words tokenizer turns every word it does not know into one token "unknown". A model then predicts "unknown"
cheaply and has not said which word it was. To compare it fairly with a model of characters, the decoder
must get the word, so the word is sent as well, letter by letter, at the price that a small model of spelling
asks. That model learns from the tokenizer's own vocabulary, so it needs no file and never sees the test text.
"""

import math
from collections import Counter
from collections.abc import Iterable

START, END = "\u0101", "\u0100"  # beside the 256 bytes, which we write as the characters 0 to 255
SYMBOLS = 257  # what may come next: any byte, or the end of the word


class ByteModel:
    """A model of words as bytes: the next byte given up to `order - 1` before it, with an end-of-word symbol.

    Longer histories say more but have been seen less, so each is mixed with the next shorter one, as Witten
    and Bell (1991, "The zero-frequency problem", IEEE Transactions on Information Theory 37(4), method C) do
    it. Let history h have been followed n times, by d different symbols, by s itself c times; h' is h without
    its first symbol:

        P(s | h) = (c + d P(s | h')) / (n + d)

    Below the empty history stands the uniform 1/257. Every history's probabilities sum to 1, and so do those
    of all strings together: no string is impossible, and nothing is cheaper than it should be.

    Each word counts once, however common it is: words not in the vocabulary look like its rare ones.

    >>> model = ByteModel(["a"], order=1)      # the symbols seen are "a" and the end, once each: n = 2, d = 2
    >>> round(model.bits("a"), 4)              # twice -log2((1 + 2/257) / 4)
    3.9776
    >>> round(model.bits("b"), 4)              # "b" is new: -log2((2/257) / 4), and then the end
    10.9944
    """

    def __init__(self, words: Iterable[str], order: int = 4) -> None:
        after: dict[str, Counter[str]] = {}
        for word in words:
            text = _symbols(word)
            for place in range(1, len(text)):
                for length in range(min(order, place + 1)):
                    after.setdefault(text[place - length : place], Counter())[text[place]] += 1
        self.order = order
        self._after = {history: (seen, seen.total()) for history, seen in after.items()}

    def probability(self, symbol: str, history: str) -> float:
        """P(symbol | history), the history being the symbols before it, START first."""
        p = 1 / SYMBOLS
        for length in range(min(self.order, len(history) + 1)):
            result = self._after.get(history[len(history) - length :])
            if result is None:  # then every longer history is new too
                break
            seen, n = result
            p = (seen[symbol] + len(seen) * p) / (n + len(seen))
        return p

    def bits(self, word: str) -> float:
        """-log2 of the probability of the word's UTF-8 bytes and its end."""
        text = _symbols(word)
        histories = (text[max(0, place - self.order + 1) : place] for place in range(1, len(text)))
        return -sum(math.log2(self.probability(s, h)) for s, h in zip(text[1:], histories, strict=True))


def _symbols(word: str) -> str:
    return START + word.encode("utf-8").decode("latin-1") + END
