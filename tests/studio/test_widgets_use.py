"""The lessons' widgets in a real browser, as in their lessons: keys, fingers, tables, links, both themes, a phone."""

import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import expect

from groundup.course.lessons.catalogue import load_course
from groundup.studio.fixtures import widgets

pytestmark = [pytest.mark.slow, pytest.mark.long]

EVERY = [f"{lesson.id}.{block.id}" for lesson, block in widgets(load_course()) if block.use != "sampler"]

# What takes the focus, the key that is pressed there, what the card says then, and a number that the table has too.
KEYS = {
    "0.1.drag": (".handle >> nth=0", "ArrowLeft", "height at 2.9", "8.41"),
    "0.1.step": ("svg[role=slider]", "ArrowRight", "h = 10⁻²", "6.01e−2"),
    "0.2.plane": (".handle >> nth=0", "ArrowUp", "(1, 2) lands on (1, 2.1)", "2.1"),
    "0.2.two-moves": (".segmented >> nth=1 >> input >> nth=0", "ArrowRight", "First stretch, then turn", "3"),
    "0.3.bowl": ("svg[role=slider]", "ArrowRight", "Step 2", "0.972"),
    "0.3.valley": ("svg[role=slider]", "End", "after 40 steps", "3.22e−1"),
    "0.4.one-line": ("svg[role=slider]", "ArrowLeft", "corner (1, −1)", "2"),
    "0.4.xor-by-hand": ("svg[role=slider]", "Home", "corner (−1, −1)", "−1"),
    "0.4.forecast": (".handle", "Home", "1%", "4.987"),
    "0.5.walk-back": ("input[type=number]", "1", "Not yet. If s moves by 0.01", "1"),
    "0.5.gradient-check": (".segmented input >> nth=0", "ArrowRight", "6.18e−2", "−0.051846593"),
    "0.7.stop-in-time": ("input[type=range]", "ArrowRight", "Stopped at step 30", "0.586"),
    "1.1.two-numbers": ("svg[role=slider]", "ArrowLeft", "After ba", "1.11"),
    "1.1.remember": ("[role=radio][tabindex='0']", "ArrowRight", "After Sh", "0.01"),
    "3.2.by-hand": ("svg.plot", "ArrowUp", "dog looks at dog", "0.123"),
    "3.2.spread": ("input[type=number]", "6", "Expected spread 1.00", "1.00"),
    "3.2.order": ("[aria-pressed=true]", "Shift+ArrowRight", "What changes for run", "0.0"),
}  # fmt: skip


def opened(tab: Any, name: str, link: str = "") -> Any:
    tab.goto("about:blank")
    tab.goto(f"/widgets?only={name}{link}")
    drawn = tab.locator("section.widget", has=tab.locator("footer"))
    drawn.wait_for()
    return drawn


def pixels(part: Any) -> Image.Image:
    return Image.open(io.BytesIO(part.screenshot())).convert("RGB")


def kinds(part: Any) -> int:
    """How many colours its picture has."""
    return len(pixels(part).getcolors(100_000) or range(100_000))


def test_each_is_drawn_answers_to_a_key_keeps_it_in_its_link_and_has_a_table(tab) -> None:
    for name in EVERY:
        drawn = opened(tab, name)
        assert kinds(drawn.locator(".picture")) > 12, name
        over = drawn.get_by_role("button", name="Start over")
        card = drawn.locator(".formula").first
        number = ""
        if name in KEYS:
            where, key, says, number = KEYS[name]
            before = card.inner_text()
            expect(over, name).to_be_hidden()
            drawn.locator(where).first.press(key)
            expect(card, name).to_contain_text(says)
            expect(card, name).to_contain_text(number)
            tab.wait_for_timeout(600)  # settings go into the link when they rest
            expect(tab, name).to_have_url(re.compile("#w="))
            kept = json.loads(tab.evaluate("() => decodeURIComponent(location.hash.slice(3))"))
            assert list(kept) == [name.split(".", 2)[2]], name
            link = tab.url.partition("#")[2]
            drawn = opened(tab, name, f"#{link}")
            card = drawn.locator(".formula").first
            expect(card, name).to_contain_text(says, timeout=20_000)
            over = drawn.get_by_role("button", name="Start over")
        drawn.locator("footer .link").first.focus()
        tab.keyboard.press("t")
        rows = drawn.locator(".listed tbody tr")
        rows.first.wait_for()
        assert number in drawn.locator(".listed").inner_text(), name
        assert not re.search(r"NaN|undefined|null|\[object", drawn.inner_text()), name
        tab.keyboard.press("t")
        expect(drawn.locator(".listed")).to_be_hidden()
        if name in KEYS:
            over.click()
            expect(card, name).to_have_text(before.replace("\n", " "), use_inner_text=True, timeout=20_000)
            expect(over, name).to_be_hidden()
            expect(tab, name).to_have_url(re.compile(r"only=[^#]*$"))


