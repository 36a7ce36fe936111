"""Checks at the same time, and the processes of experiments and pictures."""

import asyncio

import psutil
import pytest
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from small_lesson import lesson_with

from groundup.common.errors import GroundupError
from groundup.common.places import workspace_folder
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import Picture, Widget
from groundup.course.progress.answers import find_item
from groundup.course.progress.store import Store
from groundup.studio import lesson_runs
from groundup.studio.exercise import GRADER, grade_attempt
from groundup.studio.lesson_runs import Experiments
from groundup.studio.lesson_view import stamp


@pytest.fixture(scope="module")
def course():
    return load_course()


@pytest.fixture
def experiments():
    with Experiments() as experiments:
        yield experiments


def test_checks_at_once_are_all_stored_and_leave_nothing_behind(home, course):
    exercise = course.exercise("0.1/chain-rule")
    workspace, before = Workspace(workspace_folder()), set(psutil.Process().children(recursive=True))
    file = workspace.place(exercise)
    file.write_text(exercise.code("mutants/sum.py"), encoding="utf-8")
    limiter = CapacityLimiter(2)

    async def checks():
        progress_file = home / "progress.db"
        return await asyncio.gather(
            *(run_sync(grade_attempt, exercise, workspace, progress_file, limiter=limiter) for _ in range(4))
        )

    home.mkdir(exist_ok=True)
    verdicts = asyncio.run(checks())
    assert [verdict.mutant for verdict in verdicts] == ["sum"] * 4
    with Store(home / "progress.db") as store:
        assert [event.data["mutant"] for event in store.events("attempt", exercise.id)] == ["sum"] * 4
    waiting = set(psutil.Process().children(recursive=True)) - before
    assert len(waiting) == 1  # the one that is kept at hand
    GRADER.close()
    assert set(psutil.Process().children(recursive=True)) <= before


async def the_last(shown):
    return [one async for one in shown][-1]


def test_an_experiment_is_run_once_for_the_same_settings(course, experiments):
    lesson = course.lesson("0.1")
    widget = find_item(lesson, "drag", Widget)

    async def twice():
        first = await the_last(experiments.experiment(lesson, widget, {"x": -2.0, "h": 0.01}, None))
        pid = next(iter(experiments.children.waiting)).process.pid
        again = await the_last(experiments.experiment(lesson, widget, {"x": -2.0, "h": 0.01}, None))
        other = await the_last(experiments.experiment(lesson, widget, {"x": 1.0, "h": 0.01}, None))
        picture = await experiments.picture(lesson, find_item(lesson, "secants", Picture), dark=True)
        return first, again, other, picture, pid

    first, again, other, picture, pid = asyncio.run(twice())
    assert first["state"]["gap"] < 0.05
    assert again is first
    assert other["state"]["slope"] == pytest.approx(2.01)
    assert picture.startswith(b"\x89PNG")
    assert [child.process.pid for child in experiments.children.waiting] == [pid]  # one process did all of it
    experiments.children.close()
    assert not psutil.pid_exists(pid)


EXPERIMENTS = """
import os, time
from groundup.course.lessons.parts import ExperimentResult
def look(what: str = "wait") -> ExperimentResult:
    if what == "wait":
        time.sleep(60)
    if what == "end":
        os._exit(3)
    print("a lesson may print")
    return ExperimentResult(f"{what} \\x1b[31m", {"nan": float("nan"), "what": what})
"""


def test_one_that_never_ends_or_dies_is_a_sentence(course, experiments, tmp_path, monkeypatch):
    monkeypatch.setattr(lesson_runs, "EXPERIMENT_SECONDS", 0.5)
    monkeypatch.setattr(lesson_runs, "LOADING_SECONDS", 200.0)
    lesson, widget = lesson_with(tmp_path, EXPERIMENTS, "look", '{ what = "wait" }')

    async def ask(what: str):
        return await the_last(experiments.experiment(lesson, widget, {"what": what}, None))

    assert asyncio.run(ask("fine"))["text"] == "fine \N{REPLACEMENT CHARACTER}[31m"
    assert asyncio.run(ask("fine"))["state"] == {"nan": None, "what": "fine"}
    with pytest.raises(GroundupError, match=r"After .* still running"):
        asyncio.run(ask("wait"))
    with pytest.raises(GroundupError, match="ended without an answer"):
        asyncio.run(ask("end"))
    assert asyncio.run(ask("fine again"))["state"]["what"] == "fine again"  # a new process took over
    was = stamp(tmp_path)
    (tmp_path / "experiments.py").write_text(EXPERIMENTS.replace("fine", "other"), encoding="utf-8")
    assert stamp(tmp_path) > was  # an author sees the change
