"""Exercises in the browser: the learner's own file, the same that the command and any editor see; its check, hints,
solution; starting over; and the way to the editor of one's own.

    GET  /api/exercise/0.1/numerical-derivative/file
    POST /api/exercise/0.1/numerical-derivative/check
"""

import hashlib
import os
import platform
import re
import shlex
import sys
import threading
from contextlib import suppress
from difflib import SequenceMatcher
from pathlib import Path
from shutil import which
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError
from groundup.common.formatting import format_duration
from groundup.common.places import with_tilde, workspace_folder
from groundup.common.process import start_detached
from groundup.course.grading.grader import Grader
from groundup.course.grading.verdict import Verdict
from groundup.course.grading.workspace import MAX_SUBMISSION_BYTES, UnreadableFile, Workspace, read_submission
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.exercise import Exercise
from groundup.course.progress.answers import attempt, look_at_solution, next_hint, seen_hints, start_over
from groundup.course.progress.placement import load_placement
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.rhythm import celebration
from groundup.course.progress.store import Store
from groundup.studio.courses import trusted_course
from groundup.studio.focus import the_word
from groundup.studio.markdown import highlight
from groundup.studio.pages import static_url, templates, the_course, the_store, wrong
from groundup.studio.safety import is_loopback
from groundup.studio.streams import while_the_studio_runs

