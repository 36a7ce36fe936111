"""Word pieces: learning against a slow program, encoding against the `tokenizers` library, BERT's facts."""

import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer

from groundup.common.errors import GroundupError
from groundup.text.byte_level import TextStream
from groundup.text.pre_tokenization import pre_tokenize
from groundup.text.vocabularies import load_vocabulary
from groundup.text.wordpiece import WordPiece
from groundup.text.wordpiece_training import learn

FOX = "The quick brown fox jumps over the lazy dog 🦊"
PROSE = (
    "The quick brown fox jumps over the lazy dog, and the dog's naïve friend (Zoë) wasn't quick: 12 foxes! "
    "日本 and 中国; hashes ## and #! too. "
)


def learn_slowly(chunks: dict[str, int], size: int) -> list[str]:
    """The same as `learn`, with everything counted again each time."""
    alphabet = sorted({c for chunk in chunks for c in chunk})
    names = alphabet + ["##" + c for c in alphabet]
    words = {c: [names.index(("##" if at else "") + x) for at, x in enumerate(c)] for c in chunks}
    bar = None
    while len(names) < size:
        alone, together = Counter(), Counter()
        for chunk, word in words.items():
            for piece in word:
                alone[piece] += chunks[chunk]
            for pair in pairwise(word):
                together[pair] += chunks[chunk]
        bar = max(together.values(), default=0) if bar is None else bar
        able = [pair for pair, count in together.items() if count >= max(bar, 2)]
        if not able:
            if bar <= 2:
                break
            bar //= 2
            continue
        a, b = min(able, key=lambda pair: (-(together[pair] / (alone[pair[0]] * alone[pair[1]])), pair))
        names.append(names[a] + names[b].removeprefix("##"))
        for word in words.values():
            place = 0
            while place < len(word) - 1:
                if (word[place], word[place + 1]) == (a, b):
                    word[place : place + 2] = [len(names) - 1]
                place += 1
    return list(dict.fromkeys(names))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.sampled_from("abc #é"), min_size=1, max_size=8), st.integers(1, 9)))
def test_learning_gives_what_the_slow_program_gives(chunks):
    assert learn(chunks, 40) == learn_slowly(chunks, 40)


def test_what_belongs_together_goes_before_what_is_frequent():
    # "qu" is as frequent as "he" here, but q is never without u, while h and e are in many words.
    words = {"qux": 8, "hex": 8, "hat": 8, "pen": 8, "ten": 8}
    names = learn(words, 100)
    assert names.index("qu") < names.index("he")


@pytest.fixture(scope="module")
def own() -> WordPiece:
    return WordPiece.train([PROSE * 5], vocab_size=160, special_tokens=["<|endoftext|>"])


mixed = st.text(st.sampled_from("the quickfox,.'ï日!#\n (🦊)")) | st.text()
samples = mixed | st.lists(st.sampled_from(PROSE.split(" "))).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(text=samples)
def test_what_is_not_lost_comes_back_exactly(own, text):
    ids = own.encode(text)
    lost = own.lost(text)
    assert lost == [chunk for chunk in pre_tokenize(text) if own.decode(own.encode(chunk)) != chunk]
    assert (own.decode(ids) == text) == (not lost)
    assert own.encode_to_array(text).tolist() == ids
    pieces = own.pieces(text)
    assert [piece.id for piece in pieces] == ids
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text


def test_known_text_is_not_lost(own):
    assert own.lost(PROSE) == []
    assert own.lost("the xΩx fox 🎈") == [" xΩx", " 🎈"]
    assert own.lost("the " + "o" * 101) == [" " + "o" * 101]


def test_a_vocabulary_without_room_for_the_characters_is_an_error():
    with pytest.raises(GroundupError, match="too small"):
        WordPiece.train([PROSE], vocab_size=20)


# ---- BERT ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory) -> Path:
    """A small vocabulary in BERT's form: one token a line."""
    trainer = BertWordPieceTokenizer(lowercase=True)
    trainer.train_from_iterator([PROSE * 5], vocab_size=150, min_frequency=2, show_progress=False)
    tokens = sorted(trainer.get_vocab(), key=trainer.get_vocab().__getitem__)
    path = tmp_path_factory.mktemp("bert") / "vocab.txt"
    path.write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bert(vocabulary) -> WordPiece:
    return WordPiece.from_bert(vocabulary)


# The library's tables are of another year than Python's. Both know what has been the same since Unicode 3.2.
old = st.characters(exclude_categories=["Cs"]).filter(
    lambda c: unicodedata.category(c) == unicodedata.ucd_3_2_0.category(c)
)


@settings(max_examples=600, deadline=None)
@given(text=samples.filter(lambda t: all(map(str.isascii, t))) | st.text(old) | st.just(PROSE))
def test_bert_gives_the_ids_of_the_library(bert, vocabulary, text):
    peer = _peer(vocabulary)
    encoded = peer.encode(text, add_special_tokens=False)
    assert bert.encode(text) == encoded.ids
    assert [(p.start, p.end) for p in bert.pieces(text) if p.id != bert.unknown] == [
        span for span, index in zip(encoded.offsets, encoded.ids, strict=True) if index != bert.unknown
    ]


_peers: dict[Path, BertWordPieceTokenizer] = {}


def _peer(vocabulary: Path) -> BertWordPieceTokenizer:
    if vocabulary not in _peers:
        _peers[vocabulary] = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        _peers[vocabulary].encode_special_tokens = True
    return _peers[vocabulary]


@settings(max_examples=400, deadline=None)
@given(text=samples)
def test_bert_says_what_it_lost(bert, text):
    lost = bert.lost(text)
    assert (bert.decode(bert.encode(text)) == text) == (not lost)
    at = 0
    for part in lost:  # the parts are in the text, in order
        at = text.index(part, at) + len(part)


def test_bert_loses_capitals_accents_and_odd_spacing(bert):
    assert bert.lost("the quick fox, and the dog") == []
    assert bert.lost("The fox  and the naïve dog ") == ["The", "  and", " naïve", " "]


@given(ids=st.lists(st.integers(0, 149)))
def test_a_stream_of_pieces_gives_the_text_that_decoding_gives(bert, own, ids):
    for tokenizer in (bert, own):
        known = [index for index in ids if index < tokenizer.vocab_size]
        stream = TextStream(tokenizer)
        assert "".join(map(stream.add, known)) + stream.finish() == tokenizer.decode(known)


def test_a_vocabulary_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(GroundupError, match="Could not read"):
        WordPiece.from_bert(tmp_path / "none.txt")
    (tmp_path / "vocab.txt").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(GroundupError, match="no \\[UNK\\]"):
        WordPiece.from_bert(tmp_path / "vocab.txt")


@pytest.mark.slow
def test_the_real_bert_vocabulary():
    try:
        bert = load_vocabulary("bert")
    except GroundupError as error:
        pytest.skip(str(error))
    assert bert.encode(FOX) == [1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 100]
    assert bert.encode("strawberry") == [16876]
    assert bert.lost(FOX) == ["The", " 🦊"]
