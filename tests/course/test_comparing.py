"""What is the same, what is said where it is not, and how values are shown."""

import doctest
from fractions import Fraction

import numpy as np
import pytest
import torch

from groundup.course.grading import compare, verdict
from groundup.course.grading.compare import as_array, differs, same, show

# ---- the same? ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1.0000005, 1.0, True),
        (1.00001, 1.0, False),
        (1_000_000, 1_000_001, False),
        ([1, 2], (1, 2), True),
        ([1, 2], [1, 2, 3], False),
        ([[1.0]], [1.0], False),
        (np.nan, np.nan, True),
        ("1", 1, False),
        (["1"], [1], False),
        ([None], [0.0], False),
        (b"a", "a", False),
        ("abc", "abc", True),
        ({"a": 1.0}, {"a": 1.0 + 1e-9}, True),
        ({"a": 1}, {"b": 1}, False),
        ({1: "x"}, {1.0: "x"}, False),
        ([("a", 1.0)], [("a", 1.0)], True),
        (True, 1, True),
        (Fraction(1, 2), 0.5, True),
        (torch.tensor([1.0, 2.0], requires_grad=True), [1.0, 2.0], True),
        (torch.tensor([1.0, 2.0], dtype=torch.bfloat16), np.array([1.0, 2.0]), True),
        ([torch.tensor(1.0, requires_grad=True)], [1.0], True),
        ({1, 2}, {1, 2}, True),
        (None, None, True),
        (1j, 1j, True),
    ],
)
def test_same(one, other, equal):
    assert same(one, other) is equal
    assert same(other, one) is equal
    assert (differs(one, other) is None) is equal or one is None


class Liar:
    """Equals everything, and answers to every name."""

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *_):
        return self

    __hash__ = None  # type: ignore[assignment]


def test_an_object_that_equals_everything_equals_nothing():
    for expected in (1.0, [1.0], "a", {"a": 1}, None, ("a", "b"), True):
        assert not same(Liar(), expected)
        assert differs(Liar(), expected) is not None


def test_arrays_of_text_are_no_numbers():
    with pytest.raises(TypeError):
        as_array(["1", "2"])
    with pytest.raises(TypeError):
        as_array(np.array(["1"]))
    with pytest.raises(ValueError, match="inhomogeneous"):
        as_array([[1.0], [1.0, 2.0]])


# ---- how they differ ------------------------------------------------------------------------------------------

