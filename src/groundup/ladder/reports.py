"""The reports of the ladder: a comparison and an ablation, each as one HTML page that needs no other file.

To read, print or send: no script, no network. Everything that came from a text, a model or a person is escaped.
Charts are drawn at two widths, of which the page shows one, so that text is never scaled.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from groundup.common.atomic import write_text
from groundup.common.brand import MARK, VERSION, rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import (
    corpus_title,
    format_count,
    format_duration,
    format_or_dash,
    make_printable,
)
from groundup.ladder.ablation_result import Ablation
from groundup.ladder.compare import Comparison
from groundup.ladder.figures import write_ablation_figure, write_comparison_figure
from groundup.ladder.loss_curve import Point, plot_limits

MAX_SAMPLE_CHARACTERS = 360
STYLE = Path(__file__).with_name("report.css")
ABLATION_STYLE = """
.ink { --m: var(--ink); }
.plot .whole { stroke-dasharray: 6 4; stroke-linecap: butt; }
.plot .line.train { opacity: 0.55; }
.plot .val.whole-end { fill: var(--m); }
.plot .cross { stroke: var(--ink); stroke-width: 2.5; fill: none; }
.study { display: grid; gap: 1.25rem 2rem; margin-top: 0.5rem; }
.study { grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
.study > * { min-width: 0; }
.study dl { margin: 0; display: grid; gap: 0.75rem; align-content: start; }
.study dt { font-size: 0.875rem; color: var(--ink-3); }
.study dd { margin: 0.1rem 0 0; max-width: 37rem; }
.study .said { background: var(--sunk); border-radius: 6px; padding: 0.6rem 0.75rem; }
.after { padding-top: 0.75rem; }
td.words { white-space: normal; min-width: 14rem; }
a { color: inherit; }
"""

ABLATION_FOOTER = """<p>The sentences on curves and on how to recognise each were written from runs of the
small presets on Tiny Shakespeare; “what happened” is this run's own. What a missing part costs depends on
the budget and on the size of the model.</p>
<p>Bits per byte is how many bits a model needs for a text it has not seen, over the text's bytes; fewer is
better.</p>"""


# ---- the frame of a page, and words made safe for it -------------------------------------------------------


def frame_page(
    title: str, lead: str, body: str, footer: str, *, notes: Sequence[str], style: str = ""
) -> str:
    """A whole page. Title, lead and notes are plain words; body and footer are HTML; `style` adds to report.css."""
    caution = "".join(f"<li>{_escape(note)}</li>" for note in notes)
    now = f"{datetime.now().astimezone():%d %B %Y, %H:%M}"
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}{style}</style>
<main>
<header>
{MARK}
<div>
<h1>{_escape(title)}</h1>
<p class="lead">{_escape(lead)}</p>
</div>
</header>
{f'<ul class="caution">{caution}</ul>' if caution else ""}
{body}
<footer>
{footer}
<p>groundup {VERSION}, {now}.</p>
</footer>
</main>
</html>
"""


def _scrolling_table(head: str, body: str) -> str:
    """A table that scrolls by itself on a phone; tabindex lets a keyboard scroll it too."""
    rows = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Numbers"><table>\n{rows}</table></div>'
    )


def _svg(parts: list[str], width: int, height: float, form: str, finding: str) -> str:
    body = "\n".join(parts)
    about = f'viewBox="0 0 {width} {height:g}" role="img" aria-label="{escape(finding, quote=True)}"'
    return f'<svg class="plot {form}" {about}>\n{body}\n</svg>'


def _escape(text: str) -> str:
    return escape(make_printable(text))


def _shorten(sample: str) -> str:
    """The same length for all: so many tokens are a line of letters, or a page of words."""
    return (
        sample
        if len(sample) <= MAX_SAMPLE_CHARACTERS
        else sample[:MAX_SAMPLE_CHARACTERS].rsplit(" ", 1)[0] + " …"
    )


def _escape_sample(text: str) -> str:
    return _escape(text.strip("\n")) or "⏎"


