"""Every page of the studio: axe finds nothing, nothing scrolls sideways, nothing fails or comes from
elsewhere (`tab` sees to that), and a lesson can be printed.

What axe looks at depends on the theme (contrast) or on the width (what is folded), so each page is looked at light and
wide, then dark and narrow. Pages whose look changes as one uses them have tests of their own beside this.
"""

from importlib import import_module

import pytest
from page_checks import WIDE, violations
from small_runs import give

from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.store import Store
from groundup.studio.app import PAGES

NARROW = {"width": 360, "height": 740}
PAPER = {"width": 700, "height": 1000}  # A4 within its margins, in CSS pixels
EXAMPLES = {"/lesson/{identity}": "/lesson/0.1", "/run/{name}": "/run/small-gpt"}
MORE = ("/lab?first=1", "/look?run=small-gpt&lens=tree", "/lesson/checkpoint-1")
NAMED = """() => [...document.querySelectorAll("[data-widget] h3")].every(one => one.textContent !== "A look inside")"""

pytestmark = [pytest.mark.slow, pytest.mark.long]


def paths() -> list[str]:
    """Every address of a page that the application has, and some that show another side."""
    found = []
    for name in PAGES:
        for route in import_module(f"groundup.studio.{name}").router.routes:
            if "GET" in route.methods and not route.path.startswith("/api/"):
                found.append(EXAMPLES.get(route.path, route.path))
    return [*found, *MORE]


@pytest.fixture
def lived_in(home) -> None:
    """A home in which something has happened: some answers, and a run."""
    give(home, "gpt")
    with Store(home / "progress.db") as store:
        store.add("opened", "0.1", block=1)
        store.add("predicted", "0.1/three-and-a-bit", given=3, right=False)
        store.add("answered", "0.1/minus-two", option=0, right=True)
        store.add("done", "0.2")
        store.add("journal", str(store.now().astimezone().date()), text="Slopes. They multiply.")


def open_(tab, path: str, size=WIDE, scheme="light") -> None:
    tab.set_viewport_size(size)
    # Without motion: a colour on its way from one theme to the other is in neither.
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tab.goto(path)
    # Modules have drawn; before that, a widget of a lens has no name of its own.
    tab.wait_for_function(NAMED, timeout=90_000)
    tab.wait_for_timeout(250)


def sideways(tab) -> list[str]:
    """What is wider than the screen, so that the page would scroll sideways."""
    return tab.evaluate("""() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map(one => one.tagName + "." + one.getAttribute("class"))""")


def test_the_first_visit(tab):
    check(tab, "/")


def test_every_page(tab, lived_in):
    wrong = []
    for path in paths():
        try:
            check(tab, path)
        except AssertionError as error:
            wrong.append(str(error).split("\n", maxsplit=1)[0])
    assert wrong == []


def check(tab, path: str) -> None:
    for size, scheme in ((WIDE, "light"), (NARROW, "dark")):
        open_(tab, path, size, scheme)
        where = f"{path}, {size['width']} px, {scheme}"
        assert (found := sideways(tab)) == [], f"{where} scrolls sideways: {found}"
        tab.add_script_tag(url="/static/vendor/axe.js")
        assert (found := violations(tab)) == [], f"{where}: {found}"


def test_no_lesson_is_wider_than_a_phone(tab):
    wrong = {}
    for lesson in load_course().lessons:
        open_(tab, f"/lesson/{lesson.id}", NARROW, "dark")
        if found := sideways(tab):
            wrong[lesson.id] = found
    assert wrong == {}


def test_a_lesson_is_printed_without_loss(tab):
    """All of it is on the paper, also where one reads one thing at a time, and no line of code is cut off."""
    open_(tab, "/lesson/0.1", PAPER)
    steps = tab.locator(".step").count()
    tab.get_by_label("One thing at a time").check()
    assert tab.locator(".step:visible").count() == 1
    tab.emulate_media(media="print")
    assert tab.locator(".step:visible").count() == steps
    lost = tab.evaluate("""() => [...document.querySelectorAll("main pre, main table, main .cm-scroller, main svg")]
        .filter(one => one.checkVisibility() && (one.scrollWidth > one.clientWidth + 1
            && getComputedStyle(one).overflowX !== "visible" || one.getBoundingClientRect().right > innerWidth + 1))
        .map(one => one.tagName + "." + one.getAttribute("class") + ": " + one.textContent.trim().slice(0, 60))""")
    assert lost == []
    assert not tab.locator(".bar").is_visible()
    # Ink on paper, whatever the screen's theme is.
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert tab.pdf()[:5] == b"%PDF-"
