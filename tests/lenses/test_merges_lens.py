"""Merges: the replay ends in the tokenizer's own encoding, and its counts are those of the training."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import assert_drawn

from groundup.common.errors import GroundupError
from groundup.lenses import merges, tokens, weights
from groundup.text import bpe
from groundup.text.bpe_tokenizer import BPE
from groundup.text.byte_level import Bytes
from groundup.text.storyworld import stories
from groundup.text.vocabularies import load_vocabulary

STORIES = "".join(stories(6_000, seed=2))
OURS = BPE.train([STORIES], vocab_size=340)


def final(trace, tokenizer):
    """The ids that the last step leaves, of a short text."""
    parts = trace.steps[-1].after if trace.steps else trace.start
    by_shown = {shown: number for number, shown in enumerate(tokenizer.tokens())}
    return [by_shown[part] for part in parts]


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60) | st.sampled_from([STORIES[i : i + 60] for i in range(0, 6000, 60)]))
def test_any_text_ends_in_the_tokenizers_own_encoding(text):
    trace = merges.trace(text, OURS)
    assert trace.tokens[-1] == len(trace.ids)
    assert trace.ids == OURS.encode(text)
    if text.isascii():  # two strings of bytes that are no text may look alike
        assert final(trace, OURS) == trace.ids


def test_the_example_that_everybody_shows():
    tokenizer = BPE.from_merges(bpe.train(["aaabdaaabac"], 3))
    trace = merges.trace("aaabdaaabac", tokenizer)
    assert [(s.left, s.right, s.id, s.count, s.tokens) for s in trace.steps] == [
        ("a", "a", 256, 2, 9), ("a", "b", 257, 2, 7), ("aa", "ab", 258, 2, 5),
    ]  # fmt: skip
    assert trace.start == list("aaabdaaabac")
    assert trace.steps[0].before == trace.start
    assert trace.steps[-1].after == ["aaab", "d", "aaab", "a", "c"]


def test_on_its_own_corpus_the_replay_is_the_training():
    """The same merges in the same order, and each joins as many pairs as the reference counts."""
    trace = merges.trace(STORIES, OURS)
    assert [step.id for step in trace.steps] == list(range(256, 340))
    learnt = bpe.train([STORIES], 84)
    chunks = [list(chunk.encode()) for chunk in bpe.pre_tokenize(STORIES)]
    for number, (pair, step) in enumerate(zip(learnt, trace.steps, strict=True)):
        before = sum(map(len, chunks))
        chunks = [bpe.replace(chunk, pair, bpe.BYTES + number) for chunk in chunks]
        assert step.count == before - sum(map(len, chunks))
        assert step.tokens == sum(map(len, chunks))
    assert sum(map(len, chunks)) == len(trace.ids) == len(OURS.encode(STORIES))
    assert not trace.short
    assert trace.steps[0].before != trace.steps[0].after


def test_a_token_that_no_pair_makes_is_said_to_be_looked_up():
    ranks = {bytes([value]): value for value in range(256)} | {b"xyz": 256}
    trace = merges.trace("xyz xyz", BPE(ranks))
    assert [step.whole for step in trace.steps] == [True]
    assert trace.tokens.tolist() == [7, 5]
    assert len(trace.ids) == 5


@pytest.mark.slow
def test_gpt2_on_words_and_on_a_corpus():
    try:
        gpt2 = load_vocabulary("gpt2")
    except GroundupError as error:
        pytest.skip(str(error))
    trace = merges.trace("strawberry", gpt2)
    assert final(trace, gpt2) == trace.ids == [301, 1831, 8396]
    assert [step.token for step in trace.steps][:2] == ["er", "st"]
    corpus = merges.trace(STORIES, gpt2)
    assert corpus.tokens[-1] == len(gpt2.encode(STORIES))
    ids = [step.id for step in corpus.steps]
    assert ids == sorted(ids), "what was learnt first is done first"


def test_limits_and_bad_input():
    assert len(merges.trace(STORIES, OURS, limit=5).steps) == 5
    with pytest.raises(GroundupError, match="no byte pairs"):
        merges.trace("hello", Bytes())
    with pytest.raises(GroundupError, match="no text"):
        merges.trace("", OURS)


@pytest.mark.parametrize("text", ["the little fox said", "é\U0001f98a", STORIES[:3000]])
def test_the_picture(text):
    assert_drawn(merges.trace(text, OURS, name="ours"))


@pytest.mark.parametrize("module", [merges, tokens, weights])
def test_the_examples_in_the_docstrings(module):
    found = doctest.testmod(module, extraglobs={"np": np})
    assert found.attempted
    assert not found.failed
