"""The resume card: what one was doing, and the next step, small enough to take two minutes.

card = resume_card(CourseProgress(course, store))
card.sentence       # "You were at the exercise “Numerical derivative” in 0.1, Slopes."
card.next_step      # "Write the first line of `derivative`, then run `groundup check`."
"""

from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from groundup.course.lessons.items import (
    Code,
    ExerciseItem,
    Explanation,
    Picture,
    Prediction,
    Prose,
    Quiz,
    Widget,
)
from groundup.course.lessons.lesson import Lesson
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.store import CourseEvent

LONG = 160  # characters of a question that are shown


@dataclass(frozen=True)
class ResumeCard:
    """Where one was, and how to go on."""

    lesson: Lesson | None
    """To go on with; None where all is done."""
    index: int
    """Index of its block to go on with."""
    sentence: str
    """Where one was."""
    next_step: str
    """What to do next, in about two minutes."""

    @property
    def item_id(self) -> str:
        """The block, where it has a name: 0.1/three-and-a-bit; else its lesson; empty where all is done."""
        if self.lesson is None:
            return ""
        name = getattr(self.lesson.items[self.index], "id", "")
        return f"{self.lesson.id}/{name}" if name else self.lesson.id


def resume_card(progress: CourseProgress) -> ResumeCard:
    """From the newest event in a lesson that the course has. It works on the first visit, and when all is done."""
    lessons = {lesson.id: lesson for lesson in progress.course.lessons}
    event = progress.last_event
    if event is None:
        first = progress.course.lessons[0]
        placement = "`groundup placement` finds where to start, in five questions."
        step = f"{placement} Or begin at the beginning, {lesson_name(first)}: `groundup learn`."
        return ResumeCard(first, 0, "You have not begun yet.", step)
    lesson = lessons[event.about.partition("/")[0]]
    if progress.done(lesson):
        return _after(progress, lesson)
    if event.kind == "placed":
        return ResumeCard(
            lesson, 0, f"Your answers place you at {lesson_name(lesson)}.", _first_screen(lesson)
        )
    was = _index(lesson, event, progress)
    block = next_item(progress, lesson, was)
    return ResumeCard(lesson, block, _sentence(progress, lesson, was), _step(progress, lesson, block))


def lesson_name(lesson: Lesson) -> str:
    return f"{lesson.id}, {lesson.front.title}"


def _after(progress: CourseProgress, lesson: Lesson) -> ResumeCard:
    """The lesson is done: the next that is not; after the last one, those that were left out."""
    lessons = progress.course.lessons
    at = [other.id for other in lessons].index(lesson.id)
    left = [other for other in [*lessons[at + 1 :], *lessons[:at]] if not progress.done(other)]
    if not left:
        review = "`groundup review` asks for what you may be about to forget, in three minutes."
        return ResumeCard(None, 0, "You have done every lesson of the course.", review)
    block = next_item(progress, left[0], 0)
    step = _step(progress, left[0], block) if block else _first_screen(left[0])
    return ResumeCard(left[0], block, f"You finished {lesson_name(lesson)}.", step)


def _first_screen(lesson: Lesson) -> str:
    return f"Read the first screen of {lesson_name(lesson)}: `groundup learn`."


def _index(lesson: Lesson, event: CourseEvent, progress: CourseProgress) -> int:
    """Which block an event was about. A lesson may have changed since: then the furthest that was opened."""
    name = event.about.partition("/")[2]
    at = next((i for i, block in enumerate(lesson.items) if name and getattr(block, "id", "") == name), None)
    if at is None:
        opened = event.data.get("block")
        at = opened if isinstance(opened, int) else progress.furthest_item(lesson)
    return max(0, min(at, len(lesson.items) - 1))


def next_item(progress: CourseProgress, lesson: Lesson, was: int) -> int:
    """The first block from there on that is not behind the learner; then any that was left out."""
    done = progress.items_done(lesson)
    order = [*range(was, len(lesson.items)), *range(was)]
    return next((index for index in order if index not in done), was)


def _sentence(progress: CourseProgress, lesson: Lesson, index: int) -> str:
    block = lesson.items[index]
    match block:
        case ExerciseItem():
            doing = f"at the exercise “{_exercise(progress, lesson, block).about.title}”"
        case Prediction():
            doing = "at a guess"
        case Quiz():
            doing = "at a question"
        case Explanation():
            doing = "putting something in your own words"
        case Widget():
            doing = "at an experiment"
        case Picture():
            doing = "at a picture"
        case Code():
            doing = f"reading `{block.show}`"
        case _:
            doing = f"reading “{title}”" if (title := heading_of(lesson, index)) else "reading"
    return f"You were {doing} in {lesson_name(lesson)}."


def _step(progress: CourseProgress, lesson: Lesson, index: int) -> str:  # noqa: PLR0911 (a kind of item, a line)
    block = lesson.items[index]
    match block:
        case ExerciseItem():
            return _exercise_step(progress, lesson, block)
        case Prediction():
            return f"Make a guess; a wrong one teaches more. {_short(block.ask)}"
        case Quiz():
            return f"Answer one question. {_short(block.ask)}"
        case Explanation():
            return f"Write two sentences in your own words. {_short(block.ask)}"
        case Widget():
            return f"Try the experiment once. {_short(block.goal)}"
        case Picture():
            return f"Look at one picture. {_short(block.caption)}"
        case Code():
            return f"Read `{block.show}`, and stop where you are not sure."
    title = heading_of(lesson, index)
    return f"Read one screen, from “{title}”." if title else "Read one screen."


def _exercise_step(progress: CourseProgress, lesson: Lesson, block: ExerciseItem) -> str:
    exercise = _exercise(progress, lesson, block)
    attempts = progress.attempts(exercise.id)
    message = attempts[-1].data.get("says") if attempts else ""
    if message:
        return f"The last check said: “{_short(str(message))}” Change one line, then run `groundup check`."
    if attempts:
        return "Run `groundup check`, and read the first thing that it says."
    return f"Write the first line of `{exercise.about.defines[0]}`, then run `groundup check`."


def _exercise(progress: CourseProgress, lesson: Lesson, block: ExerciseItem) -> Any:
    return progress.course.exercise(f"{lesson.id}/{block.id}")


def heading_of(lesson: Lesson, index: int) -> str:
    """The heading that an item begins with, or stands under; empty where there is none."""
    own, *above = [
        [line.lstrip("#").strip() for line in block.text.split("\n") if line.startswith("#")]
        if isinstance(block, Prose)
        else []
        for block in reversed(lesson.items[: index + 1])
    ]
    return own[0] if own else next((headings[-1] for headings in above if headings), "")


def _short(text: str) -> str:
    return shorten(text, LONG, placeholder=" …")