@dataclass(frozen=True)
class PlotArea:
    """Where a chart of bits per byte over training stands: its size and margins in pixels, its ranges in units."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    end: float
    """The largest x; the smallest is 0."""
    low: float
    high: float

    def x(self, spent: float) -> float:
        return self.left + spent / self.end * (self.width - self.left - self.right)

    def y(self, bpb: float) -> float:
        return self.top + (self.high - bpb) / (self.high - self.low) * (self.height - self.top - self.bottom)

    def path(self, points: Sequence[Point]) -> str:
        return "M" + "L".join(f"{self.x(spent):.1f} {self.y(bpb):.1f}" for spent, bpb in points)

    def grid(self) -> list[str]:
        """The horizontal lines with their numbers, and the axis at the bottom."""
        parts, right = [], self.width - self.right
        marks = ticks(self.low, self.high)
        for mark, label in zip(marks, tick_labels(marks), strict=True):
            parts.append(f'<path class="grid" d="M{self.left} {self.y(mark):.1f}H{right}"/>')
            parts.append(
                f'<text class="tick end" x="{self.left - 8}" y="{self.y(mark) + 4:.1f}">{label}</text>'
            )
        return [*parts, f'<path class="axis" d="M{self.left} {self.height - self.bottom}H{right}"/>']

    def x_labels(self, most: int, y: float, last_unit: str = "") -> list[str]:
        """The numbers under the axis, at most so many; the last with its unit."""
        marks = ticks(0, self.end, most)
        units = [""] * (len(marks) - 1) + [last_unit]
        return [
            f'<text class="tick mid" x="{self.x(mark):.1f}" y="{y}">{label}{unit}</text>'
            for mark, label, unit in zip(marks, tick_labels(marks), units, strict=True)
        ]


# ---- a comparison ------------------------------------------------------------------------------------------


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write report.html, ladder.png and ladder.json into a folder."""
    write_comparison_figure(comparison, folder / "ladder.png")
    write_comparison_report(comparison, folder / "report.html")
    _write_json(comparison.to_json(), folder / "ladder.json")


def _write_json(data: dict[str, Any], path: Path) -> None:
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def write_comparison_report(comparison: Comparison, path: Path) -> Path:
    """Write the page, and return its path."""
    write_text(path, comparison_page(comparison))
    return path


def comparison_page(comparison: Comparison) -> str:
    """The whole page as HTML."""
    corpora = sorted({corpus_title(row["corpus"]) for row in comparison.models})
    title = f"The ladder on {', '.join(corpora)}"
    notes = [
        *comparison.warnings,
        *(f"{rung_of(name).title} failed: {why}" for name, why in comparison.failed.items()),
    ]
    floor = " Dotted: the floor, the fewest bits that any model can need." if comparison.floor else ""
    body = f"""<section class="card">
<h2>How they came down</h2>
<p class="cap">Bits per byte on text that no model was trained on, over seconds of training. Thin: the loss on
the training text, in the same unit.{floor}</p>
{_lines(comparison, 1080, 400, "wide")}
{_lines(comparison, 330, 300, "narrow")}
</section>
<section class="card">
<h2>Where they stand</h2>
<p class="cap">Bits per byte after training; fewer is better.</p>
{_bars(comparison, 1080, "wide")}
{_bars(comparison, 330, "narrow")}
</section>
<section class="card">
<h2>In numbers</h2>
{_comparison_table(comparison)}
</section>
<section>
<h2>What they write</h2>
<p class="cap">Each goes on from the same words with the same seed ({comparison.seed}).</p>
<p class="said prompt">{_escape_sample(comparison.prompt)}</p>
{_samples(comparison)}
</section>"""
    footer = f"""<p>{_escape(_conditions(comparison))}</p>
<p>Bits per byte is how many bits a model needs for a text it has not seen, over the text's bytes. It compares
models whose tokens differ; loss and perplexity per token do not.</p>"""
    return frame_page(title, comparison.sentence(), body, footer, notes=notes)


def _comparison_table(comparison: Comparison) -> str:
    heads = (
        "model",
        "bits per byte",
        "loss per token",
        "perplexity",
        "parameters",
        "trained",
        "tokens/s",
        "run",
    )
    kinds = ("", "n", "n", "n", "n", "n", "n", "")
    head = "".join(
        f'<th scope="col" class="{kind}">{name}</th>' for name, kind in zip(heads, kinds, strict=True)
    )
    body = ""
    for row in comparison.models:
        cells = [
            format_or_dash(row["bpb"], ".3f"),
            format_or_dash(row["loss"], ".3f"),
            format_or_dash(row["perplexity"], ".1f"),
            format_count(row["parameters"]),
            format_duration(row["seconds"]),
            format_or_dash(row["tokens_per_second"], ",.0f"),
        ]
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        best = ' class="best"' if row is comparison.best else ""
        body += f'<tr{best}><th scope="row">{_who(row)}</th>{numbers}<td>{_escape(row["run"])}</td></tr>\n'
    return _scrolling_table(head, body)


