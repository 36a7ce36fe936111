"""`groundup learn` and `placement`: a lesson is read, answered and left, with a terminal and without one."""

import os
import sys
from pathlib import Path

import pytest

from groundup.common.places import progress_file, workspace_folder
from groundup.course.progress.store import Store
from terminal import Terminal

SMALL = Path(__file__).parents[1] / "course" / "small_course"
GUESSES = ["--answer", "20", "--answer", "2", *(word for y in "12468" for word in ("--answer", y))]


@pytest.fixture(autouse=True)
def _small_course(monkeypatch):
    monkeypatch.setenv("GROUNDUP_COURSE", str(SMALL))


def events(kind=None, about=None):
    with Store(progress_file()) as store:
        return store.events(kind, about)


def test_without_a_terminal_it_prints_up_to_what_needs_the_person(groundup):
    result = groundup("learn")
    assert result.code == 0
    assert "You have not begun yet." in result.out
    assert "Fold a sheet in half" in result.out
    assert "How thick is it after ten folds" in result.out
    assert "Your turn." in result.out
    assert "1024" not in result.out
    assert [event.data["block"] for event in events("opened", "0.1")] == [0, 1]
    again = groundup("learn")
    assert "Fold a sheet in half" not in again.out  # the place is kept
    assert "How thick is it" in again.out


