"""The tokenizer made of byte-pair merges: ours (`bpe_fast.py`), or those of GPT-2, GPT-4 and their like.

It encodes with tiktoken, a compiled program, given our merges and our split pattern. The ids are those of the
plain `bpe.encode`. That is less obvious than it sounds: tiktoken knows no merges, only tokens, and joins two
neighbours whenever together they are any token, the earliest learnt first. It comes to the same, because once
all earlier merges are done, the bytes of a token can stand there in one way only: as they did in training.
For the same reason no two merges make the same token.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import tiktoken

from groundup.common.errors import GroundupError
from groundup.text import bpe, bpe_fast
from groundup.text.byte_level import BYTE_LEVEL, BYTES, ByteLevel, bpe_model, byte_name, bytes_of_name
from groundup.text.pre_tokenization import GPT2_PATTERN, SPLIT_PATTERN, pre_tokenize
from groundup.text.tokenizer import check_special, utf8
from groundup.text.tokenizer_file import document, pattern_of, special_tokens_in, split_step, unsupported

LONG_BLANK = 100_000  # characters; tiktoken's regex engine fails on a million spaces in a row


class BPE(ByteLevel):
    """Byte-pair encoding.

    `ranks` maps the bytes of each token to its id. Of all neighbours that can be joined, those that make the
    lowest id come first. `special_tokens` are apart. `pattern` cuts the text into chunks.

    >>> pairs = BPE.train(["aaabdaaabac"], vocab_size=259)
    >>> pairs.encode("aaabdaaabac"), pairs.tokens()[256:]
    ([258, 100, 258, 97, 99], ['aa', 'ab', 'aaab'])
    """

    kind = "bpe"

    def __init__(
        self,
        ranks: Mapping[bytes, int],
        special_tokens: Mapping[str, int] | None = None,
        pattern: str = SPLIT_PATTERN,
        merges: Sequence[tuple[bytes, bytes]] | None = None,
    ) -> None:
        self.ranks = dict(ranks)
        self.special_tokens = dict(special_tokens or {})
        self.pattern = pattern
        if merges is not None:
            self.merges = list(merges)
        if any(bytes([value]) not in self.ranks for value in range(BYTES)):
            raise GroundupError(
                "The vocabulary lacks some of the 256 bytes.", "Only byte-level vocabularies can be read."
            )
        by_id = {index: token for token, index in self.ranks.items()}
        by_id |= {index: utf8(token) for token, index in self.special_tokens.items()}
        self.token_bytes = [
            by_id.get(index, b"") for index in range(max(by_id) + 1)
        ]  # some vocabularies skip an id

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocab_size: int = 4096,
        special_tokens: Sequence[str] = (),
        processes: int | None = None,
    ) -> "BPE":
        """Learn until there are `vocab_size` tokens, special ones included, or no pair occurs twice."""
        check_special(special_tokens, pre_tokenize)
        merges = vocab_size - BYTES - len(special_tokens)
        if merges < 0:
            raise GroundupError(
                f"A vocabulary of {vocab_size} is too small for byte pairs: the bytes alone are {BYTES}.",
                f"Choose {BYTES + len(special_tokens)} or more; 4096 suits a few megabytes.",
            )
        return cls.from_merges(bpe_fast.train(texts, merges, processes), special_tokens)

    @classmethod
    def from_merges(cls, merges: Sequence[bpe.Pair], special_tokens: Sequence[str] = ()) -> "BPE":
        """The tokenizer of merges that `bpe.train` or `bpe_fast.train` learnt."""
        tokens = bpe.vocabulary(merges)
        special = {token: len(tokens) + i for i, token in enumerate(special_tokens)}
        pairs = [(tokens[left], tokens[right]) for left, right in merges]
        return cls({token: index for index, token in enumerate(tokens)}, special, merges=pairs)

    @classmethod
    def from_gpt2(cls, encoder: Path, merges: Path) -> "BPE":
        """GPT-2's vocabulary, from two files: encoder.json (or vocab.json) and vocab.bpe (or merges.txt)."""
        vocabulary = json.loads(_read(encoder))
        lines = _read(merges).decode("utf-8").splitlines()
        pairs = [line.split(" ") for line in lines if line and not line.startswith("#version")]
        names = _names(pairs)
        special = {name: index for name, index in vocabulary.items() if name not in names}
        return cls._from_names(vocabulary, pairs, special, GPT2_PATTERN)

    @classmethod
    def from_tiktoken(
        cls, file: Path, pattern: str, special_tokens: Mapping[str, int] | None = None
    ) -> "BPE":
        """A `.tiktoken` file: on each line a token in base 64 and its id. The pattern is not in it."""
        try:
            lines = [line.split() for line in _read(file).splitlines() if line]
            ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in lines}
        except (ValueError, binascii.Error) as error:
            raise GroundupError(
                f"{file} is not a .tiktoken file.",
                "Each line should be a token in base 64, a space and a number. Unpack it if it is packed.",
            ) from error
        return cls(ranks, special_tokens, pattern)

    # ---- text to ids ----------------------------------------------------------------------------------

    @cached_property
    def _engine(self) -> tiktoken.Encoding:
        return tiktoken.Encoding(
            "groundup", pat_str=self.pattern, mergeable_ranks=self.ranks, special_tokens={}
        )

    def encode_ordinary(self, text: str) -> list[int]:
        utf8(text)  # tiktoken would quietly change a text that is not valid Unicode
        if _has_long_blank(text):
            return [
                i
                for chunk in pre_tokenize(text, self.pattern)
                for i in self._engine._encode_single_piece(chunk)
            ]
        return self._engine.encode_ordinary(text)

    def _id_of_byte(self, value: int) -> int:
        return self.ranks[bytes([value])]

    # ---- files ----------------------------------------------------------------------------------------

    @cached_property
    def merges(self) -> list[tuple[bytes, bytes]]:
        """The pair that makes each token, in order of id; found again where a vocabulary comes without."""
        result = []
        for token, rank in sorted(self.ranks.items(), key=lambda item: item[1]):
            if len(token) > 1:
                parts = _join(token, self.ranks, below=rank)
                if len(parts) == 2:
                    result.append((parts[0], parts[1]))
        return result

    def to_json(self) -> dict[str, Any]:
        vocabulary = {byte_name(token): index for token, index in self.ranks.items()} | self.special_tokens
        merges = [[byte_name(left), byte_name(right)] for left, right in self.merges]
        # A token that no pair makes arises only when a whole chunk is looked up first, as tiktoken does.
        whole_chunks = len(merges) < len(self.ranks) - BYTES
        steps = {"type": "Sequence", "pretokenizers": [split_step(self.pattern), BYTE_LEVEL]}
        return document(bpe_model(vocabulary, merges, whole_chunks), steps, BYTE_LEVEL, self.special_tokens)

    @classmethod
    def from_json(cls, data: dict) -> "BPE":
        model, step = data["model"], data["pre_tokenizer"]
        if data.get("normalizer"):
            raise unsupported(f"changing text by {data['normalizer'].get('type')!r}")
        if step["type"] == "ByteLevel" and step.get("use_regex", True) and not step.get("add_prefix_space"):
            pattern = GPT2_PATTERN  # which the library has built in
        elif step["type"] == "Sequence" and [s["type"] for s in step["pretokenizers"]] == [
            "Split",
            "ByteLevel",
        ]:
            pattern = pattern_of(step["pretokenizers"][0])
        else:
            raise unsupported(f"cutting text by {step['type']!r}")
        # Files of before 2024 write a merge as "a b".
        pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
        names = {left + right for left, right in pairs} | {
            byte_name(bytes([value])) for value in range(BYTES)
        }
        special = special_tokens_in(data)
        ordinary = {n: i for n, i in model["vocab"].items() if n not in special}
        if not model.get("ignore_merges"):
            ordinary = {name: index for name, index in ordinary.items() if name in names}
        return cls._from_names(ordinary, pairs, special, pattern)

    @classmethod
    def _from_names(
        cls,
        vocabulary: Mapping[str, int],
        pairs: Sequence[Sequence[str]],
        special: Mapping[str, int],
        pattern: str,
    ) -> "BPE":
        order = [vocabulary[left + right] for left, right in pairs]
        if order != sorted(order):
            raise unsupported("merges in another order than that of the ids")
        ranks = {bytes_of_name(name): index for name, index in vocabulary.items() if name not in special}
        merges = [(bytes_of_name(left), bytes_of_name(right)) for left, right in pairs]
        return cls(ranks, special, pattern, merges)


def _names(pairs: Iterable[Sequence[str]]) -> set[str]:
    return {left + right for left, right in pairs} | {byte_name(bytes([value])) for value in range(BYTES)}


def _join(token: bytes, ranks: Mapping[bytes, int], below: int) -> list[bytes]:
    """The parts that the bytes of a token end up in when only tokens of a lower rank are joined."""
    parts = [token[i : i + 1] for i in range(len(token))]
    joined = [ranks.get(left + right, below) for left, right in pairwise(parts)]  # one shorter than parts
    while len(parts) > 2 and (lowest := min(joined)) < below:
        place = joined.index(lowest)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
        del joined[place]
        for at in (place - 1, place):  # its neighbours
            if 0 <= at < len(joined):
                joined[at] = ranks.get(parts[at] + parts[at + 1], below)
    return parts


def _has_long_blank(text: str) -> bool:
    """Whether spaces fill a whole block of LONG_BLANK characters, as any twice as many do."""
    if len(text) < LONG_BLANK:
        return False
    return any(text[place : place + LONG_BLANK].isspace() for place in range(0, len(text), LONG_BLANK))


def _read(file: Path) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise GroundupError(f"Could not read {file}: {error.strerror}.", "Check the path.") from error
