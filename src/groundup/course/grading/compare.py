"""A result beside the expected one: whether they are equal, how they differ, both as short text, and the finding.

A learner's result can be anything: numbers of any kind, nothing, a generator, an object that claims to equal
everything or whose `__repr__` raises. So numbers are compared as arrays of float64, everything else by its
type first, and every call of a method of a learner's object is guarded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

NEAR = 1e-6
PATCHES = 24  # rows and columns of a heat map, at most
NO_NUMBERS = (str, bytes, dict, set, type(None))  # though NumPy would make numbers of some


@dataclass(frozen=True)
class Failure:
    """What went wrong, for a person."""

    says: str
    """One sentence that names the mistake."""
    case: str = ""
    """The call, as code."""
    got: Any = None
    expected: Any = None
    difference: np.ndarray | None = None
    """Got minus expected, where both are arrays of one shape: drawn as a heat map."""


# ---- the same? ----------------------------------------------------------------------------------------------


def same(one: Any, other: Any, near: float = NEAR) -> bool:
    """Equal; numbers within `near`, relative to `other` where that is larger than one.

    Whole numbers are another matter: 1,000,000 is not 1,000,001, so for two of them `near` is absolute.

    >>> same(1000.0, 1000.0005), same(1_000_000, 1_000_001), same([1, 2], (1.0, 2.0)), same("a", "a")
    (True, False, True, True)
    """
    a, b = _numbers(one), _numbers(other)
    if a is not None and b is not None:
        if a.shape != b.shape:
            return False
        relative = 0.0 if a.dtype.kind in "biu" and b.dtype.kind in "biu" else near
        close = np.isclose(a.astype(np.float64), b.astype(np.float64), relative, near, equal_nan=True)
        return bool(close.all())
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(same(a, b, near) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return _kinds(one) == _kinds(other) and all(same(one[key], other[key], near) for key in other)
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:
        return False


def as_array(value: Any) -> np.ndarray:
    """Numbers of any kind as float64. Raises TypeError for anything else, ValueError for rows of unequal length."""
    if isinstance(value, NO_NUMBERS):
        raise TypeError(f"{type(value).__name__} is no number")
    return _plain_array(value).astype(np.float64)


def _plain_array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):  # a tensor of torch: also bfloat16, which NumPy does not have
        value = value.detach().cpu()
        value = value.double().numpy() if value.is_floating_point() else value.numpy()
    if isinstance(value, list | tuple):
        kinds = set(map(type, value))  # few, however many values there are
        if any(issubclass(kind, NO_NUMBERS) for kind in kinds):
            raise TypeError("not every part is a number")
        if any(hasattr(kind, "detach") for kind in kinds):
            value = [_plain_array(part) for part in value]
    array = np.asarray(value)
    if array.dtype.kind not in "biufO":  # NumPy would read the text "1" as a number
        raise TypeError(f"{type(value).__name__} is no number")
    return array.astype(np.float64) if array.dtype.kind == "O" else array


def _numbers(value: Any) -> np.ndarray | None:
    """Numbers as an array of their own kind; None where these are no numbers."""
    if isinstance(value, NO_NUMBERS):
        return None
    try:
        return _plain_array(value)
    except Exception:  # whatever a stranger's __array__, __float__ or __len__ raises
        return None


def _kinds(table: dict) -> set[tuple[type, Any]]:
    return {(type(key), key) for key in table}


# ---- how do they differ? ------------------------------------------------------------------------------------


def differs(got: Any, expected: Any, near: float = NEAR, case: str = "") -> Failure | None:  # noqa: PLR0911 (one for each sentence)
    """How `got` differs from `expected`, as a Failure; None where it does not by more than `near`."""
    if got is None and expected is not None:
        return Failure("Nothing came back: is there a `return`?", case, got, expected)
    if isinstance(got, Iterator) and not isinstance(expected, Iterator):
        says = (
            f"A {type(got).__name__} came back: it holds no values until it is asked for them. Return a list."
        )
        return Failure(says, case, got, expected)
    if isinstance(expected, tuple | list) and any(is_array(part) for part in expected):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return Failure(f"{len(expected)} results are expected, together as a tuple.", case, got, expected)
        for number, (mine, wanted) in enumerate(zip(got, expected, strict=True), start=1):
            if failure := differs(mine, wanted, near, case):
                says = f"Result {number} of {len(expected)}: {failure.says}"
                return Failure(says, case, failure.got, failure.expected, failure.difference)
        return None
    wanted = _numbers(expected)
    if wanted is None:
        return (
            None if same(got, expected, near) else Failure(_unlike(got, expected, near), case, got, expected)
        )
    return _numbers_differ(got, expected, wanted.astype(np.float64), near, case)


def _numbers_differ(got: Any, expected: Any, wanted: np.ndarray, near: float, case: str) -> Failure | None:  # noqa: PLR0911
    try:
        mine = as_array(got)
    except ValueError:
        return Failure("The rows are of unequal length.", case, got, expected)
    except Exception:
        needed = "A number is" if wanted.ndim == 0 else "Numbers are"
        odd = (
            [n for n, part in enumerate(got) if _numbers(part) is None] if type(got) in (list, tuple) else []
        )
        is_now = f"item {odd[0]} is {_a(got[odd[0]])}" if odd else f"this is {_a(got)}"
        return Failure(f"{needed} expected, and {is_now}.", case, got, expected)
    if mine.shape != wanted.shape:
        if mine.T.shape == wanted.shape and same(mine.T, wanted, near):
            says = "The numbers are right, but rows and columns are exchanged (transposed)."
            return Failure(says, case, got, expected)
        needed = "a single number is"
        if wanted.ndim:
            needed = f"{wanted.shape} is" if mine.ndim else f"an array of shape {wanted.shape} is"
        is_now = f"The shape is {mine.shape}" if mine.ndim else "This is a single number"
        return Failure(f"{is_now}; {needed} expected.", case, got, expected)
    if same(got, expected, near):
        return None
    if not np.isfinite(mine).all() and np.isfinite(wanted).all():
        what = "nan (not a number)" if np.isnan(mine).any() else "infinite"
        says = f"The result is {what}." if mine.ndim == 0 else f"{_some(mine)} {what}."
        return Failure(says, case, got, expected)
    return Failure(_how(mine, wanted, near), case, got, expected, mine - wanted if wanted.ndim else None)


def _some(mine: np.ndarray) -> str:
    count = int((~np.isfinite(mine)).sum())
    return f"1 of {mine.size} numbers is" if count == 1 else f"{count} of {mine.size} numbers are"


def _how(mine: np.ndarray, wanted: np.ndarray, near: float) -> str:  # noqa: PLR0911
    """What the numbers of two arrays of one shape have to do with each other."""
    if np.any(wanted) and same(mine, -wanted, near):
        return "The sign is the wrong way round."
    wrong = ~np.isclose(mine, wanted, near, near)
    if wanted.ndim == 0 or not np.isfinite(wanted).all():
        return "The numbers differ." if wanted.ndim else "The number is another one."
    if wanted.size > 2 and wrong.all():
        offset = mine.flat[0] - wanted.flat[0]
        if same(mine, wanted + offset, near):
            return f"Every number is {abs(offset):.4g} too {'large' if offset > 0 else 'small'}."
        scale = mine.flat[0] / wanted.flat[0] if wanted.flat[0] else 0.0
        if scale and same(mine, scale * wanted, near):
            return f"Every number is {scale:.4g} times what it should be."
    if wanted.size > 2 and same(np.sort(mine.ravel()), np.sort(wanted.ravel()), near):
        return "The numbers are right, but they stand in another order."
    if wanted.ndim == 2 and min(wanted.shape) > 1:
        rows, columns = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(wrong.any(axis=0))
        if len(rows) == 1:
            return f"Row {rows[0]} is wrong (counted from 0), the others are right."
        if len(columns) == 1:
            return f"Column {columns[0]} is wrong (counted from 0), the others are right."
    if wrong.all():
        return "All the numbers differ."
    first = ", ".join(str(place) for place in np.argwhere(wrong)[0])
    verb = "differs," if wrong.sum() == 1 else "differ, the first"
    return f"{wrong.sum()} of {wrong.size} numbers {verb} at [{first}]."


def _unlike(got: Any, expected: Any, near: float) -> str:  # noqa: PLR0911
    """How two things differ that are not both numbers."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if missing := [key for key in expected if key not in got]:
            return f"The key {show(missing[0])} is missing."
        if extra := [key for key in got if key not in expected]:
            return f"The key {show(extra[0])} should not be there."
        wrong = [key for key in expected if not same(got[key], expected[key], near)]
        return (
            f"What stands under {show(wrong[0])} is another value."
            if wrong
            else "The keys are of another type."
        )
    both_rows = isinstance(expected, list | tuple) and isinstance(got, list | tuple)
    if not both_rows and type(got) is not type(expected):
        return f"{_a(expected).capitalize()} is expected, and this is {_a(got)}."
    if both_rows or isinstance(expected, str | bytes):
        what = "characters" if isinstance(expected, str) else "items"
        if len(got) != len(expected):
            return f"{len(expected)} {what} are expected, and there are {len(got)}."
        first = next((n for n in range(len(got)) if not same(got[n], expected[n], near)), 0)
        return f"The first difference is at {first}: {show(got[first])} instead of {show(expected[first])}."
    return "The result is another one."


