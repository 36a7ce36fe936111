"""The grader: files as editors leave them, limits, mutants, earlier exercises, warm workers, broken exercises."""

from pathlib import Path

import pytest

from groundup.common.errors import GroundupError
from groundup.course.grading.grader import grade
from groundup.course.grading.verdict import HeatMap, SourceLine, Verdict
from groundup.course.lessons.exercise import Exercise

LESSONS = Path(__file__).parent / "zoo" / "lessons"
SOFTMAX = Exercise("0.9", LESSONS / "0.9-zoo" / "exercises" / "softmax")
EXPONENTIAL = Exercise("0.8", LESSONS / "0.8-before" / "exercises" / "exponential")
USES_EARLIER = """
import numpy as np
from earlier.exponential import exponential

print(exponential.__doc__)

def softmax(scores, axis=-1):
    powers = exponential(scores - np.max(scores, axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)
"""
ABOUT = """
title = "Twice"
asks = "Write `twice(x)`."
defines = ["twice"]
seconds = 60.0
hints = ["a", "b", "c"]
why = "w"
alternative = "a"
"""


@pytest.fixture
def make_exercise(tmp_path):
    """An exercise from a few texts, in a course of its own."""

    def make(
        check: str,
        *,
        toml: str = "",
        mutants: dict[str, str] | None = None,
        starter: str = "def twice(x): ...",
    ):
        folder = tmp_path / "lessons" / "0.5-more" / "exercises" / "twice"
        (folder / "mutants").mkdir(parents=True)
        mutants = mutants or {"half": "def twice(x):\n    return x / 2\n"}
        declared = "".join(f'[[mutants]]\nname = "{name}"\nsays = "It is {name}."\n' for name in mutants)
        (folder / "exercise.toml").write_text(f"{ABOUT}{toml}\n{declared}", encoding="utf-8")
        (folder / "check.py").write_text(check, encoding="utf-8")
        (folder / "starter.py").write_text(starter, encoding="utf-8")
        (folder / "solution.py").write_text("def twice(x):\n    return 2 * x\n", encoding="utf-8")
        for name, text in mutants.items():
            (folder / "mutants" / f"{name}.py").write_text(text, encoding="utf-8")
        return Exercise("0.5", folder)

    return make


# ---- the exercise as it was shipped ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [mutant.name for mutant in SOFTMAX.about.mutants])
def test_every_mutant_is_recognised_by_its_name(name):
    verdict = grade(SOFTMAX, SOFTMAX.code(f"mutants/{name}.py"))
    sentence = next(mutant.says for mutant in SOFTMAX.about.mutants if mutant.name == name)
    assert (verdict.kind, verdict.mutant, verdict.says) == ("wrong", name, sentence)
    assert verdict.otherwise
    text = " ".join(verdict.text().split())  # it is wrapped
    assert text.index(sentence) < text.index(verdict.otherwise)


def test_solution_and_alternative_pass_and_what_was_passed_is_listed():
    for name in ("solution.py", "alternative.py"):
        verdict = grade(SOFTMAX, SOFTMAX.code(name))
        assert verdict.ok
        assert verdict.passed[1:] == [
            "each row on its own",
            "large scores",
            "the columns, with axis=0",
            "written by hand",
        ]
        assert verdict.waiting == 0
        assert verdict.seconds > 0


def test_a_failure_says_where_it_is_with_case_numbers_picture_and_what_waits():
    verdict = grade(SOFTMAX, SOFTMAX.code("mutants/first-axis.py"))
    assert (len(verdict.passed), verdict.failed, verdict.waiting) == (1, "each row on its own", 3)
    assert verdict.case.startswith("softmax([[0.1257, -0.1321")
    assert verdict.got.startswith("shape (3, 4)")
    assert verdict.expected.startswith("shape (3, 4)")
    assert verdict.picture is not None
    assert [len(row) for row in verdict.picture.rows] == [4, 4, 4]
    assert verdict.picture.largest == pytest.approx(0.3796, abs=1e-3)
    assert "█ off by 0.38" in verdict.text()


def test_of_two_mutants_that_fail_alike_the_other_checks_decide(make_exercise):
    check = (
        "from groundup.course.grading.checks import example\n"
        'CHECKS = [example("twice", (2.0,), 4.0), example("twice", (2.5,), 5.0)]\n'
    )
    mutants = {
        "zero": "def twice(x):\n    return 0.0\n",
        "negative": "def twice(x):\n    return 2 * (x - 2)\n",
    }
    exercise = make_exercise(check, mutants=mutants)
    assert grade(exercise, "def twice(y):\n    return 2.0 * y - 4.0\n").mutant == "negative"
    assert grade(exercise, "def twice(y):\n    return y - y\n").mutant == "zero"
    assert grade(exercise, "def twice(y):\n    return y\n").mutant == ""


def test_a_mutant_that_stops_is_recognised_by_how_it_stops(make_exercise):
    check = 'from groundup.course.grading.checks import example\nCHECKS = [example("twice", (2.0,), 4.0)]\n'
    exercise = make_exercise(check, mutants={"called": "def twice(x):\n    return x(2)\n"})
    verdict = grade(exercise, "def twice(number):\n    two = 2\n    return number(two)\n")
    assert (verdict.kind, verdict.mutant, verdict.line) == (
        "error",
        "called",
        SourceLine(3, "    return number(two)"),
    )


