"""A lesson: its page, and what the learner does in it but for code (exercise.py). What they say is judged and stored
by course/answers.py, as the command does; the answer is the block as it stands then, as HTML from the same template."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.common.look import printable
from groundup.course.answers import answer, block_called, explain, goal, predict
from groundup.course.blocks import AnyBlock, Block, Code, Explain, Picture, Predict, Quiz, Widget
from groundup.course.catalogue import Course
from groundup.course.code_run import run_code
from groundup.course.lesson import Lesson
from groundup.course.lesson_code import Setting, changed_setting
from groundup.course.notes import notes, write_note
from groundup.course.one_thing import one_thing, set_one_thing
from groundup.course.own_run import run_for
from groundup.course.predictions import read_number
from groundup.course.progress import Progress
from groundup.course.store import Store
from groundup.studio.lesson_view import View
from groundup.studio.pages import page, templates, the_course, the_store
from groundup.studio.shown import the_shows, until_the_studio_ends
from groundup.studio.turns import Turns

router = APIRouter(lifespan=until_the_studio_ends)
code_turns = Turns(2)

LONGEST = 20_000  # characters of own words, and of a note
Number = Annotated[float, Field(allow_inf_nan=False)]


# ---- the page -----------------------------------------------------------------------------------------------


@router.get("/lesson/{identity}")
def lesson(request: Request, identity: str) -> Response:
    """The whole lesson, with what was said in it before."""
    course = the_course(request)
    found = course.lesson(identity)
    with the_store(request) as store:
        progress = Progress(course, store)
        steps = View(course, found, store).steps()
        return page(
            request,
            "lesson.html",
            rung=course.rung_of(found),
            needs=[(one, progress.done(one)) for one in course.lessons if one.id in found.front.needs],
            exercises=len(course.exercises_of(found)),
            steps=steps,
            go_on=progress.go_on(found),
            one_thing=one_thing(store),
            notes=notes(store, found),
            **end_values(course, found, progress),
        )


def end_values(course: Course, lesson: Lesson, progress: Progress) -> dict[str, Any]:
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
    found = the_course(request).lesson(identity)
    _block(found, body.block)
    with the_store(request) as store:
        store.add("opened", found.id, block=body.block)
    return Stored()


@router.post("/api/lesson/{identity}/done")
def done(request: Request, identity: str) -> Html:
    """The lesson was read to its end."""
    course = the_course(request)
    found = course.lesson(identity)
    with the_store(request) as store:
        store.add("done", found.id)
        values = end_values(course, found, Progress(course, store))
    return Html(html=templates.get_template("blocks/end.html").render(values))


class OneThing(BaseModel):
    on: bool


@router.post("/api/one-thing")
def change_one_thing(request: Request, body: OneThing) -> Stored:
    """Whether lessons show one thing at a time."""
    with the_store(request) as store:
        set_one_thing(store, body.on)
    return Stored()


class NoteBody(BaseModel):
    block: int = Field(ge=0)
    text: str = Field(max_length=LONGEST)


@router.post("/api/lesson/{identity}/note")
def note(request: Request, identity: str, body: NoteBody) -> Stored:
    """The learner's own words beside a block; an empty text takes them away."""
    found = the_course(request).lesson(identity)
    _block(found, body.block)
    with the_store(request) as store:
        write_note(store, found, body.block, body.text.strip())
    return Stored()


# ---- what is asked ------------------------------------------------------------------------------------------


class Guess(BaseModel):
    given: (
        int
        | Annotated[str, Field(max_length=100)]
        | Annotated[list[tuple[Number, Number]], Field(min_length=2, max_length=1000)]
    )
    """An option, counted from 0; a number as it was typed; the points of a sketch."""


class Choice(BaseModel):
    option: int


class OwnWords(BaseModel):
    text: str = Field(min_length=1, max_length=LONGEST)
    marks: list[int] = Field([], max_length=100)
    """Lines of the rubric that it meets, counted from 0."""


@router.post("/api/lesson/{identity}/predict/{block}")
def guess(request: Request, identity: str, block: str, body: Guess) -> Html:
    """A guess is stored, then the answer is told."""

    def store_it(store: Store, found: Lesson, one: Predict) -> None:
        predict(store, found, one, _given(one, body.given))

    return _answered(request, identity, block, Predict, store_it)


