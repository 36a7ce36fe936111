"""What is derived from events: states of exercises, lessons done, guesses, mistakes, and where to go on."""

import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import Aside, ExerciseItem, Explanation, Prediction, Prose, Quiz, Widget
from groundup.course.lessons.predictions import calibration_sentence, certainty_steps
from groundup.course.progress.progress import CourseProgress, exercise_hash, needs_answer
from groundup.course.progress.resume import resume_card
from groundup.course.progress.store import Store

SMALL = Path(__file__).parent / "small_course"
DOUBLE = "0.1/double"


@pytest.fixture(scope="module")
def course():
    return load_course(SMALL)


@pytest.fixture
def store(tmp_path):
    minutes = count()
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Store(tmp_path / "progress.db", now=lambda: start + timedelta(minutes=next(minutes))) as store:
        yield store


def index(lesson, identity):
    return next(at for at, block in enumerate(lesson.items) if getattr(block, "id", "") == identity)


def answer(store, lesson):
    """Answer all that a lesson asks, but its exercises."""
    for block in lesson.items:
        about = f"{lesson.id}/{getattr(block, 'id', '')}"
        if isinstance(block, Prediction):
            store.add("predicted", about, given=1.0, right=False)
        elif isinstance(block, Quiz):
            store.add("answered", about, option=0, right=False)
        elif isinstance(block, Explanation):
            store.add("explained", about, text="because", marks=0, of=2)
        elif isinstance(block, Widget) and block.check:
            store.add("goal", about)


def solve(store, course, lesson):
    for exercise in course.exercises_of(lesson):
        store.add("attempt", exercise.id, passed=True, exercise=exercise_hash(exercise))


# ---- exercises ----------------------------------------------------------------------------------------------


def test_an_exercise_is_new_then_tried_then_passed_and_never_less_again(course, store):
    known = exercise_hash(course.exercise(DOUBLE))
    assert CourseProgress(course, store).exercise_state(DOUBLE) == "new"
    store.add("attempt", DOUBLE, passed=False, kind="wrong", exercise=known)
    assert CourseProgress(course, store).exercise_state(DOUBLE) == "tried"
    store.add("attempt", DOUBLE, passed=True, kind="passed", exercise=known)
    assert CourseProgress(course, store).exercise_state(DOUBLE) == "passed"
    store.add("attempt", DOUBLE, passed=False, kind="syntax", exercise=known)
    store.add("reset", DOUBLE, kept="double-1.py")
    progress = CourseProgress(course, store)
    assert progress.exercise_state(DOUBLE) == "passed"
    assert progress.passed == {DOUBLE}
    assert [event.data["passed"] for event in progress.attempts(DOUBLE)] == [False, True, False]


def test_an_exercise_that_changed_since_it_passed_says_check_again_and_stays_passed(tmp_path, store):
    shutil.copytree(SMALL, tmp_path / "course")
    before = load_course(tmp_path / "course").exercise(DOUBLE)
    store.add("attempt", DOUBLE, passed=True, exercise=exercise_hash(before))
    definition, check = before.folder / "exercise.toml", before.folder / "check.py"
    original = definition.read_text(encoding="utf-8")
    definition.write_text(original.replace(before.about.hints[0], "Another hint."), encoding="utf-8")
    changed_hint = load_course(tmp_path / "course")
    assert CourseProgress(changed_hint, store).exercise_state(DOUBLE) == "passed"
    for file, text in (
        (definition, original.replace(before.about.asks[:10], "Now something else: ")),
        (check, check.read_text(encoding="utf-8") + "\n# stricter\n"),
    ):
        kept = file.read_text(encoding="utf-8")
        assert text != kept
        file.write_text(text, encoding="utf-8")
        changed = CourseProgress(load_course(tmp_path / "course"), store)
        assert changed.exercise_state(DOUBLE) == "check again"
        assert DOUBLE in changed.passed
        file.write_text(kept, encoding="utf-8")
    check.write_bytes(check.read_bytes().replace(b"\n", b"\r\n"))
    assert CourseProgress(load_course(tmp_path / "course"), store).exercise_state(DOUBLE) == "passed"


def test_hints_seen(course, store):
    for number in (1, 2, 1):
        store.add("hint", DOUBLE, number=number)
    progress = CourseProgress(course, store)
    assert (progress.hints_seen(DOUBLE), progress.hints_seen("0.2/halve")) == (2, 0)


def test_what_the_course_no_longer_has_and_what_another_program_wrote_do_no_harm(course, store):
    store.add("attempt", "9.9/gone", passed=True, exercise="abc")
    store.add("attempt", DOUBLE, passed="yes", exercise=["abc"], mutant=17, says=None)
    store.add("opened", "0.1", block="third")
    store.add("opened", "9.9", block=3)
    store.add("hint", DOUBLE, number=None)
    store.add("predicted", "0.1/ten-folds", given="a lot", right=1)
    store.add("predicted", "9.9/gone", given=10**400, right=True)
    store.add("answered", "0.1/zero-folds", option=[1])
    progress = CourseProgress(course, store)
    assert progress.exercise_state("9.9/gone") == "passed"
    assert progress.exercise_state(DOUBLE) == "tried"
    assert progress.hints_seen(DOUBLE) == 0
    assert progress.calibration().all.count == 2
    assert resume_card(progress).lesson.id == "0.1"
    assert [mistake.mutant for mistake in progress.mistakes()] == ["17"]


