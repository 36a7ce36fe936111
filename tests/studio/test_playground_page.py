"""The playground: it is built, trains, pauses, goes on, is changed by hand, and comes back by its link."""

import re
from contextlib import suppress
from typing import Any

import httpx
import psutil
import pytest
from page_checks import violations
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.long]


def children(studio: Any) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(studio.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # it is just ending
            if "groundup.studio.playground_process" in str(child.cmdline()):
                found.append(child)
    return found


def step(tab: Any) -> int:
    return int(tab.locator("output.mono").inner_text().removeprefix("step "))


def test_it_is_built_trained_paused_changed_and_comes_back_by_its_link(studio, tab) -> None:
    tab.emulate_media(reduced_motion="reduce")
    tab.goto("/playground")
    card, steps = tab.locator(".formula"), tab.locator("output.mono")
    expect(steps).to_have_text("step 0", timeout=60_000)
    expect(tab.locator(".net-node[aria-label^='neuron']")).to_have_count(4)
    expect(card).to_contain_text("of 60 points held out")
    assert tab.url.endswith("/playground")  # nothing differs from the start yet

    tab.get_by_role("button", name="One step").click()
    expect(steps).to_have_text("step 1", timeout=60_000)
    tab.get_by_role("button", name="One step").click()
    expect(steps).to_have_text("step 2", timeout=60_000)

    tab.get_by_role("button", name="One layer more").press("Enter")
    tab.get_by_role("button", name="One neuron less in layer 2").press("Enter")
    tab.get_by_label("does not read x₁·x₂").press("Enter")
    expect(tab.locator(".net-node[aria-pressed=true]")).to_have_count(3)
    expect(tab.locator(".net-line")).to_have_count(3 * 4 + 4 * 3 + 3)
    expect(steps).to_have_text("step 0")

    tab.get_by_role("button", name="Train").click()
    expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    expect(steps).to_have_text(re.compile(r"step [1-9]\d+"), timeout=60_000)
    tab.get_by_role("button", name="Pause").click()
    reached = step(tab)
    assert reached >= 10
    assert reached % 10 == 0
    tab.get_by_role("button", name="One step").click()
    expect(steps).to_have_text(f"step {reached + 1}")

    tab.get_by_label("reads x₁·x₂").focus()
    tab.keyboard.press("ArrowRight")
    expect(card).to_contain_text("gives")
    tab.keyboard.press("Enter")  # pinned: its weights can be typed over
    weight = card.locator("input.weight").first
    weight.fill("2.5")
    told = card.inner_text()
    tab.wait_for_url("**#p=*")
    weight.press("Tab")
    tab.reload()
    expect(steps).to_have_text(f"step {reached + 1}", timeout=60_000)
    expect(tab.locator(".net-line")).to_have_count(3 * 4 + 4 * 3 + 3)
    tab.get_by_label("A4, bias", exact=False).click()
    expect(card.locator("input.weight").first).to_have_value("2.5")
    assert card.inner_text().split("\n")[0] == told.split("\n")[0]

    tab.get_by_role("button", name="Start over").click()
    expect(steps).to_have_text("step 0", timeout=60_000)
    expect(tab.locator(".net-line")).to_have_count(2 * 4 + 4)
    assert tab.url.endswith("/playground")
    tab.get_by_text("a yes").click()
    tab.locator(".boundary svg").press("Enter")  # where the cross stands
    expect(tab.get_by_label("Points of yours")).to_have_value("0.5 0.5 1")
    assert len(children(studio)) <= 3  # those that wait for the next step


def test_what_cannot_go_on_says_why_and_what_to_do(studio, tab) -> None:
    tab.goto(
        "/playground#p=%7B%22optimiser%22%3A%22gradient%20descent%22%2C%22rate%22%3A100%2C%22l2%22%3A10%7D"
    )
    expect(tab.locator(".net-line").first).to_be_visible(timeout=60_000)
    tab.get_by_role("button", name="Train").click()
    expect(tab.locator(".formula")).to_contain_text("It flew off", timeout=60_000)
    expect(tab.get_by_role("button", name="Train")).to_be_disabled()
    tab.get_by_role("button", name="Begin again").click()
    expect(tab.get_by_role("button", name="Train")).to_be_enabled(timeout=60_000)
    tab.get_by_label("Points of yours").fill("9 9 9")
    tab.get_by_role("button", name="Put them down").click()
    expect(tab.locator(".wrong")).to_contain_text("cannot be read", timeout=60_000)


def test_both_themes_a_phone_and_a_table(tab) -> None:
    tab.emulate_media(reduced_motion="reduce")
    tab.goto("/playground")
    expect(tab.locator("output.mono")).to_have_text("step 0", timeout=60_000)
    tab.locator("footer .link").first.press("t")
    expect(tab.locator(".listed tbody tr")).to_have_count(2 * 4 + 4 + 4 + 1)
    tab.add_script_tag(url="/static/vendor/axe.js")
    for theme in ("light", "dark"):
        tab.evaluate(
            "(theme) => { document.documentElement.dataset.theme = theme; dispatchEvent(new Event('themechange')); }",
            theme,
        )
        assert violations(tab) == [], theme
    for width in (390, 320):
        tab.set_viewport_size({"width": width, "height": 844})
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_stream_is_frames_and_ends_with_the_last_step_or_with_what_was_wrong(studio) -> None:
    answer = httpx.post(f"{studio.url}/api/playground/train", json={"steps": 3, "data": "moons"}, timeout=200)
    first, *_, last = [httpx.Response(200, text=line).json() for line in answer.text.splitlines()]
    assert (first["step"], last["step"], len(first["labels"])) == (0, 3, 200)
    waiting = [one.pid for one in children(studio)]
    answer = httpx.post(f"{studio.url}/api/playground/train", json={"points": "1 2 nonsense"}, timeout=200)
    assert "cannot be read" in answer.text
    assert [one.pid for one in children(studio)] == waiting  # the same process answered, and lives
    assert httpx.post(f"{studio.url}/api/playground/train", json={"pace": 0}).status_code == 422
    with httpx.stream(
        "POST", f"{studio.url}/api/playground/train", json={"steps": 5000, "pace": 1}, timeout=60
    ) as going:
        lines = going.iter_lines()  # kept: without it the connection is closed
        next(lines)
        working = [one for one in children(studio) if one.pid in waiting]
        for process in working:
            process.suspend()  # it is under way, on a machine of any speed
    for process in working:
        process.wait(timeout=100)  # no client listens any more: it ended
    studio.stop()
    assert not any(psutil.pid_exists(pid) for pid in waiting)
