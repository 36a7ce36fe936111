"""A lesson: its page, and what the learner says in it. What runs is in lesson_runs.py, what they write in exercise.py.

What they say is judged and stored by course/progress/answers.py, as the command does; the answer is the block as it
stands then, as HTML from the same template.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.items import AnyItem, Explanation, Item, Prediction, Quiz
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.predictions import parse_number
from groundup.course.progress.answers import (
    find_item,
    notes,
    one_item_at_a_time,
    set_one_item_at_a_time,
    store_answer,
    store_explanation,
    store_prediction,
    write_note,
)
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.store import Store
from groundup.studio.courses import asked_first, is_ours, trusted
from groundup.studio.lesson_view import LessonView
from groundup.studio.pages import page, templates, the_course, the_store

router = APIRouter()

LONGEST = 20_000  # characters of own words, and of a note
Number = Annotated[float, Field(allow_inf_nan=False)]


# ---- the page -----------------------------------------------------------------------------------------------


@router.get("/lesson/{identity}")
def lesson(request: Request, identity: str) -> Response:
    """The whole lesson, with what was said in it before."""
    course = the_course(request, identity)
    this_lesson = course.lesson(identity)
    with the_store(request) as store:
        if not trusted(course, store):
            return asked_first(request, course, identity)
        progress = CourseProgress(course, store)
        steps = LessonView(course, this_lesson, store).steps()
        return page(
            request,
            "lesson.html",
            rung=course.rung_of(this_lesson),
            theirs="" if is_ours(course) else course.contents.title,
            needs=[(one, progress.done(one)) for one in course.lessons if one.id in this_lesson.front.needs],
            exercises=len(course.exercises_of(this_lesson)),
            steps=steps,
            go_on=progress.next_item_index(this_lesson),
            one_thing=one_item_at_a_time(store),
            notes=notes(store, this_lesson),
            **end_values(course, this_lesson, progress),
        )


def end_values(course: Course, lesson: Lesson, progress: CourseProgress) -> dict[str, Any]:
    """What stands below a lesson: what still waits in it, and its neighbours."""
    at = [one.id for one in course.lessons].index(lesson.id)
    near = {"before": at - 1, "after": at + 1}
    neighbours = {
        name: course.lessons[place] if 0 <= place < len(course.lessons) else None
        for name, place in near.items()
    }
    return {
        "lesson": lesson,
        "done": progress.done(lesson),
        "waiting": [one for one in course.exercises_of(lesson) if one.id not in progress.passed],
        "before_done": neighbours["before"] is not None and progress.done(neighbours["before"]),
        **neighbours,
    }


# ---- reading ------------------------------------------------------------------------------------------------


class Opened(BaseModel):
    block: int = Field(ge=0)


class Html(BaseModel):
    html: str
    """The block as it stands now."""


class Stored(BaseModel):
    stored: bool = True


@router.post("/api/lesson/{identity}/opened")
def opened(request: Request, identity: str, body: Opened) -> Stored:
    """A block came on the screen and stayed: the place where one goes on."""
    this_lesson = the_course(request, identity).lesson(identity)
    block_at(this_lesson, body.block)
    with the_store(request) as store:
        store.add("opened", this_lesson.id, block=body.block)
    return Stored()


@router.post("/api/lesson/{identity}/done")
def done(request: Request, identity: str) -> Html:
    """The lesson was read to its end."""
    course = the_course(request, identity)
    this_lesson = course.lesson(identity)
    with the_store(request) as store:
        store.add("done", this_lesson.id)
        values = end_values(course, this_lesson, CourseProgress(course, store))
    return Html(html=templates.get_template("blocks/end.html").render(values))


class OneThing(BaseModel):
    on: bool


@router.post("/api/one-thing")
def change_one_thing(request: Request, body: OneThing) -> Stored:
    """Whether lessons show one thing at a time."""
    with the_store(request) as store:
        set_one_item_at_a_time(store, body.on)
    return Stored()


class NoteBody(BaseModel):
    block: int = Field(ge=0)
    text: str = Field(max_length=LONGEST)


@router.post("/api/lesson/{identity}/note")
def note(request: Request, identity: str, body: NoteBody) -> Stored:
    """The learner's own words beside a block; an empty text takes them away."""
    this_lesson = the_course(request, identity).lesson(identity)
    block_at(this_lesson, body.block)
    with the_store(request) as store:
        write_note(store, this_lesson, body.block, body.text.strip())
    return Stored()


# ---- what is asked ------------------------------------------------------------------------------------------


class Guess(BaseModel):
    given: (
        int
        | Annotated[str, Field(max_length=100)]
        | Annotated[list[tuple[Number, Number]], Field(min_length=2, max_length=1000)]
    )
    """An option, counted from 0; a number as it was typed; the points of a sketch."""
    sure: int | None = None
    """How sure one is of it, in percent; None where that was not said."""


class QuizChoice(BaseModel):
    option: int


class OwnWords(BaseModel):
    text: str = Field(min_length=1, max_length=LONGEST)
    marks: list[int] = Field([], max_length=100)
    """Lines of the rubric that it meets, counted from 0."""


@router.post("/api/lesson/{identity}/predict/{block}")
def guess(request: Request, identity: str, block: str, body: Guess) -> Html:
    """A guess is stored, then the answer is told."""

    def store_it(store: Store, found: Lesson, one: Prediction) -> None:
        store_prediction(store, found, one, _given(one, body.given), body.sure)

    return _answered(request, identity, block, Prediction, store_it)


@router.post("/api/lesson/{identity}/quiz/{block}")
def quiz(request: Request, identity: str, block: str, body: QuizChoice) -> Html:
    """A question is answered; then every option is explained."""
    return _answered(
        request, identity, block, Quiz, lambda store, found, one: store_answer(store, found, one, body.option)
    )


@router.post("/api/lesson/{identity}/explain/{block}")
def own_words(request: Request, identity: str, block: str, body: OwnWords) -> Html:
    """Own words are stored, then the model answer is shown; and again, with the marks that one gives oneself."""
    text = body.text.strip()
    if not text:
        raise GroundupError("There is nothing written yet.", "A sentence is enough.")
    return _answered(
        request,
        identity,
        block,
        Explanation,
        lambda store, found, one: store_explanation(store, found, one, text, body.marks),
    )


def _answered(request: Request, identity: str, block: str, kind: type[Item], store_it: Any) -> Html:
    course = the_course(request, identity)
    this_lesson = course.lesson(identity)
    one = find_item(this_lesson, block, kind)
    with the_store(request) as store:
        store_it(store, this_lesson, one)
        return Html(html=LessonView(course, this_lesson, store).html(this_lesson.items.index(one)))


def _given(
    block: Prediction, answer_value: int | str | list[tuple[float, float]]
) -> int | float | list[list[float]]:
    """What was sent, as it is stored. Raises GroundupError where it does not fit the form."""
    if block.form == "number" and not isinstance(answer_value, list):
        return parse_number(str(answer_value), block.unit)
    if block.form == "sketch" and isinstance(answer_value, list):
        return [list(point) for point in answer_value]
    if block.form == "choice" and isinstance(answer_value, int):
        return answer_value
    raise GroundupError(f"That is no answer to a question for a {block.form}.", "Load the page again.")


def block_at(lesson: Lesson, index: int) -> AnyItem:
    """Counted from 0. Raises GroundupError where there is none."""
    if not 0 <= index < len(lesson.items):
        raise GroundupError(
            f"Lesson {lesson.id} has no block {index}.", "Load the page again: it may have changed."
        )
    return lesson.items[index]
