"""Words: the known ones exactly, the unknown ones counted, and how much of a text is known."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.common import process
from groundup.common.errors import GroundupError
from groundup.text import counting
from groundup.text.counting import count_chunks
from groundup.text.pre_tokenization import pre_tokenize
from groundup.text.words import Words, coverage_curve

prose = st.lists(st.sampled_from(["the", " the", " cat", " sat", "\n", "  ", ".", " 12", "'s", " Zoë"])).map(
    "".join
)


def test_words_are_ranked_by_frequency_then_alphabet():
    words = Words.train([" b b a a c d d d"], min_count=2)
    assert words.tokens() == ["<unk>", " d", " a", " b"]
    assert Words.train([" b b a a c d d d"], min_count=1).tokens() == ["<unk>", " d", " a", " b", " c"]
    assert Words.train([" b b a a c d d d"], vocab_size=3).tokens() == ["<unk>", " d", " a"]


@given(prose, prose, st.integers(1, 3))
def test_what_is_lost_is_exactly_what_was_too_rare(training, text, min_count):
    words = Words.train([training], min_count=min_count)
    counts = Counter(pre_tokenize(training))
    unknown = [chunk for chunk in pre_tokenize(text) if counts[chunk] < min_count]
    ids = words.encode(text)
    assert words.lost(text) == unknown
    assert ids.count(0) == len(unknown)
    assert words.encode_to_array(text).tolist() == ids
    assert [text[p.start : p.end] for p in words.pieces(text)] == pre_tokenize(text)
    if not unknown:
        assert words.decode(ids) == text
    assert words.coverage(text) == pytest.approx(1 - len(unknown) / max(1, len(ids)))


@given(prose, prose)
def test_the_coverage_curve_is_the_coverage_of_each_vocabulary(training, text):
    curve = coverage_curve([training], text, [1, 2, 5])
    for size, share in curve:
        words = Words.train([training], min_count=1, vocab_size=size + 1)
        assert share == pytest.approx(words.coverage(text) if text else 0)


def test_unknown_words_show_in_what_is_decoded():
    words = Words.train(["the cat the cat", " the the"])
    assert words.decode(words.encode(" the dog")) == " the <unk>"


def test_many_words_take_wider_ids():
    words = Words.train([" ".join(f"x{chr(0x4E00 + n)}" for n in range(15000)) for _ in range(2)])
    assert words.encode_to_array(" x").dtype == np.uint16
    many = Words([f" {n}" for n in range(70000)])
    assert many.encode_to_array(" 999").dtype == np.uint32
    assert many.encode_to_array(" 999").tolist() == [1000]


def test_a_vocabulary_with_no_room_is_an_error():
    with pytest.raises(GroundupError, match="no room"):
        Words.train(["some words"], vocab_size=1)


# ---- counting -----------------------------------------------------------------------------------------


def test_several_processes_count_the_same(monkeypatch):
    texts = [f"It was {n} o'clock, é. " * 30 for n in range(50)]
    alone = count_chunks(texts, processes=1)
    assert alone == Counter(chunk for text in texts for chunk in pre_tokenize(text))
    monkeypatch.setattr(counting, "MIN_CHARACTERS_FOR_PROCESSES", 1000)
    started = []
    start = process.subprocess.Popen
    monkeypatch.setattr(process.subprocess, "Popen", lambda *a, **k: started.append(1) or start(*a, **k))
    assert count_chunks(iter(texts), processes=2) == alone
    assert len(started) == 2


@pytest.mark.parametrize("program", ["/bin/false", "no-such-program"])  # one dies, one does not start
def test_a_process_that_dies_is_an_error_with_advice(monkeypatch, program):
    monkeypatch.setattr(counting, "MIN_CHARACTERS_FOR_PROCESSES", 10)
    monkeypatch.setattr(process.sys, "executable", program)
    with pytest.raises(GroundupError, match="stopped before it was done"):
        count_chunks(["some words " * 20] * 3, processes=2)


def test_memory_is_bounded_and_frequent_words_stay(monkeypatch):
    monkeypatch.setattr(counting, "MAX_CHUNKS", 100)
    texts = [f" often x{chr(0x4E00 + n)}" for n in range(1000)]
    counts = count_chunks(texts, processes=1)
    assert len(counts) <= 100
    assert counts[" often"] == 1000