def a_point_follows_the_finger_and_the_link_brings_it_back(tab: Any) -> None:
    drawn = opened(tab, "0.1.drag")
    box = drawn.locator(".handle >> nth=0").locator(".grip").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 150, y - 20, steps=4)
    tab.mouse.up()
    card = drawn.locator(".formula")
    expect(card).not_to_contain_text("− height at 3 ")
    tab.wait_for_url("**/widgets*#w=*")
    settings = json.loads(tab.evaluate("() => decodeURIComponent(location.hash.slice(3))"))["drag"]
    assert -3 < settings["x"] < 2.5
    said = card.inner_text()
    drawn.get_by_role("button", name="Copy link").click()
    expect(drawn.locator("footer [role=status]")).not_to_be_empty()
    tab.reload()
    drawn = tab.locator("section.widget", has=tab.locator("footer"))
    expect(drawn.locator(".formula")).to_have_text(re.compile(re.escape(said.split("\n")[0])))
    assert drawn.locator(".formula").inner_text() == said


def a_goal_is_reached_by_sliders_alone(tab: Any) -> None:
    drawn = opened(tab, "0.4.forecast")
    slider = drawn.locator("input[type=range]")
    for _ in range(3):
        slider.press("PageDown")  # a tenth of the way each
    for _ in range(4):
        slider.press("ArrowRight")
    expect(drawn.locator(".formula")).to_contain_text("bits a day")
    assert 0.71 < float(slider.input_value()) < 0.79
    tab.locator(".goal.reached").wait_for()


def words_are_moved_by_dragging(tab: Any) -> None:
    drawn = opened(
        tab,
        "3.2.order",
        "#w=" + quote(json.dumps({"order": {"order": "the cat saw a dog run", "masked": True}})),
    )
    words = drawn.locator(".order button")
    first, last = words.nth(4).bounding_box(), words.nth(0).bounding_box()
    tab.mouse.move(first["x"] + 20, first["y"] + 20)
    tab.mouse.down()
    for step in range(1, 9):
        tab.mouse.move(first["x"] + 20 + (last["x"] - first["x"]) * step / 8, first["y"] + 20)
    tab.mouse.up()
    expect(drawn.locator(".order")).to_have_text("dogthecatsawarun")
    expect(drawn.locator(".formula")).to_contain_text("The largest change is")
    tab.locator(".goal.reached").wait_for()


