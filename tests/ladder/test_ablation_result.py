"""What is said of an ablation: verdicts, the sentence, the table, the picture, the page, and the views."""

import html
import re

import pytest
from rich.console import Console

from groundup.ladder.ablate import VariantEnd, VariantStart
from groundup.ladder.ablation_result import Ablation, judge
from groundup.ladder.figures import write_ablation_figure
from groundup.ladder.loss_curve import LossCurve
from groundup.ladder.reports import ablation_page, write_ablation_report
from groundup.ladder.views import AblationLines, AblationView
from groundup.training.events import StartEvent


def row(variant, bpb=2.5, **more):
    part = variant.removeprefix("without-")
    made = {
        "variant": variant, "kind": "whole" if variant == "whole" else "part", "title": f"<b>{part}</b>",
        "bpb": bpb, "last_bpb": bpb, "training_bpb": bpb, "diverged": None, "read_whole": bpb, "gradient_norm": 1.0,
        "read_one_by_one": bpb, "changes": "It <i>changes</i>.", "curves": "They & so on.", "recognise": "Look.",
        "practice": "There.", "sample": '<script>alert("x")</script>\x1b[31m', "corpus": "a&b", "budget": "5s",
        "precision": "float32",
    }  # fmt: skip
    return made | more


def found(*rows, curves=None):
    for one in rows:
        judge(one, rows[0], 0.02)
    curves = curves or [
        LossCurve([(2.0, 3.0), (5.0, one["bpb"] or 3.0)], [(1.0, 4.0), (5.0, 2.0)]) for one in rows
    ]
    return Ablation("gpt", list(rows), curves, "seconds", "<u>My lord</u>", 1, None, ["a <u>warning</u>"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"bpb": 2.4}, "better"),
        ({"bpb": 2.51}, "no different, as far as this shows"),
        ({"bpb": 2.55}, "a little worse"),
        ({"bpb": 2.9}, "worse"),
        ({"bpb": 3.1}, "much worse"),
        (
            {"bpb": 0.3, "read_whole": 0.3, "read_one_by_one": 7.0},
            "cheats: needs 7.00 where it cannot look ahead",
        ),
        ({"training_bpb": 0.1}, "good on its training batches alone"),
        ({"last_bpb": 2.9}, "got worse again: 2.90 at the end"),
        ({"bpb": None, "last_bpb": None, "read_whole": None, "diverged": 7}, "diverged at step 7"),
    ],
)
def test_verdicts(more, says):
    one = row("without-norm", **{"training_bpb": None} | more)
    judge(one, row("whole"), 0.02)
    assert one["verdict"] == says


def test_the_sentence_names_what_is_missed_most():
    whole, little, most = (
        row("whole"),
        row("without-scale", 2.6, title="without scale"),
        row("without-norm", 3.0),
    )
    cheat = row("without-mask", 0.2, read_whole=0.2, read_one_by_one=6.0)
    assert found(whole, little, most, cheat).sentence() == (
        "The whole GPT needs 2.50 bits a byte. Of its parts it misses norm most: 0.50 more."
    )
    assert (
        found(whole, little).sentence()
        == "The whole GPT needs 2.50 bits a byte, and 0.10 more without scale."
    )
    assert found(whole, cheat).sentence() == "The whole GPT needs 2.50 bits a byte."
    lost = row("whole", None, last_bpb=None, training_bpb=None, diverged=3, read_whole=None)
    assert "diverged at step 3" in found(lost, row("without-norm")).sentence()


def test_the_report_is_whole_escaped_and_needs_nothing_else(tmp_path):
    made = found(
        row("whole"), row("without-norm", 2.9), row("without-mask", None, diverged=3, read_whole=None)
    )
    source = write_ablation_report(made, tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    for shown in (
        "<b>norm</b>",
        "It <i>changes</i>.",
        "They & so on.",
        'alert("x")',
        "<u>My lord</u>",
        "a <u>warning",
    ):
        assert html.escape(shown) in source
    assert not re.search(r"<(script|link|img|i>|u>)", source)
    assert not re.search(r'(src|href)="(?!#)', source)
    assert "\x1b" not in source
    assert source.count('class="plot wide"') == source.count('class="plot narrow"') == 2
    for tag in ("section", "div", "dl", "dd", "dt", "svg", "g", "table"):
        assert len(re.findall(rf"<{tag}[ >]", source)) == source.count(f"</{tag}>"), tag
    assert ablation_page(made).count("diverged at step 3") >= 2


def test_the_picture_shows_the_whole_in_colour_and_the_rest_in_ink(tmp_path):
    import numpy as np
    from matplotlib import image

    rows = [row("whole"), row("without-norm", 2.9), row("without-mask", None, diverged=3, read_whole=None)]
    pixels = image.imread(write_ablation_figure(found(*rows), tmp_path / "a.png"))[..., :3]
    colour, ink = (
        np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for code in ("#7e38a3", "#1d1913")
    )
    for wanted in (colour, ink):
        assert (np.abs(pixels - wanted).max(axis=-1) < 0.03).sum() > 500
    alone = found(
        row("whole", None, last_bpb=None, training_bpb=None, read_whole=None), curves=[LossCurve([], [])]
    )
    write_ablation_figure(alone, tmp_path / "b.png")
    write_ablation_report(alone, tmp_path / "b.html")


def test_the_table_fits_its_width():
    made = found(row("whole"), row("without-norm", 2.9))
    for width in (120, 70, 50):
        console = Console(width=width)
        with console.capture() as capture:
            console.print(made.table(width))
        assert "2.900" in capture.get()
        assert all(len(line) <= width for line in capture.get().splitlines())
        assert ("+0.400" in capture.get()) == (width > 60)


# ---- watching ----------------------------------------------------------------------------------------------


def test_the_views_tell_what_is_done_and_how_long_it_takes():
    variants = ["whole", *(f"without-{number}" for number in range(30))]
    start = StartEvent(
        model="gpt", corpus="c", parameters=1, vocab_size=1, tokenizer="bpe", precision="float32",
        precision_why="", device="cpu", run="r", budget="2steps", step=0, tokens=0, seconds=0.0,
        flops_per_token=1, spent=0.0,
    )  # fmt: skip
    console = Console(width=100, height=30, force_terminal=True)
    view, lines = AblationView(console, "gpt", variants), []
    plain = AblationLines(Console(width=100), "gpt", variants)
    plain.write = lines.append
    for number, variant in enumerate(variants[:20], start=1):
        for event in (
            VariantStart(variant, number, 31),
            start,
            VariantEnd(variant, 2.5 + number / 100, None),
        ):
            view.read(event)
            plain(event)
    event = VariantStart(variants[20], 21, 31)
    view.read(event)
    plain(event)
    with console.capture() as capture:
        console.print(view.frame())
    shown = capture.get()
    assert "20 of 31 done" in shown
    assert "left in all" in shown
    assert "without-18" in shown
    assert "+0.190" in shown
    assert len(shown.splitlines()) <= 30
    said = "".join(lines)
    assert "21 of 31: without-19   (about" in said
    assert "without-0: 2.520 bits per byte  +0.010" in said
