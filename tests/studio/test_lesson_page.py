"""A lesson in a real browser: read, guess, draw, solve wrongly, take a hint, pass; and what survives."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from groundup.course.lessons.catalogue import LESSONS
from groundup.course.lessons.items import Prediction
from groundup.course.lessons.lesson import load_lesson
from groundup.course.progress.store import Store

DERIVATIVE = LESSONS / "0.1-slopes" / "exercises" / "numerical-derivative"
MUTANT = (DERIVATIVE / "mutants" / "one-sided.py").read_text(encoding="utf-8")
SOLUTION = (DERIVATIVE / "solution.py").read_text(encoding="utf-8")
TASK = '[data-exercise="0.1/numerical-derivative"]'

pytestmark = pytest.mark.slow


@pytest.fixture
def tab(browser, studio):
    """A page that fails the test on any script error; but here a server is killed and things are refused on purpose."""
    context = browser.new_context(base_url=studio.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on(
        "request",
        lambda one: wrong.append(one.url) if not one.url.startswith((studio.url, "data:")) else None,
    )
    yield opened
    context.close()
    assert [one for one in wrong if not one.startswith("Failed to load resource")] == []


@pytest.fixture
def events(home):
    def of(kind: str, about: str | None = None) -> list[dict]:
        with Store(home / "progress.db") as store:
            return [event.data for event in store.events(kind, about)]

    return of


def own_file(home: Path) -> Path:
    return home / "workspace" / "0.1-slopes" / "numerical_derivative.py"


def write(tab, text: str) -> None:
    """Type into the editor in place of what stands there, as a person pastes."""
    content = tab.locator(f"{TASK} .cm-content")
    content.click()
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    tab.keyboard.insert_text(text)


def saved(tab) -> None:
    expect(tab.locator(f"{TASK} .saved")).to_have_text("saved")


def test_guess_then_the_answer_is_told_and_kept(tab, events):
    tab.goto("/lesson/0.1")
    form = tab.locator('form[data-id="three-and-a-bit"]')
    assert "six times as far" not in tab.content()  # not before one has guessed
    form.get_by_label("by about 0.9").check()
    form.get_by_role("button", name="Answer").click()
    form = tab.locator('form[data-id="three-and-a-bit"].answered')
    form.get_by_text("Not this one.").wait_for()
    assert form.locator(".missed").inner_text().startswith("by about 0.9")
    assert "six times as far" in form.locator(".right").inner_text()
    assert events("predicted", "0.1/three-and-a-bit") == [{"given": 3, "right": False}]

    number = tab.locator('form[data-id="left-of-zero"]')
    number.get_by_label("Your guess").fill("steep")
    number.get_by_role("button", name="Answer").click()
    number.get_by_text("'steep' is no number.").wait_for()
    number.get_by_label("Your guess").fill("−4,2")
    tab.keyboard.press("Tab")  # to how sure one is, which may stay open
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    number.get_by_role("button", name="Answer").click()
    tab.get_by_text("Right: −4 (you said −4.2).").wait_for()
    assert events("predicted", "0.1/left-of-zero") == [{"given": -4.2, "right": True, "sure": 70}]

    tab.locator('form[data-id="minus-two"] .opt').nth(0).click()
    tab.locator('form[data-id="minus-two"]').get_by_role("button", name="Answer").click()
    tab.locator('form[data-id="minus-two"].answered').get_by_text("Right.").wait_for()
    assert events("answered") == [{"option": 0, "right": True}]
    tab.reload()
    assert tab.locator("form.answered").count() == 3
    assert "1 of 2 guesses were right." in tab.locator('form[data-id="three-and-a-bit"]').inner_text()
    sure = "You were 70% sure. It is the first guess you were that sure of."
    assert sure in tab.locator('form[data-id="left-of-zero"]').inner_text()


def test_try_an_experiment_run_code_keep_a_note(tab, events):
    settings = json.dumps({"step": {"digits": 5, "both_sides": True}})
    tab.goto(f"/lesson/0.1#w={settings}")
    tab.locator('[data-widget="step"] .goal.reached').wait_for(timeout=60_000)
    assert len(events("goal", "0.1/step")) == 1
    tab.reload()
    tab.locator('[data-widget="step"] .goal.reached').wait_for()
    assert len(events("goal", "0.1/step")) == 1

    tab.locator("[data-run]").first.get_by_role("button", name="Run").click()
    tab.locator("[data-run] .printed pre").first.wait_for(timeout=60_000)
    assert tab.locator("[data-run] .printed pre").first.inner_text() == "3.25\n6.0"
    section = tab.locator(".step", has=tab.get_by_role("heading", name="Measure it", exact=True))
    section.get_by_role("button", name="Write a note").click()
    tab.keyboard.type("a <b>rate</b>, like km/h")
    tab.keyboard.press("Control+Enter")
    section.get_by_text("a <b>rate</b>, like km/h").wait_for()
    tab.reload()
    expect(section.get_by_text("a <b>rate</b>, like km/h")).to_be_visible()  # text, not HTML
    assert [one["text"] for one in events("note")] == ["a <b>rate</b>, like km/h"]


def test_wrong_hint_right_and_everything_is_kept(tab, studio, home, events, groundup):
    tab.goto("/lesson/0.1")
    task = tab.locator(TASK)
    write(tab, MUTANT)
    tab.keyboard.press("Control+Enter")
    task.locator(".results .no strong").wait_for(timeout=60_000)
    said = task.locator(".results .no strong").inner_text()
    assert events("attempt")[-1]["mutant"] == "one-sided"
    assert events("attempt")[-1]["says"] in said
    assert task.locator(".versus .got u").count() > 0  # the wrong part is waved under
    assert own_file(home).read_text(encoding="utf-8") == MUTANT

    task.get_by_role("button", name="Hint").click()
    task.locator(".hints li.open").wait_for()
    assert events("hint") == [{"number": 1}]

    write(tab, "# half an idea\n")
    saved(tab)
    studio.stop(kill=True)
    tab.keyboard.type("# typed while the server was dead")
    expect(tab.locator(f"{TASK} .saved")).to_contain_text("not saved yet")
    studio.start()
    saved(tab)
    assert "while the server was dead" in own_file(home).read_text(encoding="utf-8")
    tab.reload()
    tab.locator(f"{TASK} .cm-content").wait_for()
    assert "while the server was dead" in tab.locator(f"{TASK} .cm-content").inner_text()
    expect(tab.locator(f"{TASK} .hints li.open")).to_be_visible()

    write(tab, SOLUTION)
    tab.keyboard.press("Control+Enter")
    tab.locator(f"{TASK} .all-pass").wait_for(timeout=60_000)
    assert "The first exercise of the course is yours." in tab.locator(f"{TASK} .all-pass").inner_text()
    tab.get_by_role("button", name="See a solution, and another way").click()
    tab.locator(f"{TASK} .way").wait_for()
    assert events("solution") == [{"passed": True}]
    checked = groundup("check", "0.1/numerical-derivative")
    assert checked.code == 0  # the command sees the same file
    assert [one["source"] for one in events("attempt")[-2:]] == [events("attempt")[-1]["source"]] * 2


def test_a_change_from_outside_is_offered(tab, home, events):
    tab.goto("/lesson/0.1")
    write(tab, "mine = 1\n")
    saved(tab)
    own_file(home).write_text("theirs = 2\n", encoding="utf-8")
    tab.get_by_role("button", name="Take that version").click()
    assert "theirs = 2" in tab.locator(f"{TASK} .cm-content").inner_text()

    looks = []  # of the page at the file, held back: it is typed before the page has looked, so the save is refused
    tab.route("**/file", lambda one: looks.append(one) if one.request.method == "GET" else one.continue_())
    own_file(home).write_text("theirs = 3\n", encoding="utf-8")
    write(tab, "mine = 4\n")
    tab.unroute("**/file")
    for look in looks:
        look.continue_()
    tab.get_by_text("while you typed here").wait_for()
    assert own_file(home).read_text(encoding="utf-8") == "theirs = 3\n"
    tab.get_by_role("button", name="Keep mine").click()
    tab.get_by_text("The other version is kept as").wait_for()
    assert own_file(home).read_text(encoding="utf-8") == "mine = 4\n"
    assert (
        own_file(home).with_name("numerical_derivative.kept-1.py").read_text(encoding="utf-8")
        == "theirs = 3\n"
    )

    tab.locator(TASK).get_by_role("button", name="Start over").click()
    tab.get_by_role("dialog").get_by_role("button", name="Start over").click()
    tab.get_by_text("What you had is kept as").wait_for()
    assert own_file(home).read_text(encoding="utf-8") == (DERIVATIVE / "starter.py").read_text(
        encoding="utf-8"
    )
    assert Path(events("reset")[0]["kept"]).read_text(encoding="utf-8") == "mine = 4\n"


def test_without_widgets_and_codemirror_all_works_plainly(tab, home):
    tab.route(re.compile(r"/lesson/0\.1$"), plainly)
    tab.goto("/lesson/0.1")
    tab.locator(f"{TASK} textarea").fill("plain = True\n")
    saved(tab)
    assert own_file(home).read_text(encoding="utf-8") == "plain = True\n"

    drag = tab.locator('[data-widget="drag"]')
    drag.scroll_into_view_if_needed()
    drag.get_by_text("You are 11 away.").wait_for(timeout=60_000)
    drag.get_by_label("x", exact=True).fill("-2")
    drag.get_by_label("h", exact=True).fill("0.01")
    tab.keyboard.press("Enter")
    drag.get_by_text("That is it.").wait_for()
    drag.locator(".goal.reached").wait_for()
    assert json.loads(tab.evaluate("decodeURIComponent(location.hash.slice(3))")) == {
        "drag": {"x": -2, "h": 0.01}
    }
    drag.get_by_role("button", name="Show as a table").click()
    expect(drag.get_by_role("row", name="slope −3.99")).to_be_visible()
    drag.get_by_label("h", exact=True).fill("narrow")
    drag.get_by_role("button", name="Run").click()
    drag.get_by_text("h is a number, and 'narrow' is none.").wait_for()


def plainly(route) -> None:
    """The page as it is where neither the vendor folder nor the widget is there."""
    answer = route.fetch()
    body = re.sub(r'data-(module|codemirror)="[^"]+"', r'data-\1=""', answer.text())
    route.fulfill(response=answer, body=body)


def test_by_keyboard_alone(tab, events):
    tab.goto("/lesson/0.7")
    form = tab.locator('form[data-form="sketch"]')
    form.locator("svg").focus()
    for key in ["Home", "ArrowUp", "ArrowUp", "End", "ArrowDown"]:
        tab.keyboard.press(key)
    form.get_by_role("button", name="Answer").click()
    tab.locator('form[data-form="sketch"].answered').get_by_text("curve is off by").wait_for()
    stored = events("predicted")[0]
    sketch = next(
        one for one in load_lesson(LESSONS / "0.7-the-training-loop").of(Prediction) if one.form == "sketch"
    )
    assert [point[0] for point in stored["given"]] == list(sketch.x)
    assert stored["given"][0][1] == pytest.approx(0.55 * sketch.y[1])  # up twice from the middle
    assert stored["given"][1][1] == pytest.approx(0.525 * sketch.y[1])
    assert tab.locator("path.true").get_attribute("d").count("L") > 3

    tab.goto("/lesson/0.1")
    tab.locator(f"{TASK} .cm-content").click()
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.do") == "check"

    tab.reload()
    tab.evaluate("scrollTo(0, 0)")
    tab.get_by_label("One thing at a time").focus()
    tab.keyboard.press("Space")
    expect(tab.locator(".step:visible")).to_have_count(1)
    tab.get_by_role("button", name="Continue").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator('form[data-id="three-and-a-bit"]')).to_be_visible()
    tab.locator('form[data-id="three-and-a-bit"] input').nth(2).focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("Enter")
    tab.locator("form.answered").wait_for()
    for _ in range(1000):  # until it has stayed long enough to be the place where one goes on
        if events("opened", "0.1")[-1:] == [{"block": 1}]:
            break
        tab.wait_for_timeout(50)
    assert events("opened", "0.1")[-1] == {"block": 1}
    tab.reload()
    expect(tab.locator(".step:visible")).to_have_count(1)  # the choice is remembered
    tab.goto("/lesson/0.1#end")
    tab.get_by_role("button", name="Finish the lesson").focus()
    tab.keyboard.press("Enter")
    tab.get_by_text("Lesson 0.1 is done. You can stop here.").wait_for()
    assert events("done", "0.1") == [{}]


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390)])
def test_everybody_can_read_it(browser, studio, scheme, width):
    """No violation of WCAG that axe can find, nothing wider than the screen; the picture fits the theme."""
    context = browser.new_context(
        base_url=studio.url, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    tab = context.new_page()
    tab.goto("/lesson/0.1")
    for id_, option in (("three-and-a-bit", 0), ("minus-two", 1)):
        tab.locator(f'form[data-id="{id_}"] .opt').nth(option).click()
        tab.locator(f'form[data-id="{id_}"]').get_by_role("button", name="Answer").click()
        tab.locator(f'form[data-id="{id_}"].answered').wait_for()
    write(tab, MUTANT)
    tab.keyboard.press("Control+Enter")
    tab.locator(f"{TASK} .results .no").wait_for(timeout=60_000)
    tab.locator(TASK).get_by_role("button", name="Hint").click()
    tab.locator(f"{TASK} .hints").wait_for()
    tab.locator("figure.drawing").first.scroll_into_view_if_needed()
    drawn = tab.locator(".drawing img:visible").first
    assert drawn.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 500
    shown = drawn.get_attribute("src")
    assert ("dark.png" in shown) == (scheme == "dark")
    tab.add_script_tag(url="/static/vendor/axe.js")
    found = tab.evaluate("axe.run('main')")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
