"""What a learner does in a lesson, judged and stored: answers, notes, attempts at exercises, hints, solutions.
Command and studio both use it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.course.grading.grader import Grader
from groundup.course.grading.verdict import Verdict
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.goals import is_reached
from groundup.course.lessons.items import Explanation, Item, Prediction, Quiz, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.predictions import certainty_steps, is_right
from groundup.course.progress.event import EventKind
from groundup.course.progress.progress import CourseProgress, exercise_hash
from groundup.course.progress.store import CourseEvent, Store


def last_answer(store: Store, kind: EventKind, lesson: Lesson, block: str) -> dict[str, Any] | None:
    """The data of the last answer to an item, by its id; None if there is none."""
    events = store.events(kind, f"{lesson.id}/{block}")
    return events[-1].data if events else None


def store_prediction(
    store: Store, lesson: Lesson, block: Prediction, given: Any, sure: int | None = None
) -> CourseEvent:
    """Store a guess: a number, the points of a sketch, or an option, counted from 0; with how sure one is of it, in
    percent, if that was said. Raises GroundupError."""
    if block.form == "choice":
        _is_an_option(given, block)
    certainty = {} if sure is None else {"sure": sure}
    if sure is not None and sure not in certainty_steps(block):
        known = ", ".join(map(str, certainty_steps(block)))
        raise GroundupError(f"{sure}% is none of the steps.", f"Say one of these, or nothing: {known}.")
    return _store(store, "predicted", lesson, block, given=given, right=is_right(block, given), **certainty)


def store_answer(store: Store, lesson: Lesson, block: Quiz, option: int) -> CourseEvent:
    """Store which option was chosen, counted from 0. Raises GroundupError."""
    _is_an_option(option, block)
    return _store(store, "answered", lesson, block, option=option, right=block.options[option].right)


def store_explanation(
    store: Store, lesson: Lesson, block: Explanation, text: str, marks: list[int]
) -> CourseEvent:
    """Store own words, and which lines of the rubric they meet, counted from 0. Raises GroundupError."""
    if not set(marks) <= set(range(len(block.rubric))):
        raise GroundupError("There is no such line of the rubric.", f"It has {len(block.rubric)}.")
    return _store(store, "explained", lesson, block, text=text, marks=marks, of=len(block.rubric))


def store_goal(store: Store, lesson: Lesson, block: Widget, state: dict[str, Any]) -> bool:
    """Whether an experiment's goal has just been reached for the first time; then that is stored.

    Raises GroundupError for a check that does not fit the state.
    """
    if store.events("goal", f"{lesson.id}/{block.id}") or not is_reached(block.check, state):
        return False
    _store(store, "goal", lesson, block)
    return True


def _store(store: Store, kind: EventKind, lesson: Lesson, block: Any, **data: Any) -> CourseEvent:
    return store.add(kind, f"{lesson.id}/{block.id}", **data)


def _is_an_option(given: Any, block: Prediction | Quiz) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < len(block.options):
        raise GroundupError(
            "There is no such option.", f"They are counted from 0 to {len(block.options) - 1}."
        )


def find_item(lesson: Lesson, identity: str, kind: type[Item]) -> Any:
    """An item of a lesson by its id. Raises GroundupError if the lesson has none of that kind."""
    for block in lesson.of(kind):
        if block.id == identity:
            return block
    name = kind.model_fields["kind"].default
    raise GroundupError(
        f"Lesson {lesson.id} has no {name} '{identity}'.", "Load the page again: it may have changed."
    )


@dataclass(frozen=True)
class MarginNote:
    text: str
    at: datetime


def write_note(store: Store, lesson: Lesson, block: int, text: str) -> None:
    """Save the note beside an item; an empty text removes it. Earlier texts stay in the store."""
    store.add("note", lesson.id, block=block, text=text)


def notes(store: Store, lesson: Lesson) -> dict[int, MarginNote]:
    """By the index of the item. If the lesson has become shorter, notes beyond its end belong to its last item."""
    by_index: dict[int, MarginNote] = {}
    for event in store.events("note", lesson.id):
        block = event.data.get("block")
        if isinstance(block, int):
            by_index[max(0, min(block, len(lesson.items) - 1))] = MarginNote(
                str(event.data.get("text", "")), event.at
            )
    return {block: note for block, note in by_index.items() if note.text.strip()}


ONE_ITEM_SETTING = "one-thing"  # the name of the setting


def one_item_at_a_time(store: Store) -> bool:
    chosen = store.events("setting", ONE_ITEM_SETTING)
    return bool(chosen and chosen[-1].data.get("value"))


def set_one_item_at_a_time(store: Store, on: bool) -> None:
    store.add("setting", ONE_ITEM_SETTING, value=on)


# ---- exercises -----------------------------------------------------------------------------------------------


def attempt(
    exercise: Exercise, workspace: Workspace, store: Store, grader: Grader, file: Path | None = None
) -> Verdict:
    """Grade a file (that of the workspace, if none is given), and store the attempt.

    A file that cannot be read is no attempt. Raises GroundupError where the exercise itself is broken.
    """
    file = file or workspace.file(exercise)
    try:
        source = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        source = ""  # the verdict says why
    verdict = grader.grade(exercise, file, workspace=workspace.folder)
    if verdict.kind != "file":
        store.add(
            "attempt",
            exercise.id,
            passed=verdict.ok,
            kind=verdict.kind,
            says=verdict.says,
            mutant=verdict.mutant,
            source=source,
            exercise=exercise_hash(exercise),
        )
    return verdict


def next_hint(progress: CourseProgress, exercise: Exercise, store: Store) -> int:
    """Show one more hint. Returns its number, counted from 1; 0 once all of them were shown."""
    seen = progress.hints_seen(exercise.id)
    if seen >= len(exercise.about.hints):
        return 0
    store.add("hint", exercise.id, number=seen + 1)
    return seen + 1


def look_at_solution(exercise: Exercise, store: Store, *, passed: bool) -> None:
    """Remember that the solution was shown, and whether the exercise had passed before."""
    store.add("solution", exercise.id, passed=passed)


def start_over(exercise: Exercise, workspace: Workspace, store: Store) -> Path | None:
    """Write the starter again. Returns the path of a copy of the file before; None if that was the starter."""
    there = workspace.file(exercise).exists()
    copy = workspace.reset(exercise)
    if copy is not None or not there:
        store.add("reset", exercise.id, kept=str(copy or ""))
    return copy


def seen_hints(progress: CourseProgress, exercise: Exercise) -> list[str]:
    """The hints that were shown, as Markdown."""
    return exercise.about.hints[: progress.hints_seen(exercise.id)]
