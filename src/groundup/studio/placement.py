"""Where are you? The questions of `course/placement.py` as a page: each with a tiny task, each can be skipped."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import workspace_folder
from groundup.course.attempts import attempt
from groundup.course.catalogue import Course
from groundup.course.grader import Grader
from groundup.course.placement import Placement, Question, load_placement
from groundup.course.store import Store
from groundup.course.submission import LARGEST
from groundup.course.workspace import Workspace
from groundup.studio.pages import page, the_course, the_store

router = APIRouter()

GROUND, BEYOND = "ground", "beyond"  # not questions, but answers: "from the start", and "all of it"


@router.get("/placement")
def placement(request: Request, at: str = "") -> Response:
    """The questions, at any time; `at`: the id of one of them."""
    course = the_course(request)
    with the_store(request) as store:
        return page(request, "placement.html", **_values(course, store, at))


def first_visit(request: Request, course: Course, store: Store, at: str) -> Response:
    """What home is before anything has happened."""
    return page(request, "first.html", notice=store.notice, **_values(course, store, at))


def _values(course: Course, store: Store, at: str) -> dict[str, Any]:
    """For the templates: the question that is asked now, its task, and how the others stand."""
    found = load_placement(course)
    if found is None:
        return {"placement": None, "ground": course.lessons[0]}
    passed = found.passed(store)
    question = _question(found, at) if at else found.open_question(store)
    number = found.questions.index(question) if question else len(found.questions)
    rows = [
        {
            "question": one,
            "state": "passed" if found.exercise(one).id in passed else "skipped" if place < number else "",
            "here": place == number,
        }
        for place, one in enumerate(found.questions)
    ]
    values = {
        "placement": found.contents,
        "ground": course.lessons[0],
        "beyond": course.lesson(found.contents.beyond),
        "rows": rows,
        "question": question,
        "number": number,
        "following": found.questions[number + 1] if number + 1 < len(found.questions) else None,
    }
    if question is not None:
        exercise = found.exercise(question)
        values |= {
            "start": course.lesson(question.start),
            "exercise": exercise.about,
            "code": _code(found, question),
            "tried": found.tried(question, store),
            "passed": exercise.id in passed,
        }
    return values


def _code(found: Placement, question: Question) -> str:
    """What the learner has written for its task, or the starter."""
    exercise = found.exercise(question)
    try:
        return Workspace(workspace_folder()).file(exercise).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # not there yet; or not to be read, which the check then says
        return exercise.code("starter.py")


def _question(found: Placement, identity: str) -> Question:
    """Raises GroundupError, with the nearest name, where there is none."""
    for question in found.questions:
        if question.id == identity:
            return question
    known = did_you_mean(identity, [one.id for one in found.questions])
    raise GroundupError(f"There is no question '{identity}'.", known)


def _placement(course: Course) -> Placement:
    if (found := load_placement(course)) is None:
        raise GroundupError("This course has no questions of placement.", "Begin with any of its lessons.")
    return found


class Check(BaseModel):
    """A task, as it stands in the editor."""

    question: str
    source: Annotated[str, Field(max_length=LARGEST)]


class Checked(BaseModel):
    """What the check says."""

    ok: bool
    verdict: dict[str, Any]
    """See course/verdict.py."""


@router.post("/api/placement/check")
def check(request: Request, given: Check) -> Checked:
    """Save the task's file, and check it in a process of its own."""
    found = _placement(the_course(request))
    exercise = found.exercise(_question(found, given.question))
    files = Workspace(workspace_folder())
    write_text(files.file(exercise), given.source)
    with the_store(request) as store, Grader() as grader:
        verdict = attempt(exercise, files, store, grader)
    return Checked(ok=verdict.ok, verdict=verdict.to_json())


@router.post("/placement/start")
def start(request: Request, question: Annotated[str, Form()]) -> Response:
    """A plain form: start where this question leads, if it was not known; at the ground; or beyond all of them."""
    course = the_course(request)
    with the_store(request) as store:
        if question == GROUND:
            first = course.lessons[0].id
            store.add("placed", first, answers={})
            return RedirectResponse(f"/lesson/{first}", 303)
        found = _placement(course)
        found.start_here(None if question == BEYOND else _question(found, question), store)
    return RedirectResponse("/", 303)
