"""Comparing runs: the rows are the runs' own numbers, and every form of the result shows them."""

import html
import json
import re
import sys
from html.parser import HTMLParser

import pytest
from rich.console import Console

from groundup.common.errors import GroundupError
from groundup.generation import Sampling
from groundup.ladder.compare import Comparison, compare
from groundup.ladder.figures import write_comparison_figure
from groundup.ladder.loss_curve import LossCurve
from groundup.ladder.reports import comparison_page, write_comparison_report

KEYS = {"name", "run", "bpb", "loss", "perplexity", "parameters", "seconds", "tokens_per_second", "sample"}


def test_rows_are_the_runs_own_numbers_in_the_order_given(make_run):
    gpt, rnn = make_run("gpt", "one"), make_run("char-rnn", "two")
    found = compare([gpt, "two"], prompt="The fox", seed=4)
    assert [row["run"] for row in found.models] == ["one", "two"]
    assert [row["name"] for row in found.models] == ["gpt", "char-rnn"]
    for run, row in zip((gpt, rnn), found.models, strict=True):
        assert set(row) >= KEYS
        best = min(run.events("evaluation"), key=lambda event: event["bpb"])
        measured = run.evaluate()
        assert row["bpb"] == best["bpb"] == pytest.approx(measured.bpb, rel=1e-6)
        assert row["loss"] == best["loss"] == pytest.approx(measured.loss, rel=1e-6)
        assert row["parameters"] == sum(p.numel() for p in run.model().parameters())
        assert row["sample"] == run.generate("The fox", 160, sampling=Sampling(temperature=0.8, seed=4)).text
    assert found.warnings == []
    assert found.best is min(found.models, key=lambda row: row["bpb"])
    json.dumps(found.to_json(), allow_nan=False)


def test_the_default_prompt_opens_the_validation_text(make_run):
    run = make_run("char-rnn", "one", budget="2steps")
    found = compare([run])
    start = "".join(run.corpus().pieces("validation")).lstrip()
    assert found.prompt
    assert len(found.prompt) <= 33
    assert found.prompt in start[:200]


def test_different_texts_and_budgets_are_warned_about(make_run, fox):
    other = fox.with_name("other.txt")
    other.write_text(fox.read_text(encoding="utf-8").replace("fox", "hen"), encoding="utf-8")
    make_run("char-rnn", "one", budget="2steps")
    make_run("char-rnn", "two", budget="3steps", corpus=other)
    found = compare(["one", "two"])
    assert any("different texts" in warning and "other.txt" in warning for warning in found.warnings)
    assert any("budgets" in warning for warning in found.warnings)
    assert found.models[0]["sample"]


def test_a_prompt_that_one_model_cannot_read(make_run):
    make_run("char-rnn", "letters", budget="2steps")
    make_run("gpt", "bytes", budget="2steps")
    found = compare(["letters", "bytes"], prompt="漢")
    assert found.models[0]["sample"] is None
    assert found.models[1]["sample"] is not None
    assert "letters" in found.warnings[0]
    assert "漢" in found.warnings[0]


def test_nothing_to_compare_and_a_missing_run():
    with pytest.raises(GroundupError, match="nothing to compare"):
        compare([])
    with pytest.raises(GroundupError, match="no run 'missing'"):
        compare(["missing"])


# ---- forms of the result: made rows, so that hard cases are there ------------------------------------------


def row(name, bpb, **more):
    made = {
        "name": name,
        "run": f"{name}-1",
        "corpus": "a <b> & c",
        "budget": "5s",
        "bpb": bpb,
        "loss": bpb and bpb * 0.9,
        "perplexity": 7.0,
        "parameters": 123456,
        "steps": 10,
        "seconds": 5.0,
        "tokens_per_second": 31234,
        "precision": "float32",
        "state": "budget",
        "sample": 'To <script>alert("x")</script> & \x1b[31m be',
    }
    return made | more


