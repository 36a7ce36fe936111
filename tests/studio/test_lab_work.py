"""Work in the laboratory: the curve, more time, the order of those that wait, deleting, a text that is dropped."""

import json
import re

import psutil
import pytest
from playwright.sync_api import expect
from small_runs import give
from test_lab_page import _nothing_trains_on, made_run  # noqa: F401 (a fixture that is used by itself)

from groundup.common.places import home, runs_folder
from groundup.studio import queue
from groundup.studio.processes import Job
from groundup.training.recipe import Recipe
from groundup.training.run import Run

pytestmark = pytest.mark.long
SLOW = 60_000


def test_the_curve_is_read_by_keys_pointer_touch_and_table(tab, studio, browser):
    made_run("earlier", 200, model="transformer")
    made_run("this", 200)
    tab.goto("/run/this")
    plot = tab.locator("[data-chart] svg.plot")
    plot.focus()
    tab.keyboard.press("ArrowRight")
    reading = plot.locator(".reading text")
    assert re.match(r"10 s · \d\.\d\d", reading.first.text_content())
    assert re.match(r"gap to training −?\d\.\d\d", reading.last.text_content())
    expect(tab.locator("[data-chart] [aria-live]")).to_have_text(re.compile("10 s · .*, gap to training"))
    tab.keyboard.press("End")
    assert reading.first.text_content().startswith("50 s")
    tab.keyboard.press("Escape")
    expect(reading).to_have_count(0)
    tab.keyboard.press("t")
    rows = tab.locator(".chart-table tbody tr")
    expect(rows.filter(has_text="GPT")).to_have_count(5)
    assert rows.filter(has_text="GPT").last.locator("td").last.inner_text() == f"{0.7 * (1.5 + 4 / 21):.3f}"
    # The earlier run on the same text is a line of its own, with its number and where it ended.
    expect(rows.filter(has_text="transformer")).to_have_count(5)
    label = plot.locator("g.m4 text")
    assert label.all_text_contents() == ["4", "transformer", f"{0.8 * (1.5 + 4 / 21):.2f}"]
    tab.keyboard.press("t")
    expect(rows.first).to_be_hidden()
    tab.locator("body").click(position={"x": 5, "y": 5})
    box = plot.bounding_box()
    tab.mouse.move(box["x"] + 80, box["y"] + 100)
    expect(reading.first).to_have_text(re.compile("10 s"))
    tab.mouse.move(5, 5)
    expect(reading).to_have_count(0)
    phone = browser.new_context(base_url=studio.url, viewport={"width": 390, "height": 800}, has_touch=True)
    page = phone.new_page()
    page.goto("/run/this")
    small = page.locator("[data-chart] svg.plot")
    small.wait_for()
    page.wait_for_timeout(1000)  # what is said of the run has come, and the curve is not drawn again any more
    small.scroll_into_view_if_needed()
    box = small.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 60, box["y"] + 120)
    expect(small.locator(".reading text").first).to_have_text(re.compile(r"(40|50) s"))  # and it stays
    phone.close()


def waiting(*names):
    """Runs that wait behind a training that goes on as long as the test does: this process."""
    mine = psutil.Process()
    jobs = [Job("trains", state="running", pid=mine.pid, started=mine.create_time())]
    for name in ("trains", *names):
        Run.create(Recipe.preset("char-rnn", {"corpus": "storyworld:90000B:seed=0", "budget": "2min"}), name)
    with queue.changing() as kept:
        kept.jobs = jobs + [Job(name, state="waiting") for name in names]


def order():
    return [job.name for job in queue.read().jobs if job.state == "waiting"]


