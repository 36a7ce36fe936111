"""One walk through the studio, as a learner takes it: from the first visit to a model's text in three clicks, then a
lesson: guess, fail, hint, pass; reload, back, a deep link, two tabs; the server killed and started again in the middle;
and a part of a lesson by keyboard alone. Every request that the browser makes is recorded: none leaves the machine.
"""

import re
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from groundup.common.places import runs_folder
from groundup.course.lessons.catalogue import LESSONS
from groundup.course.progress.store import Store
from groundup.studio import queue
from groundup.studio.processes import is_alive, last_event

DERIVATIVE = LESSONS / "0.1-slopes" / "exercises" / "numerical-derivative"
WRONG = (DERIVATIVE / "mutants" / "one-sided.py").read_text(encoding="utf-8")
RIGHT = (DERIVATIVE / "solution.py").read_text(encoding="utf-8")
TASK = '[data-exercise="0.1/numerical-derivative"]'

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(autouse=True)
def short_first_training(monkeypatch) -> None:
    monkeypatch.setenv("GROUNDUP_FIRST_SECONDS", "3")


class Walk:
    """A browser window, and what is written down about it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.server_is_dead = False
        context.on("request", lambda one: self.requests.append(one.url))
        context.on("weberror", lambda one: self.errors.append(str(one.error)))
        context.on("console", self._said)

    def _said(self, message) -> None:
        if message.type == "error" and not self.server_is_dead:
            self.errors.append(message.text)


@pytest.fixture
def walk(browser, studio):
    context = browser.new_context(base_url=studio.url, viewport={"width": 1280, "height": 900})
    found = Walk(context)
    yield found
    context.close()


def events(home: Path, kind: str) -> list[dict]:
    with Store(home / "progress.db") as store:
        return [event.data for event in store.events(kind)]


PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const how = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
}"""


def paste(tab: Page, text: str) -> None:
    """In place of all that stands in the editor, which has the focus."""
    tab.keyboard.press("Control+a")
    tab.evaluate(PASTE, text)


def write(tab: Page, text: str) -> None:
    tab.locator(f"{TASK} .cm-content").click()
    paste(tab, text)


def saved(tab: Page) -> None:
    expect(tab.locator(f"{TASK} .saved")).to_have_text(re.compile(r"^\W*saved$"), timeout=30_000)


def test_from_the_first_visit_to_a_passed_exercise(walk, studio, home):
    tab = walk.context.new_page()
    first_model(tab)
    training = begin_a_long_training(tab)
    answer_and_fail_and_pass(tab, home)
    reload_back_and_deep_link(tab)
    two_tabs(walk, tab)
    killed_in_the_middle(walk, tab, studio, training)

    assert walk.errors == []
    assert len(walk.requests) > 100
    assert [url for url in walk.requests if not url.startswith((f"{studio.url}/", "data:", "blob:"))] == []


def first_model(tab: Page) -> None:
    """Three clicks, and at each moment something is said."""
    tab.goto("/")
    tab.get_by_role("link", name="See a model write first").click()
    tab.get_by_role("button", name="Train it now").click()
    tab.wait_for_url(re.compile(r"/run/char-rnn-1"))
    assert tab.locator("[data-said]").inner_text()
    tab.locator(".let-it-write").click(timeout=150_000)
    tab.wait_for_url(re.compile(r"/generate\?.*run=char-rnn-1"))
    tab.locator("#text [data-at]").nth(20).wait_for(timeout=60_000)
    assert len(tab.locator("#text").inner_text()) > 10


def begin_a_long_training(tab: Page) -> str:
    tab.goto("/lab")
    form = tab.locator("[data-form]")
    form.get_by_label("Time").fill("8")
    form.get_by_label("Name (or it gets a number)").fill("long")
    form.get_by_role("button", name="Add to the queue").click()
    tab.get_by_role("row", name=re.compile("long")).get_by_text("training").wait_for(timeout=60_000)
    return "long"


def answer_and_fail_and_pass(tab: Page, home: Path) -> None:
    tab.goto("/")
    tab.get_by_role("button", name="Start at the ground").or_(
        tab.get_by_role("link", name=re.compile("Continue|Begin")).first
    ).first.click()
    tab.wait_for_url(re.compile("/lesson/0.1"))
    guess = tab.locator('form[data-id="three-and-a-bit"]')
    guess.get_by_label("by about 0.6").check()
    guess.get_by_role("button", name="Answer").click()
    tab.locator('form[data-id="three-and-a-bit"].answered').get_by_text("Right.", exact=True).wait_for()

    write(tab, WRONG)
    tab.keyboard.press("Control+Enter")
    task = tab.locator(TASK)
    task.locator(".results .no strong").wait_for(timeout=60_000)
    assert events(home, "attempt")[-1]["mutant"] == "one-sided"
    task.get_by_role("button", name="Hint").click()
    task.locator(".hints li").first.wait_for()
    write(tab, RIGHT)
    task.get_by_role("button", name="Check").click()
    task.locator(".all-pass").wait_for(timeout=60_000)
    assert [one["passed"] for one in events(home, "attempt")] == [False, True]


