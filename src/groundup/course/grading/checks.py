"""Checks: how an exercise is graded, and how a failure is said. An exercise's `check.py` lists them:

    CHECKS = [
        example("derivative", (square, 3.0), 6.0, near=1e-4),
        agrees("derivative", reference, draw=lambda rng: (np.sin, rng.uniform(-3, 3)), near=1e-4),
        construct("derivative", forbidden={"np.gradient": "Write the difference yourself."}),
    ]

They run in order, in the grader's child process; the first that fails is the one that is told. A check is the
same at every run: its chance is seeded. That is how a known mistake is recognised: the mutant fails the same
check on the same case with the same result.

This file knows NumPy alone. Tensors of torch are read as arrays. What differs, and how it is said, is in
compare.py.
"""

import ast
import copy
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from groundup.course.grading.compare import Failure, as_array, differs, same, show

__all__ = [
    "Check", "CountedNumber", "Failure", "Work", "agrees", "as_array", "construct", "differs", "example", "frequencies",
    "holds", "operations", "outcome", "same", "show", "slope",
]  # fmt: skip


@dataclass
class Call:
    """The last call of a function of the learner's: what is told if it stops in the middle."""

    name: str = ""
    arguments: tuple = ()
    options: dict[str, Any] = field(default_factory=dict)
    got: Any = None
    done: bool = False

    def __str__(self) -> str:
        named = [f"{key}={show(value)}" for key, value in self.options.items()]
        return f"{self.name}({', '.join([*map(show, self.arguments), *named])})" if self.name else ""


@dataclass(frozen=True)
class Work:
    """The learner's file, run: its names, and its text."""

    names: Mapping[str, Any]
    source: str
    last: Call = field(default_factory=Call, repr=False, compare=False)

    def __getitem__(self, name: str) -> Any:
        """A name of the file. A function comes wrapped, so that its last call is known."""
        function = self.names[name]
        if not isinstance(function, FunctionType):
            return function
        last = self.last

        @functools.wraps(function)
        def noted(*arguments: Any, **options: Any) -> Any:
            last.name, last.arguments, last.options, last.got, last.done = (
                name,
                arguments,
                options,
                None,
                False,
            )
            last.got = function(*arguments, **options)
            last.done = True
            return last.got

        return noted


@dataclass(frozen=True)
class Check:
    """One line of the results. `run` gives None where all is well."""

    title: str
    run: Callable[[Work], Failure | None]


# ---- kinds of check -----------------------------------------------------------------------------------------


def example(name: str, arguments: tuple, expected: Any, *, near: float = 1e-6, title: str = "") -> Check:
    """A worked case with a known result (a snapshot)."""
    call = f"{name}({', '.join(map(show, arguments))})"

    def run(work: Work) -> Failure | None:
        return _compare(work, name, arguments, expected, near=near, shown=call)

    return Check(title or f"{call} is {show(expected)}", run)


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
            call = f"{name}({', '.join(map(show, arguments))})"
            if failure := _compare(work, name, arguments, expected, near=near, shown=call):
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
            if not _is_outcome(outcome, len(counts)):
                says = f"{name} drew {show(outcome)}: outcomes are whole numbers from 0 to {len(counts) - 1}."
                return Failure(says, str(work.last), outcome)
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
        CountedNumber.multiplications = 0
        work[name](*arguments(CountedNumber))
        if CountedNumber.multiplications > at_most:
            says = f"{name} multiplied {CountedNumber.multiplications} times; {at_most} are enough. {why}".strip()
            return Failure(says, got=CountedNumber.multiplications, expected=at_most)
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
        used = _names_in(name, work.source)
        for wanted, says in (required or {}).items():
            if _whole_name(wanted, CUSTOMARY) not in used:
                return Failure(says)
        for unwanted, says in (forbidden or {}).items():
            if _whole_name(unwanted, CUSTOMARY) in used:
                return Failure(says)
        return None

    return Check(title or f"{name} is written as asked", run)


# ---- running and comparing ----------------------------------------------------------------------------------


