"""The same widgets in a notebook: one text of module each, in a bare page, over anywidget's protocol."""

import sys

import pytest

from groundup import widgets
from groundup.common.errors import GroundupError

NAMES = widgets.names()


def test_every_widget_of_the_lessons_is_there() -> None:
    assert {"slope", "plane", "descent", "playground", "backprop", "gradient-check", "surprise", "loss-live", "unroll",
            "attention-byhand", "score-spread", "attention-order"} <= set(NAMES)  # fmt: skip


def test_settings_that_are_set_from_either_side_bring_a_new_state() -> None:
    shown = widgets.show("slope", x=-2.0, h=0.5)
    assert shown.state["slope"] == -3.5
    shown.settings = shown.settings | {"x": -2.25}
    assert shown.state["slope"] == -4.0
    assert not shown.busy


def test_the_experiment_is_found_by_its_settings_or_its_lesson() -> None:
    assert "sizes" in widgets.show("slope", digits=3).state
    assert widgets.show("playground", "0.4.xor-by-hand").settings["out_bias"] == 0.5
    assert widgets.show("playground", "0.4", a1=2.0).state["a1"] == 2.0


@pytest.mark.parametrize(
    ("name", "lesson", "settings", "says"),
    [
        ("slop", "", {}, "There is no widget 'slop'"),
        ("slope", "0.2", {}, "is not in '0.2'"),
        ("slope", "", {"hh": 1.0}, "has no setting 'hh'"),
    ],
)
def test_what_is_not_there_is_said(name, lesson, settings, says) -> None:
    with pytest.raises(GroundupError, match=says):
        widgets.show(name, lesson, **settings)


def test_what_the_lesson_cannot_work_with_is_said_and_the_last_state_stays() -> None:
    shown = widgets.show("unroll", word="ban")
    before = shown.state
    shown.settings = {"word": "xyz"}
    assert "cannot be read" in shown.wrong
    assert shown.state == before


def test_without_anywidget_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(GroundupError, match="anywidget is not installed") as found:
        widgets.show("slope")
    assert "groundup[notebook]" in found.value.hint


BEGIN = """async ([text, settings, state]) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const widget = (await import(url)).default;
    const values = { settings, state, wrong: "", busy: false }, listeners = {}, saved = [];
    const model = {
        get: (name) => values[name],
        set(name, value) { values[name] = value; for (const one of listeners[`change:${name}`] ?? []) one(); },
        on(event, one) { (listeners[event] ??= new Set()).add(one); },
        off(event, one) { listeners[event]?.delete(one); },
        save_changes() { saved.push(structuredClone(values.settings)); },
    };
    window.gone = await widget.render({ model, el: document.querySelector("#cell") });
    window.saved = saved;
    window.listening = () => Object.values(listeners).reduce((sum, one) => sum + one.size, 0);
}"""


def test_each_draws_into_a_bare_element_with_a_minimal_model(browser) -> None:
    """As anywidget does it: the module's text from a blob, `render({ model, el })`, and what that gives to clean up."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda one: wrong.append(one.url) if not one.url.startswith(("blob:", "about:", "data:")) else None,
    )
    for name in NAMES:
        shown = widgets.show(name)
        page.set_content("<!doctype html><p id=beside>A cell.</p><div id=cell></div>")
        page.add_style_tag(content=shown._css)
        page.evaluate(BEGIN, [shown._esm, shown.settings, shown.state])
        page.locator("#cell .picture svg, #cell .picture canvas").first.wait_for()
        assert page.locator("#cell footer").count() == 1, name
        assert page.locator("#cell", has_text="Copy link").count() == 0, (
            name
        )  # a notebook's address is no link
        styled = page.evaluate("() => [getComputedStyle(document.querySelector('#cell .widget')).borderRadius,"
                               " getComputedStyle(document.querySelector('#beside')).fontFamily]")  # fmt: skip
        assert styled[0] == "10px", name
        assert "Sans" not in styled[1], name  # the notebook around it stays as it was
        page.evaluate("() => window.gone()")
        assert page.evaluate(
            "() => [document.querySelector('#cell').childElementCount, window.listening()]"
        ) == [0, 0], name
    page.close()
    assert wrong == []


def test_a_slider_saves_its_setting(browser) -> None:
    page = browser.new_page()
    shown = widgets.show("surprise")
    page.set_content("<!doctype html><div id=cell></div>")
    page.evaluate(BEGIN, [shown._esm, shown.settings, shown.state])
    page.locator("#cell input[type=range]").press("Home")
    page.locator("#cell .formula", has_text="99%").wait_for()
    until = page.evaluate("() => new Promise((done) => setTimeout(() => done(window.saved), 700))")
    assert until[-1] == {"p": 0.01}
    page.close()
