"""Exercises, checked as learners will use them: the starter fails, every solution passes, every known mistake is
recognised by its own name."""

import ast
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from groundup.common.errors import GroundupError
from groundup.course.authoring.targets import LessonFault, fault_of
from groundup.course.grading.grader import Grader
from groundup.course.grading.verdict import Verdict
from groundup.course.lessons.exercise import Exercise, Mutant

Begin = Callable[[str, str], None]
"""Told the lesson and what begins."""

FAIR_STARTS = ("wrong", "error", "missing")
TOUCHED = "\n\ntouched = True\n"  # else the starter fails for being the starter, whatever it computes
PARALLEL_EXERCISES = 2


SECONDS_WITHOUT_TRAINING = 10.0  # an exercise that may take longer than this trains something


def submissions(exercise: Exercise) -> int:
    """How many gradings it takes: starter, solution, alternative and the mutants."""
    try:
        return 3 + len(exercise.about.mutants)
    except GroundupError:
        return 0


def check_exercises(exercises: Sequence[Exercise], begin: Begin, *, quick: bool = False) -> list[LessonFault]:
    """Two at a time, each with a warm process of its own. `quick`: of those that train, two mutants each."""
    lock = threading.Lock()

    def told(lesson: str, doing: str) -> None:
        with lock:
            begin(lesson, doing)

    def check_alone(exercise: Exercise) -> list[LessonFault]:
        with Grader(warm=True) as grader:
            return list(check_exercise(exercise, grader, told, quick=quick))

    with ThreadPoolExecutor(PARALLEL_EXERCISES) as pool:
        return [fault for faults in pool.map(check_alone, exercises) for fault in faults]


def check_exercise(
    exercise: Exercise, grader: Grader, begin: Begin, *, quick: bool = False
) -> Iterator[LessonFault]:
    """What is wrong with an exercise: as far as can be said, for a broken one cannot be graded."""
    folder = exercise.folder
    try:
        mutants = exercise.about.mutants
        names = [mutant.name for mutant in mutants]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield LessonFault(folder / "exercise.toml", f"the mutant '{name}' is declared twice. Keep one.")
        for file in sorted(folder.glob("mutants/*.py")):
            if file.stem not in names:
                says = "this mutant is not declared: add [[mutants]] with its name and what it says to exercise.toml."
                yield LessonFault(file, says)
        if broken := _not_python(folder / "starter.py", exercise.code("starter.py")):
            yield broken
            return
        yield from _starter(exercise, _grade(exercise, "starter.py", grader, begin))
        for name in ("solution.py", "alternative.py"):
            yield from _solution(exercise, name, _grade(exercise, name, grader, begin))
        trains = exercise.about.seconds > SECONDS_WITHOUT_TRAINING
        for mutant in mutants[:2] if quick and trains else mutants:
            yield from _mutant(exercise, mutant, _grade(exercise, f"mutants/{mutant.name}.py", grader, begin))
    except GroundupError as error:
        what = error.what.removeprefix(f"The exercise {exercise.id} is broken: ")
        file = folder / ("check.py" if "check.py" in what else "exercise.toml")
        yield fault_of(GroundupError(what, error.hint), file)


def _grade(exercise: Exercise, name: str, grader: Grader, begin: Begin) -> Verdict:
    begin(exercise.lesson, f"{exercise.folder.name}/{name}")
    return grader.grade(exercise, exercise.code(name) + (TOUCHED if name == "starter.py" else ""))


def _not_python(file: Path, source: str) -> LessonFault | None:
    """Without a starter that can be read, nothing can be graded."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        return LessonFault(file, f"this is not Python: {error.msg}.", error.lineno or 0)
    return None


def _starter(exercise: Exercise, verdict: Verdict) -> Iterator[LessonFault]:
    if verdict.kind not in FAIR_STARTS:
        what = (
            "passes as it is shipped."
            if verdict.ok
            else f"does not even run ({verdict.kind}): {verdict.says}"
        )
        yield LessonFault(
            exercise.folder / "starter.py", f"the starter {what} It has to run, and to fail.", _line(verdict)
        )


def _solution(exercise: Exercise, name: str, verdict: Verdict) -> Iterator[LessonFault]:
    file = exercise.folder / name
    if not verdict.ok:
        yield LessonFault(file, f"it does not pass: {_why(verdict)}", _line(verdict))
    elif verdict.seconds > 0.5 * exercise.about.seconds:
        says = (
            f"checking it took {verdict.seconds:.1f} s of the {exercise.about.seconds:g} s that a learner has. "
            "On a slower machine it fails: raise `seconds`, or let the checks do less."
        )
        yield LessonFault(file, says, warning=True)


def _mutant(exercise: Exercise, mutant: Mutant, verdict: Verdict) -> Iterator[LessonFault]:
    file = exercise.folder / "mutants" / f"{mutant.name}.py"
    if verdict.ok:
        yield LessonFault(file, "this mutant passes all checks: add a check that sees the mistake.")
    elif not verdict.mutant:
        says = f"this mutant fails, but is not recognised: the verdict was '{verdict.kind}', {_why(verdict)}"
        yield LessonFault(file, says, _line(verdict))
    elif verdict.mutant != mutant.name:
        says = (
            f"this mutant is taken for '{verdict.mutant}': the two fail the same check with the same result. "
            "Add a check, or a case, on which they differ; or keep one of them."
        )
        yield LessonFault(file, says)


def _why(verdict: Verdict) -> str:
    """What a verdict says, in one line."""
    at = f"at '{verdict.failed}': " if verdict.failed else ""
    rows = [("case", verdict.case), ("got", verdict.got), ("expected", verdict.expected)]
    told = "".join(f" {name}: {' '.join(value.split())}." for name, value in rows if value)
    return f"{at}{verdict.otherwise or verdict.says}{told}"


def _line(verdict: Verdict) -> int:
    return verdict.line.number if verdict.line else 0
