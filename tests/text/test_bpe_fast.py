"""Fast equals plain: learning, and encoding by tiktoken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.text import bpe, bpe_fast, counting
from groundup.text.bpe_tokenizer import BPE, LONG_BLANK
from groundup.text.corpora import load_corpus

tiny = st.text(st.sampled_from("ab"), max_size=200)
repeated = st.builds(lambda part, times: part * times, st.text(max_size=6), st.integers(1, 30))
wordy = st.lists(st.sampled_from(["the", " the", " then", "re", " 日本", "é", "\n", "  ", "aaa"])).map(
    "".join
)
texts = st.lists(st.text() | tiny | repeated | wordy, max_size=4)


@settings(max_examples=600, deadline=None)
@given(texts, st.integers(0, 60))
def test_the_merges_are_those_of_the_plain_algorithm(texts, merges):
    assert bpe_fast.train(texts, merges) == bpe.train(texts, merges)


def test_the_merges_are_the_same_on_real_prose(shakespeare):
    text = load_corpus(shakespeare).text("train")[:15_000]
    assert bpe_fast.train([text], 150) == bpe.train([text], 150)


def test_the_merges_are_the_same_with_several_processes(monkeypatch):
    texts = [f"the {n} cats and the {n % 7} dogs sat " * 5 for n in range(30)]
    monkeypatch.setattr(counting, "MIN_CHARACTERS_FOR_PROCESSES", 500)
    assert bpe_fast.train(texts, 60, processes=2) == bpe.train(texts, 60)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(texts, tiny | repeated | wordy | st.text())
def test_tiktoken_gives_the_ids_of_the_plain_algorithm(training, text):
    merges = bpe.train(training, 40)
    tokenizer = BPE.from_merges(merges)
    for sample in (text, *training):
        ids = tokenizer.encode(sample)
        assert ids == bpe.encode(sample, merges)
        assert tokenizer.encode_to_array(sample).tolist() == ids


@settings(max_examples=300, deadline=None)
@given(texts)
def test_no_two_merges_make_the_same_token(training):
    tokens = bpe.vocabulary(bpe.train(training, 60))
    assert len(set(tokens)) == len(tokens)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_merges_can_be_found_again_from_the_tokens(training):
    tokenizer = BPE.train(training, vocab_size=300)
    assert BPE(tokenizer.ranks).merges == tokenizer.merges


def test_a_very_long_blank_is_read():
    """tiktoken's regex engine gives up after a million spaces."""
    tokenizer = BPE.train(["a  b    c\n\n\n" * 5], vocab_size=262)
    for blank in (" " * 1_500_000, "\n \t" * LONG_BLANK):
        text = f"a{blank}b c"
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert len(ids) < len(text)  # merges were used
        assert ids[-1] == tokenizer.encode(" c")[-1]
        assert tokenizer.encode_to_array(text).tolist() == ids


def test_too_small_a_vocabulary_is_an_error():
    with pytest.raises(GroundupError, match="too small"):
        BPE.train(["text"], vocab_size=256, special_tokens=["<|endoftext|>"])
    assert BPE.train(["text"], vocab_size=256).vocab_size == 256


def test_learning_from_nothing_gives_the_bytes():
    assert BPE.train([], vocab_size=300).vocab_size == 256
    assert BPE.train(["", "x"], vocab_size=300).encode("x") == [120]
