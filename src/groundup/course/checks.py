"""Checks: how an exercise is graded, and how a failure is said. An exercise's `check.py` lists them:

    CHECKS = [
        example("derivative", (square, 3.0), 6.0, near=1e-4),
        agrees("derivative", reference, draw=lambda rng: (np.sin, rng.uniform(-3, 3)), near=1e-4),
        construct("derivative", forbidden={"np.gradient": "Write the difference yourself."}),
    ]

They run in order, in the grader's child process; the first that fails is the one that is told. A check is the
same at every run: its chance is seeded. That is how a known mistake is recognised: the mutant fails the same
check on the same case with the same result.

This file knows NumPy alone. Tensors of torch are read as arrays.
"""

import ast
import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Work:
    """The learner's file, run: its names, and its text."""

    names: Mapping[str, Any]
    source: str

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


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


@dataclass(frozen=True)
class Check:
    """One line of the results. `run` gives None where all is well."""

    title: str
    run: Callable[[Work], Failure | None]


# ---- kinds of check -----------------------------------------------------------------------------------------


def example(name: str, arguments: tuple, expected: Any, *, near: float = 1e-6, title: str = "") -> Check:
    """A worked case with a known result (a snapshot)."""
    shown = f"{name}({', '.join(map(show, arguments))})"

    def run(work: Work) -> Failure | None:
        return _compare(work[name], arguments, expected, near, shown)

    return Check(title or f"{shown} is {show(expected)}", run)


def agrees(
    name: str, reference: Callable, *, draw: Callable[[np.random.Generator], tuple], times: int = 25,
    near: float = 1e-6, title: str = "", seed: int = 0,
) -> Check:  # fmt: skip
    """The same as a reference, on cases drawn at random: the first on which they differ is told."""

    def run(work: Work) -> Failure | None:
        rng = np.random.default_rng(seed)
        for _ in range(times):
            arguments = draw(rng)
            expected = reference(*copy.deepcopy(arguments))
            shown = f"{name}({', '.join(map(show, arguments))})"
            if failure := _compare(work[name], arguments, expected, near, shown):
                return failure
        return None

    return Check(title or f"{name} is right on {times} cases drawn at random", run)


def holds(
    title: str, claim: Callable[[Work, np.random.Generator], Failure | None], *, times: int = 1, seed: int = 0
) -> Check:
    """A property: `claim(work, rng)` returns a Failure where it does not hold."""

    def run(work: Work) -> Failure | None:
        rng = np.random.default_rng(seed)
        return next((failure for _ in range(times) if (failure := claim(work, rng))), None)

    return Check(title, run)


def slope(
    name: str, function: Callable[..., float], *, draw: Callable[[np.random.Generator], tuple], times: int = 5,
    near: float = 1e-5, step: float = 1e-6, title: str = "", seed: int = 0,
) -> Check:  # fmt: skip
    """A gradient, against central differences of `function` (a number) in every number of its arguments.

    `name(*arguments)` returns one gradient for each array among the arguments (alone if there is one).
    """

    def numerical(*arguments: Any) -> Any:
        gradients = []
        for place, argument in enumerate(arguments):
            values = np.array(argument, dtype=np.float64)
            gradient = np.empty_like(values)
            for index in np.ndindex(values.shape):
                ends = []
                for sign in (1, -1):
                    moved = values.copy()
                    moved[index] += sign * step
                    ends.append(float(function(*arguments[:place], moved, *arguments[place + 1 :])))
                gradient[index] = (ends[0] - ends[1]) / (2 * step)
            gradients.append(gradient)
        return gradients[0] if len(gradients) == 1 else tuple(gradients)

    wanted = title or f"{name} gives the slopes that small steps give"
    return agrees(name, numerical, draw=draw, times=times, near=near, title=wanted, seed=seed)


def frequencies(
    name: str, call: Callable[[Callable, np.random.Generator], int], probabilities: Sequence[float], *,
    draws: int = 4000, sigmas: float = 5.0, title: str = "", seed: int = 0,
) -> Check:  # fmt: skip
    """Chance: `call(function, rng)` draws one outcome, 0, 1, ...; how often each comes must fit within k sigma."""

    def run(work: Work) -> Failure | None:
        rng = np.random.default_rng(seed)
        counts = np.zeros(len(probabilities))
        for _ in range(draws):
            outcome = call(work[name], rng)
            if not 0 <= int(outcome) < len(counts):
                return Failure(
                    f"{name} drew {show(outcome)}: outcomes go from 0 to {len(counts) - 1}.", got=outcome
                )
            counts[int(outcome)] += 1
        for outcome, (count, p) in enumerate(zip(counts, probabilities, strict=True)):
            allowed = sigmas * math.sqrt(draws * p * (1 - p)) + 1e-9
            if abs(count - draws * p) > allowed:
                return Failure(
                    f"Outcome {outcome} came {count:.0f} times in {draws} draws; chance alone keeps it within "
                    f"{allowed:.0f} of {draws * p:.0f}.",
                    got=counts / draws, expected=np.array(probabilities),
                )  # fmt: skip
        return None

    return Check(title or f"{name} draws each outcome as often as it should", run)


def operations(
    name: str, arguments: Callable[[type], tuple], *, at_most: int, title: str = "", why: str = ""
) -> Check:
    """How many multiplications it takes: `arguments(Counted)` are made of counted numbers."""

    def run(work: Work) -> Failure | None:
        Counted.multiplications = 0
        work[name](*arguments(Counted))
        if Counted.multiplications > at_most:
            says = f"{name} multiplied {Counted.multiplications} times; {at_most} are enough. {why}".strip()
            return Failure(says, got=Counted.multiplications, expected=at_most)
        return None

    return Check(title or f"{name} multiplies at most {at_most} times", run)


