"""Characters and bytes, and how a text is cut into chunks."""

import numpy as np
import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from groundup.common.errors import GroundupError
from groundup.text.byte_level import Bytes, TextStream
from groundup.text.characters import Characters
from groundup.text.pre_tokenization import SPLIT_PATTERN, cut_safely, pre_tokenize
from groundup.text.words import Words

# Short pieces of everything that cuts text: letters, digits, signs, contractions, all kinds of spaces.
mixed = st.text(st.sampled_from("abX'sll019.,#-_ \t\n\r\u00a0\u1680\u2003\u3000\x85\x1cé日ा🦊\u200d\ufeff"))
SPACES = [chr(n) for n in range(0x3001) if chr(n).isspace() and not 0x1C <= n <= 0x1F]


def test_ids_are_the_sorted_characters_and_zero_is_any_other():
    letters = Characters.train(["abba", "cab"])
    assert letters.tokens() == ["<unk>", "a", "b", "c"]
    assert letters.encode("cab!") == [3, 1, 2, 0]
    assert letters.decode([3, 1, 2, 0]) == "cab\ufffd"
    assert letters.lost("a cab 🦊") == [" ", " ", "🦊"]


@given(st.text(), st.text())
def test_characters_lose_exactly_what_was_never_seen(training, text):
    letters = Characters.train([training])
    ids = letters.encode(text)
    assert letters.lost(text) == [c for c in text if c not in training]
    assert [i == 0 for i in ids] == [c not in training for c in text]
    assert letters.decode(letters.encode(training)) == training
    array = letters.encode_to_array(text)
    assert array.dtype == np.uint16
    assert array.tolist() == ids
    assert [text[p.start : p.end] for p in letters.pieces(text)] == list(text)


def test_special_tokens_come_only_when_allowed():
    letters = Characters.train(["<|endoftext|>"], special_tokens=["<|endoftext|>"])
    end = letters.special_tokens["<|endoftext|>"]
    assert end not in letters.encode("<|endoftext|>")
    assert letters.encode("<|endoftext|>e<|endoftext|>", allow_special=True) == [
        end,
        *letters.encode("e"),
        end,
    ]
    assert letters.decode([end]) == "<|endoftext|>"


@pytest.mark.parametrize("name", ["word", " word", "!?"])
def test_a_special_token_cannot_look_like_a_word(name):
    with pytest.raises(GroundupError, match="ordinary text"):
        Words.train(["some text"], special_tokens=[name])


@pytest.mark.parametrize("ids", [[5], [-1], [2, 99]])
def test_an_id_that_is_no_token_is_an_error(ids):
    with pytest.raises(GroundupError, match="There is no token"):
        Characters.train(["abcd"]).decode(ids)


def test_half_a_surrogate_pair_is_an_error_that_says_so():
    with pytest.raises(GroundupError, match="not valid Unicode"):
        Bytes().encode("a\ud83e")


@given(mixed | st.text())
def test_bytes_are_the_bytes_of_the_text(text):
    tokenizer = Bytes(["<|endoftext|>"])
    assert tokenizer.encode(text) == list(text.encode("utf-8"))
    assert tokenizer.encode_to_array(text).tolist() == tokenizer.encode(text)
    for piece in tokenizer.pieces(text):
        assert piece.end == piece.start + 1  # a byte stands for the whole character that it is part of
        assert bytes([piece.id]) in text[piece.start : piece.end].encode("utf-8")


# ---- the split pattern --------------------------------------------------------------------------------


@given(mixed | st.text())
def test_chunks_joined_are_the_text(text):
    assert "".join(pre_tokenize(text)) == text


@settings(max_examples=500)
@given(mixed | st.text(), st.sampled_from(SPACES), mixed | st.text())
def test_cutting_between_a_word_and_a_space_changes_nothing(before, space, after):
    if before and not before[-1].isspace():
        assert pre_tokenize(before) + pre_tokenize(space + after) == pre_tokenize(before + space + after)


@given(st.lists(mixed), st.integers(1, 20))
def test_blocks_have_the_chunks_of_the_text(parts, size):
    text = "word ".join(parts)
    blocks = list(cut_safely(text, size))
    assert "".join(blocks) == text
    assert [chunk for block in blocks for chunk in pre_tokenize(block)] == pre_tokenize(text)


def test_a_long_text_is_really_cut():
    assert max(map(len, cut_safely("some words " * 1000, 100))) < 120


_onig = pre_tokenizers.Split(Regex(SPLIT_PATTERN), "isolated")


@settings(max_examples=500)
@given(mixed | st.text())
def test_the_tokenizers_library_cuts_alike(text):
    assert [chunk for chunk, _ in _onig.pre_tokenize_str(text)] == pre_tokenize(text)


def test_characters_from_all_of_unicode_are_cut_alike_by_three_engines():
    """All of the first plane, and samples of the others: engines disagree there on what a letter is."""
    numbers = [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 61)]
    text = " ".join(f"a{chr(n)}1{chr(n)}" for n in numbers)
    chunks = pre_tokenize(text)
    assert [chunk for chunk, _ in _onig.pre_tokenize_str(text)] == chunks
    # A token of its own for each chunk shows where tiktoken cuts.
    ranks = {bytes([n]): n for n in range(256)}
    for chunk in chunks:
        ranks.setdefault(chunk.encode("utf-8"), len(ranks))
    engine = tiktoken.Encoding("chunks", pat_str=SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens={})
    assert engine.encode_ordinary(text) == [ranks[chunk.encode("utf-8")] for chunk in chunks]


# ---- text as it is written ----------------------------------------------------------------------------


@given(st.lists(st.integers(0, 255)) | st.text().map(lambda text: list(text.encode("utf-8"))))
def test_a_stream_of_bytes_gives_the_text_that_decoding_gives(ids):
    stream = TextStream(Bytes())
    parts = [stream.add(index) for index in ids]
    assert "".join(parts) + stream.finish() == Bytes().decode(ids)


def test_a_stream_holds_back_part_of_a_character():
    stream = TextStream(Bytes())
    fox = "🦊".encode()
    assert [stream.add(byte) for byte in fox[:3]] == ["", "", ""]
    assert stream.add(fox[3]) == "🦊"