def _compare(
    work: Work, name: str, arguments: tuple, expected: Any, *, near: float, shown: str
) -> Failure | None:
    """Call, and say how the result differs: None, kind, shape, not-a-number, values, a changed input."""
    before, copies = copy.deepcopy(arguments), copy.deepcopy(arguments)
    got = work[name](*copies)
    if got is None and expected is not None:
        return Failure(_why_nothing(work.source, name), shown, got, expected)
    if failure := differs(got, expected, near, shown):
        return failure
    for number, (argument, old, new) in enumerate(zip(arguments, before, copies, strict=True), start=1):
        comparable = same(old, argument, 0.0)  # a generator, say, does not even equal its own copy
        if comparable and not same(new, old, 0.0):
            return Failure(
                f"The result is right, but argument {number} was changed on the way. The caller still needs it: "
                "work on a copy.", shown, new, old,
            )  # fmt: skip
    return None


def _why_nothing(source: str, name: str) -> str:
    """Why a function gives None: it is empty, it prints, or it lacks a `return`."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == name]
    if functions:
        parts = list(ast.walk(functions[-1]))
        if all(isinstance(part, ast.Pass) or _is_constant(part) for part in functions[-1].body):
            return f"`{name}` is still empty."
        if any(isinstance(part, ast.Return) and part.value is not None for part in parts):
            return "Nothing came back: on this case, no `return` with a value was reached."
        if any(isinstance(part, ast.Name) and part.id == "print" for part in parts):
            return f"`{name}` prints its result and gives nothing back. Put `return` in place of `print`."
    return "Nothing came back: is there a `return`?"


def _is_constant(part: ast.stmt) -> bool:
    """A docstring, or `...`."""
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def _is_outcome(value: Any, count: int) -> bool:
    try:
        number = as_array(value)
    except Exception:
        return False
    return number.ndim == 0 and float(number) in range(count)


CUSTOMARY = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn"}


def _names_in(name: str, source: str) -> set[str]:
    """Node names and names in a function or class, and in those of the same file that it uses.

    Whatever it was imported as, a name counts under its whole name (`numpy.gradient`), and under its last part.
    """
    tree = ast.parse(source)
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    parts = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    used: set[str] = set()
    seen: set[str] = set()
    waiting: list[tuple[str, ast.AST]] = [(name, parts.get(name, tree))]
    while waiting:
        seen.add(waiting[-1][0])
        for node in ast.walk(waiting.pop()[1]):
            used.add(type(node).__name__)
            if isinstance(node, ast.Name):
                used |= {node.id, _whole_name(node.id, imported)}
                if node.id in parts and node.id not in seen:
                    waiting.append((node.id, parts[node.id]))
            elif isinstance(node, ast.Attribute):
                used |= {_whole_name(ast.unparse(node), imported), node.attr}
    return used


def _whole_name(name: str, imported: Mapping[str, str]) -> str:
    """`np.gradient` as `numpy.gradient`."""
    first, dot, rest = name.partition(".")
    return f"{imported.get(first, first)}{dot}{rest}"


@dataclass
class CountedNumber:
    """A number that counts multiplications; a division counts as one, too."""

    value: float
    multiplications: ClassVar[int] = 0

    def __mul__(self, other: Any) -> "CountedNumber":
        CountedNumber.multiplications += 1
        return CountedNumber(self.value * _value(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "CountedNumber":
        CountedNumber.multiplications += 1
        return CountedNumber(self.value / _value(other))

    def __rtruediv__(self, other: Any) -> "CountedNumber":
        CountedNumber.multiplications += 1
        return CountedNumber(_value(other) / self.value)

    def __pow__(self, power: int) -> "CountedNumber":
        CountedNumber.multiplications += max(0, abs(power) - 1)
        return CountedNumber(self.value**power)

    def __add__(self, other: Any) -> "CountedNumber":
        return CountedNumber(self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "CountedNumber":
        return CountedNumber(self.value - _value(other))

    def __rsub__(self, other: Any) -> "CountedNumber":
        return CountedNumber(_value(other) - self.value)

    def __neg__(self) -> "CountedNumber":
        return CountedNumber(-self.value)

    def __lt__(self, other: Any) -> bool:
        return self.value < _value(other)

    def __gt__(self, other: Any) -> bool:
        return self.value > _value(other)

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"{self.value:.6g}"


def _value(number: Any) -> float:
    return number.value if isinstance(number, CountedNumber) else number