def test_no_violation_in_either_theme_and_a_phone_shows_all_of_it(tab) -> None:
    tab.emulate_media(reduced_motion="reduce")  # colours change at once with the theme
    tab.goto("/widgets")
    for name in EVERY:
        section = tab.locator(f"section[id='{name}']")
        section.scroll_into_view_if_needed()
        section.locator("section.widget footer").wait_for()
    tab.add_script_tag(url="/static/vendor/axe.js")
    for theme in ("light", "dark"):
        tab.evaluate(
            "(theme) => { document.documentElement.dataset.theme = theme; dispatchEvent(new Event('themechange')); }",
            theme,
        )
        found = tab.evaluate("() => axe.run(document.querySelector('main'))")
        wrong = [
            (one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found["violations"]
        ]
        assert wrong == [], theme
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    tab.set_viewport_size({"width": 320, "height": 844})
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 320
    tab.set_viewport_size({"width": 390, "height": 844})
    small = tab.evaluate(
        "() => [...document.querySelectorAll('.widget button, .widget select, .widget .check, .widget input')]"
        ".filter((one) => !one.matches('[type=radio],[type=checkbox]') && one.offsetParent)"
        ".filter((one) => !one.matches('.net-node') && one.getBoundingClientRect().height < 43.5)"
        ".map((one) => `${one.closest('.one-widget').id}: ${one.outerHTML.slice(0, 90)}`)"
    )
    assert small == []


def a_number_says_where_it_came_from_under_the_pointer(tab: Any) -> None:
    """Hovering changes the card alone, and the card goes back; what is chosen stays in the link as it was."""
    drawn = opened(tab, "3.2.by-hand")
    card = drawn.locator(".formula").first
    before = card.inner_text()
    drawn.locator(".cellbtn", has_text="0.51").hover()
    expect(card).to_contain_text("dog looks at saw")
    expect(card).to_contain_text("0.507")
    assert "#" not in tab.url
    tab.mouse.move(5, 5)
    expect(card).to_have_text(before, use_inner_text=True)
    drawn.get_by_text("Change the words’ numbers").click()
    drawn.get_by_label("dog: thing").fill("-3")
    expect(card).to_contain_text("−3")
    tab.wait_for_url("**#w=*")
    tab.reload()
    card = tab.locator("section.widget .formula").first
    expect(card).to_contain_text("−3")

    drawn = opened(tab, "0.5.walk-back")
    card = drawn.locator(".formula").first
    drawn.locator("label", has_text="Forwards").click()
    svg = drawn.locator("svg[role=slider]")
    for said in ("p = a · b", "s = p + c", "r = tanh(s)"):
        svg.press("ArrowRight")
        expect(card).to_contain_text(said)
    expect(card).to_contain_text("0.4621")
    svg.press("ArrowRight")  # and now back
    expect(card).to_contain_text("Edge 1 of 5")
    svg.press("ArrowUp")
    expect(card).to_contain_text("s = p + c")
    expect(card).to_contain_text("0.5")

    drawn = opened(
        tab,
        "1.1.two-numbers",
        "#w=" + quote(json.dumps({"two-numbers": {"word": "banana", "~": {"letter": 1}}})),
    )
    svg = drawn.locator("svg[role=slider]")
    expect(svg).to_have_attribute("aria-valuenow", "2")
    strengths = [
        float(one) for one in drawn.locator("svg .step > text.tick.mid:last-child").all_text_contents()
    ]
    assert strengths[1] == max(strengths)
    assert strengths[2] > strengths[5] > 0  # on, through time, it fades

    drawn = opened(tab, "0.2.plane")
    drawn.locator(".handle >> nth=2").press("Shift+ArrowRight")
    expect(drawn.locator(".formula").first).to_contain_text("(2, 2) lands on (2, 2)")


def pictures_follow_the_theme(tab: Any) -> None:
    drawn = opened(tab, "0.4.one-line")
    light = pixels(drawn.locator(".boundary"))
    tab.locator("button.theme").click()
    dark = pixels(drawn.locator(".boundary"))
    corner = (12, 12)  # where the neuron says no: paper
    assert min(light.getpixel(corner)) > 200
    assert max(dark.getpixel(corner)) < 100


def test_points_words_goals_and_themes(tab) -> None:
    """One studio for all four: it takes seconds to start."""
    a_point_follows_the_finger_and_the_link_brings_it_back(tab)
    a_goal_is_reached_by_sliders_alone(tab)
    words_are_moved_by_dragging(tab)
    a_number_says_where_it_came_from_under_the_pointer(tab)
    pictures_follow_the_theme(tab)


def test_what_trains_says_so_and_what_python_refuses_is_said(browser, studio) -> None:
    page = browser.new_page(
        base_url=studio.url
    )  # a refusal stands in the console, which `tab` does not allow
    drawn = opened(page, "0.6.start-differently")
    before = drawn.locator(".formula").inner_text()
    drawn.get_by_label("start", exact=True).select_option("random")
    expect(drawn).to_contain_text("What is drawn was trained with the settings before.")
    drawn.get_by_role("button", name="Train", exact=True).click()
    expect(drawn.locator(".formula")).not_to_have_text(before, timeout=60_000)
    expect(drawn.locator(".busy")).to_be_empty(timeout=60_000)
    drawn = opened(page, "0.6.spirals")
    drawn.get_by_label("Your points").fill("9 9 9")
    drawn.get_by_role("button", name="Put them down").click()
    drawn.get_by_role("button", name="Train", exact=True).click()
    expect(drawn.locator(".wrong")).to_contain_text("cannot be read", timeout=60_000)
    page.close()
