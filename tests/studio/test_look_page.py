"""The pages that look inside: each widget's numbers are Python's, and it can be used by keyboard, table and link."""

import pytest
from page_checks import PHONE, WIDE, violations
from playwright.sync_api import expect
from small_runs import HOSTILE, give

from groundup.common.brand import RUNGS
from groundup.generation import Sampling
from groundup.generation.sampling import stages
from groundup.lenses import (
    attention,
    embeddings,
    gates,
    gradient_flow,
    head,
    logit_lens,
    next_token,
    tokens,
    tree,
    weights,
)
from groundup.lenses.merges import trace as replay
from groundup.training.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.long]

SLOW = 60_000  # ms: the first answer of a model waits for its process, which loads torch
TEXT = "Leo gave her the red basket"


def looked(tab, run, lens, more="", text=TEXT):
    tab.goto(f"/look?run={run.name}&lens={lens}&text={text}{more}")
    expect(tab.locator("#status")).to_have_text("", timeout=SLOW)
    return [tab.locator(f"[data-widget={name}]") for name in _widgets(tab)]


def _widgets(tab) -> list[str]:
    return tab.eval_on_selector_all("#widgets [data-widget]", "all => all.map(one => one.dataset.widget)")


def table(widget) -> list[list[str]]:
    """The rows that "Show as a table" gives."""
    widget.get_by_text("Show as a table").click()
    return widget.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def numbers(rows, *columns) -> list[list[float]]:
    return [[float(row[column].replace("−", "-")) for column in columns] for row in rows]


def about(values):
    """What a table shows of them: six digits of the trace's JSON."""
    return pytest.approx(values, rel=1e-4, abs=1e-6)


def test_attention_is_pythons_and_its_widgets_move_together(tab, home):
    run = Run.open(home / "runs" / give(home, "gpt")[0])
    heads, neuron, model, sampler, _ = looked(tab, run, "attention")
    found = attention.trace(run, TEXT)
    last = len(found.labels) - 1

    model.locator(".drawn").focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowUp")
    expect(heads.locator("h3")).to_have_text("One head: layer 1, head 1")
    heads.locator(".drawn").focus()
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    rows = table(heads)
    assert [row[0] for row in numbers(rows, 2)] == about(found.pattern[1, 1, 2].tolist())
    assert "token=2" in tab.url
    assert "layer=1" in tab.url

    values = ("entropy", "distance", "previous", "first", "itself")
    rows = table(model)
    assert numbers(rows, 1, 2, 3, 4, 5) == [
        about([float(getattr(found, name)[divmod(i, 4)]) for name in values])
        for i in range(found.entropy.size)
    ]
    one = head.trace(run, TEXT, 1, 1, 2)
    expect(neuron.locator(".told")).to_contain_text(
        f"softmax makes {one.pattern[2].max():.2f} of it", timeout=SLOW
    )
    rows = table(neuron)
    best = int(one.pattern[2].argmax())
    assert [row[0] for row in numbers(rows, 3)] == about(one.elementwise[best].tolist())
    told = next_token.trace(run, TEXT, position=2)  # after the token that was chosen
    expect(sampler.locator(".said").first).to_have_text("".join(told.tokens), timeout=SLOW)
    rows = table(sampler)
    assert [row[0] for row in numbers(rows, 1)] == told.order[: len(rows)].tolist()
    assert [row[0] for row in numbers(rows, 3)] == about(told.probabilities[told.order[: len(rows)]].tolist())

    link = tab.url  # what was chosen is in the link
    tab.goto(link)
    expect(heads.locator("h3")).to_have_text("One head: layer 1, head 1", timeout=SLOW)
    expect(heads.locator(".told mark")).to_have_text(found.labels[2].replace(" ", "·"))
    assert last > 2


def test_the_other_lenses_are_pythons(tab, home):
    run = Run.open(home / "runs" / give(home, "lstm-attention")[0])
    (widget,) = looked(tab, run, "gates")
    found = gates.trace(run, TEXT)
    widget.locator(".drawn").focus()
    tab.keyboard.press("g")
    tab.keyboard.press("Home")
    letter = list(found.parts)[1]
    expect(widget.locator(".told")).to_contain_text(f"Unit {found.selective(letter)[0]} of forget")
    chosen = found.selective(letter, count=8)
    assert numbers(table(widget), *range(1, 9)) == [
        about(row) for row in found.parts[letter][-1][:, chosen].tolist()
    ]

    (widget,) = looked(tab, run, "gradient-flow")
    assert [row[0] for row in numbers(table(widget), 2)] == about(
        gradient_flow.trace(run, TEXT).inputs.tolist()
    )
    (widget,) = looked(tab, run, "tree", "&breadth=2&depth=2")
    ways = tree.trace(run, TEXT, breadth=2, depth=2).paths()
    assert [row[0] for row in numbers(table(widget), 1)] == about([share for _, share in ways])
    widget.locator(".drawn").focus()
    tab.keyboard.press("ArrowRight")
    expect(widget.locator(".told")).to_contain_text("follows with")
    assert "path=0" in tab.url
    (widget,) = looked(tab, run, "embeddings", "&count=12")
    plane = embeddings.trace(run, tokens=12)
    assert numbers(table(widget), 1, 2) == [about(row) for row in plane.places.tolist()]
    near = embeddings.trace(run, tokens=12).vectors
    cosine = float(near[0] @ near[1] / (near[0] @ near[0] * (near[1] @ near[1])) ** 0.5)
    assert numbers(widget_rows(widget), 3)[1] == about([cosine])
    (widget,) = looked(tab, run, "weights")
    assert [row[0] for row in numbers(table(widget), 2)] == [one.count for one in weights.trace(run).weights]
    (widget,) = looked(tab, run, "training")
    assert widget.locator(".told").text_content()

    gpt = Run.open(home / "runs" / give(home, "gpt")[0])
    (widget,) = looked(tab, gpt, "logits")
    layers = logit_lens.trace(gpt, TEXT)
    widget.locator(".drawn").focus()
    tab.keyboard.press("Home")
    assert numbers(table(widget), 2, 3) == [
        about([float(layers.top_probabilities[row, 0, 0]), float(layers.entropy[row, 0])])
        for row in range(len(layers.stages))
    ]


