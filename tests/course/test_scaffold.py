"""`groundup course new`: what it begins is complete but for what is marked, and nothing is overwritten."""

import pytest
from small_course import finished

from groundup.common.errors import GroundupError
from groundup.course.authoring.check import check
from groundup.course.authoring.scaffold import TEMPLATE, new_lesson
from groundup.course.lessons.catalogue import load_course


def test_a_new_lesson_lacks_only_what_its_author_writes(tmp_path):
    written = new_lesson(tmp_path / "my course" / "1.1-rhymes", 'What "rhymes"?')
    assert {path.suffix for path in written} == {".md", ".toml", ".py"}
    faults = check([str(tmp_path / "my course" / "1.1-rhymes")], tmp_path, write=True)
    assert all(fault.says.startswith("still to write: ") for fault in faults)
    marked = sum(file.read_text(encoding="utf-8").count("TODO") for file in TEMPLATE.rglob("*.*"))
    assert len(faults) == marked > 8
    course = load_course(tmp_path / "my course")
    assert (course.contents.id, [lesson.id for lesson in course.lessons]) == ("my-course", ["1.1"])
    assert course.lessons[0].front.title == "What 'rhymes'?"
    assert len(course.cards) == 2


def test_a_second_lesson_joins_the_list_and_its_remarks_stay(tmp_path):
    finished(tmp_path)
    file = tmp_path / "course.toml"
    text = file.read_text(encoding="utf-8").replace(
        'lessons = ["1.1"]', 'lessons = [  # in order\n    "1.1",\n]'
    )
    file.write_text(text, encoding="utf-8")
    assert file in new_lesson(tmp_path / "1.2-metre")
    assert "# in order" in file.read_text(encoding="utf-8")
    (tmp_path / "1.2-metre" / "numbers.toml").write_text('mean = "4"\nlonger_mean = "6"\n', encoding="utf-8")
    assert [lesson.id for lesson in load_course(tmp_path).lessons] == ["1.1", "1.2"]


def test_a_lesson_that_is_listed_already_is_not_listed_twice(tmp_path):
    (tmp_path / "course.toml").write_text('[[rung]]\nlessons = ["1.1", "1.2"]\n', encoding="utf-8")
    assert tmp_path / "course.toml" not in new_lesson(tmp_path / "1.2-metre")


@pytest.mark.parametrize("name", ["rhymes", "1.1", "1.1-", "1.1 rhymes", "..", "Über-uns"])
def test_a_name_without_id_and_words_is_said(tmp_path, name):
    with pytest.raises(GroundupError, match="is no name for a lesson's folder"):
        new_lesson(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "1.1-rhymes").mkdir()
    with pytest.raises(GroundupError, match="is there already"):
        new_lesson(tmp_path / "1.1-rhymes")
    assert list((tmp_path / "1.1-rhymes").iterdir()) == []


@pytest.mark.parametrize("text", ["id = ", 'rung = "1"', "[[rung]]\nlessons = 3\n"])
def test_a_list_that_cannot_be_read_stops_it_before_anything_is_written(tmp_path, text):
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GroundupError, match="cannot be read"):
        new_lesson(tmp_path / "1.1-rhymes")
    assert not (tmp_path / "1.1-rhymes").exists()


def test_a_list_that_has_no_place_for_it_is_left_to_its_author(tmp_path):
    text = 'rung = [{ "lessons" = ["1.1"], title = "lessons = []" }]\n'
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GroundupError, match="into the lessons of a rung yourself"):
        new_lesson(tmp_path / "1.2-metre")
    assert (tmp_path / "course.toml").read_text(encoding="utf-8") == text
