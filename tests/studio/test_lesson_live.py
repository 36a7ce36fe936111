"""Experiments that take seconds: they draw as they go, and end when their page is closed."""

import re
from contextlib import suppress
from types import SimpleNamespace

import anyio
import psutil
import pytest
from playwright.sync_api import expect
from small_lesson import lesson_with

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import Widget
from groundup.course.lessons.parts import run_experiment, run_experiment_steps
from groundup.course.progress.store import Store
from groundup.studio.lesson_runs import Experiments

COURSE = load_course()
SLOW = {"width": 256, "steps": 400}
"""Of lesson 1.2: some seconds, long enough to be watched."""


def block(lesson: str, name: str) -> tuple:
    found = COURSE.lesson(lesson)
    return found, next(one for one in found.of(Widget) if one.id == name)


def children(of: int) -> list[psutil.Process]:
    """The processes in which experiments run."""
    found = []
    for child in psutil.Process(of).children():
        with suppress(psutil.Error):  # it is just ending
            if "groundup.studio.lesson_process" in str(child.cmdline()):
                found.append(child)
    return found


def test_an_experiment_is_the_last_of_what_it_shows():
    lesson, widget = block("1.2", "train-live")
    seen = list(run_experiment_steps(lesson, widget, {"width": 2, "steps": 20}))
    shares = [one.share for one in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(seen) == 20
    curves = [one.state["curve"] for one in seen]
    assert [len(curve) for curve in curves] == list(
        range(1, 21)
    )  # it grows by what is new, and changes nothing
    assert curves[-1][:5] == curves[4]
    assert [one.state["steps"][-1] for one in seen] == [curve[-1][0] for curve in curves]
    assert len(seen[-1].state["samples"]) == len(seen[-1].state["steps"]) == 4
    assert run_experiment(lesson, widget, {"width": 2, "steps": 20}).state == seen[-1].state


def test_one_that_answers_at_once_shows_one_thing():
    lesson, widget = block("0.1", "drag")
    (only,) = run_experiment_steps(lesson, widget)
    assert only.share == 1


@pytest.mark.parametrize(("code", "says"), [
    ("def of(): return 3", "of returns int"),
    ("def of(): yield from ()", "of returns NoneType"),
    (
        "from groundup.course.lessons.parts import ExperimentResult as S\ndef of(): yield S('', share=0.5)",
        "of ends with a share",
    ),
    ("def of():\n yield 1 / 0", "of() stopped: ZeroDivisionError"),
])  # fmt: skip
def test_a_broken_experiment_says_how(tmp_path, code, says):
    (tmp_path / "experiments.py").write_text(code, encoding="utf-8")
    widget = SimpleNamespace(call="of", settings={})
    with pytest.raises(GroundupError, match=re.escape(says)):
        run_experiment(SimpleNamespace(folder=tmp_path), widget)


ENDLESS = """
import itertools, time
from groundup.course.lessons.parts import ExperimentResult
def endless():
    for step in itertools.count(1):
        yield ExperimentResult("", {"step": step}, share=step / (step + 1))
        time.sleep(0.01)
"""


def test_who_leaves_ends_its_process_and_whoever_comes_next_gets_another(home, tmp_path):
    home.mkdir(parents=True, exist_ok=True)
    never_done = lesson_with(tmp_path, ENDLESS, "endless")
    lesson, widget = block("0.6", "spirals")
    quickly = dict(widget.settings) | {"steps": 1}
    own = psutil.Process().pid

    async def watch() -> None:
        experiments = Experiments()
        with anyio.fail_after(200):
            looked = experiments.experiment(*never_done, {}, None)
            first = await anext(looked)
            assert 0 < first["share"] < 1
            assert first["state"]["step"] > 0
            (child,) = children(own)
            second = await anext(looked)
            assert second["share"] > first["share"]
            await looked.aclose()
            while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
                await anyio.sleep(0.05)
            quick = [one async for one in experiments.experiment(lesson, widget, quickly, None)]
            assert quick[-1]["share"] == 1
            (kept,) = children(own)
            again = [
                one async for one in experiments.experiment(*block("0.1", "drag"), {"x": 1.0, "h": 1.0}, None)
            ]
            assert [one["share"] for one in again] == [1]
            assert children(own) == [kept]  # it stays for the next question
        experiments.children.close()

    anyio.run(watch)
    assert children(own) == []


@pytest.mark.long
def test_a_curve_grows_on_the_page_and_stop_keeps_it(tab, studio):
    tab.goto("/lesson/1.2")
    widget = tab.locator('[data-widget="train-live"]')
    widget.scroll_into_view_if_needed()
    for name, value in SLOW.items():
        widget.get_by_label(name).fill(str(value))
    widget.get_by_role("button", name="Train", exact=True).click()
    expect(widget.locator(".busy")).to_contain_text(
        re.compile(r"Step \d+ of 400, about \d+ s left"), timeout=90_000
    )
    curve = widget.locator("svg path.ink").last
    first = points(curve)
    before = dark(widget)
    expect(widget.locator(".busy progress")).to_have_attribute("value", re.compile(r"0\.\d+"))
    expect(widget.locator(".samples-small li").nth(1)).to_be_visible(timeout=90_000)
    working = halted(studio)
    assert points(curve) > first
    assert dark(widget) > before  # more ink on the screen, not only in the page's text
    widget.get_by_role("button", name="Stop and keep").click()
    expect(widget.locator(".busy")).to_be_empty()
    one_ends(tab, working)
    kept = points(curve)
    assert 1 < kept < 40
    assert f"of {SLOW['steps']} steps" in widget.locator(".formula").inner_text()
    widget.get_by_role("button", name="Train", exact=True).click()
    expect(widget.locator(".busy")).to_contain_text("Step", timeout=90_000)
    working = halted(studio)
    tab.goto("/glossary")  # leaving the page ends it too
    one_ends(tab, working)


@pytest.mark.long
def test_points_are_told_apart_while_one_watches_and_the_goal_ticks(tab, studio):
    tab.goto("/lesson/0.6")
    widget = tab.locator('[data-widget="spirals"]')
    widget.scroll_into_view_if_needed()
    widget.get_by_label("hidden neurons").fill("16")
    widget.get_by_label("hidden layers").fill("2")
    widget.get_by_label("steps").fill("2500")
    before = dark(widget)
    widget.get_by_role("button", name="Train", exact=True).click()
    expect(widget.locator(".busy")).to_contain_text(re.compile(r"Step \d+ of 2500"), timeout=90_000)
    widget.locator(".goal.reached").wait_for(timeout=90_000)
    expect(widget.locator(".busy")).to_be_empty(timeout=90_000)
    assert dark(widget) != before
    with Store(studio.home / "progress.db") as store:
        assert [one.about for one in store.events("goal")] == ["0.6/spirals"]


def halted(studio) -> list[psutil.Process]:
    """The processes of experiments, stopped, so that none comes to its end by itself, on a machine of any speed."""
    working = children(studio.process.pid)
    for one in working:
        one.suspend()
    return working


def one_ends(tab, working: list[psutil.Process]) -> None:
    """The one that trains; another may wait for the next picture, and goes on."""
    for _ in range(1000):
        left = [one for one in working if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if len(left) < len(working):
            for one in left:
                one.resume()
            return
        tab.wait_for_timeout(100)
    raise AssertionError("it trains on, though no page is open")


def points(curve) -> int:
    return curve.get_attribute("d").count("L") + 1


def dark(widget) -> int:
    """Dark pixels of its picture."""
    import io

    import numpy as np
    from PIL import Image

    shot = Image.open(io.BytesIO(widget.locator(".picture").first.screenshot())).convert("L")
    return int((np.asarray(shot) < 90).sum())
