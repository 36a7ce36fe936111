"""Home: where you are and the next two minutes, what to review, and the whole way up. On the first visit, where to
start (placement.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_day, format_long_day
from groundup.course.lessons.catalogue import LESSONS, Course
from groundup.course.lessons.lesson import Lesson
from groundup.course.progress.placement import load_placement
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.resume import ResumeCard, resume_card
from groundup.course.progress.review import SECONDS_PER_ITEM, Review, format_due
from groundup.course.progress.rhythm import rhythm
from groundup.course.progress.store import Store
from groundup.studio.pages import every_lesson, latest, page, the_courses, the_store
from groundup.studio.placement import first_visit
from groundup.studio.preview import preview

router = APIRouter()

MODELS = range(1, 6)  # rungs of the course on which a model of the ladder is built
WEEKS = 4
FLOORS = {
    "0": "the ground floor", "1": "the first rung", "2": "the second rung", "3": "the third rung",
    "4": "the fourth rung", "5": "the fifth rung", "6": "the sixth rung", "7": "the seventh rung",
    "8": "the top rung",
}  # fmt: skip
# The resume card is written for the command line; in the studio the same things are buttons and pages.
IN_STUDIO = {
    "run `groundup check`": "press Check",
    "Run `groundup check`": "Press Check",
    "`groundup review` asks": "The review asks",
    ": `groundup learn`.": ".",
}


@router.get("/")
def home(request: Request, at: str = "") -> Response:
    """The page, which is another one on the first visit."""
    courses = the_courses(request)
    with the_store(request) as store:
        every = [CourseProgress(course, store) for course in courses]
        progress = latest(every)
        if progress.last_event is None:
            return first_visit(request, courses, store, at)
        here, ours = resume_card(progress), every[0]
        return page(
            request,
            "home.html",
            headline=headline(progress.course, here),
            notice=store.notice,
            resume=resume(progress, here, store),
            preview=preview(progress.course, here),
            also=also(every, progress),
            review=review(every_lesson(request), store),
            rhythm=rhythm(store),
            weeks=WEEKS,
            long_day=format_long_day,
            short_day=format_day,
            guesses=CourseProgress(every_lesson(request), store).calibration(),
            rungs=way_up(ours, here),
            lessons_done=sum(map(ours.done, ours.course.lessons)),
            lessons_all=len(ours.course.lessons) + sum(one.lessons for one in ours.course.contents.planned),
            planned=sum(one.lessons for one in ours.course.contents.planned),
            others=[(one.course, way_up(one, here)) for one in every[1:]],
        )


def also(every: Sequence[CourseProgress], in_hand: CourseProgress) -> list[tuple[Course, Lesson]]:
    """Where one would go on in the other courses that were begun."""
    begun = [one for one in every if one is not in_hand and one.last_event is not None]
    return [(one.course, lesson) for one in begun if (lesson := resume_card(one).lesson) is not None]


def headline(course: Course, here: ResumeCard) -> str:
    """Where one stands, in a sentence."""
    if here.lesson is None:
        return "You have climbed all that is written."
    rung = course.rung_of(here.lesson)
    ours = rung.id in FLOORS and course.folder == LESSONS
    return f"You are on {FLOORS[rung.id]}." if ours else f"You are in “{rung.title}”."


def in_studio(text: str) -> str:
    """A sentence of the resume card, with buttons for commands."""
    for command, button in IN_STUDIO.items():
        text = text.replace(command, button)
    return text


# ---- the two cards --------------------------------------------------------------------------------------------


def resume(progress: CourseProgress, here: ResumeCard, store: Store) -> dict[str, Any]:
    """What the resume card shows."""
    card: dict[str, Any] = {
        "sentence": here.sentence,
        "step": in_studio(here.next_step),
        "lesson": here.lesson,
    }
    if here.lesson is None:
        return card
    answered, asked = progress.asked(here.lesson)
    behind = len(progress.items_done(here.lesson)) / len(here.lesson.items)
    placed = store.events("placed")
    only_placed = progress.last_event is not None and progress.last_event.kind == "placed"
    return card | {
        "link": f"/lesson/{here.lesson.id}#block-{here.index}" if here.index else f"/lesson/{here.lesson.id}",
        "begun": progress.begun(here.lesson),
        "steps": steps(answered, asked),
        "answered": answered,
        "asked": asked,
        "minutes": max(1, round(here.lesson.front.minutes * (1 - behind))),
        "note": _note(progress.course, placed[-1].data.get("answers")) if only_placed else "",
    }


def _note(course: Course, answers: object) -> str:
    """What the placement says about the question that was answered with no."""
    try:
        placement = load_placement(course)
    except GroundupError:  # its own page says what is wrong
        return ""
    unknown = [name for name, known in answers.items() if not known] if isinstance(answers, dict) else []
    return next((one.note for one in placement.questions if one.id in unknown), "") if placement else ""


def steps(done: int, count: int) -> list[str]:
    """A class for each of some rungs: those that are done, the one in hand, those to come."""
    return ["on"] * done + ["here"] * (done < count) + [""] * (count - done - 1)


def review(course: Course, store: Store) -> dict[str, Any]:
    """What the card of today's review shows."""
    deck = Review(course, store)
    items = deck.set()
    lessons = list(dict.fromkeys(item.id.partition("/")[0] for item in items))
    following = deck.next_due()
    return {
        "count": len(items),
        "minutes": max(1, round(len(items) * SECONDS_PER_ITEM / 60)),
        "first": items[0].ask if items else "",
        "lessons": lessons,
        "any": bool(deck.items),
        "next": format_due(following, store.now()) if following else "",
    }


