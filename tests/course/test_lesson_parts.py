"""Goals, settings, sketches and code by name: what a lesson's blocks need to come alive."""

from pathlib import Path

import pytest

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.code import library_source, runnable_program
from groundup.course.lessons.goals import is_reached
from groundup.course.lessons.items import Prediction, Widget
from groundup.course.lessons.parts import load_part, parse_setting, run_experiment
from groundup.course.lessons.predictions import (
    draw_sketch,
    is_right,
    parse_number,
    prediction_error,
    sketch_positions,
)

SMALL = Path(__file__).parent / "small_course"
STATE = {"loss": 0.05, "w": [1.0, -2.0], "name": "xor", "done": True, "none": None}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("loss < 0.1", True),
        ("loss < 0.01", False),
        ("0 < loss <= 0.05 and done", True),
        ("not done or name == 'xor'", True),
        ("abs(w[1] + 2) < 1e-9 and len(w) == 2", True),
        ("max(w) - min(w) > 3", False),
        ("name in ('and', 'or')", False),
        ("", False),
    ],
)
def test_a_goal_is_a_comparison_over_the_state(check, expected):
    assert is_reached(check, STATE) is expected


@pytest.mark.parametrize(
    "check",
    ["los < 1", "loss <", "__import__('os').system('true')", "name.upper() == 'XOR'", "(lambda: 1)() == 1",
     "[x for x in w]", "w['a'] > 1", "loss < name", "loss / 0 > 1", "none > 1", "9 ** 9 ** 9 > 1", "w[7] > 1",
     "open('x')", "max(w, key=print) > 0", "f'{loss}' == ''"],
)  # fmt: skip
def test_a_goal_that_is_no_comparison_runs_nothing(check):
    with pytest.raises(GroundupError, match="check"):
        is_reached(check, STATE)


@pytest.fixture
def lesson():
    return load_course(SMALL).lesson("0.1")


def test_an_experiment_is_called_with_what_was_changed(lesson):
    fold, own = lesson.of(Widget)
    assert run_experiment(lesson, fold).state["sheets"] == 8
    assert run_experiment(lesson, fold, {"folds": 10, "factor": 3.0}).state["sheets"] == 3**10
    assert run_experiment(lesson, own, run="rnn-7").state["run"] == "rnn-7"
    assert run_experiment(lesson, fold, run="rnn-7").state["sheets"] == 8  # one that needs no run gets none
    with pytest.raises(GroundupError, match="Sixty folds"):
        run_experiment(lesson, fold, {"folds": 99})
    with pytest.raises(GroundupError, match="OverflowError"):
        run_experiment(lesson, fold, {"factor": 1e300})


def test_a_part_that_is_not_there_or_does_not_load_is_named(lesson, tmp_path):
    with pytest.raises(GroundupError, match="There is no"):
        load_part(tmp_path / "experiments.py")
    (tmp_path / "experiments.py").write_text("import nothing_of_the_kind", encoding="utf-8")
    with pytest.raises(GroundupError, match="nothing_of_the_kind"):
        load_part(tmp_path / "experiments.py")
    fold = lesson.of(Widget)[0].model_copy(update={"call": "fould"})
    with pytest.raises(GroundupError, match="Did you mean 'fold'"):
        run_experiment(lesson, fold)


@pytest.mark.parametrize(
    ("line", "expected"),
    [("folds=4", ("folds", 4)), (" factor = 1,5 ", ("factor", 1.5)), ("loud=yes", ("loud", True)),
     ("name=tin foil", ("name", "tin foil")), ("factor=−2", ("factor", -2.0))],
)  # fmt: skip
def test_a_setting_is_read_in_the_type_it_had(lesson, line, expected):
    found = parse_setting(lesson.of(Widget)[0], line)
    assert found == expected
    assert type(found[1]) is type(expected[1])


@pytest.mark.parametrize("line", ["fold=4", "folds", "folds=2.5", "loud=maybe", "factor=big", "=3"])
def test_a_setting_that_is_none_is_told(lesson, line):
    with pytest.raises(GroundupError):
        parse_setting(lesson.of(Widget)[0], line)


@pytest.mark.parametrize(
    ("text", "number"),
    [("6", 6), (" 0,5 ", 0.5), ("−3", -3), ("1/4", 0.25), ("1e-3", 1e-3), ("12 %", 0.12), ("1,000", 1000),
     ("1 000", 1000), ("3 m/s", 3), ("2,500.5", 2500.5)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text, "m/s") == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "six", "nan", "inf", "1/0", "1e999", "--3"])
def test_what_is_no_number_is_told(text):
    with pytest.raises(GroundupError, match="no number"):
        parse_number(text)


SKETCH = Prediction(id="s", ask="?", form="sketch", why="w", answer=[(0, 0), (2, 4)], near=0.5,
                 x=(0, 2), y=(0, 4), axes=("steps", "loss"))  # fmt: skip


def test_a_sketch_is_as_far_off_as_its_curve_on_average():
    exact = [(x, 2 * x) for x in sketch_positions(SKETCH)]
    assert prediction_error(SKETCH, exact) == pytest.approx(0)
    higher = [(x, y + 0.4) for x, y in exact]
    assert prediction_error(SKETCH, higher) == pytest.approx(0.4)
    assert is_right(SKETCH, higher)
    assert not is_right(SKETCH, [(x, y + 0.6) for x, y in exact])


def test_a_sketch_is_drawn_beside_the_answer():
    drawn = draw_sketch(SKETCH, [(0, 4), (2, 4)], width=20, height=5)
    rows = [line.split("│")[1] for line in drawn.split("\n") if "│" in line]
    assert rows[0].startswith("oooo")
    assert rows[0].endswith("@")
    assert rows[-1].startswith("•")
    assert "steps" in drawn
    assert "o yours" in drawn
    assert "o" not in draw_sketch(SKETCH).replace("loss", "")
    below = SKETCH.model_copy(update={"x": (-2, 0), "y": (-4, 0)})
    assert {"−2", "−4"} <= set(
        draw_sketch(below).replace("│", " ").split()
    )  # as all minus signs that are read


def test_library_code_is_found_without_importing_it():
    found = library_source("groundup.common.brand:ModelStyle")
    assert found.text.startswith("@dataclass(frozen=True)\nclass ModelStyle:")
    assert found.file.read_text(encoding="utf-8").split("\n")[found.first - 1] == "@dataclass(frozen=True)"
    assert library_source("groundup.models.gpt").first == 1
    assert library_source("groundup.course.progress.store:Store.add").text.startswith("def add(self")
    assert library_source("groundup.course.grading.verdict:format_duration") == library_source(
        "groundup.common.formatting:format_duration"
    )


@pytest.mark.parametrize(
    ("show", "says"),
    [
        ("groundup.nothing", "no module"),
        ("groundup.common.brand:ModelStile", "Did you mean 'ModelStyle'"),
        ("math", "no source"),
    ],
)
def test_code_that_is_not_there_is_named(show, says):
    with pytest.raises(GroundupError, match=says):
        library_source(show)


@pytest.mark.parametrize(
    ("show", "run"),
    [("groundup.common.formatting:format_count", "format_count(1)"),
     ("groundup.common.formatting", "formatting.format_count(1)"),
     ("groundup.course.picture:Nothing", None), ("groundup.common.brand:ModelStyle.__init__", "__init__")],
)  # fmt: skip
def test_what_runs_has_the_name_imported(show, run):
    if run is None:
        with pytest.raises(ImportError):
            exec(runnable_program(show, ""), {})
        return
    names: dict = {}
    exec(runnable_program(show, f"found = {run}"), names)
    assert names["found"]
