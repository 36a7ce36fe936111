"""The same widgets in a notebook: one text of module each, in a bare page, over anywidget's protocol."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from notebook_hosts import SHOWN, TINY, tiny

import groundup as gu
from groundup import widgets
from groundup.common.errors import GroundupError
from groundup.lenses import head as lens
from groundup.widgets.bundle import FOLDER, file_of
from groundup.widgets.of_runs import VIEWS

NAMES = widgets.names()


def test_every_widget_is_there_and_the_document_tells_of_each() -> None:
    assert len(SHOWN) == 18
    assert set(SHOWN) <= set(NAMES)
    assert gu.widgets is widgets
    document = (Path(__file__).parents[2] / "docs" / "widgets.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", document, re.MULTILINE)) == NAMES


def test_settings_that_are_set_from_either_side_bring_a_new_state() -> None:
    shown = widgets.show("slope", x=-2.0, h=0.5)
    assert shown.state["slope"] == -3.5
    shown.settings = shown.settings | {"x": -2.25}
    assert shown.state["slope"] == -4.0
    assert not shown.busy


def test_an_experiment_that_takes_seconds_is_seen_as_it_goes() -> None:
    shown = widgets.show("loss-live", "1.2", width=4, steps=20)
    seen = []
    shown.observe(lambda change: seen.append(change.new), "state")
    shown.settings = shown.settings | {"width": 5}
    lengths = [len(state["curve"]) for state in seen]
    assert lengths == sorted(set(lengths))
    assert len(lengths) > 4
    assert seen[-1]["curve"][-1][0] == 20
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


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A home with a GPT, and an LSTM whose attention is additive."""
    place = tmp_path_factory.mktemp("tiny")
    for kind in TINY:
        tiny(kind, place)
    return place


@pytest.fixture
def runs(home, trained) -> None:
    shutil.copytree(trained / "runs", home / "runs")


TEXT = "Leo gave her the red basket"


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("name", "run", "more", "says"),
    [
        ("attention-heads", "small-gpu", {}, "There is no run 'small-gpu'"),
        ("gates", "small-gpt", {}, "it has no gates"),
        ("logit-lens", "small-lstm-attention", {}, "no logit lens"),
        ("attention-neuron", "small-gpt", {"layer": 9}, "has no attention layer 9"),
        ("attention-neuron", "small-gpt", {"layer": "two"}, "is a whole number"),
        ("attention-neuron", "small-gpt", {"layers": 1}, "has no setting 'layers'"),
        ("attention-heads", "small-gpt", {"text": "red " * 200}, "this picture has room for"),
        ("attention-heads", "small-gpt", {"text": ""}, "needs at least 2"),
        ("attention-heads", "small-gpt", {"text": 3}, "The text is 3"),
        ("attention-heads", None, {"text": TEXT}, "no run is named"),
        ("embeddings", "small-gpt", {"text": TEXT}, "reads no text"),
        ("slope", "small-gpt", {}, "shows no run"),
        ("bpe-replay", "small-gpt", {}, "no byte pairs to replay"),
        ("bpe-replay", None, {"tokenizers": ["gpt2", "bytes"]}, "2 are named"),
        ("tokens", None, {"tokenizers": ["gtp2"]}, "There is no tokenizer 'gtp2'"),
        ("tree", "small-gpt", {"tokenizers": ["bytes"]}, "no tokenizers to compare"),
    ],
)
def test_what_cannot_be_shown_of_a_run_is_said(name, run, more, says) -> None:
    with pytest.raises(GroundupError, match=says) as found:
        widgets.show(name, run=run, **more)
    assert found.value.hint


@pytest.mark.usefixtures("runs")
def test_a_run_is_shown_with_the_numbers_of_its_lens_and_asked_again(home) -> None:
    run = gu.open_run("small-gpt")
    shown = widgets.show("attention_neuron", run=run, text=TEXT, layer=1)
    for layer, head in ((1, 0), (0, 2)):
        shown.settings = shown.settings | {"layer": layer, "head": head}
        assert shown.state["products"] == lens.trace(run, TEXT, layer, head).to_json()["products"]
    before = shown.state
    shown.settings = shown.settings | {"token": 1}
    assert shown.state is before  # which token is looked at changes nothing that the model says
    shown.settings = shown.settings | {"head": 77}
    assert "has no head 77" in shown.wrong
    assert shown.state is before
    additive = widgets.show("attention-neuron", run="small-lstm-attention", text=TEXT, token=2)
    assert additive.state["additive"]
    assert additive.state["position"] == 2
    additive.settings = additive.settings | {"token": 5}
    assert (
        additive.state["elementwise"]
        == lens.trace("small-lstm-attention", TEXT, position=5).to_json()["elementwise"]
    )
    cuts = widgets.show("tokens", text="naïve", tokenizers=["bytes"], run=run).state["cuts"]
    assert [one["name"] for one in cuts] == ["bytes", "small-gpt"]
    assert cuts[1]["ids"] == run.tokenizer.encode("naïve")


@pytest.mark.usefixtures("runs")
def test_a_run_that_trains_is_read_again_when_the_widget_asks(home) -> None:
    shown = widgets.show("loss-live", run="small-gpt")
    file = home / "runs" / "small-gpt" / "metrics.jsonl"
    assert not shown.state["going"]
    assert shown.state["scores"][-1]["bpb"] == pytest.approx(
        gu.open_run("small-gpt").summary()["bpb"], rel=1e-4
    )
    with open(file, "a", encoding="utf-8") as more:
        more.write(
            json.dumps({"event": "step", "step": 5000, "seconds": 60.0, "loss": 2.5}) + "\n" + '{"event": "st'
        )
    shown.asked += 1
    assert shown.answered == shown.asked
    assert shown.state["going"]
    assert (shown.state["steps"][-1], shown.state["losses"][-1], shown.state["seconds"]) == (5000, 2.5, 60.0)
    with open(file, "a", encoding="utf-8") as more:
        more.write('ep"}\n' + "".join(json.dumps({"event": "step", "step": n, "seconds": 61.0, "loss": 2.0}) + "\n"
                                      for n in range(6000, 9000)))  # fmt: skip
    shown.asked += 1
    assert len(shown.state["steps"]) < 900  # a picture cannot tell more apart
    assert shown.state["steps"][-1] == 8999


def test_a_sample_answers_what_was_kept_and_says_what_was_not() -> None:
    shown = widgets.show("gradient-flow")
    loss = shown.state["value"]
    shown.settings = shown.settings | {"of": "logit"}
    assert shown.state["of"] == "logit"
    assert shown.state["value"] != loss
    tree = widgets.show("tree")
    tree.settings = tree.settings | {"depth": 5}
    assert "sample that comes with groundup" in tree.wrong


def test_views_begin_where_their_modules_do() -> None:
    """What `show` knows of a widget's own settings is what stands in its file."""
    for name, view in VIEWS.items():
        file = FOLDER / "loss_live" / "of_run.js" if name == "loss-live" else file_of(name)
        (start,) = re.findall(r"(?:start: |START = )\{([^}]*)\}", file.read_text(encoding="utf-8"))
        assert set(view.looks) <= set(re.findall(r"(\w+):", start)), name


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


@pytest.mark.slow
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
        page.locator("#cell .picture").locator("svg, canvas, .tok").first.wait_for()
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
