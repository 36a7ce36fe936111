"""A check of the learner's file, and what is remembered of it. Command and studio both check through here."""

import hashlib
from pathlib import Path

from groundup.course.exercise import Exercise
from groundup.course.grader import Grader
from groundup.course.progress import exercise_hash
from groundup.course.store import Store
from groundup.course.verdict import Verdict
from groundup.course.workspace import Workspace


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
