"""The plain algorithm: the published example, small texts worked out by hand, and the round trip."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.text import bpe
from groundup.text.bpe_tokenizer import BPE
from groundup.text.pre_tokenization import pre_tokenize

TRAINING = "the cat sat on the mat, and the hat; naïve café 日本日本 🦊🦊 aaaa aaaaa" * 3


def test_the_published_example():
    """Wikipedia, "Byte-pair encoding": aaabdaaabac becomes XdXac, with Z = aa, Y = ab, X = ZY."""
    merges = bpe.train(["aaabdaaabac"], 3)
    z, y, x = 256, 257, 258
    assert merges == [(ord("a"), ord("a")), (ord("a"), ord("b")), (z, y)]
    assert bpe.encode("aaabdaaabac", merges) == [x, ord("d"), x, ord("a"), ord("c")]
    assert bpe.decode([x, ord("d"), x, ord("a"), ord("c")], merges) == "aaabdaaabac"


def test_equally_frequent_pairs_come_in_the_order_of_their_tokens():
    assert bpe.train(["cdcd", "abab"], 2) == [(97, 98), (99, 100)]
    assert bpe.train(["bc", "bc", "ba", "ba"], 1) == [(98, 97)]


def test_learning_stops_when_no_pair_occurs_twice():
    assert bpe.train(["abc"], 10) == []
    assert bpe.train(["ab", "ab"], 10) == [(97, 98)]


def test_no_token_crosses_a_cut():
    merges = bpe.train(["dog. dog! dog? " * 20], 100)
    assert all(len(pre_tokenize(token.decode())) == 1 for token in bpe.vocabulary(merges) if len(token) > 1)


@given(st.text(), st.integers(0, 60))
def test_the_round_trip_is_exact(text, merges):
    learnt = bpe.train([TRAINING], merges)
    assert bpe.decode(bpe.encode(text, learnt), learnt) == text


@pytest.fixture(scope="module")
def tokenizer() -> BPE:
    return BPE.train([TRAINING], vocab_size=320, special_tokens=["<|endoftext|>"])


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(text=st.text())
def test_any_unicode_comes_back_exactly(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode_bytes(ids) == text.encode("utf-8")


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(data=st.binary())
def test_any_bytes_come_back_exactly(tokenizer, data):
    assert tokenizer.decode_bytes(tokenizer.encode_bytes(data)) == data


@given(text=st.text())
def test_the_bytes_of_a_text_have_the_ids_of_the_text(tokenizer, text):
    assert tokenizer.encode_bytes(text.encode("utf-8")) == tokenizer.encode(text)


def test_half_a_character_shows_as_a_replacement(tokenizer):
    half = tokenizer.encode_bytes("é".encode()[:1])
    assert tokenizer.decode(half) == "\ufffd"


@given(text=st.text() | st.text(st.sampled_from("the cat é日本🦊a ")))
def test_pieces_are_the_tokens_and_cover_the_text(tokenizer, text):
    pieces = tokenizer.pieces(text)
    assert [piece.id for piece in pieces] == tokenizer.encode(text)
    assert [piece.start for piece in pieces] == sorted(piece.start for piece in pieces)
    covered = {place for piece in pieces for place in range(piece.start, piece.end)}
    assert covered == set(range(len(text)))
    for piece in pieces:
        assert tokenizer.token_bytes[piece.id] in text[piece.start : piece.end].encode("utf-8")
