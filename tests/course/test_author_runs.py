"""What authors are told about code: exercises, numbers, fixtures, experiments, pictures, and what they reach for."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from small_course import add, change, finished, front

from groundup.course.authoring import order
from groundup.course.authoring.check import check_running
from groundup.course.authoring.code import check_code, check_fences, check_starters
from groundup.course.authoring.exercises import check_exercises
from groundup.course.authoring.experiments import check_experiments, check_pictures
from groundup.course.authoring.generated import check_fixtures, check_numbers
from groundup.course.authoring.order import budget_seconds
from groundup.course.lessons.lesson import load_lesson


@pytest.fixture
def lesson(tmp_path):
    return finished(tmp_path / "course")


def write(target, file, text):
    path = target.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def only(faults):
    (fault,) = list(faults)
    return fault


# ---- exercises ------------------------------------------------------------------------------------------------

RIGHT = "def mean(values):\n    return sum(values) / len(values)\n"


def graded(lesson):
    """What is said about its one exercise, by file."""
    return {
        fault.file.name: fault for fault in check_exercises(lesson.exercises(), lambda lesson, doing: None)
    }


def test_everything_that_an_exercise_can_have_wrong_is_said(lesson):
    for file, text in {
        "starter.py": RIGHT,
        "solution.py": "def mean(values):\n    return sum(values)\n",
        "alternative.py": "\nimport nothing_at_all\n",
        "mutants/sum.py": RIGHT + "x = 1\n",
        "mutants/middle.py": "def mean(values)\n",
        "mutants/other.py": RIGHT,
    }.items():
        write(lesson, f"exercises/mean/{file}", text)
    found = graded(lesson)
    for file, expected in {
        "starter.py": "the starter passes as it is shipped. It has to run, and to fail.",
        "solution.py": "it does not pass: at 'mean([2.0, 3.0, 7.0]) is 4': The number is another one. case: mean(",
        "alternative.py": "it does not pass: ",
        "sum.py": "this mutant passes all checks: add a check that sees the mistake.",
        "middle.py": "this mutant fails, but is not recognised: the verdict was 'syntax', ",
        "other.py": "this mutant is not declared: ",
    }.items():
        assert found[file].says.startswith(expected)
    assert (found["alternative.py"].line, found["middle.py"].line) == (2, 1)


def test_two_mutants_that_compute_the_same_are_said(lesson):
    write(
        lesson, "exercises/mean/mutants/middle.py", "def mean(values):\n    s = sum(values)\n    return s\n"
    )
    write(lesson, "exercises/mean/starter.py", "def mean(values):\n    'Mean.'\n    return undefined\n")
    (found,) = graded(lesson).values()
    assert found.says.startswith(
        "this mutant is taken for 'sum': the two fail the same check with the same result."
    )


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("starter.py", "\ndef mean(values:\n", "this is not Python"),
        ("starter.py", "import os\nos.kill(os.getpid(), 9)\n", "the starter does not even run (refused)"),
        ("check.py", "CHECKS = 3\n", "needs a list CHECKS"),
        ("exercise.toml", "title = 1\n", "title: input should be a valid string."),
    ],
)
def test_an_exercise_that_cannot_be_graded_is_said(lesson, file, text, expected):
    write(lesson, f"exercises/mean/{file}", text)
    assert expected in graded(lesson)[file].says


def test_a_mutant_without_its_file_and_one_declared_twice(lesson):
    (lesson.folder / "exercises/mean/mutants/sum.py").unlink()
    add(lesson, '[[mutants]]\nname = "middle"\nsays = "Again."', "exercises/mean/exercise.toml")
    faults = check_exercises(lesson.exercises(), lambda lesson, doing: None)
    assert faults[0].says == "the mutant 'middle' is declared twice. Keep one."
    assert "cannot be read" in faults[1].says


def test_the_worked_example_of_the_starter_is_true(lesson):
    assert list(check_starters(lesson.exercises())) == []
    change(lesson, "exercises/mean/starter.py", "4.0", "5.0")
    fault = only(check_starters(lesson.exercises()))
    assert (fault.says, fault.line) == ("`mean([2.0, 3.0, 7.0])` gives 4.0, not 5.0.", 4)
    write(lesson, "exercises/mean/starter.py", 'def mean(values):\n    """The mean."""\n')
    assert "it has no worked example" in only(check_starters(lesson.exercises())).says


# ---- what is generated ------------------------------------------------------------------------------------------


def test_numbers_are_recomputed_and_written(lesson):
    (lesson.folder / "numbers.toml").write_text('mean = "5"\nold = "1"\n', encoding="utf-8")
    said = {fault.says.split(" and ")[0]: fault for fault in check_numbers(lesson.folder, write=False)}
    assert set(said) == {"mean is 5,", "old is 1,", "longer_mean is not there,"}
    assert said["old is 1,"].line == 2
    assert list(check_numbers(lesson.folder, write=True)) == []
    assert (lesson.folder / "numbers.toml").read_text(encoding="utf-8") == 'longer_mean = "6"\nmean = "4"\n'
    assert list(check_numbers(lesson.folder, write=False)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def numbers():\n    return {'mean': 4}\n", "numbers() returns a dict of names and texts"),
        (
            "def numbers():\n    return {'mean': '4', 'longer_mean': '6', 'x y': '1'}\n",
            "'x y' cannot stand between",
        ),
        (
            "def numbers():\n    return {'mean': '4', 'longer_mean': '6', 'more': '1'}\n",
            "never used in a text: more.",
        ),
    ],
)
def test_numbers_that_cannot_be_used_are_said(lesson, source, expected):
    write(lesson, "numbers.py", source)
    assert expected in next(check_numbers(lesson.folder, write=False)).says


def test_numbers_without_a_source_are_said(lesson):
    (lesson.folder / "numbers.py").unlink()
    assert "there is no numbers.py" in only(check_numbers(lesson.folder, write=False)).says


MAKE = """import json
import numpy as np
from safetensors.numpy import save_file

