"""The page that lets a run write: text as it comes, every token open to question, and nothing that can break it."""

import re

import httpx
import pytest
from page_checks import PHONE, violations
from playwright.sync_api import expect
from small_runs import HOSTILE, give, hostile_run

from groundup.common.formatting import make_printable
from groundup.generation import Sampling, write
from groundup.lenses import next_token
from groundup.training.run import Run

SLOW = 60_000  # ms: the first answer of a model waits for its process, which loads torch


def opened(tab, home, query=""):
    name = give(home, "lstm-attention")[0]
    tab.goto(f"/generate?run={name}{query}")
    return Run.open(home / "runs" / name)


def written(tab) -> str:
    return tab.locator("#text").text_content()


def wait_for_end(tab):
    expect(tab.locator("#status")).to_have_text(re.compile(r"^\d+ tokens"), timeout=SLOW)


@pytest.mark.long
def test_a_text_grows_and_is_the_one_that_the_command_writes(tab, home, groundup):
    run = opened(tab, home, "&prompt=Leo&max_tokens=400&seed=5")
    tab.click("#write")
    tab.wait_for_selector("#text span", timeout=SLOW)
    some = tab.locator("#text span").count()
    wait_for_end(tab)
    assert 0 < some <= tab.locator("#text span").count() == 400
    said = groundup("generate", run.name, "--prompt", "Leo", "--tokens", 400, "--seed", 5)
    assert tab.locator("#begun").text_content() + written(tab) + "\n" == make_printable(said.out)
    assert (
        tab.locator("#command").text_content()
        == f"groundup generate {run.name} --prompt Leo --tokens 400 --seed 5"
    )
    # stopped in the middle, it keeps what is there; a stop text ends it before
    tab.fill("#max_tokens", "2000")
    tab.click("#write")
    tab.wait_for_selector("#text span", timeout=SLOW)
    tab.click("#halt")
    expect(tab.locator("#status")).to_have_text(re.compile("You stopped it"), timeout=SLOW)
    assert 0 < tab.locator("#text span").count() < 2000
    tab.fill("#stop-at", "e")
    tab.click("#write")
    expect(tab.locator("#status")).to_have_text(re.compile("came to its end"), timeout=SLOW)
    expected = write(run.model(), run.tokenizer, "Leo", 2000, Sampling(temperature=0.8, seed=5), stop=("e",))
    assert written(tab) == make_printable(expected.text)
    assert "stop=e" in tab.url
    tab.reload()
    assert tab.input_value("#stop-at") == "e"


@pytest.mark.slow
def test_it_says_what_one_waits_for(tab, home):
    held = []
    for path in ("load", "generate"):
        tab.route(f"**/api/{path}", lambda route: held.append(route))  # noqa: PLW0108 (its arguments are counted)

    def held_one(path):
        while not held:
            tab.wait_for_timeout(20)
        assert held[0].request.url.endswith(path)
        return held.pop()

    says = tab.locator("#status")
    name = opened(tab, home, "&prompt=Leo&max_tokens=1").name
    assert held_one("load").request.post_data_json == {"run": name, "ahead": True}
    tab.click("#write")
    asked = held_one("load")
    assert asked.request.post_data_json == {"run": name, "ahead": False}
    asked.fulfill(json={"state": "loading"})
    expect(says).to_have_text(f"{name} is being loaded, which takes some seconds the first time.")
    held_one("load").fulfill(json={"state": "loaded"})
    expect(says).to_have_text(f"{name} is reading what is there.")
    held_one("generate").continue_()
    expect(says).to_have_text("1 token.", timeout=SLOW)
    tab.goto(f"/generate?run={name}")
    held_one("load").continue_()
    expect(says).to_have_text(f"{name} is loaded.", timeout=SLOW)  # as it is by now


@pytest.mark.slow
def test_a_token_shows_its_alternatives_and_one_of_them_goes_on(tab, home):
    run = opened(tab, home, "&prompt=Leo&max_tokens=12&top_k=9")
    tab.click("#write")
    wait_for_end(tab)
    ids = write(run.model(), run.tokenizer, "Leo", 12, Sampling(temperature=0.8, top_k=9)).tokens
    before = "Leo" + run.tokenizer.decode(ids[:4])

    tab.locator("[data-at='3']").click()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#token-4")).to_be_focused()
    expect(tab.locator("#token-4")).to_have_attribute("aria-selected", "true")
    expect(tab.locator("#next tr.came .pick")).to_have_attribute("data-id", str(ids[4]), timeout=SLOW)
    told = next_token.trace(run, before, Sampling(temperature=0.8, top_k=9))
    picks = tab.locator("#next .pick")
    shown = [int(picks.nth(i).get_attribute("data-id")) for i in range(12)]
    assert shown == told.order[:12].tolist()
    assert tab.locator("#next tr.cut").count() == 3
    bar = tab.locator("#next progress").first
    assert float(bar.get_attribute("value")) == float(f"{told.stages[0].probabilities[shown[0]]:.6g}")

    tab.keyboard.press("Enter")  # to the likeliest
    other = next(token for token in shown[:9] if token != ids[4])
    picks.nth(shown.index(other)).focus()
    tab.keyboard.press("Enter")
    wait_for_end(tab)
    went_on = ids_of(tab)
    assert went_on[:4] == ids[:4]
    assert went_on[4] == other
    tab.click("#on")
    expect(tab.locator("#status")).to_have_text("24 tokens.", timeout=SLOW)
    assert ids_of(tab)[:12] == went_on


def ids_of(tab) -> list[int]:
    return tab.locator("#text span").evaluate_all("all => all.map(one => Number(one.dataset.id))")


@pytest.mark.slow
def test_what_people_and_models_write_is_text(tab, home):
    run = hostile_run(home)
    tab.goto(f"/generate?run={run.name}&max_tokens=300&temperature=0")
    tab.fill("#prompt", HOSTILE)
    tab.click("#write")
    wait_for_end(tab)
    raw = write(run.model(), run.tokenizer, HOSTILE, 300, Sampling(temperature=0)).text
    assert "<img" in raw
    assert "\u202e" in raw  # the model does write what could do harm
    assert written(tab) == make_printable(raw)
    assert "\u202e" not in written(tab)
    assert (
        tab.locator("#begun").text_content().startswith("<img src=x onerror=alert(1)></script>\ufffd\ufffd")
    )
    assert tab.locator("main img, main script").count() == 0
    page = httpx.get(tab.url.split("?")[0], params={"prompt": HOSTILE, "stop": "</textarea><script>"}).text
    assert "<img" not in page
    assert "</textarea><script>" not in page


@pytest.mark.slow
def test_it_is_usable_by_all(tab, home):
    opened(tab, home, "&max_tokens=20")
    tab.click("#write")
    wait_for_end(tab)
    tab.locator("[data-at='2']").click()
    expect(tab.locator("#next tr.came")).to_have_count(1, timeout=SLOW)
    tab.add_script_tag(url="/static/vendor/axe.js")
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert violations(tab) == [], theme
    tab.set_viewport_size(PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
