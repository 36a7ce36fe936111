"""Bytes as tokens: 256 ids, no training, nothing unknown. And what byte pairs share with them.

A token here is a string of bytes, not of characters: "é" is two bytes, and a token can hold one of them. So
what a model writes may end within a character; `decode` shows such a remainder as U+FFFD.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from groundup.text.tokenizer import Piece, Tokenizer, check_ids, check_special, utf8
from groundup.text.tokenizer_file import document, special_tokens_in

BYTES = 256
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


class ByteLevel(Tokenizer):
    """Tokenizers whose tokens are strings of bytes, `token_bytes[id]`. They lose nothing."""

    lossless = True
    token_bytes: list[bytes]

    @property
    def vocab_size(self) -> int:
        return len(self.token_bytes)

    def encode_bytes(self, data: bytes) -> list[int]:
        """Token ids of any bytes. Those that are not UTF-8 become one token each."""
        # "surrogateescape" turns each byte b that is not UTF-8 into U+DC00 + b.
        parts = re.split("([\udc80-\udcff])", data.decode("utf-8", "surrogateescape"))
        ids = self.encode_ordinary(parts[0])
        for stray, text in zip(parts[1::2], parts[2::2], strict=True):
            ids += [self._id_of_byte(ord(stray) - 0xDC00), *self.encode_ordinary(text)]
        return ids

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The exact bytes of the ids."""
        check_ids(ids, self.vocab_size)
        return b"".join([self.token_bytes[i] for i in ids])

    def decode(self, ids: Sequence[int]) -> str:
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def pieces(self, text: str) -> list[Piece]:
        data = np.frombuffer(utf8(text), np.uint8)
        # "surrogateescape" turns each byte b that is not UTF-8 into the character U+DC00 + b.
        character_of = np.cumsum((data & 0xC0) != 0x80) - 1
        result, start = [], 0
        for index in self.encode_ordinary(text):
            end = start + len(self.token_bytes[index])
            span = int(character_of[start]), int(character_of[end - 1]) + 1
            result.append(Piece(index, _shown(self.token_bytes[index]), *span))
            start = end
        return result

    def tokens(self) -> list[str]:
        return [_shown(data) for data in self.token_bytes]

    def _id_of_byte(self, value: int) -> int:
        return value


def _shown(data: bytes) -> str:
    """The text of a token; bytes that are no whole character as `\\xc3`."""
    return data.decode("utf-8", "backslashreplace")


class Bytes(ByteLevel):
    """The UTF-8 bytes of the text: ids 0 to 255, then special tokens.

    >>> Bytes().encode("né"), Bytes().decode([110, 195, 169])
    ([110, 195, 169], 'né')
    """

    kind = "bytes"

    def __init__(self, special_tokens: Sequence[str] = ()) -> None:
        check_special(special_tokens, list)
        self.special_tokens = {token: BYTES + i for i, token in enumerate(special_tokens)}
        self.token_bytes = [bytes([i]) for i in range(BYTES)] + [utf8(token) for token in special_tokens]

    @classmethod
    def train(cls, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> "Bytes":
        """There is nothing to learn; the texts are not read."""
        return cls(special_tokens)

    def encode_ordinary(self, text: str) -> list[int]:
        return list(utf8(text))

    def ordinary_to_array(self, text: str) -> np.ndarray:
        return np.frombuffer(utf8(text), np.uint8).astype(self.dtype)

    def to_json(self) -> dict[str, Any]:
        names = [byte_name(bytes([value])) for value in range(BYTES)]
        vocabulary = {name: index for index, name in enumerate(names)} | self.special_tokens
        return document(bpe_model(vocabulary, [], False), BYTE_LEVEL, BYTE_LEVEL, self.special_tokens)

    @classmethod
    def from_json(cls, data: dict) -> "Bytes":
        return cls(list(special_tokens_in(data)))


# In a file a token is text, but not all bytes are. GPT-2 writes each byte as a character that can be seen:
# itself where that is one ("A"), else the next free one from U+0100 on (a space is "\u0120").

_visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, BYTES)]
_hidden = [value for value in range(BYTES) if value not in _visible]
_character_of_byte = {v: v for v in _visible} | {v: BYTES + i for i, v in enumerate(_hidden)}
_byte_of_character = {character: value for value, character in _character_of_byte.items()}


def byte_name(data: bytes) -> str:
    """How GPT-2's files write a token.

    >>> byte_name(b" the")
    'Ġthe'
    """
    return data.decode("latin-1").translate(_character_of_byte)


def bytes_of_name(name: str) -> bytes:
    """The token that GPT-2's files write so. Raises KeyError for what is no such name."""
    return bytes([_byte_of_character[ord(character)] for character in name])


def bpe_model(vocabulary: dict[str, int], merges: list[list[str]], whole_chunks: bool) -> dict[str, Any]:
    """The `model` of a file for bytes or byte pairs."""
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": whole_chunks,
        "vocab": vocabulary,
        "merges": merges,
    }


class TextStream:
    """Turns ids into text as they come. All that `add` and `finish` return, joined, is `decode` of all ids.

    A byte-level token can end within a character; its bytes wait for the rest.

    >>> stream = TextStream(Bytes())
    >>> [stream.add(byte) for byte in "né".encode()], stream.finish()
    (['n', '', 'é'], '')
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._bytes = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._last: list[int] = []

    def add(self, token: int) -> str:
        """The text that has become certain with this token."""
        if isinstance(self._tokenizer, ByteLevel):
            return self._bytes.decode(self._tokenizer.decode_bytes([token]))
        # What a token adds to the text depends at most on the one before it: does a space go between them?
        before = self._tokenizer.decode(self._last)
        text = self._tokenizer.decode([*self._last, token])
        self._last = [token]
        return text[len(before) :]

    def finish(self) -> str:
        """What still waits: the beginning of a character that was never finished shows as U+FFFD."""
        return self._bytes.decode(b"", final=True)
