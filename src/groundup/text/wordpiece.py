"""Word pieces: a known word is one token; of another, the longest known beginning, and so on with the rest.

Schuster and Nakajima (2012), "Japanese and Korean Voice Search", section 2; made known by BERT (Devlin et al.
2019). A piece that continues a word is written with "##": " the", "##re". Two things differ from byte pairs:

- Learning joins not the most frequent pair, but the one that stands together most often for how frequent its
  parts are (`wordpiece_training.py`). "q" and "##u" are joined before "t" and "##h", frequent though "th" is.
- Encoding keeps no merges. It takes the longest piece in the vocabulary, from left to right.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.text import bert_text
from groundup.text.counting import count_chunks
from groundup.text.pre_tokenization import SPLIT_PATTERN, pre_tokenize
from groundup.text.tokenizer import Piece, Tokenizer, check_ids, check_special
from groundup.text.tokenizer_file import (
    document,
    pattern_of,
    special_tokens_in,
    split_step,
    tokens_by_id,
    unsupported,
)
from groundup.text.wordpiece_training import CONTINUES, learn

UNKNOWN = "[UNK]"
LONGEST_WORD = 100  # characters; a longer one is unknown, as in BERT
BERT_SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
NO_SPACE_BEFORE = frozenset(".,;:!?)]}'’%")
NO_SPACE_AFTER = frozenset("([{'’")


class WordPiece(Tokenizer):
    """Word pieces, learnt here (`train`) or BERT's (`from_bert`).

    Those learnt here keep the text: `decode` gives it back but for words with a character never seen in
    training, of more than 100 characters, or that begin with "##" and go on with other signs. BERT's drop
    capitals, accents and spacing. `lost` names exactly the parts that `decode` does not give back.

    >>> pieces = WordPiece.train(["hug pug hugs", " hug pugs"], vocab_size=16, min_count=2)
    >>> [piece.token for piece in pieces.pieces("hugs")], pieces.decode(pieces.encode("hugs pug"))
    (['h', '##ug', '##s'], 'hugs pug')
    """

    kind = "wordpiece"
    lossless = False

    def __init__(
        self,
        tokens: Sequence[str],
        special_tokens: Mapping[str, int] | None = None,
        bert: bool = False,
        pattern: str = SPLIT_PATTERN,
    ) -> None:
        self._tokens = list(tokens)
        self._ids = {token: index for index, token in enumerate(tokens)}
        if UNKNOWN not in self._ids:
            raise GroundupError(f"The vocabulary has no {UNKNOWN}.", "Word pieces need it for unknown words.")
        self.unknown = self._ids[UNKNOWN]
        self.special_tokens = dict(special_tokens or {})
        self.bert = bert
        self.pattern = pattern
        self._longest = max(map(len, tokens))

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocab_size: int = 4096,
        min_count: int = 2,
        special_tokens: Sequence[str] = (),
    ) -> "WordPiece":
        """Learn until there are `vocab_size` tokens, special ones included, or too few pairs are frequent.

        A pair must occur `min_count` times. See `wordpiece_training.learn`.
        """
        check_special(special_tokens, pre_tokenize)
        tokens = [UNKNOWN, *learn(count_chunks(texts), vocab_size - 1 - len(special_tokens), min_count)]
        special = {token: len(tokens) + index for index, token in enumerate(special_tokens)}
        return cls([*tokens, *special_tokens], special)

    @classmethod
    def from_bert(cls, vocabulary: Path) -> "WordPiece":
        """BERT's vocabulary (uncased): a text file, one token a line, the first has id 0."""
        try:
            tokens = Path(vocabulary).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise GroundupError(f"Could not read {vocabulary} as a vocabulary.", "Check the path.") from error
        return cls(
            tokens, {token: tokens.index(token) for token in BERT_SPECIAL if token in tokens}, bert=True
        )

    # ---- text to ids and back -------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        return len(self._tokens)

    def encode_ordinary(self, text: str) -> list[int]:
        known: dict[str, list[int]] = {}
        ids: list[int] = []
        for word in bert_text.words(text) if self.bert else pre_tokenize(text, self.pattern):
            if word not in known:
                known[word] = self._encode_word(word)
            ids += known[word]
        return ids

    def _encode_word(self, word: str) -> list[int]:
        ids: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            prefix = CONTINUES if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                index = self._ids.get(prefix + word[start:end])
                if index is not None:
                    ids.append(index)
                    start = end
                    break
            else:
                return [self.unknown]
        return ids or [self.unknown]

    def decode(self, ids: Sequence[int]) -> str:
        check_ids(ids, self.vocab_size)
        written = ""
        parts = []
        for index in ids:
            written = self._written(index, written)
            parts.append(written)
        return "".join(parts)

    def _written(self, index: int, before: str) -> str:
        """What a token adds to a text that ends with `before`."""
        token = self._tokens[index]
        if token.startswith(CONTINUES) and len(token) > len(CONTINUES):
            return token[len(CONTINUES) :]
        if not self.bert:
            return f" {token}" if index == self.unknown else token
        glued = not before or token in NO_SPACE_BEFORE or before.strip(" ") in NO_SPACE_AFTER
        return token if glued else f" {token}"

    def pieces(self, text: str) -> list[Piece]:
        return [piece for word in self._words_in(text) for piece in word]

    def _words_in(self, text: str) -> list[list[Piece]]:
        """The pieces of each word of the text."""
        words: Iterable[tuple[str, Sequence[int]]]
        if self.bert:
            words = bert_text.words_with_places(text)
        else:
            start, words = 0, []
            for chunk in pre_tokenize(text, self.pattern):
                words.append((chunk, range(start, start + len(chunk))))
                start += len(chunk)
        result = []
        for word, places in words:
            pieces: list[Piece] = []
            start = 0
            for index in self._encode_word(word):
                token = self._tokens[index]
                length = len(word) if index == self.unknown else len(token) - len(CONTINUES) * (start > 0)
                pieces.append(Piece(index, token, places[start], places[start + length - 1] + 1))
                start += length
            result.append(pieces)
        return result

    def tokens(self) -> list[str]:
        return list(self._tokens)

    def lost(self, text: str) -> list[str]:
        """The words, each with the spaces before it, that `decode` does not write exactly so."""
        result = []
        end, before = 0, ""
        for pieces in self._words_in(text):
            original = text[end : pieces[-1].end]
            end = pieces[-1].end
            parts = []
            for piece in pieces:
                before = self._written(piece.id, before)
                parts.append(before)
            if "".join(parts) != original:
                result.append(original)
        return result + [text[end:]] * (end < len(text))

    # ---- files ----------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        model = {
            "type": "WordPiece",
            "unk_token": UNKNOWN,
            "continuing_subword_prefix": CONTINUES,
            "max_input_chars_per_word": LONGEST_WORD,
            "vocab": self._ids,
        }
        if self.bert:
            tidy = {
                "type": "BertNormalizer",
                "clean_text": True,
                "handle_chinese_chars": True,
                "strip_accents": None,
                "lowercase": True,
            }
            decoder = {"type": "WordPiece", "prefix": CONTINUES, "cleanup": True}
            return document(model, {"type": "BertPreTokenizer"}, decoder, self.special_tokens, tidy)
        join = [
            {"type": "Replace", "pattern": {"Regex": f"^{CONTINUES}(?=[\\s\\S])"}, "content": ""},
            {"type": "Fuse"},
        ]
        decoder = {"type": "Sequence", "decoders": join}
        return document(model, split_step(self.pattern), decoder, self.special_tokens)

    @classmethod
    def from_json(cls, data: dict) -> "WordPiece":
        model, tidy = data["model"], data.get("normalizer")
        if (model["unk_token"], model["continuing_subword_prefix"], model["max_input_chars_per_word"]) != (
            UNKNOWN,
            CONTINUES,
            LONGEST_WORD,
        ):
            raise unsupported("word pieces with other signs than BERT's")
        tokens = tokens_by_id(model["vocab"])
        if tidy is None:
            return cls(tokens, special_tokens_in(data), pattern=pattern_of(data["pre_tokenizer"]))
        plain = (
            tidy.get("clean_text")
            and tidy.get("handle_chinese_chars")
            and tidy.get("strip_accents") is not False
        )
        if not (tidy["type"] == "BertNormalizer" and tidy.get("lowercase") and plain):
            raise unsupported(f"changing text by {tidy['type']!r}")
        return cls(tokens, special_tokens_in(data), bert=True)
