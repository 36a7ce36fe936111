"""What stands on /look, /tokens and /widgets before anything was trained: the reference run, recorded."""

import json

import pytest
from page_checks import check_page
from playwright.sync_api import expect

from groundup.studio.gallery import OF_LENSES
from groundup.studio.make_fixtures import FOLDER, MODELS, TEXT, write_all

MOST = 400_000  # bytes of all fixtures together: they come with every copy of groundup


def kept(name: str):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_every_widget_of_a_lens_has_a_small_fixture_of_the_reference_run():
    files = [FOLDER / f"{name}.json" for name in OF_LENSES]
    assert sum(file.stat().st_size for file in files) < MOST
    heads, off = kept("attention_heads"), kept("attention_off")
    assert heads["state"]["text"] == off["state"]["text"] == TEXT
    for layer in heads["state"]["pattern"]:
        for pattern in layer:
            assert [sum(row) for row in pattern] == pytest.approx([1] * len(pattern), abs=0.02)
    # It has learnt something: less than half of what an even guess over its vocabulary costs.
    losses = off["state"]["losses"]
    assert sum(losses) / len(losses) < 3
    assert {one["for"]["off"] for one in off["answers"]} > {"", "0.0", "2.3"}


@pytest.mark.slow
def test_fixtures_are_what_the_script_makes(tmp_path, monkeypatch):
    """From even smaller runs: the same widgets, and states of the same form as those that are kept."""
    small = {"width": 16, "layers": 3, "heads": 4, "context": 64, "init_std": 0.05}
    tiny = {
        "gpt": (MODELS["gpt"][0], small, 2),
        "lstm-attention": (MODELS["lstm-attention"][0], {"width": 8}, 2),
    }
    monkeypatch.setattr("groundup.studio.make_fixtures.MODELS", tiny)
    monkeypatch.setattr("groundup.studio.make_fixtures.TRAINED_ON", 60_000)
    for file in write_all(tmp_path / "made"):
        new, old = json.loads(file.read_text(encoding="utf-8")), kept(file.stem)
        assert new.keys() == old.keys(), file.name
        assert new["state"].keys() == old["state"].keys(), file.name
        assert [one["for"] for one in new.get("answers", [])] == [
            one["for"] for one in old.get("answers", [])
        ]


def test_what_was_recorded_is_answered_and_nothing_else(tab):
    """`recorded` in the browser: the state at settings that were kept, null for others."""
    tab.goto("/glossary")
    found = tab.evaluate("""async () => {
        const { fixture, recorded } = await import("/static/widgets/recorded.js");
        const [neuron, tree, off] = await Promise.all(["attention_neuron", "tree", "attention_off"].map(fixture));
        const it = recorded(neuron, { layer: 2, head: 1 });
        return { head: [it.layer, it.head, it.q.length], gone: recorded(neuron, { layer: 9, head: 1 }),
            tree: recorded(tree, { breadth: 2 }) !== null, wide: recorded(tree, { breadth: 6 }),
            off: recorded(off, { off: "1.2" }).without, two: recorded(off, { off: "1.2,2.0" }),
            start: recorded(off, {}).without };
    }""")
    assert found["head"] == [2, 1, len(kept("attention_heads")["state"]["labels"])]
    assert (found["gone"], found["wide"], found["two"]) == (None, None, None)
    assert found["tree"]
    assert (found["off"], found["start"]) == ([[1, 2]], [])