@pytest.fixture
def made():
    rows = [row("char-rnn", 2.8), row("gpt", 2.1), row("word-gru", None, sample=None)]
    curves = [
        LossCurve([(2.0, 3.0), (5.0, 2.8)], [(1.0, 9.0), (5.0, 2.6)]),
        LossCurve([(5.0, 2.1)], []),
        LossCurve([], []),
    ]
    return Comparison(
        rows, "<i>My lord</i>", 1, curves, ["a <u>warning</u>"], {"transformer": "no <memory>"}, floor=1.3
    )


def text_of(table, width):
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_table_fits_its_width_and_cuts_no_number(made):
    wide = text_of(made.table(120), 120)
    for shown in ("2.800", "2.100", "1.890", "123 k", "31,234", "gpt-1", "GPT"):
        assert shown in wide
    narrow = text_of(made.table(60), 60)
    assert "2.100" in narrow
    assert "…" not in narrow
    assert all(len(line) <= 60 for line in narrow.splitlines())


def test_the_sentence_names_the_best_and_how_much(made):
    assert made.sentence() == "GPT needs 2.10 bits a byte, 0.70 fewer than char RNN."


class Page(HTMLParser):
    """Tags that are open at the end, text that is seen, and addresses that would be asked for."""

    VOID = frozenset({"meta", "br", "img", "link", "hr", "input"})
    OPTIONAL = frozenset({"html"})

    def __init__(self, source):
        super().__init__()
        self.tags, self.open, self.words, self.asked = [], [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.asked += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_report_is_whole_escaped_and_needs_nothing_else(made, tmp_path):
    path = write_comparison_report(made, tmp_path / "new" / "report.html")
    source = path.read_text(encoding="utf-8")
    seen = Page(source)
    assert seen.open == []
    assert seen.asked == []
    assert not {"script", "link", "img", "b", "i", "u", "memory"} & set(seen.tags)
    words = "".join(seen.words)
    for shown in (
        "<i>My lord</i>",
        'alert("x")',
        "a <u>warning</u>",
        "no <memory>",
        "a <b> & c",
        "2.800",
        "31,234",
    ):
        assert shown in words
    assert "\x1b" not in source
    assert "url(" not in re.sub(r'clip-path="url\(#\w+\)"', "", source)
    labels = re.findall(r'role="img" aria-label="([^"]*)"', source)
    assert len(labels) == 4  # two charts at two widths
    assert all(html.unescape(label).endswith(made.sentence()) for label in labels)


def test_bars_begin_at_zero_and_are_true(made):
    """In the page's bars, lengths are in proportion to bits per byte."""
    lengths = []
    for left, right in re.findall(r'class="bar" d="M([\d.]+) [\d.]+H([\d.]+)v', comparison_page(made)):
        lengths.append(float(right) - float(left))
    wide = lengths[:2]
    assert len(lengths) == 4
    assert wide[0] / wide[1] == pytest.approx(2.8 / 2.1, rel=1e-3)


def test_the_picture_is_a_picture_and_leaves_pyplot_alone(made, tmp_path):
    loaded = "matplotlib.pyplot" in sys.modules
    path = write_comparison_figure(made, tmp_path / "ladder.png")
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert ("matplotlib.pyplot" in sys.modules) == loaded
    import numpy as np
    from matplotlib import image

    pixels = image.imread(path)[..., :3]
    for colour in ("#6d2012", "#7e38a3"):  # both models that have a score are drawn in their colour
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        assert (np.abs(pixels - wanted).max(axis=-1) < 0.02).sum() > 500


def test_nothing_scored_yet_still_makes_all_forms(tmp_path):
    empty = Comparison(
        [row("gpt", None, loss=None, perplexity=None, seconds=None)], "\n", 1, [LossCurve([], [])]
    )
    write_comparison_figure(empty, tmp_path / "a.png")
    write_comparison_report(empty, tmp_path / "a.html")
    assert "-" in text_of(empty.table(), 100)
    assert "scored" in empty.sentence()
