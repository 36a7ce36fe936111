"""What is done before the page's modules have loaded is not lost: it is done when they have."""

import pytest
from playwright.sync_api import expect

from groundup.course.progress.store import Store

pytestmark = pytest.mark.slow
TASK = '[data-exercise="0.1/numerical-derivative"]'


@pytest.fixture
def slowed(tab):
    """`slowed("**/x.js")` holds a file back; what it returns lets it go."""

    def hold(pattern: str):
        held = []
        tab.route(pattern, lambda route: held.append(route))  # noqa: PLW0108 (Playwright wants a function)

        def release() -> None:
            for _ in range(1200):
                if held:
                    break
                tab.wait_for_timeout(50)
            assert held, f"no request came for {pattern}"
            for route in held:
                route.continue_()
            tab.unroute(pattern)

        return release

    return hold


def test_every_button_waits_for_its_module(tab, studio, slowed):
    release = slowed("**/static/frame.js")
    tab.goto("/", wait_until="commit")
    tab.get_by_role("button", name="Switch between light and dark").click()
    tab.get_by_role("button", name="Switch between light and dark").click()  # in vain, it seems: so once more
    assert tab.locator("html").get_attribute("data-theme") is None
    release()
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")  # once, not there and back

    release = slowed("**/static/lesson.js")
    tab.goto("/lesson/0.1", wait_until="commit")
    form = tab.locator('form[data-id="three-and-a-bit"]')
    form.get_by_label("by about 0.6").check()
    form.get_by_role(
        "button", name="Answer"
    ).click()  # the browser would send the form itself, and lose the guess
    tab.get_by_label("One thing at a time").check()
    expect(form).not_to_have_class("answered")
    assert tab.url.endswith("/lesson/0.1")
    release()
    tab.locator('form[data-id="three-and-a-bit"].answered').wait_for(state="attached")
    expect(tab.locator(".step:visible")).to_have_count(1)
    with Store(studio.home / "progress.db") as store:
        assert [one.data["given"] for one in store.events("predicted")] == [2]


@pytest.mark.long
def test_code_and_its_check_wait_for_the_editor(tab, studio, slowed):
    release = slowed("**/static/vendor/editor.js")
    tab.goto("/lesson/0.1", wait_until="commit")
    task = tab.locator(TASK)
    task.locator("textarea").fill("# typed before the editor came\n")
    task.get_by_role("button", name="Check").click()
    release()
    expect(task.locator(".cm-content")).to_contain_text("typed before the editor came")
    task.locator(".results .no").wait_for(timeout=60_000)
    expect(task.locator(".saved")).to_have_text("saved", timeout=20_000)
    file = studio.home / "workspace" / "0.1-slopes" / "numerical_derivative.py"
    assert file.read_text(encoding="utf-8") == "# typed before the editor came\n"
