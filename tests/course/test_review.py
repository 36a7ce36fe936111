"""Review, focus, rhythm and journal: derived from events, under a clock that the test moves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.focus import Focus, minutes_worked
from groundup.course.progress.journal import days, draft, entry, write
from groundup.course.progress.review import NEW_ITEMS_PER_DAY, Review, format_due
from groundup.course.progress.rhythm import celebration, rhythm
from groundup.course.progress.store import Store

START = datetime(
    2026, 3, 2, 12, 0, tzinfo=UTC
)  # a Monday at noon, so that an hour more is the same day anywhere

LESSON = """+++
id = "{id}"
title = "Slopes {id}"
question = "How steep?"
minutes = 20
concepts = ["slope {id}"]
+++

Some words.

```quiz
id = "height"
ask = "What is 2 times 3?"
options = [
    {{ text = "6", why = "Two threes.", right = true }},
    {{ text = "5", why = "That is 2 plus 3." }},
]
```

```exercise
id = "double"
```
"""

EXERCISE = """
title = "Double"
asks = "Return twice x."
defines = ["double"]
hints = ["What is twice?", "Multiply.", "return 2 * x"]
why = "Twice is times two."
alternative = "x + x"
[[mutants]]
name = "squared"
says = "You squared it."
"""


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with Store(tmp_path / "progress.db", now=clock) as opened:
        yield opened


@pytest.fixture
def course(tmp_path):
    for identity in ("0.1", "0.2"):
        folder = tmp_path / "course" / f"{identity}-slopes"
        (folder / "exercises" / "double").mkdir(parents=True)
        (folder / "lesson.md").write_text(LESSON.format(id=identity), encoding="utf-8")
        (folder / "exercises" / "double" / "exercise.toml").write_text(EXERCISE, encoding="utf-8")
        cards = [
            f'[[card]]\nid = "{identity}/card-{n}"\nask = "ask {n}"\nanswer = "{n}"\nwhy = "so"\n'
            for n in range(20)
        ]
        (folder / "cards.toml").write_text("\n".join(cards), encoding="utf-8")
    (tmp_path / "course" / "course.toml").write_text(
        'id = "c"\ntitle = "C"\n[[rung]]\nid = "0"\ntitle = "Ground"\nlessons = ["0.1", "0.2"]\n',
        encoding="utf-8",
    )
    return load_course(tmp_path / "course")


# ---- review ------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_its_lesson_was_read(course, store):
    assert Review(course, store).set() == []
    store.add("done", "0.1")
    assert {item.id.split("/")[0] for item in Review(course, store).set()} == {"0.1"}


def test_a_set_is_three_minutes_long_and_mixes_lessons(course, store):
    store.add("done", "0.1")
    store.add("done", "0.2")
    review = Review(course, store)
    asked = review.set()
    assert len(asked) == 9
    for item in asked:
        review.answer(item, "good")
    again = Review(course, store)
    assert len(again.set()) == NEW_ITEMS_PER_DAY - 9  # the rest of today's new ones: none is due yet
    for item in asked[:1]:
        assert again.states[item.id].due == review.states[item.id].due


def test_what_was_forgotten_comes_back_sooner_than_what_was_known(course, store, clock):
    store.add("done", "0.1")
    review = Review(course, store)
    forgotten, known = review.set()[:2]
    review.answer(forgotten, "again")
    review.answer(known, "good")
    assert review.states[forgotten.id].due < review.states[known.id].due
    clock.pass_(minutes=2)
    assert [item.id for item in Review(course, store).due()] == [forgotten.id]


def test_intervals_grow_with_each_success(course, store, clock):
    store.add("done", "0.1")
    review = Review(course, store)
    item = review.set()[0]
    gaps = []
    for _ in range(7):
        due = review.answer(item, "good")
        gaps.append(due - clock.at)
        clock.at = due
    assert gaps == sorted(gaps)
    assert gaps[-1] > timedelta(days=30)
    assert Review(course, store).known() == 1


def test_a_missed_question_and_a_recognised_mistake_are_asked(course, store):
    store.add("answered", "0.2/height", option=1, right=False)
    store.add("attempt", "0.1/double", passed=False, mutant="squared")
    quiz, mistake = Review(course, store).set()
    assert {quiz.id, mistake.id} == {"0.2/height", "0.1/double#squared"}
    by_id = {item.id: item for item in (quiz, mistake)}
    assert by_id["0.2/height"].is_right(0)
    assert not by_id["0.2/height"].is_right(1)
    assert "You squared it." in by_id["0.1/double#squared"].ask
    assert by_id["0.1/double#squared"].answer == "Twice is times two."


def test_a_clock_set_back_breaks_nothing(course, store, clock):
    store.add("done", "0.1")
    review = Review(course, store)
    item = review.set()[0]
    review.answer(item, "good")
    clock.pass_(days=-400)
    due = Review(course, store).answer(item, "good")
    assert timedelta() < due - clock() < timedelta(days=30)  # soon, and not in 400 days


def test_a_rating_that_is_none_is_refused(course, store):
    store.add("done", "0.1")
    review = Review(course, store)
    with pytest.raises(GroundupError, match="no rating 'fine'"):
        review.answer(review.set()[0], "fine")


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"minutes": -5}, "now"),
        ({"minutes": 10}, "in 10 minutes"),
        ({"seconds": 20}, "in 1 minute"),
        ({"days": 1}, "tomorrow"),
        ({"days": 12}, "in 12 days"),
    ],
)
def test_when_is_said_for_people(span, said):
    assert format_due(START + timedelta(**span), START) == said


# ---- focus -------------------------------------------------------------------------------------------------


def test_the_timer_counts_and_says_once_that_it_is_over(store, clock):
    focus = Focus(store)
    assert focus.phase == "idle"
    focus.begin("0.1")
    clock.pass_(minutes=10)
    assert (focus.phase, focus.left, focus.about) == ("working", 900.0, "0.1")
    assert focus.word() == ""
    clock.pass_(minutes=16)
    assert focus.phase == "over"
    assert "Your focus time is over" in focus.word()
    assert focus.word() == ""
    focus.rest()
    clock.pass_(minutes=5, seconds=1)
    assert focus.phase == "rested"
    assert "starts the next 25" in focus.word()
    assert minutes_worked(store, START.astimezone().date()) == pytest.approx(25)


def test_a_pause_stops_the_clock_and_a_second_call_starts_it(store, clock):
    focus = Focus(store)
    focus.begin("0.1")
    clock.pass_(minutes=5)
    focus.pause()
    clock.pass_(minutes=30)
    assert (focus.phase, focus.left) == ("paused", 1200.0)
    focus.pause()
    clock.pass_(minutes=19)
    assert (focus.phase, focus.left) == ("working", 60.0)
    focus.end()
    assert focus.phase == "idle"
    assert minutes_worked(store, START.astimezone().date()) == pytest.approx(24)


def test_who_comes_back_tomorrow_is_not_told_of_yesterday(store, clock):
    Focus(store).begin("0.1")
    clock.pass_(hours=20)
    assert Focus(store).phase == "idle"
    assert Focus(store).word() == ""


def test_the_clock_set_back_leaves_a_timer_that_ends(store, clock):
    focus = Focus(store)
    focus.begin("0.1")
    clock.pass_(days=-1)
    assert focus.left == 1500.0
    with pytest.raises(GroundupError, match="0 minutes are no time"):
        focus.begin("0.1", minutes=0)
    focus.end()
    with pytest.raises(GroundupError, match="No focus time is running"):
        focus.pause()


# ---- rhythm and celebrations -------------------------------------------------------------------------------


def test_the_rhythm_only_grows(store, clock):
    assert "first day" in rhythm(store).sentence()
    for _ in range(3):
        store.add("answered", "0.1/height", right=True)
        clock.pass_(days=3)
    assert rhythm(store).sentence() == "You learnt on 2 of the last 7 days, and on 3 days in all."
    clock.pass_(days=60)
    assert rhythm(store).sentence() == "You learnt on 0 of the last 7 days, and on 3 days in all."
    assert len(rhythm(store).drawing().splitlines()) == 4


def test_firsts_and_endings_are_marked_and_nothing_twice(course, store):
    store.add("attempt", "0.1/double", passed=True)
    assert celebration(course, store, "0.1/double") == "The first exercise of the course is yours."
    store.add("attempt", "0.1/double", passed=True)
    assert celebration(course, store, "0.1/double") == ""
    store.add("attempt", "0.2/double", passed=True)
    assert "last exercise of rung 0" in celebration(course, store, "0.2/double")


def test_celebrations_can_be_turned_off(course, store):
    store.add("setting", "celebrations", value=False)
    store.add("attempt", "0.1/double", passed=True)
    assert celebration(course, store, "0.1/double") == ""


# ---- journal -----------------------------------------------------------------------------------------------


def test_the_draft_tells_the_day_and_no_other(course, store, clock):
    store.add("attempt", "0.2/double", passed=True)
    clock.pass_(days=1)
    today = clock.at.astimezone().date()
    store.add("opened", "0.1", block=0)
    store.add("predicted", "0.1/guess", given=3.0, right=False)
    store.add("attempt", "0.1/double", passed=False, mutant="squared")
    store.add("attempt", "0.1/double", passed=True, mutant="")
    store.add("done", "0.1")
    store.add("reviewed", "0.1/card-0", rating="again", right=False)
    Focus(store).begin("0.1")
    clock.pass_(minutes=10)
    Focus(store).end()
    assert draft(course, store, today).split("\n\n")[0].splitlines() == [
        "- Finished lesson 0.1, Slopes 0.1.",
        "- Passed “Double” at try 2.",
        "- On the way: “You squared it.”",
        "- Guessed 1 time before an experiment, 0 of them right.",
        "- Reviewed 1 card, 0 remembered.",
        "- 10 minutes of focus.",
    ]


def test_a_page_is_kept_and_can_be_written_again(store):
    day = date(2026, 3, 2)
    write(store, day, "one")
    write(store, day, "two")
    assert (entry(store, day), days(store)) == ("two", [day])
    assert entry(store, date(2026, 3, 3)) == ""
