"""What the events add up to: which exercises pass, which lessons are done, how good the guesses are, where to go on.

    progress = CourseProgress(course, store)
    progress.exercise_state("0.1/numerical-derivative")     # "tried"

Nothing here is stored: all of it is derived, in one pass over the events. Progress never goes backwards. What was
passed stays passed, whatever fails afterwards; an exercise that has changed since says "check again", and no more.
Events about lessons and exercises that the course no longer has are kept, and do no harm.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from statistics import median
from typing import Any, Literal, TypeGuard

from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import ExerciseItem, Explanation, Item, Prediction, Quiz, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.predictions import CERTAINTY_PERCENTS, calibration_sentence
from groundup.course.progress.store import CourseEvent, Store

State = Literal["new", "tried", "passed", "check again"]

MIN_GUESSES = 8  # guesses, before their halves are compared


def exercise_hash(exercise: Exercise) -> str:
    """What an exercise asks for, as a sha256: every attempt is stored with it, as `exercise`.

    Covers what is asked, the names to define, and the checks. Hints and explanations may change freely.
    """
    about = exercise.about
    asked = json.dumps([about.asks, about.defines, exercise.code("check.py")])
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def needs_answer(block: Item) -> bool:
    """Whether a block waits for the learner: a guess, an answer, own words, an exercise, or a goal that can be met."""
    return isinstance(block, Prediction | Quiz | Explanation | ExerciseItem) or (
        isinstance(block, Widget) and bool(block.check)
    )


@dataclass(frozen=True)
class Guesses:
    """How good some predictions were."""

    count: int
    right: int
    distance: float | None
    """Of those that are numbers, |guess − answer| / |answer|: the median, for one slip of the pen would rule a mean."""


@dataclass(frozen=True)
class Calibration:
    """Predictions, in the order in which they were made; of each item the first, before its answer was seen."""

    all: Guesses
    first: Guesses
    """The first half of them."""
    latest: Guesses
    """The latest half."""

    def sentence(self) -> str:
        """How well the guesses fit, and whether they have come nearer."""
        if not self.all.count:
            return "No guesses yet: each lesson asks for some, before its experiments."
        text = (
            f"{self.all.right} of {self.all.count} guesses {'was' if self.all.count == 1 else 'were'} right."
        )
        if self.all.distance is not None:
            text += f" The typical guess at a number was off by {self.all.distance:,.0%}"
            if (
                self.all.count >= MIN_GUESSES
                and self.first.distance is not None
                and self.latest.distance is not None
            ):
                text += f": by {self.first.distance:,.0%} at first, by {self.latest.distance:,.0%} recently"
            text += "."
        return text


@dataclass(frozen=True)
class PastMistake:
    """Something that went wrong, and may be asked again."""

    about: str
    """The exercise, or lesson/id of the quiz."""
    mutant: str
    """The known mistake that an attempt made; empty for a quiz."""
    option: int | None
    """The wrong option that was chosen; None for an exercise."""
    at: datetime
    """When it came last."""
    times: int
    mended: bool
    """Whether the exercise passed, or the question was answered rightly, afterwards."""


class CourseProgress:
    """The events of a store, seen from a course. It reads the store once; create another to see later events."""

    def __init__(self, course: Course, store: Store) -> None:
        self.course = course
        self._attempts: dict[str, list[CourseEvent]] = defaultdict(list)
        self._answers: dict[str, list[CourseEvent]] = defaultdict(list)
        self._hints: dict[str, int] = {}
        self._finished: set[str] = set()
        self._reached: dict[str, int] = {}
        """Of each lesson the furthest item that was opened."""
        self.last_event: CourseEvent | None = None
        """The newest event in a lesson that the course has."""
        self._current_hash = cache(exercise_hash)  # each exercise is read once
        known = {lesson.id for lesson in course.lessons}
        for event in store.events():
            if self._take(event) and event.about.partition("/")[0] in known:
                self.last_event = event

    def _take(self, event: CourseEvent) -> bool:
        """Add an event to what it changes. Returns whether it is a step in a lesson."""
        about = event.about
        match event.kind:
            case "attempt":
                self._attempts[about].append(event)
            case "predicted" | "answered" | "explained" | "goal":
                self._answers[about].append(event)
            case "hint":
                self._hints[about] = max(self._hints.get(about, 0), _whole(event.data.get("number")))
            case "done":
                self._finished.add(about)
            case "opened":
                self._reached[about] = max(self._reached.get(about, 0), _whole(event.data.get("block")))
            case "reset" | "placed" | "solution":
                pass
            case _:
                return False
        return True

    # ---- exercises ------------------------------------------------------------------------------------------

    def exercise_state(self, identity: str) -> State:
        """new, tried, passed, or "check again": passed, but it asks for something else since."""
        attempts = self._attempts.get(identity, [])
        if identity not in self.passed:
            return "tried" if attempts else "new"
        known = self.course.exercises.get(identity)
        passed_as = [event.data.get("exercise") for event in attempts if event.data.get("passed") is True]
        if known is None or None in passed_as or self._current_hash(known) in passed_as:
            return "passed"
        return "check again"

    def attempts(self, identity: str) -> list[CourseEvent]:
        """Every check of an exercise, oldest first."""
        return list(self._attempts.get(identity, []))

    def hints_seen(self, identity: str) -> int:
        """How many hints of an exercise were shown."""
        return self._hints.get(identity, 0)

    @cached_property
    def passed(self) -> set[str]:
        """Ids of all exercises that passed, also those that changed since or are no longer in the course."""
        return {
            identity
            for identity, attempts in self._attempts.items()
            if any(event.data.get("passed") is True for event in attempts)
        }

    # ---- lessons --------------------------------------------------------------------------------------------

    def answered(self, lesson: str, block: str) -> CourseEvent | None:
        """The newest answer to a block (a guess, an option, own words, a goal met), by both ids; None if none."""
        answers = self._answers.get(f"{lesson}/{block}")
        return answers[-1] if answers else None

    def items_done(self, lesson: Lesson) -> set[int]:
        """Indices of its items that are behind the learner: answered, passed, or read on from."""
        read = len(lesson.items) if lesson.id in self._finished else self._reached.get(lesson.id, 0)
        return {
            index
            for index, block in enumerate(lesson.items)
            if (self._is_answered(lesson, block) if needs_answer(block) else index < read)
        }

    def done(self, lesson: Lesson) -> bool:
        """Whether it was read to its end, or all that it asks is answered."""
        waiting = [block for block in lesson.items if needs_answer(block)]
        return lesson.id in self._finished or (
            bool(waiting) and all(self._is_answered(lesson, block) for block in waiting)
        )

    def begun(self, lesson: Lesson) -> bool:
        """Whether anything happened in it."""
        return lesson.id in self._reached or lesson.id in self._finished or bool(self._asked_done(lesson))

    def asked(self, lesson: Lesson) -> tuple[int, int]:
        """How many of its items that ask something are answered, and how many there are."""
        return len(self._asked_done(lesson)), sum(needs_answer(block) for block in lesson.items)

    def _asked_done(self, lesson: Lesson) -> list[Item]:
        return [block for block in lesson.items if needs_answer(block) and self._is_answered(lesson, block)]

    def _is_answered(self, lesson: Lesson, block: Any) -> bool:
        identity = f"{lesson.id}/{block.id}"
        return identity in (self.passed if isinstance(block, ExerciseItem) else self._answers)

    # ---- what was guessed, and what went wrong --------------------------------------------------------------

    def calibration(self) -> Calibration:
        firsts = self._first_guesses
        half = len(firsts) // 2
        return Calibration(self._guesses(firsts), self._guesses(firsts[:half]), self._guesses(firsts[half:]))

    def guesses_as_sure(self, sure: int) -> Guesses:
        """The guesses of which the learner said that they were so many percent sure."""
        return self._guesses([guess for guess in self._first_guesses if guess.data.get("sure") == sure])

    def guess_summary(self, sure: int | None) -> str:
        """How good the guesses are: of those with this certainty, where one was said; else of all."""
        alike = self.guesses_as_sure(sure) if sure in CERTAINTY_PERCENTS else None
        if sure is None or alike is None or not alike.count:
            return self.calibration().sentence()
        return calibration_sentence(sure, alike.count, alike.right)

    @cached_property
    def _first_guesses(self) -> list[CourseEvent]:
        """Of each item the first, in the order in which they were made."""
        firsts = [answers[0] for answers in self._answers.values() if answers[0].kind == "predicted"]
        return sorted(firsts, key=lambda event: event.at)

    def _guesses(self, events: list[CourseEvent]) -> Guesses:
        distances = []
        for event in events:
            block = self._predictions.get(event.about)
            guess = event.data.get("given")
            if block and block.form == "number" and isinstance(block.answer, float) and _is_number(guess):
                distances.append(abs(guess - block.answer) / abs(block.answer))
        right = sum(event.data.get("right") is True for event in events)
        return Guesses(len(events), right, median(distances) if distances else None)

    @cached_property
    def _predictions(self) -> dict[str, Prediction]:
        return {
            f"{lesson.id}/{block.id}": block
            for lesson in self.course.lessons
            for block in lesson.of(Prediction)
        }

    def mistakes(self) -> list[PastMistake]:
        """Known mistakes that attempts made, and wrong options that were chosen: each once, newest first."""
        mistakes: list[PastMistake] = []
        for about, events in [*self._attempts.items(), *self._answers.items()]:
            occurrences: dict[tuple[str, int | None], list[CourseEvent]] = defaultdict(list)
            still: set[tuple[str, int | None]] = set()
            for event in events:
                if event.data.get("passed" if event.kind == "attempt" else "right") is True:
                    still.clear()
                    continue
                mutant, option = event.data.get("mutant"), event.data.get("option")
                if event.kind == "attempt" and mutant:
                    mistake: tuple[str, int | None] = (str(mutant), None)
                elif event.kind == "answered" and _is_number(option):
                    mistake = ("", int(option))
                else:
                    continue
                occurrences[mistake].append(event)
                still.add(mistake)
            mistakes += [
                PastMistake(about, *mistake, times[-1].at, len(times), mistake not in still)
                for mistake, times in occurrences.items()
            ]
        return sorted(mistakes, key=lambda mistake: mistake.at, reverse=True)

    # ---- where to go on -------------------------------------------------------------------------------------

    def furthest_item(self, lesson: Lesson) -> int:
        """Index of the furthest of its items that was opened."""
        return self._reached.get(lesson.id, 0)

    def next_item_index(self, lesson: Lesson) -> int:
        """Index of the item to go on with: the first, from the furthest that was opened on, that is not behind the
        learner; then any that was left out. 0 where all is done."""
        if self.done(lesson):
            return 0
        behind, reached, count = self.items_done(lesson), self.furthest_item(lesson), len(lesson.items)
        return next((at for at in [*range(reached, count), *range(reached)] if at not in behind), 0)


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number to compute with: not `true`, and none so large that a float cannot hold it."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _whole(value: Any) -> int:
    """A whole number of an event's data; 0 for anything else, such as another program wrote."""
    return int(value) if _is_number(value) else 0
