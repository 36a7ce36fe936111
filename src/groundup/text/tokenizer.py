"""The one contract of every tokenizer: text to token ids and back, and an honest word on what was lost."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

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
    `allow_special=True`, so that nobody's text can forge one.
    """

    kind: ClassVar[str]
    lossless: ClassVar[bool]
    special_tokens: dict[str, int]

    @classmethod
    @abstractmethod
    def train(cls, texts: Iterable[str], **options) -> "Tokenizer":
        """Learn the vocabulary from pieces of text, read once, in order."""

    @property
    @abstractmethod
    def vocab_size(self) -> int: ...

    @abstractmethod
    def encode(self, text: str, *, allow_special: bool = False) -> list[int]: ...

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