def _a(value: Any) -> str:
    """Its type, as a person says it."""
    names = {
        "str": "a text (str)", "int": "a whole number (int)", "float": "a number (float)", "NoneType": "nothing (None)",
        "bool": "True or False (bool)", "function": "a function", "ndarray": "an array",
    }  # fmt: skip
    name = type(value).__name__
    return names.get(name) or f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


# ---- showing values -----------------------------------------------------------------------------------------


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or hasattr(value, "detach")


def show(value: Any, room: int = 80) -> str:
    """A value as short code, in one line: `[1.0, 2.0]`, `square`, `<numbers of shape (3, 40)>`."""
    try:
        if callable(value) and hasattr(value, "__name__"):
            return str(value.__name__)[:room]
        if is_array(value):
            array = _plain_array(value)
            if array.size > 12:
                return f"<numbers of shape {array.shape}>"
            return " ".join(np.array2string(array, precision=4, separator=", ").split()).replace("[ ", "[")
        text = f"{value:.6g}" if isinstance(value, float) else _code(value, room)
    except Exception:
        return f"<{type(value).__name__}, which cannot be shown>"
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _code(value: Any, room: int) -> str:  # noqa: PLR0911
    """`repr`, which stops soon after there is no room."""
    kind = type(value)
    if kind is list or kind is tuple:
        parts: list[str] = []
        for part in value:
            if sum(map(len, parts)) > room:
                parts.append("...")
                break
            parts.append(_code(part, room))
        inside = ", ".join(parts)
        return f"[{inside}]" if kind is list else f"({inside}{',' if len(value) == 1 else ''})"
    if kind is dict:
        pairs = []
        for key in value:
            pairs.append(f"{_code(key, room)}: {_code(value[key], room)}")
            if sum(map(len, pairs)) > room:
                pairs.append("...")
                break
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, float):  # also NumPy's, whose repr says np.float64(...)
        text = repr(float(value))
        return text if len(text) <= 8 else f"{value:.6g}"
    if isinstance(value, np.generic):
        return repr(value.item())
    if is_array(value):
        return show(value, room)
    if kind is str or kind is bytes:
        return repr(value[: room + 1])
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))  # where it lies in memory differs from run to run


