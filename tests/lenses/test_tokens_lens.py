"""Tokens: what is shown is what the tokenizers give, aligned, with no token lost between characters."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import recipe, told
from small_models import assert_drawn

from groundup.common.errors import GroundupError
from groundup.lenses import tokens
from groundup.text.assets import fetch
from groundup.text.bpe_tokenizer import BPE
from groundup.text.byte_level import Bytes
from groundup.text.tokenizers import save_tokenizer
from groundup.text.vocabularies import VOCABULARIES
from groundup.training.run import Run
from groundup.training.trainer import train_run

FOX = "The quick brown fox jumps over the lazy dog \U0001f98a"
KINDS = ["bytes", "characters", "bpe:280", "words", "wordpiece"]
REAL = {
    "gpt2": ([464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290, 12520, 99, 232], [301, 1831, 8396]),
    "cl100k": ([791, 4062, 14198, 39935, 35308, 927, 279, 16053, 5679, 11410, 99, 232], [496, 675, 15717]),
    "o200k": ([976, 4853, 19705, 68347, 65613, 1072, 290, 29082, 6446, 9552, 99, 232], [302, 1618, 19772]),
    "bert": ([1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 100], [16876]),
    "llama": (
        [450, 4996, 17354, 1701, 29916, 432, 17204, 975, 278, 17366, 11203, 29871, 243, 162, 169, 141],
        [380, 1610, 16344],
    ),
}


def test_each_row_is_what_the_tokenizer_gives():
    text = "naïve café, naïve \U0001f98a\n"
    trace = tokens.trace(text, KINDS)
    for cut, kind in zip(trace.cuts, KINDS, strict=True):
        tokenizer = tokens.tokenizer_named(kind, text)
        assert cut.ids == tokenizer.encode(text)
        assert cut.name == kind
        assert cut.lost == tokenizer.lost(text)
        assert len(cut.ids) == len(cut.shown) == len(cut.starts) == len(cut.bytes) == len(cut.partial)
        assert cut.bytes_per_token == len(text.encode()) / len(cut.ids)
    by_name = {cut.name: cut for cut in trace.cuts}
    assert bytes.fromhex("".join(by_name["bytes"].bytes)) == text.encode()
    assert bytes.fromhex("".join(by_name["bpe:280"].bytes)) == text.encode()
    assert by_name["bytes"].per_word == [6, 7, 7, 5], "bytes of each word, with the space before it"
    assert trace.words == ["naïve", "café,", "naïve", "\U0001f98a"]


def test_an_emoji_of_four_bytes_shares_one_place():
    (cut,) = tokens.trace("a\U0001f98ab", ["bytes"]).cuts
    assert cut.starts.tolist() == [0, 1, 1, 1, 1, 2]
    assert cut.ends.tolist() == [1, 2, 2, 2, 2, 3]
    assert cut.partial == [False, True, True, True, True, False]
    assert cut.bytes == ["61", "f0", "9f", "a6", "8a", "62"]
    widths = np.array([1.0, 8.0, 1.0])
    edges = [tokens.place_of(cut, number, widths) for number in range(6)]
    assert edges == [(0, 1), (1, 3), (3, 5), (5, 7), (7, 9), (9, 10)]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_tokens_stand_side_by_side_and_have_the_room_they_need(text):
    """Byte-level tokens tile the text, whatever it is: none overlaps another, none is too narrow."""
    ours = BPE.train([FOX + " naïve " + text] * 2, vocab_size=300)
    trace = tokens.trace(text, {"bytes": Bytes(), "bpe": ours})
    room = [[1.0 + len(shown) for shown in cut.shown] for cut in trace.cuts]
    widths = tokens.spread_out(trace.cuts, len(text), room)
    for cut, needs in zip(trace.cuts, room, strict=True):
        edges = [tokens.place_of(cut, number, widths) for number in range(len(cut.ids))]
        assert edges[0][0] == 0
        assert edges[-1][1] == pytest.approx(widths.sum())
        for (_, right), (left, _) in pairwise(edges):
            assert left == pytest.approx(right)
        for (left, right), need in zip(edges, needs, strict=True):
            assert right - left >= need - 1e-6
    for place in range(len(text) + 1):  # a common cut is a place that no token reaches across
        crossed = any(((cut.starts < place) & (cut.ends > place)).any() for cut in trace.cuts)
        assert (place in trace.common) != crossed
    spans = tokens.lines(widths, 30, trace.common)
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(text)


def test_cost_is_the_price_times_the_tokens_and_nothing_is_invented():
    assert all(cut.cost is None for cut in tokens.trace("hello", ["bytes"]).cuts)
    trace = tokens.trace("hello", ["bytes", "characters"], price={"bytes": 2.0})
    assert trace.cuts[0].cost == pytest.approx(5 * 2.0 / 1e6)
    assert trace.cuts[1].cost is None
    with pytest.raises(GroundupError, match="Did you mean 'bytes'"):
        tokens.trace("hello", ["bytes"], price={"byte": 2.0})
    with pytest.raises(GroundupError, match="no price"):
        tokens.trace("hello", ["bytes"], price=-1)


def test_languages_are_counted_and_unknown_ones_are_not_called_cheap():
    trace = tokens.trace("hello hello", ["bytes", "words"], languages=True)
    sentences = tokens.parallel_sentences()
    assert len(sentences) >= 12
    assert trace.language_tokens[0].tolist() == [len(text.encode()) for text in sentences.values()]
    ratios = trace.against_english()
    assert ratios[0, trace.languages.index("English")] == 1
    assert ratios[0, trace.languages.index("Hindi")] > 2
    assert np.isnan(ratios[1]).all(), "all words are unknown to it"


def test_tokenizers_by_name(tmp_path):
    run = Run.create(recipe("gpt", told(tmp_path, 20_000), 1), "mine")
    train_run(run)
    save_tokenizer(run.tokenizer, tmp_path / "other.json")
    text = "once upon a time"
    for name in ("mine", run, run.folder, tmp_path / "other.json", run.tokenizer):
        assert tokens.tokenizer_named(name, text) == run.tokenizer
    assert [cut.name for cut in tokens.trace(text, ["mine", run, "bytes"]).cuts] == [
        "mine",
        "mine 2",
        "bytes",
    ]
    with pytest.raises(GroundupError, match="Did you mean 'mine'"):
        tokens.tokenizer_named("mime", text)
    with pytest.raises(GroundupError, match="Did you mean 'gpt2'"):
        tokens.tokenizer_named("gtp2", text)
    for name in VOCABULARIES:
        with pytest.raises(GroundupError, match=f"groundup assets fetch {name}"):
            tokens.tokenizer_named(name, text)
    assert tokens.fetched_vocabularies() == []
    with pytest.raises(GroundupError, match="Which tokenizers"):
        tokens.trace(text, [])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(REAL))
def test_facts_of_the_real_vocabularies(name):
    try:
        fetch(name)
    except GroundupError as error:
        pytest.skip(str(error))
    assert tokens.fetched_vocabularies() == [name]
    fox, strawberry = REAL[name]
    assert tokens.trace(FOX, [name]).cuts[0].ids == fox
    assert tokens.trace("strawberry", [name]).cuts[0].ids == strawberry
    if name == "gpt2":
        cut = tokens.trace(FOX, [name]).cuts[0]
        assert cut.bytes[-3:] == ["20 f0 9f", "a6", "8a"]
        assert cut.partial[-3:] == [True, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("text", [FOX, "a", "", "$x_1$ " * 60])
def test_the_picture(text):
    assert_drawn(tokens.trace(text, ["bytes", "bpe:270"], price=1.0))


def test_the_picture_with_languages():
    assert_drawn(tokens.trace(FOX, ["bytes", "words"], languages=True))


def test_the_sentences_are_there_for_every_language():
    for language, text in tokens.parallel_sentences().items():
        assert re.search(r"\w", text), language
        assert len(text) > 25
