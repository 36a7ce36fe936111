"""The eighteen widgets in a real JupyterLab: drawn, used by keyboard, the same numbers in Python, light and dark."""

import re

import pytest
from notebook_hosts import SHOWN, SLOW, Lab, all_drawn, cell, go_on, is_dark, recorded, runs
from playwright.sync_api import expect

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: `make browser` does it")
pytest.importorskip("ipykernel", reason="ipykernel is not installed: `make browser` does it")
pytestmark = [pytest.mark.slow, pytest.mark.long]

ASK = "print('x', w_slope.settings['x'], 'slope', w_slope.state['slope'])"
SET = "w_slope.settings = w_slope.settings | {'x': -2.0, 'h': 0.5}"
BREADTH = "print('breadth', w_tree.settings['breadth'], 'children', len(w_tree.state['root']['children']))"


@pytest.fixture
def lab(tmp_path):
    live = runs(tmp_path)
    host = Lab(tmp_path)
    host.live = live
    yield host
    host.stop()


def opened(page, lab, cells):
    """The notebook with all cells run."""
    page.goto(lab.write("widgets.ipynb", cells))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=SLOW)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    return page.locator(".jp-Notebook .jp-CodeCell")


def run(cells, number):
    """Run one cell again. Returns what it prints."""
    one = cells.nth(number)
    one.locator(".cm-content").click()
    before = one.locator(".jp-InputPrompt").inner_text()
    one.page.keyboard.press("Control+Enter")
    expect(one.locator(".jp-InputPrompt")).not_to_have_text(before)
    expect(one.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))
    return one.locator(".jp-OutputArea-output")


def test_all_are_drawn_used_and_answered_and_nothing_leaves_the_machine(browser, lab):
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="dark")
    page = context.new_page()
    wrong = recorded(page, lab.url)
    names = list(SHOWN)
    cells = opened(page, lab, ["import groundup as gu", *map(cell, names), SET, ASK, BREADTH])
    found = {name: cells.nth(1 + at).locator("section.widget") for at, name in enumerate(names)}
    found["tree"].wait_for(timeout=SLOW)
    all_drawn(page, found.get)
    last = len(names) + 1
    numbers_go_both_ways(cells, found["slope"], last)
    python_answers(cells, found, last)
    a_run_that_trains_grows(page, lab.live, found["loss-live"])
    keys_stay_in_the_widget(page, cells, found["attention-heads"])
    themes_are_those_of_the_notebook(page, found["playground"])
    context.close()
    assert wrong == []


def numbers_go_both_ways(cells, slope, last):
    """Set in Python, shown by the browser; moved in the browser, known to Python."""
    assert run(cells, last + 1).inner_text().strip() == "x -2.0 slope -3.5"
    expect(slope.locator(".formula")).to_contain_text("Slope −3.5")
    slope.locator("input[type=range]").first.press("ArrowLeft")
    card = slope.locator(".formula .t")
    expect(card).not_to_have_text("Slope −3.5")
    shown = float(card.inner_text().removeprefix("Slope").strip().replace("−", "-"))
    cells.page.wait_for_timeout(600)  # a slider at rest for a quarter of a second is handed over
    said = run(cells, last + 1).inner_text().split()
    assert float(said[1]) < -2.0
    assert float(said[3]) == pytest.approx(shown, abs=1e-4)


def python_answers(cells, found, last):
    """A setting that only the model knows: more branches; a head of another layer; and what it refuses."""
    tree = found["tree"]
    tree.get_by_role("slider", name="Branches").press("ArrowRight")
    expect(tree.locator("[data-at='3']")).to_have_count(1, timeout=SLOW)
    assert run(cells, last + 2).inner_text().strip() == "breadth 4 children 4"
    neuron = found["attention-neuron"]
    neuron.locator(".drawn").press("h")
    expect(neuron.get_by_role("heading")).to_contain_text("head 1", timeout=SLOW)
    lens = found["logit-lens"]
    lens.get_by_label("Follow a token").fill("qqqq")
    lens.get_by_label("Follow a token").press("Enter")
    expect(lens.locator(".wrong")).to_contain_text("qqqq", timeout=SLOW)
    lens.get_by_label("Follow a token").fill("the")
    lens.get_by_label("Follow a token").press("Enter")
    expect(lens.locator(".wrong")).to_be_hidden(timeout=SLOW)


def a_run_that_trains_grows(page, live, losses):
    losses.scroll_into_view_if_needed()
    expect(losses.locator(".told")).to_contain_text("It trains.")
    go_on(live, 1234, 1.75)
    expect(losses.locator(".told")).to_contain_text("At step 1,234 it needed 1.75 bits", timeout=SLOW)
    expect(losses.locator(".told")).to_contain_text("She waited.")


def keys_stay_in_the_widget(page, cells, heads):
    """JupyterLab's single keys move, cut and delete cells, but not from within a widget. Tab leads through and out."""
    count = cells.count()
    drawn = heads.locator(".drawn")
    heads.get_by_role("button", name="Previous head").focus()
    page.keyboard.press("Tab")
    expect(heads.get_by_role("button", name="Next head")).to_be_focused()
    page.keyboard.press("Tab")
    expect(drawn).to_be_focused()
    active = page.locator(".jp-Notebook .jp-mod-active").get_attribute("id") or ""
    before = drawn.get_attribute("aria-label")
    for key in ("j", "k", "a", "b", "x", "d", "d", "m", "y", "t", "t", "ArrowLeft", "ArrowUp", "Enter", "h"):
        page.keyboard.press(key)
    expect(drawn).to_be_focused()
    assert drawn.get_attribute("aria-label") != before
    assert cells.count() == count
    assert page.locator(".jp-Notebook .jp-MarkdownCell").count() == 0
    assert (page.locator(".jp-Notebook .jp-mod-active").get_attribute("id") or "") == active
    page.keyboard.press("Tab")
    expect(heads.get_by_role("button", name="Show as a table")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert not heads.evaluate("(node) => node.contains(document.activeElement)")


def themes_are_those_of_the_notebook(page, playground):
    """And not those of the system, which is dark here. A canvas is painted again."""
    canvas = playground.locator(".boundary")
    canvas.scroll_into_view_if_needed()
    assert not is_dark(playground)
    light = canvas.screenshot()
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu-itemLabel").get_by_text("JupyterLab Dark", exact=True).click()
    page.locator("body[data-jp-theme-light=false]").wait_for(state="attached")
    page.wait_for_timeout(500)
    assert is_dark(playground)
    assert canvas.screenshot() != light
