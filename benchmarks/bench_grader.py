"""A check of an exercise, from the saved file to the verdict, beside Python doing the same unguarded.

Over twelve exercises of a kind, or all where there are fewer, the median of three submissions each: the solution, the
starter, and the first mutant (which is recognised, so the mutants are run as well). Cold starts a process for each
check; warm has one at hand that has imported the exercise's modules, as `groundup watch` has, and the time of its
replacement, which starts while the learner reads, is not counted. The peer is a bare `python` that imports the same
modules and stops: without any check or guard, the least that a fresh process costs. The issue's limits: 1 s for NumPy
exercises, 3 s for those with torch.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from groundup.course.grading.grader import Grader
from groundup.course.lessons.exercise import Exercise
from table import print_rows

ROOT = Path(__file__).parents[1]
LIMITS = {"NumPy": 1.0, "torch": 3.0}


def exercises() -> dict[str, list[Exercise]]:
    """Those of the course by what they import; while there are none, that of the grader's tests."""
    folders = sorted((ROOT / "src" / "groundup" / "lessons").glob("*/exercises/*/exercise.toml"))
    folders = folders or [ROOT / "tests/course/zoo/lessons/0.9-zoo/exercises/softmax/exercise.toml"]
    result: dict[str, list[Exercise]] = {"NumPy": [], "torch": []}
    for file in folders:
        exercise = Exercise(file.parents[2].name.split("-", 1)[0], file.parent)
        result["torch" if "torch" in exercise.about.needs else "NumPy"].append(exercise)
    return result


def measure(rounds: int = 3, most: int = 12) -> list[dict]:
    """Rows for cold and warm; times are seconds. `most`: how many exercises of a kind are taken."""
    rows = []
    for kind, all_of_it in exercises().items():
        some = all_of_it[:: max(1, len(all_of_it) // most)][:most]
        if some:
            rows += [row(kind, some, warm, rounds) for warm in (False, True)]
    return rows


def row(kind: str, some: list[Exercise], warm: bool, rounds: int) -> dict:
    ours, peer = [], []
    with Grader(warm=warm) as grader:
        for exercise in some:
            texts = [exercise.code(name) for name in ("solution.py", "starter.py")]
            texts.append(exercise.code(f"mutants/{exercise.about.mutants[0].name}.py"))
            for text in texts * rounds:
                grader.prepare(exercise)
                if warm:
                    time.sleep(
                        5.0 if kind == "torch" else 1.0
                    )  # the learner reads, and the worker gets ready
                ours.append(seconds(lambda exercise=exercise, text=text: grader.grade(exercise, text)))
            bare = [sys.executable, "-c", f"import {', '.join(['numpy', *exercise.about.needs])}"]
            peer += [seconds(lambda bare=bare: subprocess.run(bare, check=True)) for _ in range(rounds)]
    return {
        "what": f"{kind} exercise, {'warm' if warm else 'cold'} ({len(some)} exercises, slowest {max(ours):.2f} s)",
        "ours": median(ours),
        "peer": median(peer),
        "peer_name": "bare Python importing the same",
        "ratio": median(peer) / median(ours),
        "reach": f"under {LIMITS[kind]:g} s",
        "unit": "s",
    }


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    print_rows(measure())