@pytest.mark.slow
@pytest.mark.long
def test_before_anything_was_trained_all_is_drawn_and_moves_together(tab):
    tab.goto("/look")
    heads = tab.locator("[data-widget=attention_heads]")
    first = kept("attention_heads")["settings"]
    expect(heads.locator("h3")).to_have_text(f"One head: layer {first['layer']}, head {first['head']}")
    expect(tab.locator(".ground")).to_contain_text(
        "Drawn from the reference run that came with groundup. Train your own and look again."
    )
    labels = kept("attention_heads")["state"]["labels"]
    chosen = tab.locator("#tokens [aria-checked=true]")
    expect(chosen).to_contain_text(labels[first["token"]].strip())
    assert tab.locator("#tokens [role=radio]").count() == len(labels)
    chosen.press("ArrowLeft")  # another token: the sampler's numbers are recorded for each
    expect(tab.locator("[data-widget=sampler] .said").first).to_have_text("Why was Anna glad? Because she")
    assert f"token={first['token'] - 1}" in tab.url

    model = tab.locator("[data-widget=attention_model] .drawn")
    model.press("Home")
    expect(heads.locator("h3")).to_have_text("One head: layer 0, head 0")
    expect(tab.locator("[data-widget=attention_neuron] h3")).to_contain_text("layer 0, head 0")
    tab.locator("#tokens [role=radio]").nth(7).click()
    heads.get_by_role("button", name="switch it off and see").click()
    off = tab.locator("[data-widget=attention_off]")
    expect(off.locator("h3")).to_have_text("Switched off: layer 0 head 0")
    one = next(one["state"] for one in kept("attention_off")["answers"] if one["for"]["off"] == "0.0")
    mean = sum(one["losses_without"]) / len(one["losses_without"])
    expect(off.locator(".told")).to_contain_text(f"costs {mean:.3f} nats")
    assert "off=0.0" in tab.url
    off.locator(".drawn").press("ArrowRight")
    off.locator(".drawn").press("o")  # two at once were not recorded, and that is said
    expect(off.locator(".wrong")).to_contain_text("recorded at other settings only")
    off.locator(".drawn").press("o")
    expect(off.locator(".wrong")).to_be_hidden()
    tab.goto(tab.url)  # the link brings it back
    expect(off.locator("h3")).to_have_text("Switched off: layer 0 head 0")


@pytest.mark.slow
@pytest.mark.long
def test_all_widgets_of_lenses_stand_by_themselves_and_answer_to_keys(tab):
    tab.goto("/widgets?only=tree")
    for name in OF_LENSES:
        tab.goto(f"/widgets?only={name}")
        widget = tab.locator(f"[data-lens={name}] .widget")
        drawn = widget.locator(".drawn")
        expect(drawn).not_to_be_empty()
        before = drawn.get_attribute("aria-label")
        said = set()
        for key in ("ArrowDown", "ArrowLeft", "ArrowRight"):
            drawn.press(key)
            said.add(drawn.get_attribute("aria-label"))
        assert said - {before}, name
        widget.get_by_text("Show as a table").click()
        assert widget.locator("tbody tr").count() > 1, name
        assert widget.get_by_role("button", name="Copy link").count() == 1, name
        spot = drawn.locator("g[data-at], td[data-at], span[data-at]").first
        if spot.count() and name != "training":
            spot.hover(force=True)
            expect(widget.locator(".near")).not_to_be_empty()
    # A link brings the settings back.
    tab.goto("/widgets?only=embeddings")
    widget = tab.locator("[data-lens=embeddings] .widget")
    widget.get_by_label("Find a token").fill("OTTO")
    widget.get_by_role("button", name="Find").click()
    expect(widget.locator(".told")).to_contain_text("Nearest to ·Otto")
    widget.get_by_text("t-SNE", exact=True).click()
    expect(widget.locator(".told")).to_contain_text("distances between groups mean nothing")
    tab.goto(tab.url)
    expect(widget.locator(".told")).to_contain_text("Nearest to ·Otto")
    expect(widget.locator(".told")).to_contain_text("distances between groups mean nothing")


@pytest.mark.slow
@pytest.mark.long
def test_merges_play_and_slide(tab):
    tab.goto("/widgets?only=bpe_replay")
    widget = tab.locator("[data-lens=bpe_replay] .widget")
    last = len(kept("bpe_replay")["state"]["steps"])
    widget.get_by_role("button", name="Play").click()
    expect(widget.locator(".told")).to_contain_text(f"Step 2 of {last}")
    widget.get_by_role("button", name="Stop").click()
    widget.get_by_label("Merges made").press("End")
    expect(widget.locator(".told")).to_contain_text(f"Step {last} of {last}")
    widget.locator(".drawn").press("ArrowLeft")
    expect(widget.locator(".told")).to_contain_text(f"Step {last - 1} of {last}")
    expect(widget.locator("output")).to_have_text(str(last - 1))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("path", ["/look", "/look?lens=gates", "/look?lens=tree", "/widgets?only=languages"])
def test_the_reference_pages_are_usable_by_all(tab, path):
    check_page(tab, path)