def widget_rows(widget):
    return widget.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def test_the_arena_is_pythons_and_shows_hostile_text_as_text(tab, home):
    name = give(home, "lstm-attention")[0]
    tab.goto(f"/tokens?replay={name}")
    text = f"naïve café {HOSTILE}\x07"
    tab.fill("#text", text)
    expect(tab.locator("#cuts .told")).to_contain_text("token 1 of", timeout=SLOW)
    expect(tab.locator("#status")).to_have_text("", timeout=SLOW)
    learnt = tokens.stories_to_learn_from()
    names = ["characters", "bytes", "words", "bpe:1000"]
    beside = {one: one for one in names} | {name: Run.open(home / "runs" / name)}
    found = tokens.trace(tab.input_value("#text"), beside, learn_from=learnt)
    widget = tab.locator("#cuts")
    expect(widget.locator(".cut-of").nth(1)).to_contain_text(f"{len(found.cuts[1].ids)} tokens", timeout=SLOW)
    rows = table(widget)
    assert [row[0] for row in rows] == [*names, name]
    assert numbers(rows, 1, 3, 4) == [
        about([len(one.ids), one.bytes_per_token, one.vocab_size]) for one in found.cuts
    ]
    assert [row[0] for row in numbers(rows, 2)] == about(
        [sum(one.per_word) / len(one.per_word) for one in found.cuts]
    )
    assert tab.locator("main img, main script").count() == 0
    assert "\u202e" not in widget.text_content()
    widget.locator(".drawn").focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    expect(widget.locator(".told")).to_contain_text(
        "“\\xc3” is number 195, 1 byte (c3). It begins or ends within"
    )

    merges = tab.locator("#merges")
    steps = replay(tab.input_value("#text")[:60], Run.open(home / "runs" / name).tokenizer).steps
    assert numbers(table(merges), 2, 3, 4) == [[one.id, one.count, one.tokens] for one in steps[:500]]
    merges.locator(".drawn").focus()
    tab.keyboard.press("ArrowRight")
    expect(merges.locator(".told")).to_contain_text(f"Step 1 of {len(steps)}")
    assert "step=1" in tab.url


def test_filters_under_a_slider_are_those_of_python(tab, home):
    """Computed in the browser, at every setting."""
    import torch

    torch.manual_seed(0)
    logits, ids = torch.randn(1, 50) * 3, [3, 7, 7]
    settings = [
        Sampling(),
        Sampling(temperature=0),
        Sampling(temperature=0.7, top_k=9),
        Sampling(top_p=0.6, min_p=0.05),
        Sampling(typical_p=0.5),
        Sampling(typical_p=0.01),
        Sampling(top_p=0.0),
        Sampling(repetition_penalty=1.7, temperature=1.4),
        Sampling(1.5, top_k=30, top_p=0.9, min_p=0.02, typical_p=0.95, repetition_penalty=1.2),
    ]
    tab.goto("/tokens")
    for one in settings:
        how = {name: getattr(one, name) for name in Sampling.__dataclass_fields__}
        given = tab.evaluate(
            """async ([logits, how, ids]) => {
            const { stages, softmax } = await import("/static/widgets/sampler.js");
            return stages(logits, how, ids).map(([name, left]) => [name, softmax(left)]);
        }""",
            [logits[0].tolist(), how, ids],
        )
        expected = [
            (name, left[0].softmax(-1).tolist()) for name, left in stages(logits, one, torch.tensor([ids]))
        ]
        assert [name for name, _ in given] == [name for name, _ in expected]
        for (_, shares), (_, wanted) in zip(given, expected, strict=True):
            assert shares == pytest.approx(wanted, abs=1e-6)
    kinds = tab.evaluate(
        """async (kinds) => {
            const { colourOf } = await import("/static/kit/lens.js");
            return kinds.map(colourOf);
        }""",
        list(RUNGS),
    )
    assert kinds == [f"m{rung.number}" for rung in RUNGS.values()]


def test_the_pages_are_usable_by_all(tab, home):
    name = give(home, "gpt")[0]
    for path in (f"/look?run={name}&text={TEXT}", "/tokens"):
        tab.set_viewport_size(WIDE)
        tab.goto(path)
        expect(tab.locator("#status")).to_have_text("", timeout=SLOW)
        expect(tab.locator(".drawn").first).not_to_be_empty(timeout=SLOW)
        tab.add_script_tag(url="/static/vendor/axe.js")
        for theme in ("light", "dark"):
            tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert violations(tab) == [], (path, theme)
        tab.set_viewport_size(PHONE)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
