"""The resume card: what one was doing, and the next step, small enough to take two minutes.

card = here(Progress(course, store))
card.sentence       # "You were at the exercise “Numerical derivative” in 0.1, Slopes."
card.next_step      # "Write the first line of `derivative`, then run `groundup check`."
"""

from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from groundup.course.lessons.items import Code, Exercise, Explain, Picture, Predict, Prose, Quiz, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.progress.store import Event

if TYPE_CHECKING:
    from groundup.course.progress.progress import Progress

LONG = 160  # characters of a question that are shown


@dataclass(frozen=True)
class Here:
    """Where one was, and how to go on."""

    lesson: Lesson | None
    """To go on with; None where all is done."""
    block: int
    """Index of its block to go on with."""
    sentence: str
    """Where one was."""
    next_step: str
    """What to do next, in about two minutes."""

    @property
    def in_hand(self) -> str:
        """The block, where it has a name: 0.1/three-and-a-bit; else its lesson; empty where all is done."""
        if self.lesson is None:
            return ""
        name = getattr(self.lesson.blocks[self.block], "id", "")
        return f"{self.lesson.id}/{name}" if name else self.lesson.id


def here(progress: "Progress") -> Here:
    """From the newest event in a lesson that the course has. It works on the first visit, and when all is done."""
    lessons = {lesson.id: lesson for lesson in progress.course.lessons}
    event = progress.touched
    if event is None:
        first = progress.course.lessons[0]
        placement = "`groundup placement` finds where to start, in five questions."
        step = f"{placement} Or begin at the beginning, {named(first)}: `groundup learn`."
        return Here(first, 0, "You have not begun yet.", step)
    lesson = lessons[event.about.partition("/")[0]]
    if progress.done(lesson):
        return _after(progress, lesson)
    if event.kind == "placed":
        return Here(lesson, 0, f"Your answers place you at {named(lesson)}.", _first_screen(lesson))
    was = _index(lesson, event, progress)
    block = next_block(progress, lesson, was)
    return Here(lesson, block, _sentence(progress, lesson, was), _step(progress, lesson, block))


def named(lesson: Lesson) -> str:
    return f"{lesson.id}, {lesson.front.title}"


def _after(progress: "Progress", lesson: Lesson) -> Here:
    """The lesson is done: the next that is not; after the last one, those that were left out."""
    lessons = progress.course.lessons
    at = [one.id for one in lessons].index(lesson.id)
    left = [one for one in [*lessons[at + 1 :], *lessons[:at]] if not progress.done(one)]
    if not left:
        review = "`groundup review` asks for what you may be about to forget, in three minutes."
        return Here(None, 0, "You have done every lesson of the course.", review)
    block = next_block(progress, left[0], 0)
    step = _step(progress, left[0], block) if block else _first_screen(left[0])
    return Here(left[0], block, f"You finished {named(lesson)}.", step)


def _first_screen(lesson: Lesson) -> str:
    return f"Read the first screen of {named(lesson)}: `groundup learn`."


def _index(lesson: Lesson, event: Event, progress: "Progress") -> int:
    """Which block an event was about. A lesson may have changed since: then the furthest that was opened."""
    name = event.about.partition("/")[2]
    at = next((i for i, block in enumerate(lesson.blocks) if name and getattr(block, "id", "") == name), None)
    if at is None:
        opened = event.data.get("block")
        at = opened if isinstance(opened, int) else progress.reached(lesson)
    return max(0, min(at, len(lesson.blocks) - 1))


def next_block(progress: "Progress", lesson: Lesson, was: int) -> int:
    """The first block from there on that is not behind the learner; then any that was left out."""
    done = progress.blocks_done(lesson)
    order = [*range(was, len(lesson.blocks)), *range(was)]
    return next((index for index in order if index not in done), was)


def _sentence(progress: "Progress", lesson: Lesson, index: int) -> str:
    block = lesson.blocks[index]
    match block:
        case Exercise():
            doing = f"at the exercise “{_exercise(progress, lesson, block).about.title}”"
        case Predict():
            doing = "at a guess"
        case Quiz():
            doing = "at a question"
        case Explain():
            doing = "putting something in your own words"
        case Widget():
            doing = "at an experiment"
        case Picture():
            doing = "at a picture"
        case Code():
            doing = f"reading `{block.show}`"
        case _:
            doing = f"reading “{title}”" if (title := heading(lesson, index)) else "reading"
    return f"You were {doing} in {named(lesson)}."


def _step(progress: "Progress", lesson: Lesson, index: int) -> str:  # noqa: PLR0911 (a kind of block, a line)
    block = lesson.blocks[index]
    match block:
        case Exercise():
            return _exercise_step(progress, lesson, block)
        case Predict():
            return f"Make a guess; a wrong one teaches more. {_short(block.ask)}"
        case Quiz():
            return f"Answer one question. {_short(block.ask)}"
        case Explain():
            return f"Write two sentences in your own words. {_short(block.ask)}"
        case Widget():
            return f"Try the experiment once. {_short(block.goal)}"
        case Picture():
            return f"Look at one picture. {_short(block.caption)}"
        case Code():
            return f"Read `{block.show}`, and stop where you are not sure."
    title = heading(lesson, index)
    return f"Read one screen, from “{title}”." if title else "Read one screen."


def _exercise_step(progress: "Progress", lesson: Lesson, block: Exercise) -> str:
    exercise = _exercise(progress, lesson, block)
    attempts = progress.attempts(exercise.id)
    said = attempts[-1].data.get("says") if attempts else ""
    if said:
        return f"The last check said: “{_short(str(said))}” Change one line, then run `groundup check`."
    if attempts:
        return "Run `groundup check`, and read the first thing that it says."
    return f"Write the first line of `{exercise.about.defines[0]}`, then run `groundup check`."


def _exercise(progress: "Progress", lesson: Lesson, block: Exercise) -> Any:
    return progress.course.exercise(f"{lesson.id}/{block.id}")


def heading(lesson: Lesson, index: int) -> str:
    """The heading that a block begins with, or stands under; empty where there is none."""
    own, *above = [
        [line.lstrip("#").strip() for line in block.text.split("\n") if line.startswith("#")]
        if isinstance(block, Prose)
        else []
        for block in reversed(lesson.blocks[: index + 1])
    ]
    return own[0] if own else next((headings[-1] for headings in above if headings), "")


def _short(text: str) -> str:
    return shorten(text, LONG, placeholder=" …")