# ---- the way up -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LessonRow:
    lesson: Lesson
    state: Literal["done", "here", "begun", "new"]
    answered: int
    asked: int


@dataclass(frozen=True)
class RungRow:
    """A rung of the map; `planned`: how many of its lessons are not written yet."""

    id: str
    title: str
    about: str
    model: str
    """The class of its model's colour; empty where it has none."""
    state: Literal["done", "here", ""]
    lessons: Sequence[LessonRow]
    planned: int

    @property
    def steps(self) -> list[str]:
        classes = {"done": "on", "here": "here", "begun": "", "new": ""}
        return [classes[row.state] for row in self.lessons] + ["yet"] * self.planned

    @property
    def stat(self) -> str:
        if not self.lessons:
            return "not written yet"
        if self.state == "done":
            return "done"
        minutes = sum(row.lesson.front.minutes for row in self.lessons if row.state != "done")
        return hours(minutes)

    @property
    def says(self) -> str:
        """For a screen reader."""
        done = sum(row.state == "done" for row in self.lessons)
        lessons_done = f"{done} of {len(self.lessons)} lessons done" if self.lessons else ""
        to_come = f"{self.planned} lessons not written yet" if self.planned else ""
        return "; ".join(filter(None, (lessons_done, to_come)))


def hours(minutes: int) -> str:
    """A time for people: 45 min · 3 h · 5 h 35."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes % 60 else f"{minutes // 60} h"


def way_up(progress: CourseProgress, here: ResumeCard) -> list[RungRow]:
    """All rungs of a course, the highest first: written, and not written yet. `here`: the lesson in hand, in
    whichever course it is."""
    contents = progress.course.contents
    titles = {one.id: one.title for one in contents.planned} | {one.id: one.title for one in contents.rung}
    abouts = {rung.id: rung.about for rung in contents.rung}
    planned = {one.id: one for one in contents.planned}
    written = {rung.id: [progress.course.lesson(one) for one in rung.lessons] for rung in contents.rung}
    order = [*written, *(name for name in planned if name not in written)]
    if all(name.isdigit() for name in order):
        order.sort(key=int)
    rows = []
    for name in order:
        lessons = [_lesson_row(progress, lesson, here) for lesson in written.get(name, [])]
        to_come = planned.get(name)
        about = abouts.get(name) or " · ".join(row.lesson.front.title for row in lessons)
        if to_come:
            about = f"{about}. To come: {to_come.about}" if about else to_come.about
        is_here = any(row.state == "here" for row in lessons)
        is_done = bool(lessons) and not to_come and all(row.state == "done" for row in lessons)
        state: Literal["done", "here", ""] = "here" if is_here else "done" if is_done else ""
        ours = progress.course.folder == LESSONS and name.isdigit()
        model = f"m{name}" if ours and int(name) in MODELS else ""
        rows.append(
            RungRow(name, titles[name], about, model, state, lessons, to_come.lessons if to_come else 0)
        )
    return rows[::-1]


def _lesson_row(progress: CourseProgress, lesson: Lesson, here: ResumeCard) -> LessonRow:
    answered, asked = progress.asked(lesson)
    state: Literal["done", "here", "begun", "new"] = "begun" if progress.begun(lesson) else "new"
    if progress.done(lesson):
        state = "done"
    elif here.lesson is not None and here.lesson.id == lesson.id:
        state = "here"
    return LessonRow(lesson, state, answered, asked)
