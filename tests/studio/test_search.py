"""The search: what is found, in which order, and the palette that asks it."""

import pytest

from groundup.course.lessons.catalogue import load_course
from groundup.studio.search import MOST, build, find

COMMANDS = (
    ("groundup train", "Train a model on a text."),
    ("groundup review", "Be asked what you have learnt."),
)


@pytest.fixture(scope="module")
def entries():
    return build(load_course(), COMMANDS)


@pytest.mark.parametrize(
    ("question", "kind", "title"),
    [
        ("slopes", "lesson", "0.1 Slopes"),
        ("SLOPES", "lesson", "0.1 Slopes"),
        ("0.5", "lesson", "0.5 Back-propagation"),
        ("cross-ent", "word", "cross-entropy"),
        ("bpb", "word", "bits per byte"),
        ("groundup train", "command", "groundup train"),
        ("journal", "page", "Journal"),
        ("measure it", "heading", "Measure it"),
        ("attention soft", "lesson", "3.2 Attention: a soft look-up"),
    ],
)
def test_the_best_fit_comes_first(entries, question, kind, title):
    first = find(entries, question)[0]
    assert (first.kind, first.title) == (kind, title)


def test_every_word_of_the_question_must_fit(entries):
    assert find(entries, "slopes zebra") == []
    assert find(entries, "zebra") == []
    assert all("matri" in f"{one.title} {one.says} {one.more}".casefold() for one in find(entries, "matri"))


def test_an_empty_question_and_one_of_signs_show_the_pages(entries):
    for question in ("", "   ", "?!", "“”"):
        found = find(entries, question)
        assert {one.kind for one in found} == {"page"}
        assert 1 < len(found) <= MOST


def test_every_link_of_a_lesson_leads_to_its_own_section(entries):
    links = [one.link for one in entries if one.kind == "heading"]
    assert len(links) == len(set(links)) > 40


def test_ctrl_k_finds_a_lesson_and_goes_there_by_keyboard(tab, studio):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=studio.url)
    tab.goto("/settings")
    tab.keyboard.press("Control+k")
    field = tab.get_by_role("combobox", name="Search lessons, words and commands")
    field.wait_for()
    tab.add_script_tag(url="/static/vendor/axe.js")
    tab.get_by_role("option", name="Playground").wait_for()  # without a question, the pages
    assert tab.evaluate("axe.run().then((found) => found.violations.map((one) => one.id))") == []
    field.fill("gradient descent")
    tab.get_by_role("option", name="0.3 Gradient descent").first.wait_for()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowUp")
    assert tab.locator("[aria-selected=true] .title").inner_text() == "0.3 Gradient descent"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/lesson/0.3")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("slopes")
    tab.keyboard.press("Escape")  # at once, also with something typed
    field.wait_for(state="hidden")
    tab.keyboard.press("Control+k")
    field.fill("groundup review")
    tab.get_by_role("option", name="groundup review").click()
    tab.get_by_text("Copied for your terminal: groundup review").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == "groundup review"