GRID = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (None, 1.0, "Nothing came back: is there a `return`?"),
        ((x for x in "ab"), [1.0], "A generator came back: it holds no values until it is asked for them. "
         "Return a list."),
        (-GRID, GRID, "The sign is the wrong way round."),
        (-2.0, 2.0, "The sign is the wrong way round."),
        (GRID + 1, GRID, "Every number is 1 too large."),
        (GRID - 0.5, GRID, "Every number is 0.5 too small."),
        (GRID / 4, GRID, "Every number is 0.25 times what it should be."),
        (GRID[::-1], GRID, "The numbers are right, but they stand in another order."),
        (GRID.T, GRID, "The numbers are right, but rows and columns are exchanged (transposed)."),
        (GRID * [[1], [2]], GRID, "Row 1 is wrong (counted from 0), the others are right."),
        (GRID * [1, 1, 9], GRID, "Column 2 is wrong (counted from 0), the others are right."),
        (GRID**2 + 1, GRID, "All the numbers differ."),
        ([1.0, 2.0, 9.0], [1.0, 2.0, 3.0], "1 of 3 numbers differs, at [2]."),
        ([1.0, 8.0, 9.0, 0.0], [1.0, 2.0, 3.0, 0.0], "2 of 4 numbers differ, the first at [1]."),
        (2.0, 3.0, "The number is another one."),
        (np.nan, 3.0, "The result is nan (not a number)."),
        ([1.0, np.inf], [1.0, 2.0], "1 of 2 numbers is infinite."),
        ([[1.0], [1.0, 2.0]], [[1.0], [2.0]], "The rows are of unequal length."),
        ([1.0, 2.0], 3.0, "The shape is (2,); a single number is expected."),
        (3.0, [1.0, 2.0], "This is a single number; an array of shape (2,) is expected."),
        ("3", 3.0, "A number is expected, and this is a text (str)."),
        (["a", 1], [1.0, 1.0], "Numbers are expected, and item 0 is a text (str)."),
        (3, "3", "A text (str) is expected, and this is a whole number (int)."),
        ("abd", "abc", "The first difference is at 2: 'd' instead of 'c'."),
        ("ab", "abc", "3 characters are expected, and there are 2."),
        (["a", "c"], ["a", "b"], "The first difference is at 1: 'c' instead of 'b'."),
        ({"a": 1}, {"a": 1, "b": 2}, "The key 'b' is missing."),
        ({"a": 1, "b": 2}, {"a": 1}, "The key 'b' should not be there."),
        ({"a": 2}, {"a": 1}, "What stands under 'a' is another value."),
        (1.0, (np.ones(2), np.ones(2)), "2 results are expected, together as a tuple."),
        ((np.ones(2), np.zeros(2)), (np.ones(2), np.ones(2)), "Result 2 of 2: All the numbers differ."),
    ],
)  # fmt: skip
def test_how_things_differ(got, expected, says):
    failure = differs(got, expected, case="f()")
    assert failure is not None
    assert (failure.says, failure.case) == (says, "f()")


def test_the_difference_of_arrays_is_kept_for_the_picture():
    failure = differs(GRID + np.eye(2, 3), GRID)
    assert failure is not None
    np.testing.assert_array_equal(failure.difference, np.eye(2, 3))
    assert differs(2.0, 3.0).difference is None


def test_a_heat_map_is_small_and_keeps_the_worst():
    difference = np.zeros((5, 100, 60))
    difference[3, 77, 10] = -4.0
    picture = compare.heat_map(difference)
    assert (len(picture["rows"]), len(picture["rows"][0])) == (24, 24)
    assert np.min(picture["rows"]) == -4.0
    assert picture["largest"] == 4.0
    assert picture["of"] == "the part [3] of shape (5, 100, 60), the worst of each patch"
    assert compare.heat_map(np.array([1.0, np.nan]))["rows"] == [[1.0, 0.0]]
    assert compare.heat_map(np.zeros((0, 3)))["largest"] == 0.0


# ---- showing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1.0, 2.0], "[1.0, 2.0]"),
        (np.array([1.0, 2.5]), "[1. , 2.5]"),
        (np.zeros((3, 40)), "<numbers of shape (3, 40)>"),
        (torch.zeros(2, dtype=torch.int64), "[0, 0]"),
        (np.sin, "sin"),
        (0.1 + 0.2, "0.3"),
        ([np.float64(0.1) + 0.2, np.int64(3)], "[0.3, 3]"),
        ((1,), "(1,)"),
        ({"a": [1.0]}, "{'a': [1.0]}"),
        ("text", "'text'"),
        (
            list(range(10**6)),
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21...",
        ),
    ],
)
def test_show(value, text):
    assert show(value) == text


def test_what_cannot_be_shown_is_named():
    class Shy:
        def __repr__(self):
            raise RuntimeError

    endless: list = []
    endless.append(endless)
    assert show(Shy()) == "<Shy, which cannot be shown>"
    assert show([Shy()]) == "<list, which cannot be shown>"
    assert show(endless) == "<list, which cannot be shown>"
    assert " at 0x" not in show(object())
    assert len(compare.show_whole(np.random.default_rng(0).normal(size=(50, 50))).split("\n")) < 12


@pytest.mark.parametrize("module", [compare, verdict])
def test_the_worked_examples_hold(module):
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0
