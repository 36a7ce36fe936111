"""Characters as tokens: the simplest tokenizer. One token for each character of the training text."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from groundup.text.tokenizer import Piece, Tokenizer, check_ids, check_special
from groundup.text.tokenizer_file import document, special_tokens_in, split_step, tokens_by_id

UNKNOWN = "<unk>"  # always id 0
SHOWN_FOR_UNKNOWN = "\ufffd"
ANY_CHARACTER = r"[\s\S]"


class Characters(Tokenizer):
    """Ids 1, 2, ... are the characters of the training text, sorted; id 0 is any other one.

    >>> letters = Characters.train(["banana"])
    >>> letters.encode("nab"), letters.decode([3, 1, 2])
    ([3, 1, 2], 'nab')
    >>> letters.lost("a cab")
    [' ', 'c']
    """

    kind = "characters"
    lossless = False

    def __init__(self, characters: Sequence[str], special_tokens: Sequence[str] = ()) -> None:
        check_special(special_tokens, list)
        self._tokens = [UNKNOWN, *characters, *special_tokens]
        self.special_tokens = {token: 1 + len(characters) + i for i, token in enumerate(special_tokens)}
        # From the number of a character in Unicode to its id. All beyond the last look at the last, 0.
        highest = max(map(ord, characters), default=0)
        self._id_of = np.zeros(highest + 2, self.dtype)
        self._id_of[[ord(character) for character in characters]] = np.arange(1, len(characters) + 1)

    @classmethod
    def train(cls, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> "Characters":
        seen: set[str] = set()
        for text in texts:
            seen.update(text)
        return cls(sorted(seen), special_tokens)

    @property
    def vocab_size(self) -> int:
        return len(self._tokens)

    def encode_ordinary(self, text: str) -> list[int]:
        return self.ordinary_to_array(text).tolist()

    def ordinary_to_array(self, text: str) -> np.ndarray:
        numbers = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        return self._id_of.take(numbers, mode="clip")

    def decode(self, ids: Sequence[int]) -> str:
        check_ids(ids, self.vocab_size)
        return "".join([self._tokens[i] if i else SHOWN_FOR_UNKNOWN for i in ids])

    def pieces(self, text: str) -> list[Piece]:
        ids = self.encode_ordinary(text)
        return [Piece(id, self._tokens[id], place, place + 1) for place, id in enumerate(ids)]

    def tokens(self) -> list[str]:
        return list(self._tokens)

    def lost(self, text: str) -> list[str]:
        return [text[place] for place in np.flatnonzero(self.ordinary_to_array(text) == 0)]

    def to_json(self) -> dict[str, Any]:
        vocabulary = {token: index for index, token in enumerate(self._tokens)}
        model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN}
        return document(model, split_step(ANY_CHARACTER), {"type": "Fuse"}, self.special_tokens)

    @classmethod
    def from_json(cls, data: dict) -> "Characters":
        special_tokens = special_tokens_in(data)
        _, *tokens = tokens_by_id(data["model"]["vocab"])
        return cls([token for token in tokens if token not in special_tokens], list(special_tokens))
