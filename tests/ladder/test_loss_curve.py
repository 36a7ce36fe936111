"""What charts stand on: round ticks, labels that keep apart, and lines that stay true."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.ladder.loss_curve import LossCurve, plot_limits

numbers = st.floats(-1000, 1000, allow_nan=False)


@given(low=st.floats(-100, 100), size=st.floats(1e-3, 1e6), most=st.integers(3, 8))
def test_ticks_are_few_even_and_inside(low, size, most):
    marks = ticks(low, low + size, most)
    assert 1 <= len(marks) <= most
    assert all(low - 1e-6 * size <= mark <= low + size * (1 + 1e-6) for mark in marks)
    steps = [b - a for a, b in pairwise(marks)]
    assert steps == pytest.approx([steps[0]] * len(steps)) if steps else True
    assert len({len(label.partition(".")[2]) for label in tick_labels(marks)}) == 1


def test_ticks_known():
    assert ticks(0, 55) == [0, 20, 40]
    assert ticks(1.9, 3.8) == [2.0, 2.5, 3.0, 3.5]
    assert tick_labels(ticks(1.9, 3.8)) == ["2.0", "2.5", "3.0", "3.5"]


@given(places=st.lists(numbers, max_size=8), gap=st.floats(0.1, 50))
def test_labels_keep_apart_and_in_order(places, gap):
    moved = spread_labels(places, gap)
    order = sorted(range(len(places)), key=lambda i: places[i])
    for one, next_one in pairwise(order):
        assert moved[next_one] - moved[one] >= gap - 1e-4
    assert sum(moved) == pytest.approx(sum(places), abs=1e-3)  # no model is favoured


def test_labels_with_room_stay():
    assert spread_labels([3.0, 1.0, 2.0], 0.5) == [3.0, 1.0, 2.0]
    assert spread_labels([0.0, 0.2, 5.0], 1.0) == [-0.4, 0.6, 5.0]


def test_a_wild_start_is_clipped_and_every_score_is_seen():
    losses = [(float(second), 40.0 if second < 3 else 3.0 - second / 100) for second in range(60)]
    curve = LossCurve([(20.0, 2.9), (59.0, 2.5)], losses)
    end, low, high = plot_limits([curve])
    assert end == 59
    assert low < 2.41
    assert 2.9 <= high < 5


def test_the_loss_curve_of_a_run(make_run):
    """Without loss, a nat per token is worth tokens over bytes over ln 2 bits per byte."""
    run = make_run("gpt", "curve")
    curve = LossCurve.of(run)
    scored = list(run.events("evaluation"))
    assert curve.scores == [(event["seconds"], event["bpb"]) for event in scored]
    evaluation = run.evaluate()
    worth = evaluation.tokens / evaluation.bytes / 0.6931471805599453
    steps = list(run.events("step"))
    assert curve.losses[-1][1] == pytest.approx(steps[-1]["loss"] * worth, rel=1e-6)