def _samples(comparison: Comparison) -> str:
    """From the best to the worst would hide the ladder: they stand in the order of the rows."""
    items = ""
    for row in comparison.models:
        wrote = (
            _escape_sample(_shorten(row["sample"]))
            if row["sample"]
            else "<em>It wrote nothing; see above.</em>"
        )
        score = f"{row['bpb']:.2f} bits per byte" if row["bpb"] is not None else "not scored"
        items += (
            f'<li class="m{rung_of(row["name"]).number}"><p>{_who(row)} <span class="cap">{score}</span></p>'
        )
        items += f'<p class="said">{wrote}</p></li>\n'
    return f'<ul class="samples">\n{items}</ul>'


def _lines(comparison: Comparison, width: int, height: int, form: str) -> str:
    """Scores and training loss over time, with a label at the end of each line."""
    wide = form == "wide"
    right = 230 if wide else 84
    plot = PlotArea(width, height, 44, right, 14, 34, *plot_limits(comparison.curves, comparison.floor))
    edge = width - right
    clip = f'clip-path="url(#{form})"'
    parts = [
        f'<clipPath id="{form}"><path d="M{plot.left} 0H{width}V{height - plot.bottom}H{plot.left}Z"/></clipPath>'
    ]
    parts += plot.grid() + plot.x_labels(5 if wide else 3, height - 12, last_unit=" s")
    if comparison.floor:
        parts.append(f'<path class="floor" d="M{plot.left} {plot.y(comparison.floor):.1f}H{edge}"/>')
    scored = [
        (row, curve) for row, curve in zip(comparison.models, comparison.curves, strict=True) if curve.scores
    ]
    places = spread_labels([plot.y(curve.scores[-1][1]) for _, curve in scored], 22)
    for (row, curve), place in zip(scored, places, strict=True):
        x, y = plot.x(curve.scores[-1][0]), plot.y(curve.scores[-1][1])
        parts.append(f'<g class="m{rung_of(row["name"]).number}">')
        if curve.losses:
            parts.append(f'<path class="line train" {clip} d="{plot.path(curve.losses)}"/>')
        parts.append(f'<path class="line" {clip} d="{plot.path(curve.scores)}"/>')
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
        parts.append(f'<path class="leader" d="M{x + 5:.1f} {y:.1f}L{edge + 12} {place:.1f}"/>')
        parts.append(_tag(edge + 14, place, row))
        if wide:
            name = _row_name(comparison, row)
            parts.append(f'<text class="name" x="{edge + 40}" y="{place + 5:.1f}">{name}</text>')
        score = f"{curve.scores[-1][1]:.2f}"
        parts.append(f'<text class="val end" x="{width - 2}" y="{place + 4.5:.1f}">{score}</text></g>')
    return _svg(parts, width, height, form, f"Bits per byte over training time. {comparison.sentence()}")


def _bars(comparison: Comparison, width: int, form: str) -> str:
    """One bar a row. They begin at zero, so lengths compare truly."""
    wide = form == "wide"
    left, right, row_height, bar = (232, 70, 40, 20) if wide else (30, 56, 44, 14)
    longest = max((row["bpb"] for row in comparison.models if row["bpb"] is not None), default=1.0)
    height = row_height * len(comparison.models) + 8

    def x(bpb: float) -> float:
        return left + bpb / longest * (width - left - right)

    parts = []
    for number, row in enumerate(comparison.models):
        middle = row_height * (number + 0.5) + 4
        parts.append(f'<g class="m{rung_of(row["name"]).number}">')
        parts.append(_tag(0, middle if wide else middle + 8, row))
        name = _row_name(comparison, row)
        if wide:
            parts.append(f'<text class="name" x="28" y="{middle + 5:.1f}">{name}</text>')
        else:
            parts.append(f'<text class="name" x="{left + 5}" y="{middle - 5:.1f}">{name}</text>')
            middle += 8
        if row["bpb"] is not None:
            top = middle - bar / 2
            parts.append(f'<path class="bar" d="M{left} {top:.1f}H{x(row["bpb"]):.1f}v{bar}H{left}Z"/>')
            parts.append(
                f'<text class="val" x="{x(row["bpb"]) + 8:.1f}" y="{middle + 4:.1f}">{row["bpb"]:.3f}</text>'
            )
        parts.append("</g>")
    parts.append(f'<path class="axis" d="M{left} 0V{height}"/>')
    if comparison.floor:
        parts.append(f'<path class="floor" d="M{x(comparison.floor):.1f} 0V{height}"/>')
    return _svg(parts, width, height, form, f"Bits per byte as bars. {comparison.sentence()}")