# ---- lessons ------------------------------------------------------------------------------------------------


def test_a_lesson_is_done_when_all_that_it_asks_is_answered_or_when_it_was_read_to_its_end(course, store):
    first, second = course.lessons
    answer(store, first)
    progress = CourseProgress(course, store)
    assert not progress.done(first)
    assert progress.begun(first)
    assert progress.asked(first) == (6, 8)
    solve(store, course, first)
    assert CourseProgress(course, store).done(first)
    assert not CourseProgress(course, store).done(second)
    store.add("done", second.id)
    progress = CourseProgress(course, store)
    assert progress.done(second)
    assert progress.asked(second) == (0, 1)


def test_blocks_are_behind_one_when_answered_or_read_on_from(course, store):
    lesson = course.lessons[0]
    assert CourseProgress(course, store).items_done(lesson) == set()
    assert isinstance(lesson.items[0], Prose)
    for block in (0, 1, 2, 0):
        store.add("opened", lesson.id, block=block)
    guess = index(lesson, "how-it-grows")
    store.add("predicted", f"{lesson.id}/how-it-grows", given=1, right=True)
    progress = CourseProgress(course, store)
    assert progress.items_done(lesson) == {0, guess}
    assert progress.furthest_item(lesson) == 2
    assert progress.answered("0.1", "how-it-grows").data["given"] == 1
    assert progress.answered("0.1", "zero-folds") is None
    store.add("done", lesson.id)
    waiting = {at for at, block in enumerate(lesson.items) if needs_answer(block)} - {guess}
    assert CourseProgress(course, store).items_done(lesson) == set(range(len(lesson.items))) - waiting


# ---- guesses and mistakes -----------------------------------------------------------------------------------


def test_calibration_takes_the_first_guess_of_each_block_and_compares_halves(course, store):
    assert "No guesses yet" in CourseProgress(course, store).calibration().sentence()
    store.add("predicted", "0.1/ten-folds", given=512.0, right=False)
    store.add("predicted", "0.1/how-it-grows", given=1, right=True)
    store.add("predicted", "0.1/draw-it", given=[[0, 1], [4, 16]], right=True)
    store.add("predicted", "0.1/ten-folds", given=1024.0, right=True)  # the answer had been shown
    found = CourseProgress(course, store).calibration()
    assert (found.all.count, found.all.right, found.all.distance) == (3, 2, 0.5)
    assert (found.first.count, found.first.distance) == (1, 0.5)
    assert (found.latest.count, found.latest.right, found.latest.distance) == (2, 2, None)
    assert found.sentence() == "2 of 3 guesses were right. The typical guess at a number was off by 50%."


def test_guesses_are_judged_with_those_that_one_was_as_sure_of(course, store):
    first = [f"0.{number}/guess" for number in range(1, 12)]
    for number, about in enumerate(first):
        store.add("predicted", about, given=1, right=number < 7, sure=70)
    store.add("predicted", first[-1], given=1, right=True, sure=70)  # the answer had been shown
    store.add("predicted", "0.1/draw-it", given=1, right=True)
    store.add("predicted", "0.1/ten-folds", given=1.0, right=False, sure=90)
    progress = CourseProgress(course, store)
    assert progress.guess_summary(70) == (
        "You were 70% sure. Of the guesses you were that sure of, 7 in 11 came true so far: well judged."
    )
    assert progress.guess_summary(90) == "You were 90% sure. It is the first guess you were that sure of."
    assert progress.guess_summary(None).startswith("8 of 13 guesses were right.")
    assert progress.guess_summary(50) == progress.guess_summary(None)  # no answer had that certainty


@pytest.mark.parametrize(("sure", "count", "right", "end"), [
    (50, 7, 0, "0 in 7 came true so far."),  # too few to say anything
    (50, 8, 1, ": fewer than you thought."), (50, 8, 2, ": well judged."), (50, 8, 6, ": well judged."),
    (50, 8, 7, ": you know more than you think."),
    (90, 20, 16, ": well judged."), (90, 20, 15, ": fewer than you thought."),
    (10, 20, 4, ": well judged."), (10, 20, 5, ": you know more than you think."),
])  # fmt: skip
def test_a_judgement_waits_until_luck_is_not_the_likelier_reason(sure, count, right, end):
    assert calibration_sentence(sure, count, right).endswith(end)


def test_what_may_be_said_fits_the_question(course):
    (number,) = [block for block in course.lessons[0].of(Prediction) if block.form == "number"]
    (choice,) = [block for block in course.lessons[0].of(Prediction) if block.form == "choice"]
    assert certainty_steps(number) == (10, 30, 50, 70, 90)
    assert certainty_steps(choice) == (30, 50, 70, 90)  # of three
    assert certainty_steps(choice.model_copy(update={"options": choice.options[:2]})) == (50, 70, 90)


