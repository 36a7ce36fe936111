"""Words as tokens: short sequences, a large vocabulary, and words that it does not know.

How much of a text is known depends on the size of the vocabulary, and never reaches everything: most of the
words of any language are rare (Zipf's law). `coverage_curve` shows it, and is the reason for word pieces.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.text.counting import count_chunks
from groundup.text.pre_tokenization import SPLIT_PATTERN, pre_tokenize
from groundup.text.tokenizer import Piece, Tokenizer, check_ids, check_special
from groundup.text.tokenizer_file import document, pattern_of, special_tokens_in, split_step, tokens_by_id

UNKNOWN = "<unk>"  # always id 0
SHOWN_FOR_UNKNOWN = " <unk>"


class _Ids(dict[str, int]):
    def __missing__(self, word: str) -> int:
        return 0


class Words(Tokenizer):
    """The chunks of the text, " the" with its space, most frequent first; id 0 is any word not among them.

    >>> words = Words.train(["the cat and the dog and the bird"])
    >>> words.tokens()
    ['<unk>', ' and', ' the']
    >>> words.encode(" the cow and"), words.lost(" the cow and")
    ([2, 0, 1], [' cow'])
    """

    kind = "words"
    lossless = False

    def __init__(
        self, words: Sequence[str], special_tokens: Sequence[str] = (), pattern: str = SPLIT_PATTERN
    ) -> None:
        check_special(special_tokens, pre_tokenize)
        self.pattern = pattern
        self._tokens = [UNKNOWN, *words, *special_tokens]
        self._ids = _Ids((word, index) for index, word in enumerate(words, start=1))
        self.special_tokens = {token: 1 + len(words) + i for i, token in enumerate(special_tokens)}

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        min_count: int = 2,
        vocab_size: int | None = None,
        special_tokens: Sequence[str] = (),
    ) -> "Words":
        """Words seen `min_count` times or more, and of those as many as `vocab_size` allows."""
        ranked = [word for word, count in _ranked(count_chunks(texts)) if count >= min_count]
        if vocab_size is not None:
            room = vocab_size - 1 - len(special_tokens)
            if room < 1:
                raise GroundupError(f"A vocabulary of {vocab_size} has no room for words.", "Make it larger.")
            ranked = ranked[:room]
        return cls(ranked, special_tokens)

    @property
    def vocab_size(self) -> int:
        return len(self._tokens)

    def encode_ordinary(self, text: str) -> list[int]:
        return list(map(self._ids.__getitem__, pre_tokenize(text, self.pattern)))

    def ordinary_to_array(self, text: str) -> np.ndarray:
        return np.fromiter(map(self._ids.__getitem__, pre_tokenize(text, self.pattern)), self.dtype)

    def decode(self, ids: Sequence[int]) -> str:
        check_ids(ids, self.vocab_size)
        return "".join([self._tokens[i] if i else SHOWN_FOR_UNKNOWN for i in ids])

    def pieces(self, text: str) -> list[Piece]:
        words = pre_tokenize(text, self.pattern)
        ends = accumulate(map(len, words))
        return [
            Piece(self._ids[word], self._tokens[self._ids[word]], end - len(word), end)
            for word, end in zip(words, ends, strict=True)
        ]

    def tokens(self) -> list[str]:
        return list(self._tokens)

    def lost(self, text: str) -> list[str]:
        return [word for word in pre_tokenize(text, self.pattern) if word not in self._ids]

    def coverage(self, text: str) -> float:
        """The share of the text's words that are known, 0 to 1 (of an empty text 1)."""
        words = pre_tokenize(text, self.pattern)
        return sum(word in self._ids for word in words) / len(words) if words else 1.0

    def to_json(self) -> dict[str, Any]:
        vocabulary = {token: index for index, token in enumerate(self._tokens)}
        model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN}
        return document(model, split_step(self.pattern), {"type": "Fuse"}, self.special_tokens)

    @classmethod
    def from_json(cls, data: dict) -> "Words":
        special_tokens = special_tokens_in(data)
        _, *tokens = tokens_by_id(data["model"]["vocab"])
        words = [token for token in tokens if token not in special_tokens]
        return cls(words, list(special_tokens), pattern_of(data["pre_tokenizer"]))


def coverage_curve(training: Iterable[str], text: str, sizes: Iterable[int]) -> list[tuple[int, float]]:
    """For each size of vocabulary, the share of the text's words that it knows.

    A vocabulary of n is the n most frequent words of the training texts.

    >>> coverage_curve(["a a a b b c"], " a b c d", [1, 2, 3])
    [(1, 0.25), (2, 0.5), (3, 0.75)]
    """
    ranks = {word: rank for rank, (word, _) in enumerate(_ranked(count_chunks(training)))}
    words = pre_tokenize(text)
    known_words = Counter(ranks[word] for word in words if word in ranks)
    return [
        (size, sum(n for rank, n in known_words.items() if rank < size) / max(1, len(words)))
        for size in sizes
    ]


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first, equally frequent ones in alphabetical order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