def _tag(left: float, middle: float, row: dict[str, Any]) -> str:
    number = rung_of(row["name"]).number
    box = f'<rect class="tag" x="{left:g}" y="{middle - 9:.1f}" width="18" height="18" rx="3"/>'
    return box + f'<text class="tag-n" x="{left + 9:g}" y="{middle + 4:.1f}">{number}</text>'


def _who(row: dict[str, Any]) -> str:
    rung = rung_of(row["name"])
    return f'<span class="who m{rung.number}" data-n="{rung.number}">{_escape(rung.title)}</span>'


def _row_name(comparison: Comparison, row: dict[str, Any]) -> str:
    name = comparison.row_name(row)
    return _escape(name if len(name) <= 20 else name[:19] + "…")


def _conditions(comparison: Comparison) -> str:
    """What all had in common, and how each was computed."""
    budgets = sorted({row["budget"] for row in comparison.models})
    precisions = sorted({str(row["precision"]) for row in comparison.models if row["precision"]})
    computed = " and ".join(precisions) or "an unknown precision"
    return f"Trained with a budget of {', '.join(budgets)} each, in {computed}."


# ---- an ablation -------------------------------------------------------------------------------------------


def write_ablation(ablation: Ablation, folder: Path) -> None:
    """Write report.html, ablation.png and rows.json into a folder."""
    write_ablation_figure(ablation, folder / "ablation.png")
    write_ablation_report(ablation, folder / "report.html")
    _write_json(ablation.to_json(), folder / "rows.json")


def write_ablation_report(ablation: Ablation, path: Path) -> Path:
    """Write the page, and return its path."""
    write_text(path, ablation_page(ablation))
    return path


def ablation_page(ablation: Ablation) -> str:
    """The whole page as HTML."""
    whole = ablation.whole
    model, text = rung_of(ablation.model).title, corpus_title(whole["corpus"])
    title = f"{model}, one change at a time"
    cards = "\n".join(_card(ablation, number) for number in range(1, len(ablation.variants)))
    body = f"""<section class="card">
<h2>What it did to the bits per byte</h2>
<p class="cap">Where nothing else is said, all began with the same numbers. They were trained on {_escape(text)}
with a budget of {_escape(whole["budget"])} each, in {_escape(str(whole["precision"]))}; the seed is {ablation.seed}.
One run each: a small difference may be chance, and another budget may turn it round.</p>
{_ablation_table(ablation)}
</section>
<section class="card">
<h2>{_escape(whole["title"][0].upper() + whole["title"][1:])}</h2>
<p class="cap">What the others are compared with. In the charts it is the dashed line. Solid: bits per byte on text
that the model was not trained on. Thin: the loss on its training batches, in the same unit.</p>
<dl class="study"><div><dt>What happened</dt><dd>{_escape(whole["happened"])}</dd></div>
<div><dt>What it writes after “{_escape(ablation.prompt.strip())}”</dt>
<dd class="said">{_sample(whole)}</dd></div></dl>
</section>
{cards}"""
    return frame_page(
        title, ablation.sentence(), body, ABLATION_FOOTER, notes=ablation.warnings, style=ABLATION_STYLE
    )


def _ablation_table(ablation: Ablation) -> str:
    heads = (("", ""), ("n", "bits per byte"), ("n", "difference"), ("n", "in training"), ("", "verdict"))
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for kind, name in heads)
    body = ""
    for number, row in enumerate(ablation.variants):
        cells = (
            format_or_dash(row["bpb"], ".3f"),
            format_or_dash(row["difference"], "+.3f"),
            format_or_dash(row["training_bpb"], ".3f"),
        )
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        name = _escape(row["title"])
        name = f'<a href="#v{number}">{name}</a>' if number else f"<b>{name}</b>"
        body += (
            f'<tr><th scope="row">{name}</th>{numbers}<td class="words">{_escape(row["verdict"])}</td></tr>\n'
        )
    return _scrolling_table(head, body)


