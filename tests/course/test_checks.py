"""Every kind of check: what passes, and what is said of what does not."""

import numpy as np
import pytest

from groundup.course.grading.checks import (
    Check,
    CountedNumber,
    Failure,
    Work,
    agrees,
    construct,
    example,
    frequencies,
    holds,
    operations,
    outcome,
    slope,
)


def work(source: str) -> Work:
    names: dict = {}
    exec(source, names)
    return Work(names, source)


def said(check: Check, source: str) -> str:
    """What a check says of a text; nothing where it passes."""
    failure = check.run(work(source))
    return failure.says if failure else ""


def test_example_copies_its_arguments_and_sees_when_they_are_changed():
    check = example("f", (np.array([3.0, 1.0, 2.0]),), np.array([1.0, 2.0, 3.0]))
    assert check.title == "f([3., 1., 2.]) is [1., 2., 3.]"
    assert said(check, "def f(x): x.sort(); return x").startswith(
        "The result is right, but argument 1 was changed"
    )
    assert said(check, "def f(x): return sorted(x)") == ""
    assert said(check, "def f(x): return x") == "The numbers are right, but they stand in another order."


def test_a_random_generator_may_be_an_argument():
    check = example("f", (np.random.default_rng(5),), np.random.default_rng(5).normal())
    for _ in range(2):
        assert said(check, "def f(rng): return rng.normal()") == ""


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(x):\n    'empty'", "`f` is still empty."),
        (
            "def f(x): print(x)",
            "`f` prints its result and gives nothing back. Put `return` in place of `print`.",
        ),
        (
            "def f(x):\n    if x > 5: return x",
            "Nothing came back: on this case, no `return` with a value was reached.",
        ),
        ("def f(x): x + 1", "Nothing came back: is there a `return`?"),
        ("f = lambda x: None", "Nothing came back: is there a `return`?"),
    ],
)
def test_why_nothing_came_back(source, says):
    assert said(example("f", (1.0,), 2.0), source) == says


def test_agrees_tells_the_first_case_and_is_the_same_at_every_run():
    check = agrees("f", abs, draw=lambda rng: (rng.normal(),))
    one, two = check.run(work("def f(x): return x")), check.run(work("def f(x): return x"))
    assert one == two
    assert one.case == "f(-0.132105)"
    assert (one.got, one.expected) == (pytest.approx(-0.132105, abs=1e-6), pytest.approx(0.132105, abs=1e-6))
    assert said(check, "def f(x): return x if x > 0 else -x") == ""


def test_slope_checks_every_argument():
    check = slope("f", lambda x, y: float(x @ y), draw=lambda rng: (rng.normal(size=3), rng.normal(size=3)))
    assert said(check, "def f(x, y): return y, x") == ""
    assert said(check, "def f(x, y): return y, -x") == "Result 2 of 2: The sign is the wrong way round."
    assert said(slope("f", lambda x: x**2, draw=lambda rng: (rng.normal(),)), "def f(x): return 2 * x") == ""


def test_holds_and_outcome():
    check = holds(
        "is even", lambda w, rng: None if w["f"](3) == w["f"](-3) else Failure("It is not even."), times=2
    )
    assert said(check, "def f(x): return x * x") == ""
    assert said(check, "def f(x): return x") == "It is not even."
    trained = outcome(
        "learns", lambda w: w["train"](), lambda loss: loss < 0.1, "The loss is {got}; 0.1 is needed."
    )
    assert said(trained, "def train(): return 0.05") == ""
    assert said(trained, "def train(): return 0.25") == "The loss is 0.25; 0.1 is needed."


def test_frequencies_allow_chance_and_nothing_else():
    check = frequencies("f", lambda f, rng: f(rng), [0.25, 0.75])
    assert said(check, "def f(rng): return int(rng.random() < 0.75)") == ""
    assert said(check, "def f(rng): return int(rng.random() < 0.65)").startswith("Outcome 0 came 1")
    assert said(check, "def f(rng): return 2") == "f drew 2: outcomes are whole numbers from 0 to 1."
    assert said(check, "def f(rng): return None") == "f drew None: outcomes are whole numbers from 0 to 1."
    assert said(check, "def f(rng): return 0.5").startswith("f drew 0.5")


def test_operations_counts_multiplications():
    horner = "def f(a, x):\n    total = 0\n    for c in a: total = total * x + c\n    return total"
    powers = "def f(a, x): return sum(c * x**n for n, c in enumerate(reversed(a)))"
    check = operations(
        "f", lambda n: ([n(1.0), n(2.0), n(3.0), n(4.0)], n(2.0)), at_most=3, why="Horner does it."
    )
    assert said(check, horner.replace("total = 0", "total = a[0]").replace("in a:", "in a[1:]:")) == ""
    assert said(check, powers) == "f multiplied 7 times; 3 are enough. Horner does it."
    x = CountedNumber(3.0)
    assert float((1 - x) / 2 + 4 * -x - 1 + 6 / x) == pytest.approx(-12)
    assert x > 2 > CountedNumber(1.0)
    assert float(np.array([x, x]) @ np.array([x, x])) == 18


def test_construct_sees_through_names_and_helpers():
    check = construct(
        "f",
        required={"For": "Use a loop."},
        forbidden={"np.gradient": "Write it yourself.", "sum": "No sum."},
    )
    loop = "def f(x):\n    for a in x: pass\n"
    assert said(check, loop) == ""
    assert said(check, "def f(x): return x") == "Use a loop."
    for call, imported in (
        ("np.gradient(x)", "import numpy as np"), ("numpy.gradient(x)", "import numpy"),
        ("g(x)", "from numpy import gradient as g"), ("n.gradient(x)", "import numpy as n"),
    ):  # fmt: skip
        assert said(check, f"{imported}\n{loop}    return {call}") == "Write it yourself."
    assert said(check, f"{loop}    return x.sum()") == "No sum."
    assert said(check, f"{loop}    return g(x)\ndef g(x): return h(x)\ndef h(x): return sum(x)") == "No sum."
    assert said(check, f"{loop}\ndef unused(x): return sum(x)") == ""


def test_work_knows_the_last_call():
    mine = work("def f(x, *, y=2): return x / y\nclass C: pass\n")
    assert mine["f"](3.0, y=4.0) == 0.75
    assert (str(mine.last), mine.last.done, mine.last.got) == ("f(3, y=4)", True, 0.75)
    with pytest.raises(ZeroDivisionError):
        mine["f"](1.0, y=0)
    assert (str(mine.last), mine.last.done) == ("f(1, y=0)", False)
    assert isinstance(mine["C"], type)
