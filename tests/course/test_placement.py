"""Where to start: questions in order, settled by their tasks, and every mistake in the file told."""

import shutil
from pathlib import Path

import pytest

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.placement import load_placement
from groundup.course.progress.store import Store

SMALL = Path(__file__).parent / "small_course"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "progress.db") as store:
        yield store


@pytest.fixture
def placement():
    return load_placement(load_course(SMALL))


def test_questions_come_in_order_and_are_settled_by_their_task(placement, store):
    letters, sums = placement.questions
    assert placement.open_question(store) == letters
    store.add("attempt", "placement/count-letters", passed=False)
    assert placement.open_question(store) == letters
    assert placement.tried(letters, store)
    assert not placement.tried(sums, store)
    store.add("attempt", "placement/count-letters", passed=True)
    assert placement.open_question(store) == sums
    store.add("attempt", "placement/add-up", passed=True)
    assert placement.open_question(store) is None


def test_the_first_that_is_not_known_is_where_one_starts(placement, store):
    letters, sums = placement.questions
    assert placement.start_here(letters, store).about == "0.1"
    event = placement.start_here(sums, store)
    assert (event.kind, event.about, event.data["answers"]) == (
        "placed",
        "0.2",
        {"letters": True, "sums": False},
    )
    event = placement.start_here(None, store)
    assert (event.about, event.data["answers"]) == ("0.2", {"letters": True, "sums": True})


def test_a_new_round_begins_after_a_result(placement, store):
    store.add("attempt", "placement/count-letters", passed=True)
    assert placement.result(store) is None
    placement.start_here(placement.questions[1], store)
    assert placement.result(store).about == "0.2"
    assert placement.open_question(store) == placement.questions[0]
    store.add("attempt", "0.1/double", passed=True)  # not one of its tasks
    assert placement.result(store).about == "0.2"
    store.add("attempt", "placement/count-letters", passed=True)
    assert placement.result(store) is None
    assert placement.open_question(store) == placement.questions[1]


def test_a_result_in_another_course_is_none_of_this_one(placement, store):
    store.add("attempt", "placement/count-letters", passed=True)
    store.add("placed", "rhymes-1.1", answers={})
    assert placement.result(store) is None
    assert placement.open_question(store) == placement.questions[1]


def test_a_course_may_have_none(tmp_path):
    shutil.copytree(SMALL, tmp_path / "course")
    file = tmp_path / "course" / "course.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('placement = "placement"\n', ""), encoding="utf-8"
    )
    assert load_placement(load_course(tmp_path / "course")) is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('beyond = "0.2"', "", "beyond: field required. Allowed: title, intro, beyond, question."),
        ('start = "0.2"', 'start = "7.7"', "there is no lesson '7.7'. Known: 0.1, 0.2."),
        ('start = "0.2"', 'begin = "0.2"', "question.1.start: field required. Allowed: id, topic"),
        ('id = "sums"', 'id = "letters"', "the question 'letters' stands in it twice"),
        ('exercise = "add-up"', 'exercise = "add-down"', "has no task 'add-down'"),
        ("beyond", "= beyond", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path, old, new, says):
    shutil.copytree(SMALL, tmp_path / "course")
    file = tmp_path / "course" / "placement" / "placement.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(GroundupError) as error:
        load_placement(load_course(tmp_path / "course"))
    assert str(file) in str(error.value)
    assert says in str(error.value)


def test_our_own_questions_are_whole():
    """Five, with starts that the course lists; whether those lessons are written is not asked here."""
    import tomllib

    from groundup.course.lessons.catalogue import LESSONS, _contents
    from groundup.course.progress.placement import PLACEMENT_FILE, PlacementContents

    text = (LESSONS / "placement" / PLACEMENT_FILE).read_text(encoding="utf-8")
    found = PlacementContents.model_validate(tomllib.loads(text))
    listed = [identity for rung in _contents(LESSONS / "course.toml").rung for identity in rung.lessons]
    assert len(found.question) == 5
    assert {found.beyond, *(question.start for question in found.question)} <= set(listed)
