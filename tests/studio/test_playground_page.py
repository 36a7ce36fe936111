"""The playground: it trains in a process of its own, shows frames, stops, keeps settings in its link."""

from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.long]


def children(studio: Any) -> list[psutil.Process]:
    found = psutil.Process(studio.process.pid).children(recursive=True)
    return [one for one in found if "groundup.studio.playground_child" in " ".join(one.cmdline())]


def test_it_trains_on_own_points_is_stopped_and_comes_back_by_its_link(studio, tab) -> None:
    tab.emulate_media(reduced_motion="reduce")
    tab.goto("/playground")
    card = tab.locator(".formula")
    expect(card).to_contain_text("After step 500 of 500", timeout=60_000)
    tab.get_by_label("data").select_option("spirals")
    tab.get_by_label("hidden neurons").press("End")
    tab.get_by_label("hidden layers").press("End")
    tab.get_by_label("steps").press("End")
    tab.locator(".boundary svg").click(position={"x": 20, "y": 20})
    tab.locator(".boundary svg").press("Enter")  # and one where the cross stands, by the keyboard
    expect(tab.get_by_label("Your points")).not_to_have_value("")
    points = tab.get_by_label("Your points").input_value()
    assert points.endswith("; 0 0 1")
    tab.get_by_role("button", name="Train", exact=True).click()
    expect(tab.locator(".busy")).to_contain_text("of 5000", timeout=60_000)
    tab.get_by_role("button", name="Stop and keep").click()
    expect(card).to_contain_text("202")  # the two hundred of the data, and two
    expect(tab.get_by_role("button", name="Stop and keep")).to_be_disabled()
    for process in children(studio):
        process.wait(timeout=20)
    assert "p=" in tab.url
    tab.reload()
    expect(tab.get_by_label("Your points")).to_have_value(points)
    expect(tab.get_by_label("data")).to_have_value("spirals")
    tab.add_script_tag(url="/static/vendor/axe.js")
    for theme in ("light", "dark"):
        tab.evaluate(
            "(theme) => { document.documentElement.dataset.theme = theme; dispatchEvent(new Event('themechange')); }",
            theme,
        )
        found = tab.evaluate("() => axe.run()")
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found["violations"]] == [], theme
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "changed",
    [{"hidden": 33}, {"steps": 10**9}, {"rate": 0}, {"data": "../etc"}, {"seed": -1}, {"rate": 1e999}],
)
def test_settings_beyond_the_bounds_are_refused(changed) -> None:
    from pydantic import ValidationError

    from groundup.studio.playground import Wanted

    with pytest.raises(ValidationError):
        Wanted.model_validate(changed)


def test_a_stream_is_frames_and_ends_with_the_last_step_or_with_what_was_wrong(studio) -> None:
    answer = httpx.post(f"{studio.url}/api/playground/train", json={"steps": 3, "data": "moons"}, timeout=60)
    first, *_, last = [httpx.Response(200, text=line).json() for line in answer.text.splitlines()]
    assert (first["step"], first["loss"], last["step"], len(last["labels"])) == (0, None, 3, 200)
    answer = httpx.post(f"{studio.url}/api/playground/train", json={"points": "1 2 nonsense"}, timeout=60)
    assert "cannot be read" in answer.text
    assert httpx.post(f"{studio.url}/api/playground/train", json={"steps": 0}).status_code == 422
    assert children(studio) == []
