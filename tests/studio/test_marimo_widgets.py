"""The eighteen widgets in a real marimo: drawn in its shadow roots, used by keyboard, the same numbers in Python."""

import re

import pytest
from notebook_hosts import SHOWN, SLOW, Marimo, all_drawn, cell, is_dark, recorded, runs
from playwright.sync_api import expect

pytest.importorskip("marimo", reason="marimo is not installed: `make browser` does it")
pytestmark = [pytest.mark.slow, pytest.mark.long]

REACTIVE = "w_both = mo.ui.anywidget(gu.widgets.show('slope', x=-2.0, h=0.5))\nw_both"
SAYS = "mo.md(f\"x {w_both.value['settings']['x']:.2f} slope {w_both.value['state']['slope']:.4f}\")"


@pytest.fixture
def host(tmp_path):
    started = []

    def start(cells, mode, theme):
        runs(tmp_path)
        started.append(Marimo(tmp_path, cells, mode, theme))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_all_are_drawn_and_a_cell_follows_a_slider(browser, host):
    names = list(SHOWN)
    marimo = host(
        ["import groundup as gu", "import marimo as mo", *map(cell, names), REACTIVE, SAYS], "run", "dark"
    )
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    page = context.new_page()
    wrong = recorded(page, marimo.url)
    page.goto(marimo.url)
    every = page.locator("section.widget")
    every.nth(len(names)).wait_for(timeout=SLOW)
    all_drawn(page, lambda name: every.nth(names.index(name)))
    assert all(is_dark(every.nth(at)) for at in (0, 3, 8))  # the notebook's theme, not the system's
    slope, said = every.nth(len(names)), page.get_by_text(re.compile(r"^x -[\d.]+ slope"))
    expect(said).to_have_text("x -2.00 slope -3.5000", timeout=SLOW)
    slope.locator("input[type=range]").first.press("ArrowLeft")
    card = slope.locator(".formula .t")
    expect(card).not_to_have_text("Slope −3.5")
    shown = float(card.inner_text().removeprefix("Slope").strip().replace("−", "-"))
    expect(said).not_to_contain_text("-3.5000", timeout=SLOW)
    assert float(said.inner_text().split()[3]) == pytest.approx(shown, abs=1e-3)
    context.close()
    assert wrong == []


def test_keys_stay_in_the_widget_while_one_edits(browser, host):
    marimo = host(["import groundup as gu", cell("attention-heads"), cell("tree")], "edit", "light")
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="dark")
    page = context.new_page()
    wrong = recorded(page, marimo.url)
    page.goto(marimo.url)
    heads, tree = page.locator("section.widget").nth(0), page.locator("section.widget").nth(1)
    tree.wait_for(timeout=SLOW)
    assert not is_dark(heads)
    cells = page.locator(".marimo-cell")
    count, drawn = cells.count(), heads.locator(".drawn")
    drawn.focus()
    before = drawn.get_attribute("aria-label")
    for key in ("j", "k", "t", "t", "ArrowLeft", "ArrowUp", "Enter", "d", "d", "h"):
        page.keyboard.press(key)
    expect(drawn).to_be_focused()
    assert drawn.get_attribute("aria-label") != before
    assert cells.count() == count
    tree.get_by_role("slider", name="Branches").press("ArrowRight")
    expect(tree.locator("[data-at='3']")).to_have_count(1, timeout=SLOW)  # Python answered
    context.close()
    assert wrong == []
