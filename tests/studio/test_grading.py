"""The queue of checks, and the processes that show experiments and pictures."""

import asyncio
import threading

import psutil
import pytest
from small_lesson import lesson_with

from groundup.common.errors import GroundupError
from groundup.common.places import workspace_folder
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import Picture, Widget
from groundup.course.progress.answers import block_called
from groundup.course.progress.store import Store
from groundup.studio import lesson_runs
from groundup.studio.grading import Grading
from groundup.studio.lesson_runs import Experiments
from groundup.studio.lesson_view import stamp
from groundup.studio.turns import Turns


@pytest.fixture(scope="module")
def course():
    return load_course()


@pytest.fixture
def experiments():
    with Experiments() as experiments:
        yield experiments


def test_many_take_turns_and_none_is_lost():
    """Never more at once than there are turns, in the order in which they came."""
    turns, now, most, began, lock = Turns(2), 0, 0, [], threading.Lock()
    two = threading.Barrier(2, timeout=60)  # nobody goes on alone

    def work(number: int) -> int:
        nonlocal now, most
        with lock:
            now, began[:] = now + 1, [*began, number]
            most = max(most, now)
        two.wait()
        with lock:
            now -= 1
        return number

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(turns.take(lambda n=n: work(n)) for n in range(20)))

    assert asyncio.run(all_of_them()) == list(range(20))
    assert most == 2
    assert sorted(began) == list(range(20))
    assert all(abs(place - number) <= 1 for place, number in enumerate(began))


def test_checks_at_once_are_all_stored_and_leave_nothing_behind(home, course):
    exercise = course.exercise("0.1/chain-rule")
    workspace, before = Workspace(workspace_folder()), set(psutil.Process().children(recursive=True))
    file = workspace.place(exercise)
    file.write_text(exercise.code("mutants/sum.py"), encoding="utf-8")
    grading = Grading(2)

    async def checks():
        return await asyncio.gather(
            *(grading.check(exercise, workspace, home / "progress.db") for _ in range(4))
        )

    home.mkdir(exist_ok=True)
    verdicts = asyncio.run(checks())
    assert [verdict.mutant for verdict in verdicts] == ["sum"] * 4
    with Store(home / "progress.db") as store:
        assert [event.data["mutant"] for event in store.events("attempt", exercise.id)] == ["sum"] * 4
    waiting = set(psutil.Process().children(recursive=True)) - before
    assert len(waiting) == 1  # the one that is kept at hand
    grading.close()
    assert set(psutil.Process().children(recursive=True)) <= before


async def the_last(shown):
    return [one async for one in shown][-1]


def test_an_experiment_is_run_once_for_the_same_settings(course, experiments):
    lesson = course.lesson("0.1")
    widget = block_called(lesson, "drag", Widget)

    async def twice():
        first = await the_last(experiments.experiment(lesson, widget, {"x": -2.0, "h": 0.01}, None))
        pid = next(iter(experiments.children.waiting)).process.pid
        again = await the_last(experiments.experiment(lesson, widget, {"x": -2.0, "h": 0.01}, None))
        other = await the_last(experiments.experiment(lesson, widget, {"x": 1.0, "h": 0.01}, None))
        picture = await experiments.picture(lesson, block_called(lesson, "secants", Picture), dark=True)
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
from groundup.course.lessons.parts import Shown
def look(what: str = "wait") -> Shown:
    if what == "wait":
        time.sleep(60)
    if what == "end":
        os._exit(3)
    print("a lesson may print")
    return Shown(f"{what} \\x1b[31m", {"nan": float("nan"), "what": what})
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