def outcome(
    title: str, call: Callable[[Work], Any], enough: Callable[[Any], bool], says: str, *, expected: Any = None
) -> Check:
    """What training brings about: `call(work)` trains and returns what counts; `says` may hold {got}."""

    def run(work: Work) -> Failure | None:
        got = call(work)
        return None if enough(got) else Failure(says.format(got=show(got)), got=got, expected=expected)

    return Check(title, run)


def construct(
    name: str,
    *,
    required: Mapping[str, str] | None = None,
    forbidden: Mapping[str, str] | None = None,
    title: str = "",
) -> Check:
    """What the function's text must, or must not, contain: node names of `ast` (`For`, `While`), or dotted
    names (`np.gradient`, `sum`), each with the sentence that says why."""

    def run(work: Work) -> Failure | None:
        tree = ast.parse(work.source)
        body = next((node for node in ast.walk(tree) if getattr(node, "name", None) == name), tree)
        used = _names_in(body)
        for wanted, says in (required or {}).items():
            if wanted not in used:
                return Failure(says)
        for unwanted, says in (forbidden or {}).items():
            if unwanted in used:
                return Failure(says)
        return None

    return Check(title or f"{name} is written as asked", run)


# ---- running and comparing ----------------------------------------------------------------------------------


def _compare(function: Callable, arguments: tuple, expected: Any, near: float, shown: str) -> Failure | None:
    """Call, and say how the result differs: None, kind, shape, not-a-number, values, a changed input."""
    before = copy.deepcopy(arguments)
    got = function(*arguments)
    if failure := differs(got, expected, near, shown):
        return failure
    for number, (old, new) in enumerate(zip(before, arguments, strict=True), start=1):
        if not callable(old) and not same(old, new, 0.0):
            return Failure(
                f"The result is right, but argument {number} was changed on the way. Whoever passed it still needs it: "
                "work on a copy.", shown, new, old,
            )  # fmt: skip
    return None


def differs(got: Any, expected: Any, near: float = 1e-6, case: str = "") -> Failure | None:  # noqa: PLR0911
    """How `got` differs from `expected`, as a Failure; None where it does not by more than `near`.

    `near` is relative to the expected number where that is larger than one.
    """
    if got is None and expected is not None:
        return Failure("Nothing came back: is there a `return`?", case, got, expected)
    if isinstance(expected, tuple | list) and any(_is_array(part) for part in expected):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return Failure(f"{len(expected)} results are expected, together as a tuple.", case, got, expected)
        return next((f for g, e in zip(got, expected, strict=True) if (f := differs(g, e, near, case))), None)
    if not _is_numeric(expected):
        return (
            None if same(got, expected, near) else Failure("The result is another one.", case, got, expected)
        )
    try:
        mine, wanted = as_array(got), as_array(expected)
    except (TypeError, ValueError):
        return Failure(f"Numbers are expected, and this is {type(got).__name__}.", case, got, expected)
    if mine.shape != wanted.shape:
        return Failure(f"The shape is {mine.shape}; {wanted.shape} is expected.", case, got, expected)
    if not np.isfinite(mine).all() and np.isfinite(wanted).all():
        what = "nan (not a number)" if np.isnan(mine).any() else "infinite"
        return Failure(f"Something in the result is {what}.", case, got, expected)
    if not same(got, expected, near):
        difference = mine - wanted
        return Failure("The numbers differ.", case, got, expected, difference if difference.ndim else None)
    return None


def same(one: Any, other: Any, near: float) -> bool:
    """Equal; numbers within `near`."""
    if (
        isinstance(one, tuple | list)
        and isinstance(other, tuple | list)
        and not (_is_numeric(one) and _is_numeric(other))
    ):
        return len(one) == len(other) and all(same(a, b, near) for a, b in zip(one, other, strict=True))
    if _is_numeric(one) and _is_numeric(other):
        a, b = as_array(one), as_array(other)
        return a.shape == b.shape and np.allclose(a, b, rtol=near, atol=near, equal_nan=True)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], near) for key in one)
    return type(one) is type(other) and bool(one == other)


def as_array(value: Any) -> np.ndarray:
    """Numbers of any kind as float64. Raises TypeError or ValueError for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or hasattr(value, "detach")


def _is_numeric(value: Any) -> bool:
    if isinstance(value, str | bytes | dict | set) or value is None:
        return False
    try:
        as_array(value)
    except (TypeError, ValueError):
        return False
    return True


def show(value: Any) -> str:
    """A value as short code: `[1.0, 2.0]`, `square`, `array of shape (3, 40)`."""
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    if _is_array(value):
        array = value.detach().cpu().numpy() if hasattr(value, "detach") else value
        if array.size > 12:
            return f"<numbers of shape {array.shape}>"
        return np.array2string(array, precision=4, separator=", ").replace("\n", "")
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _names_in(tree: ast.AST) -> set[str]:
    used = set()
    for node in ast.walk(tree):
        used.add(type(node).__name__)
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used |= {ast.unparse(node), node.attr}
    return used


@dataclass
class Counted:
    """A number that counts multiplications."""

    value: float
    multiplications: ClassVar[int] = 0

    def __mul__(self, other: Any) -> "Counted":
        Counted.multiplications += 1
        return Counted(self.value * (other.value if isinstance(other, Counted) else other))

    __rmul__ = __mul__

    def __add__(self, other: Any) -> "Counted":
        return Counted(self.value + (other.value if isinstance(other, Counted) else other))

    __radd__ = __add__