# With more at a time, the time limits of the checks would measure the machine. Two at least: a check that never ends
# must not hold up another.
MAX_CHECKS = min(8, max(2, (os.cpu_count() or 2) // 2))
CHECKS = CapacityLimiter(MAX_CHECKS)
GRADER = Grader(warm=True)
router = APIRouter(prefix="/api/exercise/{lesson}/{name}", lifespan=while_the_studio_runs(GRADER))
_saving = threading.Lock()


# ---- the file -----------------------------------------------------------------------------------------------


class File(BaseModel):
    text: str
    stamp: str
    """Of the file's bytes: another one whenever it changes. Empty where there is no file yet."""
    wrong: str = ""
    """Why it cannot be read, if it cannot."""
    kept: str = ""
    """Where what was there before is kept."""


class Save(BaseModel):
    text: str = Field(max_length=MAX_SUBMISSION_BYTES)
    was: str
    """The stamp of the file that the text was made from."""
    mine: bool = False
    """Where the file has changed since: put that aside, and take this text."""


@router.get("/file")
def read(request: Request, lesson: str, name: str) -> File:
    """The learner's file as it is now; the starter, where there is none yet."""
    return _file(find_exercise(the_course(request, lesson), f"{lesson}/{name}"))


@router.put("/file", response_model=File, responses={409: {"description": "It was changed elsewhere."}})
def save(request: Request, lesson: str, name: str, body: Save) -> File | Response:
    """Save what was typed. Refused where the file has changed elsewhere since it was read."""
    exercise, workspace = find_exercise(the_course(request, lesson), f"{lesson}/{name}"), _workspace()
    kept = None
    with _saving:
        now = own_file(exercise, workspace)
        if now.stamp not in ("", body.was):
            if not body.mine:
                problem = "This file was changed outside the page, while you typed here."
                return wrong(request, GroundupError(problem, "Take that version, or keep yours."), 409)
            kept = workspace.reset(exercise)
        write_text(workspace.file(exercise), body.text)
    GRADER.prepare(exercise)  # a check will follow soon
    return _file(exercise, kept)


@router.post("/reset")
def reset(request: Request, lesson: str, name: str) -> File:
    """The starter again; what was there is kept beside it."""
    exercise = find_exercise(the_course(request, lesson), f"{lesson}/{name}")
    with _saving, the_store(request) as store:
        return _file(exercise, start_over(exercise, _workspace(), store))


def _file(exercise: Exercise, kept: Path | None = None) -> File:
    return own_file(exercise, _workspace()).model_copy(update={"kept": str(kept or "")})


def _workspace() -> Workspace:
    return Workspace(workspace_folder())


# ---- check, hint, solution ----------------------------------------------------------------------------------


class Checked(BaseModel):
    passed: bool
    verdict: dict[str, Any]
    html: str
    """The same, to be shown below the editor."""


class Hint(BaseModel):
    number: int
    """Of the newest that was shown, counted from 1."""
    of: int
    html: str


class Wish(BaseModel):
    before: bool = False
    """Show it before the exercise has passed."""


class Solution(BaseModel):
    html: str


def grade_attempt(exercise: Exercise, workspace: Workspace, progress_file: Path) -> Verdict:
    """Check the learner's file and store the attempt. Raises GroundupError where the exercise is broken."""
    with Store(progress_file) as store:
        return attempt(exercise, workspace, store, GRADER)


@router.post("/check")
async def check(request: Request, lesson: str, name: str) -> Checked:
    """Check the file as it lies there, after the checks that came before. The attempt is stored even if the page is
    closed meanwhile."""
    course = trusted_course(request, lesson)
    exercise = find_exercise(course, f"{lesson}/{name}")
    _workspace().place(exercise)
    progress_file = request.app.state.progress_file
    verdict = await run_sync(grade_attempt, exercise, _workspace(), progress_file, limiter=CHECKS)
    with the_store(request) as store:
        values = {
            "verdict": verdict,
            "took": format_duration(verdict.seconds),
            "marked": mark_differences(verdict.got, verdict.expected)
            if verdict.expected
            else [(verdict.got, False)],
            "celebration": celebration(course, store, exercise.id) if verdict.ok else "",
            "word": the_word(store),
        }
    html = templates.get_template("blocks/results.html").render(values)
    return Checked(passed=verdict.ok, verdict=verdict.to_json(), html=html)


@router.post("/hint")
def hint(request: Request, lesson: str, name: str) -> Hint:
    """One more hint, and those before it. They cost nothing."""
    course = the_course(request, lesson)
    exercise = find_exercise(course, f"{lesson}/{name}")
    with the_store(request) as store:
        next_hint(CourseProgress(course, store), exercise, store)
        hints = seen_hints(CourseProgress(course, store), exercise)
    html = templates.get_template("blocks/hints.html").render(hints=hints, exercise=exercise)
    return Hint(number=len(hints), of=len(exercise.about.hints), html=html)


@router.post("/solution", response_model=Solution, responses={409: {"description": "It has not passed yet."}})
def solution(request: Request, lesson: str, name: str, body: Wish) -> Solution | Response:
    """One that passes, why it does, and another way."""
    course = the_course(request, lesson)
    exercise = find_exercise(course, f"{lesson}/{name}")
    with the_store(request) as store:
        passed = exercise.id in CourseProgress(course, store).passed
        if not (passed or body.before):
            problem = "You have not passed this exercise yet."
            return wrong(request, GroundupError(problem, "A hint gives away less."), 409)
        look_at_solution(exercise, store, passed=passed)
    ways = {"solution": highlight(exercise.code("solution.py").rstrip()),
            "alternative": highlight(exercise.code("alternative.py").rstrip())}  # fmt: skip
    return Solution(html=templates.get_template("blocks/solution.html").render(exercise=exercise, **ways))


# ---- the editor of one's own --------------------------------------------------------------------------------


class OpenedFile(BaseModel):
    path: str
    opened: str
    """What was opened, in words; empty where the path is all that there is."""


@router.post("/open")
def open_elsewhere(request: Request, lesson: str, name: str) -> OpenedFile:
    """Open the file in the editor that $VISUAL names, or its folder; from another machine, say only where it lies."""
    file = _workspace().place(find_exercise(the_course(request, lesson), f"{lesson}/{name}"))
    here = request.client is not None and is_loopback(request.client.host)
    return OpenedFile(path=str(file), opened=_opened(file) if here else "")


def _opened(file: Path) -> str:
    """What could be opened. The folder, not the file: some systems would run it."""
    if visual := os.environ.get("VISUAL"):
        command, sentence = (
            [*shlex.split(visual, posix=os.name != "nt"), str(file)],
            "It is open in your editor.",
        )
    elif sys.platform == "win32" or platform.system() == "Darwin":
        opener = "explorer" if sys.platform == "win32" else "open"
        command, sentence = [opener, str(file.parent)], "Its folder is open."
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        command, sentence = ["xdg-open", str(file.parent)], "Its folder is open."
    else:
        return ""
    with suppress(OSError):
        if which(command[0]):
            start_detached(command)
            return sentence
    return ""


# ---- what came beside what was expected -----------------------------------------------------------------------

_PIECE = re.compile(r"[^\s,()\[\]{}=:]+|\s+|.")
MAX_PIECES = 600  # of an answer; in a longer one a mark is of no use


def mark_differences(got: str, expected: str) -> list[tuple[str, bool]]:
    """`got` in pieces, each with whether it is wrong: [("[", False), ("0.88", True), (" ", False), ...]"""
    mine, right = _PIECE.findall(got), _PIECE.findall(expected)
    if max(len(mine), len(right)) > MAX_PIECES:
        return [(got, False)]
    words = [at for at, piece in enumerate(mine) if piece[0].isalnum() or piece[0] in "-+._'\""]
    rights = [piece for piece in right if piece[0].isalnum() or piece[0] in "-+._'\""]
    same = SequenceMatcher(None, [mine[at] for at in words], rights, autojunk=False)
    fits = {
        words[one] for block in same.get_matching_blocks() for one in range(block.a, block.a + block.size)
    }
    return [(piece, at in words and at not in fits) for at, piece in enumerate(mine)]


# ---- what stands on a page ----


def exercise_values(progress: CourseProgress, exercise: Exercise) -> dict[str, Any]:
    """For `blocks/exercise.html`, which stands in lessons and wherever else code is written."""
    attempts = progress.attempts(exercise.id)
    passed = exercise.id in progress.passed
    workspace = _workspace()
    return {
        "exercise": exercise,
        "state": progress.exercise_state(exercise.id),
        "passed": passed,
        "file": own_file(exercise, workspace),
        "path": with_tilde(workspace.file(exercise)),
        "hints": seen_hints(progress, exercise),
        "last": attempts[-1].data.get("says", "") if attempts and not passed else "",
        "codemirror": bool(static_url("vendor/editor.js")),
    }


def own_file(exercise: Exercise, workspace: Workspace) -> File:
    """The learner's file as it lies there; the starter, where there is no file yet."""
    file = workspace.file(exercise)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return File(text=exercise.code("starter.py"), stamp="")
    except OSError:
        data = b""
    stamped = hashlib.sha256(data).hexdigest()
    if file.is_file() and not data.strip():
        return File(text="", stamp=stamped)
    try:
        return File(text=read_submission(file), stamp=stamped)
    except UnreadableFile as error:
        return File(text="", stamp=stamped, wrong=error.says)


def find_exercise(course: Course, identity: str) -> Exercise:
    """An exercise of a lesson or of the placement. Raises GroundupError where there is none."""
    if identity in course.exercises:
        return course.exercise(identity)
    placement = load_placement(course)
    tasks = [placement.exercise(question) for question in placement.questions] if placement else []
    if found := next((task for task in tasks if task.id == identity), None):
        return found
    raise GroundupError(f"There is no exercise '{identity}'.", "Load the page again: it may have changed.")