def test_mistakes_come_newest_first_each_once_and_are_mended_by_what_follows(course, store):
    for mutant in ("wrong-way", "off-by-one", "wrong-way", ""):
        store.add("attempt", DOUBLE, passed=False, mutant=mutant)
    store.add("answered", "0.1/zero-folds", option=0, right=False)
    found = CourseProgress(course, store).mistakes()
    assert [(one.about, one.mutant, one.option, one.times, one.mended) for one in found] == [
        ("0.1/zero-folds", "", 0, 1, False),
        (DOUBLE, "wrong-way", None, 2, False),
        (DOUBLE, "off-by-one", None, 1, False),
    ]
    store.add("attempt", DOUBLE, passed=True, mutant="")
    store.add("attempt", DOUBLE, passed=False, mutant="off-by-one")
    found = CourseProgress(course, store).mistakes()
    assert [(one.mutant, one.mended) for one in found] == [
        ("off-by-one", False), ("", False), ("wrong-way", True),
    ]  # fmt: skip


# ---- here ---------------------------------------------------------------------------------------------------


def test_the_first_visit_is_told_where_to_begin(course, store):
    store.add("setting", "celebrations", value=False)
    here = resume_card(CourseProgress(course, store))
    assert (here.lesson.id, here.index) == ("0.1", 0)
    assert here.sentence == "You have not begun yet."
    assert "`groundup placement`" in here.next_step
    assert "0.1, Doubling: `groundup learn`" in here.next_step


def test_a_placement_leads_to_its_lesson_unless_one_has_gone_on_since(course, store):
    store.add("placed", "0.2", answers=[1, 2])
    here = resume_card(CourseProgress(course, store))
    assert (here.lesson.id, here.sentence) == ("0.2", "Your answers place you at 0.2, Halving.")
    store.add("opened", "0.1", block=0)
    assert resume_card(CourseProgress(course, store)).lesson.id == "0.1"


def test_the_card_names_what_one_was_at_and_a_step_for_every_kind_of_block(course, store):
    lesson = course.lessons[0]
    certainty_steps = {}
    for at, block in enumerate(lesson.items):
        store.add("opened", lesson.id, block=at)
        here = resume_card(CourseProgress(course, store))
        assert (here.lesson, here.index) == (lesson, at)
        assert here.sentence.startswith("You were ")
        assert here.sentence.endswith(" in 0.1, Doubling.")
        certainty_steps[type(block)] = f"{here.sentence} {here.next_step}"
    assert "reading “A sheet of paper”" in certainty_steps[Prose]
    assert "Draw the thickness over four folds." in certainty_steps[Prediction]
    assert "And with no fold at all?" in certainty_steps[Quiz]
    assert "in your own words" in certainty_steps[Explanation]
    assert "Read one screen" in certainty_steps[Aside]
    title = course.exercise("0.1/running-sum").about.title
    assert f"at the exercise “{title}”" in certainty_steps[ExerciseItem]
    assert "then run `groundup check`" in certainty_steps[ExerciseItem]


def test_a_failed_check_leads_back_to_what_it_said_and_a_passed_one_on(course, store):
    lesson = course.lessons[0]
    at = index(lesson, "double")
    store.add("opened", lesson.id, block=at)
    store.add("attempt", DOUBLE, passed=False, says="You squared it. " + "Look again. " * 50)
    here = resume_card(CourseProgress(course, store))
    assert here.index == at
    assert here.next_step.startswith("The last check said: “You squared it.")
    assert len(here.next_step) < 250
    store.add("attempt", DOUBLE, passed=True)
    here = resume_card(CourseProgress(course, store))
    assert here.index == at + 1
    assert here.next_step == "Answer one question. And with no fold at all?"


def test_after_a_lesson_comes_the_next_then_what_was_left_out_then_the_end(course, store):
    first, second = course.lessons
    store.add("done", second.id)
    here = resume_card(CourseProgress(course, store))
    assert (here.lesson, here.index, here.sentence) == (first, 0, "You finished 0.2, Halving.")
    assert "first screen of 0.1, Doubling" in here.next_step
    answer(store, first)
    solve(store, course, first)
    here = resume_card(CourseProgress(course, store))
    assert here.lesson is None
    assert here.sentence == "You have done every lesson of the course."
    assert "groundup review" in here.next_step


def test_a_block_that_is_gone_from_the_lesson_leads_to_the_furthest_that_was_opened(course, store):
    store.add("opened", "0.1", block=1)
    store.add("answered", "0.1/gone", option=0, right=True)
    assert resume_card(CourseProgress(course, store)).index == 1
    store.add("opened", "0.1", block=999)  # it had been longer: all was read, and a guess was left out
    here = resume_card(CourseProgress(course, store))
    assert here.index == index(here.lesson, "ten-folds")
