"""The one contract of every tokenizer: text to token ids and back, and an honest word on what was lost."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from groundup.common.errors import GroundupError

TOKENIZER_FILE = "tokenizer.json"


@dataclass(frozen=True)
class Piece:
    """One token of a text: its id, how it is shown, and the characters `text[start:end]` it stands for.

    A token of a byte-level tokenizer can be part of a character; then start and end cover that character.
    """

    id: int
    token: str
    start: int
    end: int


class Tokenizer(ABC):
    """Text to token ids and back.

    `kind` names the algorithm in recipes and on the command line. `special_tokens` maps text such as
    "<|endoftext|>" to its id; special tokens are never produced by `encode` of ordinary text unless
    `allow_special=True`, so that no text can forge one.
    """

    kind: ClassVar[str]
    lossless: ClassVar[bool]
    special_tokens: dict[str, int]

    @classmethod
    @abstractmethod
    def train(cls, texts: Iterable[str]) -> "Tokenizer":
        """Learn the vocabulary from pieces of text, read once, in order. Kinds add options by keyword."""

    @property
    @abstractmethod
    def vocab_size(self) -> int: ...

    def encode(self, text: str, *, allow_special: bool = False) -> list[int]:
        """Token ids of the text. With `allow_special`, special tokens in it become their ids."""
        if not (allow_special and self.special_tokens):
            return self.encode_ordinary(text)
        ids: list[int] = []
        for part in _split_at(text, tuple(self.special_tokens)):
            special = self.special_tokens.get(part)
            ids += self.encode_ordinary(part) if special is None else [special]
        return ids

    @abstractmethod
    def encode_ordinary(self, text: str) -> list[int]:
        """Token ids of the text, in which nothing is special."""

    def encode_to_array(self, text: str, *, allow_special: bool = False) -> np.ndarray:
        """The ids of `encode` as an array of `dtype`, without a list in between where that is quicker."""
        if not (allow_special and self.special_tokens):
            return self.ordinary_to_array(text)
        return np.array(self.encode(text, allow_special=True), dtype=self.dtype)

    def ordinary_to_array(self, text: str) -> np.ndarray:
        return np.array(self.encode_ordinary(text), dtype=self.dtype)

    @property
    def dtype(self) -> np.dtype:
        """The smallest type of array that holds the ids: uint16 up to 65,536 tokens, else uint32."""
        return np.dtype(np.uint16 if self.vocab_size <= 2**16 else np.uint32)

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str: ...

    @abstractmethod
    def pieces(self, text: str) -> list[Piece]:
        """The tokens of the text with the span of characters that each stands for."""

    @abstractmethod
    def tokens(self) -> list[str]:
        """Every token as it is shown to a person, in order of id."""

    def lost(self, text: str) -> list[str]:
        """The exact substrings of the text that its ids do not determine (unknown words, unseen characters).

        Empty for a lossless tokenizer. Bits per byte charges for spelling each of these.
        """
        return []

    @abstractmethod
    def to_json(self) -> dict:
        """The content of a `tokenizer.json` file that the `tokenizers` library reads to the same ids."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: dict) -> "Tokenizer": ...

    def __eq__(self, other: object) -> bool:
        """Equal tokenizers write the same file, and so give the same ids."""
        return (
            isinstance(other, Tokenizer) and type(self) is type(other) and self.to_json() == other.to_json()
        )

    __hash__ = None  # type: ignore[assignment]


def utf8(text: str) -> bytes:
    """The bytes of a text. Raises GroundupError for half a surrogate pair, which no text file can contain."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise GroundupError(
            f"The text is not valid Unicode: character {error.start} is half of a surrogate pair.",
            'Read the file with encoding="utf-8", or mend the text with errors="replace".',
        ) from None


def check_ids(ids: Iterable[int], vocab_size: int) -> None:
    """Raise GroundupError for an id that is no token."""
    for index in ids:
        if not 0 <= index < vocab_size:
            raise GroundupError(
                f"There is no token {index}: the tokenizer has {vocab_size}, from 0 to {vocab_size - 1}.",
                "Decode ids with the tokenizer that made them.",
            )


def check_special(special_tokens: Iterable[str], split: Callable[[str], list[str]]) -> None:
    """Raise GroundupError for a special token that could as well be an ordinary chunk of text."""
    for token in special_tokens:
        if len(split(token)) < 2:
            raise GroundupError(
                f"{token!r} cannot be a special token: it would look like ordinary text.",
                'Write it as a name between signs, such as "<|endoftext|>".',
            )


def _split_at(text: str, special_tokens: tuple[str, ...]) -> list[str]:
    """The text, cut before and after each special token; of two that begin alike, the longer one counts."""
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return [part for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if part]
