"""What a learner does at an exercise, and what is remembered of it: a check, a hint, the solution, starting over.
Command and studio both go through here."""

import hashlib
from pathlib import Path

from groundup.course.grading.grader import Grader
from groundup.course.grading.verdict import Verdict
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.exercise import Exercise
from groundup.course.progress.progress import Progress, exercise_hash
from groundup.course.progress.store import Store


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


def next_hint(progress: Progress, exercise: Exercise, store: Store) -> int:
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
    """Write the starter again. Returns where what was there is kept; None where the starter was there already."""
    there = workspace.file(exercise).exists()
    kept = workspace.reset(exercise)
    if kept is not None or not there:
        store.add("reset", exercise.id, kept=str(kept or ""))
    return kept


def seen_hints(progress: Progress, exercise: Exercise) -> list[str]:
    """The hints that were shown, as Markdown."""
    return exercise.about.hints[: progress.hints_seen(exercise.id)]
