"""Where are you? The questions of `course/progress/placement.py` as a page: each with a tiny task, each can be skipped.

Those of groundup's own course, or of one that was added: `/placement?course=rhymes`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.catalogue import Course, find_course
from groundup.course.progress.placement import Placement, PlacementQuestion, load_placement
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.store import Store
from groundup.studio.courses import asked_first, is_ours, trusted
from groundup.studio.exercise import exercise_values
from groundup.studio.pages import page, the_courses, the_store

router = APIRouter()

GROUND, BEYOND = "ground", "beyond"  # not questions, but answers: "from the start", and "all of it"


@router.get("/placement")
def placement(request: Request, course: str = "", at: str = "") -> Response:
    """The questions, at any time; `at`: the id of one of them."""
    asked = find_course(the_courses(request), course)
    with the_store(request) as store:
        if not trusted(asked, store):
            return asked_first(request, asked, asked.lessons[0].id, to="placement")
        return page(request, "placement.html", **_values(asked, store, at), theirs=not is_ours(asked))


def first_visit(request: Request, courses: list[Course], store: Store, at: str) -> Response:
    """What home is before anything has happened."""
    ours, *others = courses
    return page(request, "first.html", notice=store.notice, others=others, **_values(ours, store, at))


def _values(course: Course, store: Store, at: str) -> dict[str, Any]:
    """For the templates: the question that is asked now, its task, and how the others stand."""
    placement_set = load_placement(course)
    if placement_set is None:
        return {"placement": None, "course": course, "ground": course.lessons[0]}
    passed = placement_set.passed(store)
    question = _question(placement_set, at) if at else placement_set.open_question(store)
    number = placement_set.questions.index(question) if question else len(placement_set.questions)
    rows = [
        {
            "question": one,
            "state": "passed"
            if placement_set.exercise(one).id in passed
            else "skipped"
            if place < number
            else "",
            "here": place == number,
        }
        for place, one in enumerate(placement_set.questions)
    ]
    values = {
        "placement": placement_set.contents,
        "course": course,
        "ground": course.lessons[0],
        "beyond": course.lesson(placement_set.contents.beyond),
        "rows": rows,
        "question": question,
        "number": number,
        "following": placement_set.questions[number + 1]
        if number + 1 < len(placement_set.questions)
        else None,
    }
    if question is not None:
        exercise = placement_set.exercise(question)
        values |= {
            "start": course.lesson(question.start),
            "tried": placement_set.tried(question, store),
        } | exercise_values(CourseProgress(course, store), exercise)
    return values


def _question(placement_set: Placement, identity: str) -> PlacementQuestion:
    """Raises GroundupError, with the nearest name, where there is none."""
    for question in placement_set.questions:
        if question.id == identity:
            return question
    known = did_you_mean(identity, [one.id for one in placement_set.questions])
    raise GroundupError(f"There is no question '{identity}'.", known)


def _placement(course: Course) -> Placement:
    if (found := load_placement(course)) is None:
        raise GroundupError("This course has no questions of placement.", "Begin with any of its lessons.")
    return found


@router.post("/placement/start")
def start(
    request: Request, question: Annotated[str, Form()], course: Annotated[str, Form()] = ""
) -> Response:
    """A plain form: start where this question leads, if it was not known; at the ground; or beyond all of them."""
    asked = find_course(the_courses(request), course)
    with the_store(request) as store:
        if question == GROUND:
            first = asked.lessons[0].id
            store.add("placed", first, answers={})
            return RedirectResponse(f"/lesson/{first}", 303)
        placement_set = _placement(asked)
        placement_set.start_here(None if question == BEYOND else _question(placement_set, question), store)
    return RedirectResponse("/", 303)