def make(folder):
    (folder / "run.json").write_text(json.dumps({"loss": [2.0, 1.5], "name": "rnn"}), encoding="utf-8")
    (folder / "notes.txt").write_text("as it was", encoding="utf-8")
    save_file({"w": np.array([1.0, 2.0], dtype=np.float32)}, folder / "w.safetensors")
"""


def test_fixtures_equal_their_regeneration(lesson):
    write(lesson, "fixtures.py", MAKE)
    assert len(list(check_fixtures(lesson.folder, write=False))) == 3
    assert list(check_fixtures(lesson.folder, write=True)) == []
    kept = lesson.folder / "fixtures"
    assert json.loads((kept / "run.json").read_text(encoding="utf-8"))["loss"] == [2.0, 1.5]
    write(lesson, "fixtures/run.json", '{"name": "rnn", "loss": [2.0000001, 1.5]}')
    save_file({"w": np.array([1.000001, 2.0], dtype=np.float32)}, kept / "w.safetensors")
    assert list(check_fixtures(lesson.folder, write=False)) == []


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("run.json", '{"name": "rnn", "loss": [2.0, 1.51]}', "loss[1] is 1.51, now 1.5."),
        ("run.json", '{"name": "gru", "loss": [2.0, 1.5]}', "name is 'gru', now 'rnn'."),
        ("run.json", '{"name": "rnn", "loss": [2.0]}', "loss has 1 entries, now 2."),
        ("run.json", '{"name": "rnn"}', "it has other names: loss."),
        ("run.json", "{", "it cannot be read"),
        ("notes.txt", "as it is", "the bytes differ."),
        ("w.safetensors", "no array", "it cannot be read"),
        ("more.json", "{}", "fixtures.py does not make this file. Delete it, or make it."),
    ],
)
def test_a_fixture_that_differs_is_said(lesson, file, text, expected):
    write(lesson, "fixtures.py", MAKE)
    assert list(check_fixtures(lesson.folder, write=True)) == []
    write(lesson, f"fixtures/{file}", text)
    fault = only(check_fixtures(lesson.folder, write=False))
    assert expected in fault.says
    assert fault.file == lesson.folder / "fixtures" / file


def test_an_array_that_differs_is_said_and_fixtures_have_a_source(lesson):
    write(lesson, "fixtures.py", MAKE)
    list(check_fixtures(lesson.folder, write=True))
    save_file({"w": np.array([1.5, 2.0], dtype=np.float32)}, lesson.folder / "fixtures/w.safetensors")
    assert "w is off by 0.5" in only(check_fixtures(lesson.folder, write=False)).says
    (lesson.folder / "fixtures.py").unlink()
    assert "there is no fixtures.py" in only(check_fixtures(lesson.folder, write=False)).says


# ---- code, experiments, pictures --------------------------------------------------------------------------------

CODE = """```code
show = "groundup.common.formatting:format_duration"
notes = [{ at = "seconds is None", text = "nothing known" }]
run = "print(format_duration(4.2))"
prints = "4.2 s"
```"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("4.2 s", "4.2 s", ""),
        ('format_duration"', 'format_duratoin"', "has no format_duratoin. Did you mean 'format_duration'?"),
        ("common.formatting", "common.formating", "there is no module groundup.common.formating"),
        ("seconds is None", "minutes is None", "the note's `minutes is None` is not in the source"),
        ('"4.2 s"', '"4 s"', "running the code prints:\n4.2 s\nPut that into `prints`."),
        ("print(format", "print(fromat", "running the code stops: NameError"),
        ("formatting:format_duration", "brand:INK", "has no source to show"),
    ],
)
def test_code_of_the_library_is_there_and_prints_what_is_said(lesson, old, new, expected):
    line = add(lesson, CODE.replace(old, new))
    faults = list(check_code(load_lesson(lesson.folder)))
    assert [expected in fault.says for fault in faults] == [True] * bool(expected)
    assert all(line <= fault.line <= line + 5 for fault in faults)