# ---- earlier exercises ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "used"),
    [
        (None, "None"),
        ('import math\ndef exponential(x):\n    "mine"\n    return math.e**x\n', "mine"),
        ('def exponential(x):\n    "wrong"\n    return x\n', "None"),
        ("def exponential(x:\n", "None"),
        (EXPONENTIAL.code("starter.py"), "None"),
    ],
)
def test_the_own_earlier_solution_is_used_if_it_passes_and_never_blocks(tmp_path, own, used):
    file = EXPONENTIAL.file_in(tmp_path)
    assert file == tmp_path / "0.8-before" / "exponential.py"
    if own is not None:
        file.parent.mkdir()
        file.write_text(own, encoding="utf-8")
    verdict = grade(SOFTMAX, USES_EARLIER, workspace=tmp_path)
    assert verdict.ok, verdict.text()
    assert verdict.printed == f"{used}\n"


def test_building_on_what_is_not_there_is_said(make_exercise):
    exercise = make_exercise("CHECKS = []", toml='builds_on = ["0.1/nothing"]')
    with pytest.raises(GroundupError, match=r"there is no exercise '0.1/nothing'"):
        grade(exercise, "def twice(x):\n    return 2 * x\n")


def test_exercises_that_build_on_each_other_are_said(make_exercise):
    exercise = make_exercise("CHECKS = []", toml='builds_on = ["0.5/twice"]')
    with pytest.raises(GroundupError, match=r"The exercises 0.5/twice and 0.5/twice build on each other"):
        grade(exercise, "def twice(x):\n    return 2 * x\n")


# ---- exercises that are broken, and what only our own checks can do --------------------------------------------


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("x = 1\nCHECKS = [1 / 0]\n", r"check\.py, line 2: ZeroDivisionError: division by zero\."),
        ("def f(:\n", r"check\.py: SyntaxError"),
        ("CHECKS = [len]\n", "needs a list CHECKS, of checks alone"),
        ("x = 1\n", "needs a list CHECKS"),
    ],
)
def test_a_broken_check_is_the_authors_mistake(make_exercise, check, says):
    with pytest.raises(GroundupError, match=says):
        grade(make_exercise(check), "def twice(x):\n    return 2 * x\n")


def test_a_module_that_is_not_there_is_said(make_exercise):
    with pytest.raises(GroundupError, match="needs nonesuch, which is not there"):
        grade(make_exercise("CHECKS = []", toml='needs = ["nonesuch"]'), "def twice(x):\n    return 2 * x\n")


def test_what_came_may_be_of_no_use_to_the_check(make_exercise):
    check = (
        "from groundup.course.grading.checks import holds\n"
        'CHECKS = [holds("has a mean", lambda work, rng: None if work["twice"](x=3.0).mean() else None)]\n'
    )
    exercise = make_exercise(check)
    verdict = grade(exercise, "def twice(x):\n    return [x]\n")
    assert (
        verdict.says
        == "The check cannot use what came back (AttributeError: 'list' object has no attribute 'mean')."
    )
    assert (verdict.case, verdict.got) == ("twice(x=3)", "[3.0]")
    assert grade(exercise, "def twice(x):\n    pass\n").says == "Nothing came back: is there a `return`?"


def test_a_check_that_stops_by_itself_is_ours(make_exercise):
    exercise = make_exercise(
        'from groundup.course.grading.checks import holds\nCHECKS = [holds("no", lambda work, rng: 1 / 0)]\n'
    )
    verdict = grade(exercise, "def twice(x):\n    return 2 * x\n")
    assert (
        verdict.says
        == "The check itself stopped (ZeroDivisionError: division by zero). That is our mistake, not yours."
    )


def test_methods_of_a_class_are_looked_for(make_exercise):
    exercise = make_exercise(
        "CHECKS = []", starter="class twice:\n    def of(self, x): ...\n    def back(self): ...\n"
    )
    assert (
        grade(exercise, "class twice:\n    def of(self, x): return 2 * x\n").says
        == "There is no `twice.back` in your class."
    )
    changed = grade(exercise, "class twice:\n    def of(self): return 2\n    def back(self): ...\n")
    assert changed.says == "`twice.of` is called as in the starter, with (self, x). Yours takes (self)."
    assert (
        grade(exercise, "def twice(x): return x\n").says == "`twice` is to be a class, and yours is function."
    )


@pytest.mark.slow
def test_torch_fits_in_the_memory_limit_and_is_recognised(make_exercise):
    check = (
        "import torch\nfrom groundup.course.grading.checks import agrees\n"
        'CHECKS = [agrees("twice", lambda x: 2 * x, draw=lambda rng: (torch.tensor(rng.normal(size=3)),))]\n'
    )
    mutants = {"half": "def twice(x):\n    return x / 2\n"}
    exercise = make_exercise(check, toml='needs = ["torch"]\nmegabytes = 256', mutants=mutants)
    assert grade(exercise, "import torch\ndef twice(x):\n    return torch.add(x, x)\n").ok
    assert grade(exercise, "import torch\ndef twice(x):\n    return torch.div(x, 2)\n").mutant == "half"
    large = grade(exercise, "import torch\ndef twice(x):\n    return torch.zeros(10**9)\n")
    assert large.says == "Line 3 needs more than the 256 MB of memory that this exercise may take."


def test_a_picture_marks_what_is_right():
    assert HeatMap([[0.0, 2.0], [-0.5, 0.0]], 2.0).text() == "· █\n▒ ·\n· right   █ off by 2"
    assert Verdict("0.1/x", "passed", seconds=0.31).text() == "Passed, in 0.3 s."
