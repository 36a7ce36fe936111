"""Pictures and tables that are wider than a phone, and texts that are longer than a page can bear."""

import pytest
from page_checks import PHONE, WIDE, violations
from playwright.sync_api import expect

from groundup.studio.markdown import MAX_CHARACTERS, html


def test_the_beginning_of_a_text_that_is_too_long_is_shown():
    whole = "| a | b |\n|---|---|\n" + "| 1 | two `x` |\n" * 20_000
    shown = html(whole)
    assert 0 < shown.count("<tr>") < MAX_CHARACTERS / len("| 1 | two `x` |")
    left = len(whole) - shown.count("<tr>") * len("| 1 | two `x` |\n")
    assert "goes on for another " in shown
    said = int(shown.split("goes on for another ")[1].split(" ")[0].replace(",", ""))
    assert abs(said - left) < 40  # the head has other lines than the rows
    assert "not shown" not in html(whole[:MAX_CHARACTERS])
    assert "goes on for another 1 characters" in html("a" * (MAX_CHARACTERS + 1))  # not a line to cut at
    assert "<script" not in html("<script>" * MAX_CHARACTERS)


def test_a_table_scrolls_in_itself():
    assert html("| a |\n|---|\n| 1 |").startswith('<div class="scroll" data-name="Table"><table>')


@pytest.mark.slow
def test_on_a_phone_a_picture_is_large_enough_to_read_and_keys_move_it(tab):
    tab.goto("/lesson/0.2")
    box = tab.locator(".drawing .scroll").first
    box.scroll_into_view_if_needed()
    picture = box.locator("img:visible")
    expect(picture).to_have_js_property("complete", True, timeout=60_000)
    expect(box).not_to_have_attribute("tabindex", "0")
    wide = picture.bounding_box()["width"]
    tab.set_viewport_size(PHONE)
    expect(box).to_have_attribute("tabindex", "0")
    assert picture.bounding_box()["width"] >= wide  # its words are no smaller than on a large screen
    box.focus()
    tab.keyboard.press("ArrowRight")
    expect(box).not_to_have_js_property("scrollLeft", 0)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.add_script_tag(url="/static/vendor/axe.js")
    assert violations(tab) == []
    tab.set_viewport_size(WIDE)
    expect(box).not_to_have_attribute("tabindex", "0")
