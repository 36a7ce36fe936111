"""Review: what was learnt is asked again just before it would be forgotten, in sets of three minutes.

    review = Review(course, store)
    for item in review.set():
        ...  # ask, let the learner think, show the answer
        review.answer(item, "good")

What is asked: the cards of lessons that were read to the end, quiz questions that were missed, and mistakes that an
exercise recognised. When it is asked: `fsrs` (Ye et al. 2022, "A stochastic shortest path algorithm for optimizing
spaced repetition scheduling") predicts from the answers so far when the chance to remember falls to nine in ten.
Nothing but the answers is stored; the schedule is computed from them, so two machines' files simply add up.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, get_args

import fsrs

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.items import AnswerOption, Quiz
from groundup.course.progress.store import CourseEvent, Store

Rating = Literal["again", "hard", "good", "easy"]

SECONDS_PER_ITEM = 20
SET_SECONDS = 180
NEW_ITEMS_PER_DAY = 12
"""So that a long lesson does not bury the days after it."""


@dataclass(frozen=True)
class ReviewItem:
    """Something to ask."""

    id: str
    """Of the card; `0.1/slope-quiz` for a quiz question; `0.1/chain-rule#sum-for-product` for a mistake."""
    ask: str
    answer: str
    why: str
    options: Sequence[AnswerOption] = ()
    due: datetime | None = None
    """None: never asked before."""

    def is_right(self, choice: int) -> bool:
        return self.options[choice].right


class Review:
    """What there is to ask, and when."""

    def __init__(self, course: Course, store: Store) -> None:
        self.course, self.store = course, store
        # A card's state is not stored: without chance in it, the same answers give the same dates.
        self.scheduler = fsrs.Scheduler(enable_fuzzing=False, maximum_interval=3650)
        self.states: dict[str, fsrs.Card] = {}
        self.today_new = 0
        for event in store.events("reviewed"):
            self._take(event)

    def answer(self, item: ReviewItem, rating: Rating) -> datetime:
        """Store how it went; the moment at which it is due again."""
        if rating not in get_args(Rating):
            raise GroundupError(f"There is no rating '{rating}'.", f"Use {', '.join(get_args(Rating))}.")
        event = self.store.add("reviewed", item.id, rating=rating, right=rating != "again")
        self._take(event)
        return self.states[item.id].due

    def set(self, seconds: int = SET_SECONDS) -> list[ReviewItem]:
        """A set for so much time: what is due, the most overdue first, then new ones. Lessons are mixed."""
        room = max(1, seconds // SECONDS_PER_ITEM)
        new = [item for item in self.items if item.id not in self.states]
        due = [*self.due(), *new[: max(0, NEW_ITEMS_PER_DAY - self.today_new)]][:room]
        return _mixed(due)

    def due(self) -> list[ReviewItem]:
        """What was asked before and is due now, the most overdue first."""
        now = self.store.now()
        waiting = [item for item in self.items if item.id in self.states and self.states[item.id].due <= now]
        return sorted(
            (_with_due(item, self.states[item.id].due) for item in waiting), key=lambda item: item.due or now
        )

    def next_due(self) -> datetime | None:
        """When the next one that was asked before is due; None if none was."""
        return min((self.states[item.id].due for item in self.items if item.id in self.states), default=None)

    def known(self) -> int:
        """How many have left the first learning steps: asked on more than one day, and remembered."""
        return sum(
            self.states[item.id].state == fsrs.State.Review for item in self.items if item.id in self.states
        )

    @cached_property
    def items(self) -> list[ReviewItem]:
        """All that may be asked, in the order of the course."""
        done = {event.about for event in self.store.events("done")}
        cards = [card for card in self.course.cards.values() if card.id.rpartition("/")[0] in done]
        items = []
        for card in cards:
            right = next((option for option in card.options if option.right), None)
            answer, why = (right.text, right.why) if right else (card.answer, card.why)
            items.append(ReviewItem(card.id, card.ask, answer, why, card.options))
        return [*items, *self._missed_questions(), *self._mistakes()]

    def _missed_questions(self) -> list[ReviewItem]:
        missed = {event.about for event in self.store.events("answered") if not event.data.get("right")}
        items = []
        for lesson in self.course.lessons:
            for quiz in lesson.of(Quiz):
                identity = f"{lesson.id}/{quiz.id}"
                if identity in missed:
                    right = next(option for option in quiz.options if option.right)
                    items.append(ReviewItem(identity, quiz.ask, right.text, right.why, quiz.options))
        return items

    def _mistakes(self) -> list[ReviewItem]:
        """A mistake that was made may be made again: is it still clear what was wrong?"""
        attempts = {(event.about, event.data.get("mutant")) for event in self.store.events("attempt")}
        items = []
        for exercise in self.course.exercises.values():
            for mutant in exercise.about.mutants:
                if (exercise.id, mutant.name) in attempts:
                    title, why = exercise.about.title, exercise.about.why
                    ask = f"“{title}”: an attempt of yours was told “{mutant.says}” What is right, and why?"
                    items.append(ReviewItem(f"{exercise.id}#{mutant.name}", ask, why, ""))
        return items

    def _take(self, event: CourseEvent) -> None:
        """One answer into the card's state. An event of a strange form is passed over: it is not lost."""
        rating: Any = event.data.get("rating")
        if rating not in get_args(Rating):
            return
        card = self.states.get(event.about)
        if card is None:
            card = fsrs.Card(card_id=1, due=event.at)
            self.today_new += event.at.astimezone().date() == self.store.now().astimezone().date()
        at = max(event.at, card.last_review or event.at)  # a clock may have been set back
        card, _ = self.scheduler.review_card(card, fsrs.Rating[rating.capitalize()], at)
        self.states[event.about] = card


def _with_due(item: ReviewItem, due: datetime) -> ReviewItem:
    return ReviewItem(item.id, item.ask, item.answer, item.why, item.options, due)


def _mixed(items: list[ReviewItem]) -> list[ReviewItem]:
    """In turns from different lessons: what is mixed is remembered better than what comes in blocks
    (Rohrer and Taylor 2007, "The shuffling of mathematics problems improves learning")."""
    lessons: dict[str, list[ReviewItem]] = defaultdict(list)
    for item in items:
        lessons[item.id.split("/")[0]].append(item)
    mixed = []
    while any(lessons.values()):
        mixed += [waiting.pop(0) for waiting in lessons.values() if waiting]
    return mixed


def format_due(due: datetime, now: datetime) -> str:
    """A moment for people: now · in 10 minutes · tomorrow · in 12 days."""
    left = due - now
    if left <= timedelta():
        return "now"
    if left < timedelta(hours=1):
        minutes = max(1, round(left.total_seconds() / 60))
        return f"in {minutes} minute{'s' * (minutes > 1)}"
    days = (due.astimezone().date() - now.astimezone().date()).days
    return {0: "later today", 1: "tomorrow"}.get(days, f"in {days} days")
