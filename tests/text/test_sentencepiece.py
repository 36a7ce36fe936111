"""Llama's kind of byte pairs: the ids of the `tokenizers` library, the text back, and every character in its place."""

import base64
import json
import struct

import pytest
import tokenizers as library
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.text.sentencepiece_bpe import BAR, LLAMA_SPECIAL, SentencePieceBPE
from groundup.text.vocabularies import load_vocabulary

BYTES = [f"<0x{value:02X}>" for value in range(256)]
MERGES = [
    (BAR, "t"),
    ("h", "e"),
    (BAR + "t", "he"),
    (BAR, BAR),
    ("e", "r"),
    ("he", "r"),
    (BAR, "the"),
    ("t", "he"),
]
LETTERS = [BAR, *"abcdehnorst.é猫"]
TOKENS = list(dict.fromkeys([*LLAMA_SPECIAL, *BYTES, *LETTERS, *("".join(pair) for pair in MERGES)]))
SMALL = SentencePieceBPE(TOKENS, MERGES, dict(LLAMA_SPECIAL))
PEER = library.Tokenizer.from_str(json.dumps(SMALL.to_json()))
TEXTS = st.text(min_size=1, max_size=40) | st.text(
    alphabet="the rt\n\u2581é猫\U0001f98a", min_size=1, max_size=40
)


@settings(deadline=None)
@given(TEXTS)
def test_the_library_gives_the_same_ids_and_the_text_comes_back(text):
    ids = SMALL.encode(text)
    assert ids == PEER.encode(text, add_special_tokens=False).ids
    assert SMALL.decode(ids) == text.replace(BAR, " ")
    assert SMALL.lost(text) == [BAR] * text.count(BAR)


@settings(deadline=None)
@given(TEXTS)
def test_pieces_cover_the_text(text):
    pieces = SMALL.pieces(text)
    assert [piece.id for piece in pieces] == SMALL.encode(text)
    assert b"".join(SMALL.token_bytes[piece.id] for piece in pieces).decode() == " " + text.replace(BAR, " ")
    place = 0
    for piece in pieces:  # side by side; bytes of one character share its place
        assert piece.start in (place, place - 1)
        place = max(place, piece.end)
    assert place == len(text)


def test_the_file_is_read_again_and_what_is_none_is_refused(tmp_path):
    again = SentencePieceBPE.from_json(SMALL.to_json())
    assert again == SMALL
    file = tmp_path / "llama-tokenizer.js"
    number = {token: index for index, token in enumerate(TOKENS)}
    pairs = b"".join(struct.pack("<HH", number[left], number[right]) for left, right in MERGES)
    packed = [base64.b64encode(data).decode() for data in ("\n".join(TOKENS).encode(), pairs)]
    file.write_text(f'const llama_vocab_base64 = "{packed[0]}";\nconst llama_merges_binary = "{packed[1]}"')
    assert SentencePieceBPE.from_llama_js(file) == SMALL
    file.write_text("nothing of the kind", encoding="utf-8")
    with pytest.raises(GroundupError, match="groundup assets fetch llama"):
        SentencePieceBPE.from_llama_js(file)
    with pytest.raises(GroundupError, match="read, not learnt"):
        SentencePieceBPE.train(["a"])
    with pytest.raises(GroundupError, match="space inside"):
        SentencePieceBPE([*TOKENS, f"a{BAR}b"], MERGES, {})
    assert SMALL.encode("") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "mistral"])
def test_the_real_vocabularies_give_the_librarys_ids(name):
    try:
        ours = load_vocabulary(name)
    except GroundupError as error:
        pytest.skip(str(error))
    peer = library.Tokenizer.from_str(json.dumps(ours.to_json()))
    for text in (
        "The fox \U0001f98a said: naïve!\n\n  def f(x):\n\treturn 12345",
        "नमस्ते दुनिया",
        "it's  don't",
    ):
        ids = ours.encode(text)
        assert ids == peer.encode(text, add_special_tokens=False).ids
        assert ours.decode(ids) == text
    assert ours.vocab_size == {"llama": 32_000, "mistral": 131_072}[name]
