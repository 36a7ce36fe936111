"""The byte model: a proper distribution, Witten and Bell's, cheap for what looks like a known word."""

import doctest
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.evaluation import bits_per_byte, byte_model
from groundup.evaluation.byte_model import END, START, SYMBOLS, ByteModel

WORDS = ["the", "then", "there", "hat", "heat", "naïve", "水", "🙂"]
ALL_SYMBOLS = [*map(chr, range(256)), END]


def test_worked_example_by_hand():
    # Order 1: one history, the empty one. Seen after it: "a" and the end, once each, so n = 2 and d = 2.
    item = ByteModel(["a"], order=1)
    a = (1 + 2 / 257) / 4
    new = (0 + 2 / 257) / 4
    assert item.bits("a") == pytest.approx(-2 * math.log2(a))
    assert item.bits("b") == pytest.approx(-math.log2(new) - math.log2(a))
    assert item.bits("") == pytest.approx(-math.log2(a))
    # Order 2: after the start only "a" (n = 1, d = 1); after "a" only the end.
    two = ByteModel(["a"], order=2)
    assert two.bits("a") == pytest.approx(-2 * math.log2((1 + a) / 2))
    # "ba": "b" after the start is new; "a" after "b": a history never seen, so the shorter one alone.
    assert two.bits("ba") == pytest.approx(
        -math.log2((0 + 1 * new) / 2) - math.log2(a) - math.log2((1 + a) / 2)
    )


@pytest.mark.parametrize("module", [byte_model, bits_per_byte])
def test_examples_in_the_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_equals_the_formula_written_the_slow_way():
    words, order = WORDS, 4

    def probability(symbol: str, history: str, length: int) -> float:
        if length < 0:
            return 1 / SYMBOLS
        shorter = probability(symbol, history, length - 1)
        if length > len(history):
            return shorter
        end = history[len(history) - length :]
        texts = [START + word.encode().decode("latin-1") + END for word in words]
        followers = [
            t[i] for t in texts for i in range(1, len(t)) if i >= length and t[i - length : i] == end
        ]
        if not followers:
            return shorter
        different = len(set(followers))
        return (followers.count(symbol) + different * shorter) / (len(followers) + different)

    byte_model = ByteModel(words, order)
    for word in [*WORDS, "thaw", "", "zzz", "水水", "e\x00\xff"]:
        text = START + word.encode().decode("latin-1") + END
        slow = -sum(math.log2(probability(text[i], text[:i], order - 1)) for i in range(1, len(text)))
        assert byte_model.bits(word) == pytest.approx(slow, rel=1e-12)


@given(
    words=st.lists(st.text(max_size=6), max_size=8),
    history=st.text(st.characters(max_codepoint=255), max_size=5),
    order=st.integers(1, 5),
)
@settings(max_examples=150, deadline=None)
def test_what_may_come_next_sums_to_one(words, history, order):
    byte_model = ByteModel(words, order)
    assert sum(byte_model.probability(s, START + history) for s in ALL_SYMBOLS) == pytest.approx(1)


def test_all_strings_together_sum_to_one():
    # All strings of at most one byte, and all that are longer: what has not ended after one byte.
    byte_model = ByteModel(["a", "ab", "b"], order=3)
    ended = byte_model.probability(END, START)
    longer = 0.0
    for first in ALL_SYMBOLS[:-1]:
        p = byte_model.probability(first, START)
        ended += p * byte_model.probability(END, START + first)
        longer += p * sum(byte_model.probability(s, START + first) for s in ALL_SYMBOLS[:-1])
    assert ended + longer == pytest.approx(1)
    # And `bits` is that same probability.
    by_bits = 2 ** -byte_model.bits("") + sum(2 ** -byte_model.bits(chr(i)) for i in range(128))
    non_ascii = sum(
        byte_model.probability(c, START) * byte_model.probability(END, START + c) for c in ALL_SYMBOLS[128:-1]
    )
    assert by_bits + non_ascii == pytest.approx(ended)


def test_words_like_the_known_ones_are_cheaper():
    byte_model = ByteModel(["walking", "talking", "walked", "talked", "jumping", "jumped"])
    assert byte_model.bits("jumking") < byte_model.bits("gnikmuj") / 2
    # Without any word it is the uniform price: 257 symbols, the end included.
    assert ByteModel([]).bits("ab") == pytest.approx(3 * math.log2(257))
