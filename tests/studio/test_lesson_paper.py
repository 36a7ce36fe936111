"""A lesson elsewhere than at its beginning, on one screen: by a link to a block, in two tabs, on paper."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
TASK = '[data-exercise="0.1/numerical-derivative"]'
LONG = "\n".join(
    ["def derivative(f, x, h=1e-5):", *(f"    step_{n} = {n}  # " + "x" * 60 for n in range(300)), ""]
)


@pytest.fixture
def file(home):
    return home / "workspace" / "0.1-slopes" / "numerical_derivative.py"


def test_on_paper_there_is_all_of_it_and_nothing_to_press(tab, file):
    file.parent.mkdir(parents=True)
    file.write_text(LONG, encoding="utf-8")
    tab.goto("/lesson/0.1")
    tab.locator(f"{TASK} .cm-content").scroll_into_view_if_needed()
    assert tab.locator(f"{TASK} .cm-line").count() < 300  # on the screen, the editor draws what can be seen
    tab.get_by_label("One thing at a time").check()
    tab.emulate_media(media="print", color_scheme="dark")
    expect(tab.locator(f"{TASK} .cm-line")).to_have_count(LONG.count("\n") + 1)
    for nothing in ("button", ".bar", "footer.ground", ".contents", "input[type=range]", ".how-sure"):
        assert tab.locator(f"{nothing}:visible").count() == 0, nothing
    steps = tab.locator(".step")
    assert steps.count() == tab.locator(".step:visible").count() > 20
    assert tab.locator(".drawing .on-dark:visible").count() == 0
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgb(255, 255, 255)",
        "oklch(1 0 0)",
    )
    tab.set_viewport_size({"width": 720, "height": 1000})  # as wide as a sheet: nothing is cut off
    cut = tab.evaluate("""[...document.querySelectorAll(".lesson :is(pre, .cm-scroller, .code, table)")]
        .filter((one) => one.scrollWidth > one.clientWidth + 2).map((one) => one.textContent.slice(0, 60))""")
    assert cut == []


def test_a_link_leads_to_its_block(tab):
    tab.goto("/lesson/0.1#block-9")
    expect(tab.locator("#block-9")).to_be_in_viewport()
    tab.get_by_label("One thing at a time").check()
    tab.goto("/lesson/0.1#title-numerical-derivative")  # a place within a block
    expect(tab.locator(".step:visible")).to_have_count(1)
    expect(tab.locator(TASK)).to_be_visible()
    tab.evaluate("location.hash = 'block-1'")
    expect(tab.locator("#block-1")).to_be_visible()
    tab.go_back()
    expect(tab.locator(TASK)).to_be_visible()


@pytest.mark.long
def test_two_tabs_never_overwrite_each_other_silently(tab, file):
    other = tab.context.new_page()
    for one in (tab, other):
        one.goto("/lesson/0.1")
        one.locator(f"{TASK} .cm-content").click()
    for one, text in ((tab, "first = 1\n"), (other, "second = 2\n")):  # both had the same file before them
        one.bring_to_front()
        one.locator(f"{TASK} .cm-content").click()
        one.keyboard.press("Control+a")
        one.keyboard.press("Delete")
        one.keyboard.insert_text(text)
        if one is tab:
            expect(one.locator(f"{TASK} .saved")).to_have_text("saved", timeout=20_000)
    expect(other.locator(f"{TASK} .outside")).to_contain_text("changed outside this page", timeout=20_000)
    assert file.read_text(encoding="utf-8") == "first = 1\n"
    other.get_by_role("button", name="Keep mine").click()
    other.get_by_text("The other version is kept as").wait_for()
    assert file.read_text(encoding="utf-8") == "second = 2\n"
    assert file.with_name("numerical_derivative.kept-1.py").read_text(encoding="utf-8") == "first = 1\n"
    tab.bring_to_front()
    tab.get_by_role("button", name="Take that version").click(timeout=20_000)
    expect(tab.locator(f"{TASK} .cm-content")).to_contain_text("second = 2")
