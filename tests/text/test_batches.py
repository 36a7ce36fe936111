"""Batches: windows and streams are cut rightly, depend on seed and step alone, and cover the text."""

import string

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.text.batches import ContiguousStreams, RandomWindows

# Data in which each token is its own position: what a batch holds says where it was cut.
sizes = {
    "n": st.integers(5, 400),
    "batch": st.integers(1, 9),
    "time": st.integers(1, 40),
    "seed": st.integers(0, 99),
}


@given(**sizes)
@settings(max_examples=100, deadline=None)
def test_windows_are_the_text_and_targets_the_next_token(n, batch, time, seed):
    data = np.arange(n, dtype=np.uint16)
    time = min(time, n - 1)
    inputs, targets = RandomWindows(data, batch, time, seed).at(7)
    assert inputs.shape == targets.shape == (batch, time)
    assert inputs.dtype == targets.dtype == torch.int64
    assert torch.equal(inputs, inputs[:, :1] + torch.arange(time))
    assert torch.equal(targets, inputs + 1)
    assert inputs.min() >= 0
    assert targets.max() <= n - 1


def test_windows_of_a_step_need_no_history():
    data = np.arange(5000, dtype=np.uint16)
    straight = [RandomWindows(data, 4, 16, seed=1).at(step)[0] for step in range(10)]
    windows = RandomWindows(data, 4, 16, seed=1)
    for step in (9, 0, 3, 3):
        assert torch.equal(windows.at(step)[0], straight[step])
    assert len({tuple(batch.flatten().tolist()) for batch in straight}) == 10
    assert not torch.equal(RandomWindows(data, 4, 16, seed=2).at(0)[0], straight[0])


def test_every_place_is_equally_likely_the_first_and_the_last_included():
    places, draws = 10, 20_000
    windows = RandomWindows(np.arange(places + 6), 100, 6, seed=0)
    starts = np.concatenate([windows.at(step)[0][:, 0].numpy() for step in range(draws // 100)])
    counts = np.bincount(starts, minlength=places)
    assert len(counts) == places
    deviation = np.sqrt(draws * 0.1 * 0.9)
    assert np.abs(counts - draws / places).max() < 4.5 * deviation


@pytest.mark.slow
@given(**sizes)
@settings(max_examples=150, deadline=None)
def test_streams_go_on_where_they_stopped(n, batch, time, seed):
    data = np.arange(n, dtype=np.uint16)
    time = min(time, n - 1)
    streams = ContiguousStreams(data, batch, time, seed)
    steps = streams.steps_per_pass
    previous = None
    for step in range(2 * steps + 1):
        inputs, targets, fresh = streams.at(step)
        assert inputs.shape == targets.shape == (batch, time)
        assert torch.equal(inputs, inputs[:, :1] + torch.arange(time))
        assert torch.equal(targets, inputs + 1)
        assert targets.max() <= n - 1
        assert fresh == (step % steps == 0)
        if not fresh:
            assert torch.equal(inputs[:, 0], previous[:, -1])
        previous = targets


@given(**sizes)
@settings(max_examples=100, deadline=None)
def test_a_pass_reads_all_but_the_edges(n, batch, time, seed):
    data = np.arange(n, dtype=np.uint16)
    time = min(time, n - 1)
    streams = ContiguousStreams(data, batch, time, seed)
    seen = np.zeros(n, int)
    for step in range(streams.steps_per_pass):
        np.add.at(seen, streams.at(step)[1].numpy(), 1)
    # Not read: the first token (no target), what the shift passes over, what fills no window in each row.
    assert (seen == 0).sum() <= 1 + time + batch * time
    if n > 2 * batch * time:
        assert (seen > 1).sum() <= time + batch  # neighbours overlap by no more than the shift together


def test_passes_are_shifted_and_together_read_everything():
    streams = ContiguousStreams(np.arange(1000, dtype=np.uint16), batch_size=3, sequence_length=20, seed=5)
    firsts = {int(streams.at(p * streams.steps_per_pass)[0][0, 0]) for p in range(60)}
    assert firsts <= set(range(21))
    assert len(firsts) > 15
    seen = {int(t) for p in range(60 * streams.steps_per_pass) for t in streams.at(p)[1].flatten()}
    assert seen == set(range(1, 1000))


def test_streams_of_the_docstring():
    alphabet = np.frombuffer(string.ascii_lowercase.encode(), np.uint8)
    streams = ContiguousStreams(alphabet, batch_size=2, sequence_length=4, seed=4)
    read = []
    for step in range(4):
        inputs, targets, fresh = streams.at(step)
        read.append((*(bytes(row.tolist()).decode() for row in (*inputs, *targets)), fresh))
    assert read == [
        ("defg", "mnop", "efgh", "nopq", True),
        ("hijk", "qrst", "ijkl", "rstu", False),
        ("lmno", "uvwx", "mnop", "vwxy", False),
        ("cdef", "lmno", "defg", "mnop", True),
    ]


def test_streams_of_a_step_need_no_history():
    data = np.random.default_rng(0).integers(0, 50, 3000)
    straight = [ContiguousStreams(data, 4, 16, seed=1).at(step) for step in range(120)]
    streams = ContiguousStreams(data, 4, 16, seed=1)
    for step in (100, 0, 47, 46):
        inputs, targets, fresh = streams.at(step)
        assert torch.equal(inputs, straight[step][0])
        assert torch.equal(targets, straight[step][1])
        assert fresh == straight[step][2]


def test_a_short_text_still_fills_every_row():
    inputs, targets, fresh = ContiguousStreams(np.arange(12), batch_size=8, sequence_length=10, seed=0).at(3)
    assert inputs.shape == (8, 10)
    assert targets.max() <= 11
    assert fresh
    only, _ = RandomWindows(np.arange(11), batch_size=3, sequence_length=10, seed=0).at(0)
    assert only.tolist() == [list(range(10))] * 3


@pytest.mark.parametrize("batches", [RandomWindows, ContiguousStreams])
def test_text_shorter_than_the_context_says_so(batches):
    with pytest.raises(GroundupError, match=r"10 tokens.*context of 10.*at most 9"):
        batches(np.arange(10), 2, 10, 0)
    with pytest.raises(GroundupError, match=r"0 tokens.*more text"):
        batches(np.arange(0), 2, 10, 0)
    with pytest.raises(GroundupError, match="at least 1"):
        batches(np.arange(10), 0, 10, 0)


def test_mapped_tokens_give_what_loaded_ones_give(tmp_path):
    loaded = np.random.default_rng(0).integers(0, 1000, 10_000).astype(np.uint16)
    loaded.tofile(tmp_path / "tokens")
    mapped = np.memmap(tmp_path / "tokens", np.uint16, mode="r")
    for batches in (RandomWindows, ContiguousStreams):
        item, other = batches(loaded, 5, 33, 9), batches(mapped, 5, 33, 9)
        for step in (0, 1, 500):
            for a, b in zip(item.at(step)[:2], other.at(step)[:2], strict=True):
                assert torch.equal(a, b)
