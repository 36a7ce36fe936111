"""`groundup review`, `journal` and `focus`, on a course of two cards."""

import sys
from datetime import UTC, datetime

import pytest

from groundup.cli import habits
from groundup.cli.shared import commands_in
from groundup.common.places import progress_file
from groundup.course.progress.store import Store

LESSON = """+++
id = "0.1"
title = "Slopes"
question = "How steep?"
minutes = 20
concepts = ["slope"]
+++

Words.
"""

CARDS = """
[[card]]
id = "0.1/twice"
ask = "What is 2 times 3?"
answer = "6"
why = "Two threes."

[[card]]
id = "0.1/which"
ask = "Which one is even?"
options = [
    { text = "4", why = "It is 2 times 2.", right = true },
    { text = "5", why = "It leaves 1." },
]
"""

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # here no second passes, and so no midnight
TODAY = f"{NOON.astimezone():%Y-%m-%d}"


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setitem(Store.__init__.__kwdefaults__, "now", lambda: NOON)


@pytest.fixture(autouse=True)
def _course(tmp_path, monkeypatch):
    folder = tmp_path / "course" / "0.1-slopes"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(LESSON, encoding="utf-8")
    (folder / "cards.toml").write_text(CARDS, encoding="utf-8")
    (folder.parent / "course.toml").write_text(
        'id = "c"\ntitle = "C"\n[[rung]]\nid = "0"\ntitle = "Ground"\nlessons = ["0.1"]\n', encoding="utf-8"
    )
    monkeypatch.setenv("GROUNDUP_COURSE", str(folder.parent))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read(home):
    """The lesson has been read."""
    with Store(progress_file()) as store:
        store.add("done", "0.1")


def test_without_a_lesson_there_are_no_cards(groundup):
    result = groundup("review")
    assert result.code == 0
    assert "No cards yet" in result.out


def test_a_set_is_asked_and_kept(groundup, read):
    answers = ["", "1", "2", "", "3", "1"]  # forgotten; the wrong option; then both once more, known
    result = groundup("review", *(word for answer in answers for word in ("--answer", answer)))
    assert result.code == 0, result.err
    assert "6" in result.out
    assert "✗ Not yet. It leaves 1." in result.out  # the second card, answered with its second option
    assert "0 of 2 remembered." in result.out
    with Store(progress_file()) as store:
        remaining = [(event.about, event.data["rating"]) for event in store.events("reviewed")]
    assert remaining == [
        ("0.1/twice", "again"), ("0.1/which", "again"), ("0.1/twice", "good"), ("0.1/which", "good"),
    ]  # fmt: skip


def test_without_a_terminal_nothing_is_asked(groundup, read):
    result = groundup("review")
    assert result.code == 0
    assert "2 cards wait" in result.out
    assert groundup("review", "--json").json["set"][0]["id"] == "0.1/twice"
    assert "What is 2 times 3?" in groundup("review", "--list").out


def test_the_focus_timer_is_one_for_all_processes(groundup):
    assert "25:00 min left on 0.1" in groundup("focus").out
    again = groundup("focus", "--json").json
    assert again["phase"] == "working"
    assert again["left"] == 1500
    assert "Paused" in groundup("focus", "--pause").out
    assert "left on 0.1" in groundup("focus", "--pause").out
    assert "The timer is off" in groundup("focus", "--stop").out
    assert groundup("focus", "--pause").code == 2
    assert groundup("focus", "--minutes", "900").code == 2


def test_the_journal_is_begun_from_the_day(groundup, read, tmp_path):
    assert "Finished lesson 0.1, Slopes." in groundup("journal").out
    groundup("journal", "--write", "The slope is not the height.")
    groundup("journal", "--write", "Nor the width.")
    page = groundup("journal", "--json").json
    assert page["day"] == TODAY
    assert page["entry"] == "The slope is not the height.\nNor the width."
    assert groundup("journal", "--export", "journal.md").code == 0
    assert (tmp_path / "journal.md").read_text(encoding="utf-8").startswith(f"## {TODAY}\n\nThe slope")


def test_a_page_is_written_in_the_persons_editor(groundup, read, tmp_path, monkeypatch):
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        "p.write_text(p.read_text(encoding='utf-8').replace('What surprised me?', 'That it was easy.'),"
        " encoding='utf-8')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
    assert "That it was easy." in groundup("journal", "--edit").out
    monkeypatch.setenv("EDITOR", "no-such-editor")
    result = groundup("journal", "--edit")
    assert result.code == 2
    assert "did not end well" in result.err


def test_bad_dates_and_an_empty_journal_are_said(groundup):
    assert "'yesterday' is no date" in groundup("journal", "--day", "yesterday").err
    assert "no page yet" in groundup("journal", "--export", "x.md").err
    assert "Nothing was recorded" in groundup("journal", "--day", "2020-01-01").out


@pytest.mark.parametrize(
    "command",
    [
        line
        for epilog in (habits.REVIEW_EXAMPLES, habits.JOURNAL_EXAMPLES, habits.FOCUS_EXAMPLES)
        for line in commands_in(epilog)
    ],
)
def test_every_example_of_the_help_works(command, groundup, read, monkeypatch):
    import shlex

    monkeypatch.setenv("EDITOR", "true")
    with Store(progress_file()) as store:
        store.add("journal", TODAY, text="a page")
    words = shlex.split(command)
    if "--watch" in words:  # it counts down until Ctrl-C: seen in its own test
        words.remove("--watch")
    assert groundup(*words).code == 0