def reload_back_and_deep_link(tab: Page) -> None:
    tab.reload()
    assert tab.locator("form.answered").count() == 1
    assert "h" in tab.locator(f"{TASK} .cm-content").inner_text()
    expect(tab.locator(TASK).get_by_text("passed", exact=True)).to_be_visible()
    tab.goto("/lesson/0.1#end")  # a link to a place: it is on the screen
    expect(tab.locator("#end")).to_be_in_viewport()
    tab.get_by_role("link", name="Lab", exact=True).click()
    tab.wait_for_url("**/lab")
    tab.go_back()
    tab.wait_for_url("**/lesson/0.1#end")
    assert tab.locator("form.answered").count() == 1


def two_tabs(walk: Walk, tab: Page) -> None:
    """What is written in one is offered in the other, and neither is lost."""
    other = walk.context.new_page()
    other.goto("/lesson/0.1")
    write(other, RIGHT + "\n# from the other tab\n")
    saved(other)
    tab.bring_to_front()
    tab.locator(TASK).scroll_into_view_if_needed()
    tab.get_by_role("button", name="Take that version").click(timeout=30_000)
    expect(tab.locator(f"{TASK} .cm-content")).to_contain_text("from the other tab")
    other.close()


def killed_in_the_middle(walk: Walk, tab: Page, studio, training: str) -> None:
    job = queue.read().find(training)
    write(tab, RIGHT + "\n# half a thou")
    walk.server_is_dead = True
    studio.stop(kill=True)
    tab.keyboard.type("ght, typed while no script listened")
    expect(tab.locator(f"{TASK} .saved")).to_contain_text("not saved yet", timeout=30_000)
    assert psutil.pid_exists(job.pid)
    reached = last_event(training).get("step", 0)
    studio.start()
    saved(tab)
    walk.server_is_dead = False
    text = (studio.home / "workspace" / "0.1-slopes" / "numerical_derivative.py").read_text(encoding="utf-8")
    assert text == RIGHT + "\n# half a thought, typed while no script listened"
    assert [one["passed"] for one in events(studio.home, "attempt")] == [False, True]

    # The same process trains on, and its page shows it.
    assert is_alive(job)
    tab.goto(f"/run/{training}")
    expect(tab.locator("[data-actions]").get_by_role("button", name="Pause")).to_be_visible(timeout=60_000)
    tab.wait_for_function("() => document.querySelector('[data-read]').textContent !== '–'", timeout=60_000)
    assert last_event(training)["step"] > reached
    assert (runs_folder() / training / "recipe.toml").is_file()


# ---- by keyboard alone --------------------------------------------------------------------------------------


def tab_to(tab: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is there, as a person without a mouse does; it must be seen where the focus is."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if tab.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            focused = (
                "document.activeElement.closest('.cm-editor') ?? document.activeElement"  # an editor's frame
            )
            shown = f"getComputedStyle({focused})"
            assert tab.evaluate(f"{shown}.outlineStyle !== 'none' || {shown}.boxShadow !== 'none'"), selector
            return
    raise AssertionError(f"{most} times Tab do not lead to {selector}")


def test_a_part_of_a_lesson_by_keyboard_alone(tab, home):
    """The first two parts of 0.1 and its first exercise, from the top of the page; no pointer anywhere."""
    tab.goto("/lesson/0.1")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    tab_to(tab, 'form[data-id="three-and-a-bit"] input')
    tab.keyboard.press("Space")
    for _ in range(2):
        tab.keyboard.press("ArrowDown")
    tab_to(tab, 'form[data-id="three-and-a-bit"] button')
    tab.keyboard.press("Enter")
    tab.locator('form[data-id="three-and-a-bit"].answered').get_by_text("Right.", exact=True).wait_for()
    # The focus has gone to the answer: what follows is reached from there, not from the top.
    assert tab.evaluate("document.activeElement.closest('form')?.dataset.id") == "three-and-a-bit"
    tab_to(tab, 'form[data-id="minus-two"] input', most=15)
    tab.keyboard.press("Space")
    tab_to(tab, 'form[data-id="minus-two"] button')
    tab.keyboard.press("Enter")
    tab.locator('form[data-id="minus-two"].answered').get_by_text("Right.", exact=True).wait_for()

    tab_to(tab, f"{TASK} .cm-content")
    paste(tab, WRONG)
    tab.keyboard.press("Control+Enter")
    tab.locator(f"{TASK} .results .no").wait_for(timeout=60_000)
    tab.keyboard.press("Escape")  # Tab would indent
    tab_to(tab, f'{TASK} [data-do="hint"]', most=5)
    tab.keyboard.press("Enter")
    tab.locator(f"{TASK} .hints li").first.wait_for()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.className").startswith("cm-content")
    paste(tab, RIGHT)
    tab.keyboard.press("Control+Enter")
    tab.locator(f"{TASK} .all-pass").wait_for(timeout=60_000)
    assert [one["passed"] for one in events(home, "attempt")] == [False, True]
    assert [one["right"] for one in (*events(home, "predicted"), *events(home, "answered"))] == [True, True]