def test_the_order_of_those_that_wait_by_keys_and_by_pointer(tab, studio):
    waiting("a", "b", "c")
    try:
        tab.goto("/lab")
        tab.locator("tr[data-run='c'][data-waits]").get_by_text("waits, in 7 min").wait_for()
        expect(tab.locator("[data-starts]")).to_have_text("starts in about 9 min")
        tab.get_by_role("link", name="c", exact=True).focus()
        tab.keyboard.press("Alt+ArrowUp")
        expect(tab.locator("[data-moved]")).to_have_text("c is number 2 of those that wait.")
        assert order() == ["a", "c", "b"]
        expect(tab.get_by_role("link", name="c", exact=True)).to_be_focused()
        tab.keyboard.press("Alt+ArrowUp")
        expect(tab.locator("[data-moved]")).to_have_text("c is number 1 of those that wait.")
        tab.keyboard.press("Alt+ArrowUp")  # it is the first: nothing happens
        tab.keyboard.press("Alt+ArrowDown")
        expect(tab.locator("[data-moved]")).to_have_text("c is number 2 of those that wait.")
        assert order() == ["a", "c", "b"]
        row = tab.locator("tr[data-run='b']")
        row.drag_to(tab.locator("tr[data-run='a']"))
        expect(tab.locator("[data-moved]")).to_have_text("b is number 1 of those that wait.")
        assert order() == ["b", "a", "c"]
        row.drag_to(tab.locator("tr[data-run='c']"))
        expect(tab.locator("[data-moved]")).to_have_text("b is number 3 of those that wait.")
        tab.get_by_role("button", name="Take out: b").press("Enter")
        tab.get_by_role("row", name=re.compile("^b ")).get_by_text("stopped").wait_for()
        tab.get_by_role("button", name="Delete: b").press("Enter")
        tab.get_by_role("button", name="Leave it").press("Enter")
        assert (runs_folder() / "b").is_dir()
        tab.get_by_role("button", name="Delete: b").press("Enter")
        tab.get_by_role("button", name="Delete it").press("Enter")
        tab.get_by_text("b is deleted.").wait_for()
        expect(tab.locator("tr[data-run='b']")).to_have_count(0)
        assert not (runs_folder() / "b").exists()
    finally:
        with queue.changing() as kept:
            kept.jobs = []


def test_a_run_that_is_done_gets_more_and_trains_on(tab, home):
    name = give(home, "lstm-attention")[0]
    steps = Run.open(home / "runs" / name).recipe.budget.removesuffix("steps")
    tab.goto(f"/run/{name}")
    tab.locator(".let-it-write").wait_for()
    expect(tab.locator("[data-of]")).to_have_text("of training")
    tab.get_by_role("button", name=f"{steps} steps more").click()
    tab.get_by_text(
        f"It trains for {2 * int(steps)} steps in all. From here the learning rate follows"
    ).wait_for()
    expect(tab.locator("[data-said]")).not_to_have_text("It is done.", timeout=SLOW)
    expect(tab.locator("[data-said]")).to_have_text("It is done.", timeout=SLOW)
    run = Run.open(home / "runs" / name)
    assert run.finished
    assert list(run.events("step"))[-1]["step"] == 2 * int(steps)
    tab.get_by_text("recipe", exact=True).click()
    tab.reload()
    expect(tab.locator("pre.code")).to_contain_text(f'budget = "{2 * int(steps)}steps"')


def test_a_text_is_dropped_anywhere_on_the_page(tab, studio):
    tab.goto("/lab")
    text = "the cat sat on the mat and looked at the rat. " * 60
    drop = """text => { const data = new DataTransfer();
      data.items.add(new File([text], "dropped.txt", { type: "text/plain" }));
      const event = (name) => new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector("h1").dispatchEvent(event("dragover"));
      const shown = document.body.classList.contains("dropping");
      document.querySelector("h1").dispatchEvent(event("drop"));
      return [shown, document.body.classList.contains("dropping")]; }"""
    assert tab.evaluate(drop, text) == [True, False]
    tab.get_by_text("'dropped.txt' is kept").wait_for()
    assert tab.locator("#text").input_value() == "dropped.txt"
    assert (home() / "texts" / "dropped.txt").read_text(encoding="utf-8") == text


def test_a_long_axis_is_in_minutes_and_the_budget_in_words(tab, studio):
    run = made_run("long", 200)
    lines = [json.loads(line) for line in run.metrics_file.read_text(encoding="utf-8").splitlines()]
    for event in lines:
        event["seconds"] *= 24  # 20 minutes
    run.metrics_file.write_text("".join(json.dumps(event) + "\n" for event in lines[:-1]), encoding="utf-8")
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace('"48s"', '"1200s"'), encoding="utf-8")
    tab.goto("/run/long")
    tab.get_by_text("left of 20 minutes").wait_for()
    ticks = tab.locator("[data-chart] .tick.mid").all_text_contents()
    assert ticks == ["0", "5", "10", "15", "20 min"]
    tab.locator("[data-chart] svg.plot").focus()
    tab.keyboard.press("End")
    expect(tab.locator(".reading text").first).to_have_text(re.compile(r"20:00 min · \d"))
