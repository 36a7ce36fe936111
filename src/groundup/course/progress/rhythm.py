"""Rhythm: on which days something was done, without a chain that can break; and small celebrations.

A streak punishes illness. Here are the last weeks as they were: "on 3 of the last 7 days; 11 days in all".
The number of days in all only grows.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from groundup.course.lessons.catalogue import Course
from groundup.course.progress.store import Store

LEARNING_KINDS = {"done", "predicted", "answered", "explained", "goal", "attempt", "reviewed", "journal"}
"""Kinds of event that make a day one of learning."""


@dataclass(frozen=True)
class Rhythm:
    """What was done on each day, by the clock of this machine."""

    today: date
    days: Counter[date]

    def week(self, back: int = 0) -> list[tuple[date, int]]:
        """Seven days, the last of them today (or so many weeks before), with how much was done on each."""
        last = self.today - timedelta(weeks=back)
        return [(day, self.days[day]) for day in (last - timedelta(days=ago) for ago in range(6, -1, -1))]

    def sentence(self) -> str:
        if not self.days:
            return "Nothing done yet; the first day is whichever you like."
        recent = sum(bool(count) for _, count in self.week())
        every = len(self.days)
        return f"You learnt on {recent} of the last 7 days, and on {every} day{'s' * (every > 1)} in all."

    def drawing(self, weeks: int = 4) -> str:
        """The last weeks, a line each, Monday or not: a day is a dot, or a fuller mark the more was done."""
        lines = []
        for back in range(weeks - 1, -1, -1):
            week = self.week(back)
            marks = " ".join("·▪■"[(count > 0) + (count > 9)] for _, count in week)
            lines.append(f"{week[0][0]:%d %b} – {week[-1][0]:%d %b}   {marks}")
        return "\n".join(lines)


def rhythm(store: Store) -> Rhythm:
    days = Counter(event.at.astimezone().date() for event in store.events() if event.kind in LEARNING_KINDS)
    return Rhythm(store.now().astimezone().date(), days)


def celebrates(store: Store) -> bool:
    """Whether small celebrations are wanted: the setting `celebrations`, on at first."""
    chosen = store.events("setting", "celebrations")
    return bool(chosen[-1].data.get("value", True)) if chosen else True


def celebration(course: Course, store: Store, exercise: str) -> str:
    """A sentence for an exercise that has just passed (its event is stored); empty where there is nothing to mark.

    Only firsts and endings are marked: a cheer for everything is one for nothing.
    """
    attempts = store.events("attempt")
    passes = [event.about for event in attempts if event.data.get("passed")]
    if not celebrates(store) or passes.count(exercise) > 1 or exercise not in course.exercises:
        return ""
    lesson = course.lesson(exercise.rpartition("/")[0])
    rung = course.rung_of(lesson)
    of_rung = [
        other.id for identity in rung.lessons for other in course.exercises_of(course.lesson(identity))
    ]
    tries = sum(event.about == exercise for event in attempts)
    if set(of_rung) <= set(passes):
        return (
            f"That was the last exercise of rung {rung.id}, {rung.title}. All of it runs, and you wrote it."
        )
    if len(set(passes)) == 1:
        return "The first exercise of the course is yours."
    if all(other.id in passes for other in course.exercises_of(lesson)):
        return f"All exercises of {lesson.id} pass. You can stop here, or read its recap."
    return f"Try {tries}. That one resisted, and now it is yours." if tries >= 5 else ""
