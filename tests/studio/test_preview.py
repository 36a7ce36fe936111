"""The small picture beside the resume card, and the lines beside the rungs of the ladder."""

import pytest

from groundup.common.places import workspace_folder
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.resume import ResumeCard
from groundup.studio.climb import SAID, the_ladder
from groundup.studio.fixtures import fixture, widgets
from groundup.studio.preview import HEIGHT, WIDTH, drawing, preview
from groundup.studio.status import measured


@pytest.fixture(scope="module")
def course():
    return load_course()


def at(course, lesson, kind, number=0):
    """The block in hand: the first of its kind, or another one of them."""
    found = course.lesson(lesson)
    places = [index for index, block in enumerate(found.items) if block.kind == kind]
    return ResumeCard(found, places[number], "", "")


def test_an_exercise_shows_the_end_of_the_learners_own_file(course, home):
    exercise = course.exercise("0.1/numerical-derivative")
    here = at(course, "0.1", "exercise")
    assert preview(course, here).caption == "how the file begins"
    assert exercise.code("starter.py").startswith(preview(course, here).code)
    file = Workspace(workspace_folder()).place(exercise)
    file.write_text("".join(f"line = {number}\n" for number in range(1, 21)), encoding="utf-8")
    shown = preview(course, here)
    assert shown.caption == "your file, from line 14"
    assert shown.code.split("\n") == [f"line = {number}" for number in range(14, 21)]


def test_an_experiment_shows_its_state_and_what_follows_it_shows_it_too(course):
    shown = preview(course, at(course, "3.2", "widget"))
    weights = fixture(*next(one for one in widgets(course) if one[1].id == "by-hand"))["state"]["weights"]
    assert [heat for _, _, _, heat in shown.cells] == [round(9 * one) for row in weights for one in row]
    assert shown.caption.startswith("from “")
    later = at(course, "3.2", "widget")
    assert preview(course, ResumeCard(later.lesson, later.index + 1, "", "")) == shown


def test_before_the_first_experiment_nothing_is_shown_and_nothing_given_away(course):
    for lesson in course.lessons:
        assert preview(course, ResumeCard(lesson, 0, "", "")) is None or lesson.items[0].kind == "exercise"
    assert preview(course, ResumeCard(None, 0, "", "")) is None


def test_every_drawing_stays_on_its_sheet(course):
    drawn = {
        f"{lesson.id}.{block.id}": drawing(fixture(lesson, block)["state"])
        for lesson, block in widgets(course)
    }
    assert sum(map(bool, drawn.values())) > 10
    for name, shapes in drawn.items():
        places = [(x, y) for x, y, _ in shapes.get("dots", ())]
        places += [(x + side, y + side) for x, y, side, _ in shapes.get("cells", ())]
        places += [(x + wide, y + high) for x, y, wide, high in shapes.get("bars", ())]
        for path in shapes.get("paths", ()):
            places += [tuple(map(float, one.split())) for one in path[1:].split("L")]
        assert all(0 <= x <= WIDTH + 0.5 and 0 <= y <= HEIGHT + 0.5 for x, y in places), name


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"weights": [[2, 3], [4, 5]]},
        {"curve": "text"},
        {"points": [[1, 2]], "labels": []},
        {"curve": [1]},
    ],
)
def test_what_cannot_be_drawn_is_left_out(state):
    assert drawing(state) == {}


def test_every_rung_of_the_reference_shows_a_line_that_was_written(home):
    for rung in the_ladder().rungs:
        sample = measured()[rung.model]["sample"]
        assert not rung.yours
        assert 8 < len(rung.said) <= SAID
        assert any(line.strip().startswith(rung.said) for line in sample.split("\n"))