def test_answers_are_stored_before_they_are_revealed(groundup):
    result = groundup("learn", *GUESSES, "--answer", "folds=10", "--answer", "")
    assert "It is 1024 sheets; you said 20." in result.out
    assert "✓ 2  By the same factor each time.  (yours)" in result.out
    assert "o yours   • what comes" in result.out
    assert "✓ That is the goal." in result.out
    data = [event.data for event in events("predicted")]
    assert [(item["given"], item["right"]) for item in data[:2]] == [(20.0, False), (1, True)]
    assert data[2]["given"] == [[0.0, 1.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [4.0, 8.0]]
    assert data[2]["right"] is False
    assert [event.about for event in events("goal")] == ["0.1/fold"]


def test_what_was_answered_is_not_asked_again(groundup):
    groundup("learn", "--answer", "1024")
    result = groundup("learn", "0.1", "--again")
    assert "You answered this before." in result.out
    assert "✓ Right: 1024 sheets (you said 1024)." in result.out
    assert len(events("predicted")) == 1


def test_a_lesson_to_its_end(groundup):
    rest = [
        "--answer",
        "",
        "--answer",
        "2",
        "--answer",
        "",
        "--answer",
        "It adds what is there.",
        "--answer",
        "n",
        "--answer",
        "y",
    ]
    result = groundup("learn", *GUESSES, *rest)
    assert result.code == 0
    assert "2 of 2" not in result.out
    assert "1 of 2." in result.out
    assert "✓ Right." in result.out
    assert "Powers of Ten" in result.out
    assert "These exercises still wait" in result.out
    assert "Halving" in result.out
    assert events("answered", "0.1/zero-folds")[0].data == {"option": 1, "right": True}
    explained = events("explained", "0.1/say-it")[0].data
    assert explained == {"text": "It adds what is there.", "marks": [1], "of": 2}
    assert [event.about for event in events("done")] == ["0.1"]
    assert (workspace_folder() / "0.1-doubling" / "double.py").exists()
    assert (workspace_folder() / "0.1-doubling" / "growth.png").read_bytes().startswith(b"\x89PNG")
    on = groundup("learn")
    assert "You finished 0.1, Doubling." in on.out
    assert "Half of a half is a quarter." in on.out


def test_a_wrong_setting_or_number_is_told_and_asked_again(groundup):
    wrong = ["--answer", "folds=99", "--answer", "flods=1", "--answer", "folds=9 loud=yes"]
    result = groundup("learn", "--answer", "many", *GUESSES, *wrong)
    assert "'many' is no number." in result.out
    assert "Sixty folds are enough." in result.out
    assert "Did you mean 'folds'?" in result.out
    assert "PAPER" in result.out
    assert "folds=9  factor=2  loud=yes  name=paper" in result.out
    assert not events("goal")


def test_all_prints_everything_and_stores_nothing(groundup):
    result = groundup("learn", "0.1", "--all")
    assert result.code == 0
    for words in ("1024", "Ten doublings", "2 to the power of 0 is 1.", "The comma between thousands.", "1,024",
                  "A model answer", "Write double(x)", "Powers of Ten", "Take care"):  # fmt: skip
        assert words in result.out, words
    assert events() == []


def test_a_widget_uses_the_learners_newest_run(groundup, home):
    run = home / "runs" / "mine"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text('[model]\nkind = "char-rnn"\n', encoding="utf-8")
    assert "drawn from the fixture" in groundup("learn", "0.1", "--all").out  # it has no checkpoint yet
    (run / "best.safetensors").write_bytes(b"")
    result = groundup("learn", "0.1", "--all")
    assert "With your own run mine." in result.out
    assert "drawn from mine" in result.out


def test_lessons_are_listed_with_their_states(groundup):
    groundup("learn", "--answer", "1024")
    result = groundup("learn", "--list")
    assert "▸  0.1" in result.out
    assert "you are here, 1 of" in result.out
    assert "·  0.2" in result.out


@pytest.mark.parametrize("columns", [60, 100])
def test_prose_keeps_to_the_width(groundup, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    result = groundup("learn", "0.1", "--all")
    assert max(len(line.rstrip()) for line in result.out.split("\n") if "/" not in line) <= columns


def test_a_lesson_that_is_not_there(groundup):
    result = groundup("learn", "0.1-doublin")
    assert result.code == 2
    assert "There is no lesson '0.1-doublin'." in result.err
    assert "--list" in result.err
    assert groundup("learn", "0.1-doubling", "--all").code == 0  # the folder's name will do


def test_a_course_that_is_not_there(groundup, monkeypatch, tmp_path):
    monkeypatch.setenv("GROUNDUP_COURSE", str(tmp_path / "nowhere"))
    result = groundup("learn")
    assert result.code == 2
    assert "course.toml" in result.err


# ---- placement ----------------------------------------------------------------------------------------------


def test_placement_asks_checks_and_goes_on_where_it_was_left(groundup):
    result = groundup("placement", "--answer", "y", "--answer", "")
    assert "Can you write a function that counts letters?" in result.out
    assert "Nothing is written yet" in result.out
    assert "Your turn." in result.out
    file = workspace_folder() / "placement" / "count_letters.py"
    file.write_text("def count_letters(text):\n    return sum(c.isalpha() for c in text)\n", encoding="utf-8")
    result = groundup("placement", "--answer", "", "--answer", "n")  # the question is not asked again
    assert "✓ count_letters('a b') is 2" in result.out
    assert "You start at 0.2, Halving." in result.out
    assert "Every other lesson is open" in result.out
    assert events("placed")[0].about == "0.2"
    assert "Your answers place you at 0.2" in groundup("learn").out
    assert "You were placed at 0.2, Halving." in groundup("placement", "--answer", "n").out


def test_a_task_that_is_skipped_or_a_no_is_where_one_starts(groundup):
    result = groundup("placement", "--answer", "y", "--answer", "s")
    assert "You start at 0.1, Doubling." in result.out
    assert "It begins with a sheet of paper." in result.out
    assert events("placed")[0].data["answers"] == {"letters": False}


def test_one_may_choose_the_start(groundup):
    assert groundup("placement", "--start", "0.2").code == 0
    assert events("placed")[0].about == "0.2"
    assert groundup("placement", "--start", "9.9").code == 2


# ---- in a terminal ------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt" or sys.platform == "emscripten", reason="there are no pseudo-terminals")
def test_a_lesson_in_a_terminal():
    with Terminal("learn", columns=80) as terminal:
        terminal.until("You have not begun yet.")
        assert "no heading, but a comment" in terminal.until("Enter goes on")
        terminal.press("\n")
        assert "Ten folds" in terminal.until("Enter goes on")  # a long text comes section by section
        terminal.press("\n")
        terminal.until("Your guess in sheets: ")
        terminal.press("b\n")
        terminal.until("A sheet of paper")
        terminal.until("Enter goes on")
        terminal.press("\n")
        terminal.until("Ten folds")
        terminal.press("\n")
        terminal.until("Your guess in sheets: ")
        terminal.press("1000\n")
        terminal.until("How sure are you, in %? 10 30 50 70 90")
        terminal.press("certain\n")
        terminal.until("One of 10, 30, 50, 70, 90; or Enter.")
        terminal.press("70%\n")
        terminal.until("✓ Right: 1024 sheets (you said 1000).")
        terminal.until("Enter goes on")
        terminal.press("\n")
        terminal.until("1 to 3: ")
        terminal.press("q\n")
        terminal.until("Your place is kept.")
        assert terminal.ends() == 0
    assert [event.data["block"] for event in events("opened")] == [0, 1, 0, 1, 2]
    with Terminal("learn", "--one") as terminal:
        terminal.until("1 to 3: ")
        terminal.press("\x03")
        terminal.until("Stopped. Your place is kept.")
        assert terminal.ends() == 130


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_code_runs_and_exercises_are_checked_from_the_lesson():
    with Store(progress_file()) as store:
        store.add("opened", "0.1", block=7)
    with Terminal("learn") as terminal:
        terminal.until("r runs it")
        terminal.press("r\n")
        terminal.until("It prints:\n  1,024")
        terminal.press("\n")
        terminal.until("c checks your file")
        terminal.press("h\n")
        terminal.until("Hint 1 of 3")
        terminal.press("c\n")
        terminal.until("Nothing is written yet")
        terminal.press("\x04")
        terminal.until("Your place is kept.")
        assert terminal.ends() == 0
