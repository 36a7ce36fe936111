"""`groundup progress`: the map of the course at any width, the same for a program, and the file to carry."""

from pathlib import Path

import pytest

from groundup.common.places import progress_file
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.progress import exercise_hash
from groundup.course.progress.rhythm import celebrates
from groundup.course.progress.store import Store

SMALL = Path(__file__).parents[1] / "course" / "small_course"


@pytest.fixture(autouse=True)
def small_course(monkeypatch):
    monkeypatch.setenv("GROUNDUP_COURSE", str(SMALL))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def some_progress(home):
    course = load_course(SMALL)
    with Store(progress_file()) as store:
        store.add("opened", "0.1", block=0)
        store.add("predicted", "0.1/ten-folds", given=20, right=False)
        double = course.exercise("0.1/double")
        store.add("attempt", double.id, passed=True, exercise=exercise_hash(double))
        store.add("attempt", "0.1/running-sum", passed=True, exercise="what it asked last year")
        store.add("done", "0.1")
        store.add("opened", "0.2", block=1)
        store.add("attempt", "0.2/halve", passed=False, says="You doubled it.")


def test_a_first_visit_sees_the_whole_course_and_where_to_begin(groundup):
    result = groundup("progress")
    assert result.code == 0
    assert "▸  0.1  Doubling" in result.out
    assert "0 of 3 passed" in result.out
    assert "No guesses yet" in result.out
    assert "`groundup placement`" in result.out
    assert result.err == ""


def test_every_state_is_on_the_map_in_signs_and_the_rest_in_sentences(groundup, some_progress):
    result = groundup("progress").out
    rows = [line.split() for line in result.splitlines() if line.startswith(("✓ ", "▸ "))]
    lines = {words[1]: " ".join(words) for words in rows}
    assert lines["0.1"] == "✓ 0.1 Doubling done ✓ ↻"
    assert lines["0.2"] == "▸ 0.2 Halving 0 of 1 ○"
    assert "Numbers   1 of 2" in result
    assert "2 of 3 passed, 1 tried. Changed since you passed: 0.1/running-sum." in result
    assert "0 of 1 guesses was right. The typical guess at a number was off by 98%." in result
    assert "on 1 of the last 7 days" in result
    assert "The last check said: “You doubled it.”" in result


@pytest.mark.parametrize("width", [60, 100])
def test_nothing_is_wider_than_the_screen_or_torn_in_two(groundup, some_progress, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = groundup("progress").out.splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for mark in ("✓ done or passed", "▸ you are here", "↻ passed, but it changed: check again", "· new"):
        assert mark in text


def test_a_program_gets_one_object(groundup, some_progress):
    result = groundup("progress", "--json").json
    (course,) = result["courses"]
    first, second = course["lessons"]
    assert (first["done"], first["answered"], first["asked"]) == (True, 3, 8)
    assert first["exercises"] == {"0.1/double": "passed", "0.1/running-sum": "check again"}
    assert (second["begun"], second["exercises"]) == (True, {"0.2/halve": "tried"})
    assert course["here"]["lesson"] == "0.2"
    assert course["guesses"]["all"]["count"] == 1
    assert sum(result["days"].values()) == 5


def test_an_export_carries_all_of_it_to_another_home(groundup, some_progress, tmp_path, monkeypatch):
    file = tmp_path / "my progress.jsonl"
    result = groundup("progress", "--export", file)
    assert result.out.startswith("7 events written to ")
    before = groundup("progress", "--json").json
    monkeypatch.setenv("GROUNDUP_HOME", str(tmp_path / "other"))
    assert groundup("progress", "--import", file).out == "7 events added.\n"
    assert groundup("progress", "--json").json == before
    assert groundup("progress", "--import", file).out.startswith("Nothing new: 7 events in ")
    assert groundup("progress", "--import", file, "--json").json["known"] == 7


def test_another_machines_database_is_imported_too(groundup, some_progress, tmp_path, monkeypatch):
    database = progress_file()
    monkeypatch.setenv("GROUNDUP_HOME", str(tmp_path / "other"))
    assert groundup("progress", "--import", database).out == "7 events added.\n"


def test_what_cannot_be_imported_or_exported_is_said_in_two_sentences(groundup, some_progress, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("My notes\n", encoding="utf-8")
    for value, says in (
        (("--import", tmp_path / "nowhere.jsonl"), "cannot be read"),
        (("--import", notes), "is no export of progress"),
        (("--export", notes), "is no export of progress"),
        (("--export", tmp_path / "a.jsonl", "--import", notes), "one after the other"),
    ):
        result = groundup("progress", *value)
        assert result.code == 2
        assert says in result.err
        assert result.out == ""
    assert notes.read_text(encoding="utf-8") == "My notes\n"


def test_a_damaged_file_is_told_once_and_what_was_saved_is_shown(groundup, some_progress):
    raw = progress_file().read_bytes()
    progress_file().write_bytes(b"\0" * 4096 + raw[4096:])
    result = groundup("progress")
    assert "The progress file was damaged. 7 events could be read" in result.err
    assert "2 of 3 passed" in result.out
    assert groundup("progress").err == ""


def test_a_file_of_a_newer_groundup_is_left_alone(groundup, some_progress):
    raw = bytearray(progress_file().read_bytes())
    raw[60:64] = (99).to_bytes(4, "big")  # user_version, where SQLite keeps it
    progress_file().write_bytes(raw)
    result = groundup("progress")
    assert result.code == 2
    assert "newer groundup" in result.err
    assert progress_file().read_bytes() == raw


def test_celebrations_can_be_turned_off_and_on(groundup, home):
    assert groundup("progress", "--no-celebrations").code == 0
    with Store(progress_file()) as store:
        assert not celebrates(store)
    assert groundup("progress", "--celebrations").code == 0
    with Store(progress_file()) as store:
        assert celebrates(store)