def test_python_in_fences_runs_in_one_session(lesson):
    assert list(check_fences(load_lesson(lesson.folder))) == []
    add(lesson, "```python\n>>> losses[-1]\n7\n```\n\n```python\ndef f(:\n```")
    line = add(lesson, "```python\n>>> 1 + 1\n3\n>>> gone\n```")
    says = {fault.says: fault.line for fault in check_fences(load_lesson(lesson.folder))}
    assert says.pop("this is not Python: invalid syntax.") == line - 3
    assert says == {
        "`1 + 1` gives 2, not 3.": line + 1,
        "`gone` stops: NameError: name 'gone' is not defined.": line + 3,
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def pull", "def pul", "has no function pull"),
        ("last: float", "first: float", "unexpected keyword argument 'last'"),
        ("return ExperimentResult(", "return str(", "'text' is an invalid keyword argument"),
        ("range(31)", "range(80)", "its text is 80 wide; a terminal shows 76."),
        ('{line}\\n', '{line}\\n" + 30 * "·\\n" + f"', "its text has 33 lines; 20 fit on a screen."),
        ('"last": last', '"last": {last}', "its state is not plain numbers, text and lists"),
        ('"mean": mean', '"average": mean', "names 'mean', which the experiment does not return"),
        ("/ 3", "/ 3 + 9", "its goal is reached before anything is done: `mean >= 10`"),
    ],
)  # fmt: skip
def test_experiments_run_with_their_first_settings(lesson, old, new, expected):
    change(lesson, "experiments.py", old, new)
    fault = only(check_experiments(load_lesson(lesson.folder)))
    assert expected in fault.says
    assert fault.line


def test_a_goal_is_a_comparison_and_experiments_are_there(lesson):
    change(lesson, "lesson.md", "mean >= 10", "mean - 4")
    assert "its check `mean - 4` is no comparison" in only(check_experiments(load_lesson(lesson.folder))).says
    (lesson.folder / "experiments.py").unlink()
    assert "there is no experiments.py" in only(check_experiments(load_lesson(lesson.folder))).says


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    return figure", "    return axes", "it returns Axes, not a matplotlib figure."),
        ("    return figure", "    return new_figure(2, 2, dark=dark)", "it is empty: one colour all over."),
        ('"mean", color', '"\\U0001FAE8", color', "its font lacks a letter"),
        (
            "    axes = figure",
            "    assert not dark\n    axes = figure",
            "balance(dark=True) stopped: AssertionError",
        ),
    ],
)
def test_pictures_draw_on_paper_and_on_a_dark_page(lesson, old, new, expected):
    assert list(check_pictures(load_lesson(lesson.folder))) == []
    change(lesson, "pictures.py", old, new)
    faults = list(check_pictures(load_lesson(lesson.folder)))
    assert faults
    assert all(expected in fault.says for fault in faults)


# ---- the process ------------------------------------------------------------------------------------------------


def run(lesson, **options):
    return check_running(lesson, False, lambda lesson, doing: None, **options)


def test_a_budget_is_held_in_processor_time(lesson, monkeypatch):
    assert (budget_seconds("2min"), budget_seconds("500steps")) == (120.0, None)
    busy = "import time\n    began = time.process_time()\n    while time.process_time() < began + 0.3: pass\n    "
    change(lesson, "experiments.py", "mean = (2", f"{busy}mean = (2")
    monkeypatch.setattr(order, "FAULT_BUDGET_RATIO", 50.0)  # for processors that are slow
    front(lesson, budget='"0.2s"')
    fault = only(check_experiments(load_lesson(lesson.folder)))
    assert (fault.warning, "of processor time; the lesson's budget is 0.2s." in fault.says) == (True, True)
    front(lesson, budget='"0.005s"')
    assert not only(check_experiments(load_lesson(lesson.folder))).warning


def test_a_lesson_that_reaches_for_the_network_is_said(lesson):
    change(lesson, "experiments.py", "mean = (2", "import socket\n    try:\n        "
           "socket.create_connection(('127.0.0.1', 9))\n    except OSError:\n        pass\n    mean = (2")  # fmt: skip
    fault = only(run(lesson))
    assert fault.says.startswith("what runs here (experiments) reached for the network (")


def test_a_lesson_that_ends_python_or_never_ends_is_said(lesson, no_process_left):
    write(lesson, "numbers.py", "import os, sys\nprint('bye', file=sys.stderr)\nos._exit(3)\n")
    fault = only(run(lesson))
    assert (
        fault.says
        == "its code ended Python (exit code 3), while this was checked: numbers. The last that it said: bye"
    )
    write(lesson, "numbers.py", "while True: pass\n")
    assert (
        "its code was still running after 1 s, while this was checked: "
        in only(run(lesson, seconds=1.0)).says
    )