def show_whole(value: Any) -> str:
    """A value for the rows `got` and `expected`: arrays to about ten rows, everything else in one long line."""
    if not is_array(value):
        return show(value, room=300)
    try:
        array = _plain_array(value)
        text = np.array2string(
            array,
            precision=4,
            separator=", ",
            threshold=100,
            edgeitems=3,
            max_line_width=90,
            suppress_small=True,
        )
    except Exception:
        return show(value)
    lines = text.split("\n")
    if len(lines) > 10:
        lines = [*lines[:9], " ..."]
    shape = f"shape {array.shape}\n" if array.ndim > 1 else ""
    return shape + "\n".join(lines)


# ---- the finding of a check ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """The result of a submission, or of one check."""

    kind: str
    says: str = ""
    case: str = ""
    line: int | None = None
    column: int | None = None
    failure: Failure | None = None
    error: str = ""
    """Type and text of an exception: two that stop in the same way made the same mistake."""
    got: str = ""
    check: int | None = None
    """Which check failed."""

    def message(self) -> dict[str, Any]:
        """The finding as JSON: the message to the grader."""
        fields = {
            name: getattr(self, name) for name in ("kind", "says", "case", "line", "column", "got", "check")
        }
        if self.failure is None:
            return fields
        failure = self.failure
        values = {
            "got": show_whole(failure.got) if failure.case or failure.got is not None else "",
            "expected": show_whole(failure.expected) if failure.expected is not None else "",
        }
        picture = None if failure.difference is None else heat_map(failure.difference)
        return fields | values | {"says": failure.says, "case": failure.case, "picture": picture}

    def like(self, other: "Finding") -> bool:
        """Whether two submissions failed one check in the same way."""
        if self.kind != other.kind or self.error != other.error:
            return False
        mine, theirs = self.failure, other.failure
        if mine is None or theirs is None:
            return mine is theirs and bool(self.error) and self.got == other.got
        if mine.case != theirs.case or (mine.got is None and mine.says != theirs.says):
            return False
        return same(mine.got, theirs.got) or show_whole(mine.got) == show_whole(theirs.got)


PASSED = Finding("passed")


def heat_map(difference: np.ndarray) -> dict[str, Any]:
    """A difference as at most 24 rows of 24 numbers, each the one furthest from zero in its patch."""
    values, of = np.nan_to_num(np.asarray(difference, dtype=np.float64)), []
    if values.ndim > 2:
        worst = np.unravel_index(int(np.abs(values).argmax()), values.shape)[:-2]
        of.append(f"the part [{', '.join(map(str, worst))}] of shape {values.shape}")
        values = values[worst]
    values = np.atleast_2d(values)
    if max(values.shape) > PATCHES:
        rows = np.array_split(np.arange(values.shape[0]), min(PATCHES, values.shape[0]))
        columns = np.array_split(np.arange(values.shape[1]), min(PATCHES, values.shape[1]))
        patches = [[values[np.ix_(r, c)].ravel() for c in columns] for r in rows]
        values = np.array([[patch[np.abs(patch).argmax()] for patch in row] for row in patches])
        of.append("the worst of each patch")
    return {"rows": values.tolist(), "largest": float(np.abs(values).max(initial=0.0)), "of": ", ".join(of)}
