"""`groundup course`: what authors and people with courses of others type, and the page that tells them."""

import re
import sys
import zipfile
from pathlib import Path

import pytest

from groundup.cli import course as command
from groundup.common.places import workspace_folder
from groundup.course.authoring import imported
from groundup.course.lessons.catalogue import LESSONS

sys.path.append(str(Path(__file__).parents[1] / "course"))
from small_course import questions

PAGE = Path(__file__).parents[2] / "docs" / "authoring.md"


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small course in place of groundup's own, which may be unfinished."""
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "course.toml").write_text(
        'id = "ours"\ntitle = "Ours"\n[[rung]]\nid = "0"\ntitle = "Zero"\nlessons = ["0.1"]\n',
        encoding="utf-8",
    )
    (ours / "0.1-one").mkdir()
    (ours / "0.1-one" / "lesson.md").write_text(
        '+++\nid = "0.1"\ntitle = "One"\nquestion = "Why?"\nminutes = 5\nconcepts = ["one"]\n+++\nOne.\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(imported, "LESSONS", ours)


def begun(groundup):
    """A course of one lesson, with its numbers computed."""
    assert groundup("course", "new", "rhymes/rhymes-1.1-ends").code == 0
    numbers = 'longer_mean = "6"\nmean = "4"\n'
    Path("rhymes/rhymes-1.1-ends/numbers.toml").write_text(numbers, encoding="utf-8")


def test_the_questions_of_a_course_that_was_added(groundup, workplace, small):
    begun(groundup)
    questions(Path("rhymes"), "rhymes-1.1", "rhymes-where")
    assert groundup("course", "import", "rhymes", "--yes").code == 0
    result = groundup("placement", "--course", "rhymes", "--answer", "y")
    assert "Can you write a function that counts letters?" in result.out
    file = workspace_folder() / "rhymes-where" / "count_letters.py"
    file.write_text("def count_letters(text):\n    return sum(c.isalpha() for c in text)\n", encoding="utf-8")
    assert (
        "Next: groundup placement --course rhymes goes on."
        in groundup("check", "rhymes-where/count-letters").out
    )
    assert "You start at rhymes-1.1" in groundup("placement", "--course", "rhymes", "--answer", "n").out
    assert groundup("placement", "--course", "rhyme").code == 2


@pytest.mark.slow
def test_every_command_of_the_page_for_authors_works(groundup, workplace, small):
    """In its order, as a reader would."""
    commands = re.findall(r"^groundup (course .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) >= 6
    for line in commands:
        words = [word.strip("'\"") for word in line.split("  #")[0].split()]
        result = groundup(*words)
        unfinished = words[1] == "check"  # the new lesson has TODOs, and says so
        assert (result.code, result.err) == (int(unfinished), ""), f"{line}\n{result.out}"
        if unfinished:
            assert "still to write" in result.out
    assert {"new", "check", "import", "list", "remove"} <= {line.split()[1] for line in commands}


@pytest.mark.slow
def test_a_check_ends_with_1_and_names_file_and_line(groundup, workplace):
    assert groundup("course", "new", "my-course/1.1-rhymes").code == 0
    result = groundup("course", "check", "my-course/1.1-rhymes", "--write")
    assert result.code == 1
    assert result.out.startswith(
        "To mend\n  my-course/1.1-rhymes/cards.toml:1: still to write: three to six cards."
    )
    assert re.search(r"\n\d+ to mend, \w+ to weigh, in .+\.\n$", result.out)
    actual = groundup("course", "check", "my-course/1.1-rhymes/", "--json")
    assert actual.code == 1
    assert actual.json["ok"] is False
    assert {"file", "line", "says", "warning"} == set(actual.json["faults"][0])


def test_a_check_of_one_finished_exercise_ends_with_0(groundup, workplace):
    groundup("course", "new", "my-course/1.1-rhymes")
    result = groundup("course", "check", "my-course/1.1-rhymes/exercises/mean")
    assert result.code == 0
    assert result.out.startswith("Nothing to mend, nothing to weigh, in ")
    result = groundup("course", "check", "9.9")
    assert (result.code, "There is no lesson '9.9'" in result.err) == (2, True)


def test_another_authors_course_is_added_listed_and_removed(groundup, workplace, small):
    begun(groundup)
    with zipfile.ZipFile("rhymes.zip", "w") as archive:
        for path in Path("rhymes").rglob("*"):
            archive.write(path)
    result = groundup("course", "import", "rhymes.zip")  # there is no terminal
    assert (result.code, "Python that runs on this machine" in result.err, "--yes" in result.err) == (
        2,
        True,
        True,
    )
    assert groundup("course", "list").out == "ours     1 lesson  Ours\n"
    result = groundup("course", "import", "rhymes.zip", "--yes")
    assert (result.code, result.out) == (0, "Added 'Rhymes' (rhymes), 1 lesson.\n")
    assert groundup("course", "list").out == "ours       1 lesson  Ours\nrhymes     1 lesson  Rhymes\n"
    again = groundup("course", "import", "rhymes", "--yes", "--json").json
    assert Path(again["kept"]).is_dir()
    assert groundup("course", "remove", "rhyme").err.strip().endswith("Did you mean 'rhymes'?")
    assert "Its files are in" in groundup("course", "remove", "rhymes").out
    assert [row["id"] for row in groundup("course", "list", "--json").json["courses"]] == ["ours"]


@pytest.mark.parametrize("yes", [True, False])
def test_a_person_is_asked_before_code_of_others_is_added(groundup, workplace, small, monkeypatch, yes):
    begun(groundup)
    asked = []

    def confirm(question, abort, err):
        asked.append(question)
        if not yes:
            raise command.typer.Abort

    monkeypatch.setattr(command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(command.typer, "confirm", confirm)
    assert groundup("course", "import", "rhymes").code == (0 if yes else 1)
    assert "Do you trust the author of rhymes?" in asked[0]
    assert len(groundup("course", "list", "--json").json["courses"]) == 1 + yes


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_our_own_course_has_nothing_to_mend(groundup):
    # `make course` makes fixtures again as well, and grades every mutant of what trains: three minutes more.
    result = groundup("course", "check", LESSONS, "--quick", "--json")
    assert [fault for fault in result.json["faults"] if not fault["warning"]] == []
    assert result.code == 0
