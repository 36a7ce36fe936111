"""Llama's vocabulary: byte pairs again, but on characters, with a space written as a low bar, "▁".

Kudo and Richardson (2018), "SentencePiece", section 3. What differs from the byte pairs of `bpe_tokenizer.py`:

- A bar stands before the text, so that a first word is the same token as any other: "▁The".
- Nothing cuts the text beforehand. Merges may run as far as they can; a bar is only ever at a token's beginning.
- A character that the vocabulary lacks falls back to its bytes, one token each, which are never merged.

Read it is all that is done here: Llama's file is one of the assets.
"""

import base64
import re
import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.text.tokenizer import Piece, Tokenizer, check_ids, utf8
from groundup.text.tokenizer_file import document, special_tokens_in, tokens_by_id

BAR = "\u2581"
LLAMA_SPECIAL = {"<unk>": 0, "<s>": 1, "</s>": 2}
_byte_form = re.compile(r"<0x([0-9A-F]{2})>")
_chunk = re.compile(f"{BAR}+[^{BAR}]*|[^{BAR}]+")


class SentencePieceBPE(Tokenizer):
    """Merges of characters, with bytes for what is left. `encode` gives no token for the start of the text.

    tokens: by id, as the file has them. merges: pairs of them, the first to be done first.
    """

    kind = "sentencepiece"
    lossless = False  # a bar in the text comes back as a space

    def __init__(
        self, tokens: Sequence[str], merges: Iterable[Sequence[str]], special_tokens: dict[str, int]
    ) -> None:
        self._tokens = list(tokens)
        self._ids = {token: index for index, token in enumerate(tokens)}
        self.merges = [(left, right) for left, right in merges]
        self._order = {pair: place for place, pair in enumerate(self.merges)}
        self.special_tokens = special_tokens
        if any(BAR in token.lstrip(BAR) for token in tokens):
            raise GroundupError(
                "A token of this vocabulary has a space inside.", "Only those of single words are read."
            )
        # What each token writes. Bars are spaces again.
        self.token_bytes = [
            bytes.fromhex(byte[1]) if (byte := _byte_form.fullmatch(token)) else utf8(token.replace(BAR, " "))
            for token in tokens
        ]

    @classmethod
    def train(cls, texts: Iterable[str]) -> "SentencePieceBPE":
        raise GroundupError("Llama's vocabulary is read, not learnt.", "Learn one of the kind 'bpe'.")

    @classmethod
    def from_llama_js(cls, file: Path) -> "SentencePieceBPE":
        """The vocabulary in the program llama-tokenizer.js: tokens by line, merges as pairs of 16-bit ids."""
        try:
            program = Path(file).read_text(encoding="utf-8")
            packed = dict(re.findall(r'llama_(vocab_base64|merges_binary) = "([^"]+)"', program))
            tokens = base64.b64decode(packed["vocab_base64"]).decode("utf-8").split("\n")
            numbers = [
                index for (index,) in struct.iter_unpack("<H", base64.b64decode(packed["merges_binary"]))
            ]
            merges = [(tokens[a], tokens[b]) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
        except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
            raise GroundupError(
                f"{file} does not hold Llama's vocabulary ({type(error).__name__}).",
                "Fetch it again: `groundup assets remove llama`, then `groundup assets fetch llama`.",
            ) from error
        return cls(tokens, merges, LLAMA_SPECIAL)

    @property
    def vocab_size(self) -> int:
        return len(self._tokens)

    def encode_ordinary(self, text: str) -> list[int]:
        return [index for index, _, _ in self._found(text)]

    def decode(self, ids: Sequence[int]) -> str:
        check_ids(ids, self.vocab_size)
        written = b"".join(self.token_bytes[index] for index in ids).decode("utf-8", errors="replace")
        return written.removeprefix(" ")  # that of the bar before the text

    def pieces(self, text: str) -> list[Piece]:
        tokens = self.tokens()
        return [Piece(index, tokens[index], start, end) for index, start, end in self._found(text)]

    def tokens(self) -> list[str]:
        return [data.decode("utf-8", "backslashreplace") for data in self.token_bytes]

    def lost(self, text: str) -> list[str]:
        return [character for character in text if character == BAR]

    def _found(self, text: str) -> list[tuple[int, int, int]]:
        """Ids, each with the characters `text[start:end]` that it stands for."""
        utf8(text)
        result, place = [], -1  # the bar before the text is no character of it
        for chunk in _chunk.findall(BAR + text.replace(" ", BAR)) if text else []:
            for part in self._joined(chunk):
                start, place = place, place + len(part)
                span = max(start, 0), max(place, 0)
                known = self._ids.get(part)
                ids = [known] if known is not None else [self._ids[f"<0x{b:02X}>"] for b in utf8(part)]
                result += [(index, *span) for index in ids]
        return result

    def _joined(self, chunk: str) -> list[str]:
        """A chunk's characters after all merges, the first learnt first."""
        parts = list(chunk)
        while True:
            known = [
                (self._order[pair], at) for at, pair in enumerate(pairwise(parts)) if pair in self._order
            ]
            if not known:
                return parts
            _, at = min(known)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]

    def to_json(self) -> dict[str, Any]:
        model = {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": self._ids, "merges": [list(pair) for pair in self.merges],
        }  # fmt: skip
        bars = [
            {"type": "Prepend", "prepend": BAR},
            {"type": "Replace", "pattern": {"String": " "}, "content": BAR},
        ]
        back = [
            {"type": "Replace", "pattern": {"String": BAR}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]
        decoder, tidy = {"type": "Sequence", "decoders": back}, {"type": "Sequence", "normalizers": bars}
        return {**document(model, {}, decoder, self.special_tokens, tidy), "pre_tokenizer": None}

    @classmethod
    def from_json(cls, data: dict) -> "SentencePieceBPE":
        model = data["model"]
        return cls(tokens_by_id(model["vocab"]), model["merges"], special_tokens_in(data))