@router.post("/api/lesson/{identity}/quiz/{block}")
def quiz(request: Request, identity: str, block: str, body: Choice) -> Html:
    """A question is answered; then every option is explained."""
    return _answered(
        request, identity, block, Quiz, lambda store, found, one: answer(store, found, one, body.option)
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
        Explain,
        lambda store, found, one: explain(store, found, one, text, body.marks),
    )


def _answered(request: Request, identity: str, block: str, kind: type[Block], store_it: Any) -> Html:
    course = the_course(request)
    found = course.lesson(identity)
    one = block_called(found, block, kind)
    with the_store(request) as store:
        store_it(store, found, one)
        return Html(html=View(course, found, store).html(found.blocks.index(one)))


def _given(block: Predict, given: int | str | list[tuple[float, float]]) -> int | float | list[list[float]]:
    """What was sent, as it is stored. Raises GroundupError where it does not fit the form."""
    if block.form == "number" and not isinstance(given, list):
        return read_number(str(given), block.unit)
    if block.form == "sketch" and isinstance(given, list):
        return [list(point) for point in given]
    if block.form == "choice" and isinstance(given, int):
        return given
    raise GroundupError(f"That is no answer to a question for a {block.form}.", "Load the page again.")


# ---- what is tried ------------------------------------------------------------------------------------------


class Settings(BaseModel):
    settings: dict[str, bool | int | Number | Annotated[str, Field(max_length=2000)]] = Field(
        {}, max_length=50
    )
    """Those that are changed; the others are as the lesson has them."""


class Shown(BaseModel):
    settings: dict[str, Any]
    """All of them."""
    text: str
    state: dict[str, Any]
    picture: str | None
    """A data URL."""
    reached: bool
    """Whether the goal is reached, now or before."""
    first: bool
    """Whether it has just been reached for the first time."""


@router.post("/api/lesson/{identity}/widget/{block}")
async def widget(request: Request, identity: str, block: str, body: Settings) -> Shown:
    """Run an experiment with some settings, in a process of its own; ticks its goal."""
    found = the_course(request).lesson(identity)
    one: Widget = block_called(found, block, Widget)
    settings: dict[str, Setting] = dict(one.settings)
    for name, value in body.settings.items():
        settings |= dict([changed_setting(one, f"{name}={value}")])
    shown = await the_shows(request).experiment(found, one, settings, run_for(one.source))
    with the_store(request) as store:
        first = goal(store, found, one, shown["state"])
        reached = first or bool(store.events("goal", f"{found.id}/{one.id}"))
    picture = f"data:image/png;base64,{shown['png']}" if shown["png"] else None
    return Shown(settings=settings, text=shown["text"], state=shown["state"], picture=picture,
                 reached=reached, first=first)  # fmt: skip


@router.get("/api/lesson/{identity}/picture/{block}/{theme}.png", response_class=Response)
async def picture(request: Request, identity: str, block: str, theme: str) -> Response:
    """A picture of the lesson, on paper or on a dark page. Its address changes with the lesson, so it may be kept."""
    found = the_course(request).lesson(identity)
    png = await the_shows(request).picture(found, block_called(found, block, Picture), dark=theme == "dark")
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=kept)


class Printed(BaseModel):
    text: str


@router.post("/api/lesson/{identity}/run/{index}")
async def run(request: Request, identity: str, index: int) -> Printed:
    """Run the code of a block, in a process of its own."""
    block = _block(the_course(request).lesson(identity), index)
    if not isinstance(block, Code) or not block.run:
        raise GroundupError("There is no code to run here.", "Load the page again: it may have changed.")
    return Printed(text=printable((await code_turns.take(lambda: run_code(block))).rstrip("\n")))


def _block(lesson: Lesson, index: int) -> AnyBlock:
    if not 0 <= index < len(lesson.blocks):
        raise GroundupError(
            f"Lesson {lesson.id} has no block {index}.", "Load the page again: it may have changed."
        )
    return lesson.blocks[index]