def _card(ablation: Ablation, number: int) -> str:
    """One variant: its curves beside the whole model's, and what there is to say."""
    row = ablation.variants[number]
    rows = {
        "What happened": row["happened"],
        "What its curves look like": row["curves"],
        "How to recognise it": row["recognise"],
        "Where it occurs": row["practice"],
    }
    terms = "".join(
        f"<div><dt>{term}</dt><dd>{_escape(words)}</dd></div>\n" for term, words in rows.items() if words
    )
    after = f"What it writes after “{_escape(ablation.prompt.strip())}”"
    title = row["title"][0].upper() + row["title"][1:]
    own = " This chart has a scale of its own." if ablation.plot_ranges()[number][3] else ""
    return f"""<section class="card" id="v{number}">
<h2>{_escape(title)}: {_escape(row["verdict"])}</h2>
<p class="cap">{_escape(row["changes"])}{own}</p>
<div class="study">
<div>
{_chart(ablation, number, 520, 300, "wide")}
{_chart(ablation, number, 330, 250, "narrow")}
<dl class="after"><div><dt>{after}</dt><dd class="said">{_sample(row)}</dd></div></dl>
</div>
<dl>
{terms}</dl>
</div>
</section>"""


def _sample(row: dict[str, Any]) -> str:
    return _escape_sample(_shorten(row["sample"])) if row["sample"] else "<em>Nothing.</em>"


def _chart(ablation: Ablation, number: int, width: int, height: int, form: str) -> str:
    """The curves of one variant in ink, and the whole model's as a dashed line in its colour."""
    row, curve, whole = ablation.variants[number], ablation.curves[number], ablation.curves[0]
    end, low, high, _ = ablation.plot_ranges()[number]
    plot = PlotArea(width, height, 40, 92, 10, 40, end, low, high)
    left, edge = plot.left, width - plot.right
    inside = f"M{left} 0H{edge + 6}V{height - plot.bottom}H{left}Z"
    clip = f'clip-path="url(#{form}{number})"'
    parts = [f'<clipPath id="{form}{number}"><path d="{inside}"/></clipPath>', *plot.grid()]
    parts += plot.x_labels(4, height - plot.bottom + 18)
    parts.append(f'<text class="tick end" x="{edge}" y="{height - 4}">{ablation.unit}</text>')
    if ablation.floor and low < ablation.floor < high:
        y = plot.y(ablation.floor)
        parts.append(f'<path class="floor" d="M{left} {y:.1f}H{edge}"/>')
        parts.append(f'<text class="tick" x="{left + 4}" y="{y - 4:.1f}">the floor</text>')
    labels = []
    if whole.scores:
        last, kind = whole.scores[-1][1], f"m{rung_of(ablation.model).number}"
        parts.append(f'<g class="{kind}" {clip}><path class="line whole" d="{plot.path(whole.scores)}"/></g>')
        labels.append((plot.y(last), f'class="val whole-end {kind}"', f"whole {last:.2f}"))
    parts.append(f'<g class="ink" {clip}>')
    if curve.losses:
        parts.append(f'<path class="line train" d="{plot.path(curve.losses)}"/>')
    if curve.scores:
        parts.append(f'<path class="line" d="{plot.path(curve.scores)}"/>')
        for spent, bpb in curve.scores:
            parts.append(f'<circle class="dot" cx="{plot.x(spent):.1f}" cy="{plot.y(bpb):.1f}" r="3"/>')
        labels.append((plot.y(curve.scores[-1][1]), 'class="val"', f"{curve.scores[-1][1]:.2f}"))
    if row["diverged"] is not None and curve.losses:
        spent, bpb = curve.losses[-1]
        corner = f"{plot.x(spent) - 5:.1f} {plot.y(bpb) - 5:.1f}"
        parts.append(f'<path class="cross" d="M{corner}l10 10m0 -10l-10 10"/>')
    parts.append("</g>")
    places = spread_labels([y for y, _, _ in labels], 17)
    for (_, kind, words), place in zip(labels, places, strict=True):
        parts.append(f'<text {kind} x="{edge + 10}" y="{place + 4.5:.1f}">{words}</text>')
    summary = f"Bits per byte over {ablation.unit} of training, {row['title']}: {row['verdict']}."
    return _svg(parts, width, height, form, summary)
