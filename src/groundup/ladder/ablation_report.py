"""An ablation as one HTML page: the numbers, then each variant's curves and what there is to say of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_text
from groundup.common.brand import rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import corpus_title, format_or_dash
from groundup.ladder.loss_curve import Point
from groundup.ladder.page import cut, escaped, framed, said, scrolling_table, svg

if TYPE_CHECKING:
    from groundup.ladder.ablation_result import Ablation

MORE_STYLE = """
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


FOOTER = """<p>The sentences on curves and on how to recognise each were written from runs of the small presets on
Tiny Shakespeare; “what happened” is this run's own. What a missing part costs depends on the budget and on the
size of the model.</p>
<p>Bits per byte is how many bits a model needs for a text it has not seen, over the text's bytes; fewer is
better.</p>"""


def write_report(found: "Ablation", path: Path) -> Path:
    """Write the page, and return its path."""
    write_text(path, page(found))
    return path


def page(found: "Ablation") -> str:
    """The whole page as HTML."""
    whole = found.whole
    model, text = rung_of(found.model).title, corpus_title(whole["corpus"])
    title = f"{model}, one change at a time"
    cards = "\n".join(_card(found, number) for number in range(1, len(found.variants)))
    body = f"""<section class="card">
<h2>What it did to the bits per byte</h2>
<p class="cap">Where nothing else is said, all began with the same numbers. They were trained on {escaped(text)}
with a budget of {escaped(whole["budget"])} each, in {escaped(str(whole["precision"]))}; the seed is {found.seed}.
One run each: a small difference may be chance, and another budget may turn it round.</p>
{_table(found)}
</section>
<section class="card">
<h2>{escaped(whole["title"][0].upper() + whole["title"][1:])}</h2>
<p class="cap">What the others are compared with. In the charts it is the dashed line. Solid: bits per byte on text
that the model was not trained on. Thin: the loss on its training batches, in the same unit.</p>
<dl class="study"><div><dt>What happened</dt><dd>{escaped(whole["happened"])}</dd></div>
<div><dt>What it writes after “{escaped(found.prompt.strip())}”</dt>
<dd class="said">{_sample(whole)}</dd></div></dl>
</section>
{cards}"""
    return framed(title, found.sentence(), body, FOOTER, notes=found.warnings, style=MORE_STYLE)


def _table(found: "Ablation") -> str:
    heads = (("", ""), ("n", "bits per byte"), ("n", "difference"), ("n", "in training"), ("", "verdict"))
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for kind, name in heads)
    body = ""
    for number, row in enumerate(found.variants):
        cells = (
            format_or_dash(row["bpb"], ".3f"),
            format_or_dash(row["difference"], "+.3f"),
            format_or_dash(row["training_bpb"], ".3f"),
        )
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        name = escaped(row["title"])
        name = f'<a href="#v{number}">{name}</a>' if number else f"<b>{name}</b>"
        body += (
            f'<tr><th scope="row">{name}</th>{numbers}<td class="words">{escaped(row["verdict"])}</td></tr>\n'
        )
    return scrolling_table(head, body)


def _card(found: "Ablation", number: int) -> str:
    """One variant: its curves beside the whole model's, and what there is to say."""
    row = found.variants[number]
    rows = {
        "What happened": row["happened"],
        "What its curves look like": row["curves"],
        "How to recognise it": row["recognise"],
        "Where it occurs": row["practice"],
    }
    terms = "".join(
        f"<div><dt>{term}</dt><dd>{escaped(words)}</dd></div>\n" for term, words in rows.items() if words
    )
    after = f"What it writes after “{escaped(found.prompt.strip())}”"
    title = row["title"][0].upper() + row["title"][1:]
    own = " This chart has a scale of its own." if found.planes()[number][3] else ""
    return f"""<section class="card" id="v{number}">
<h2>{escaped(title)}: {escaped(row["verdict"])}</h2>
<p class="cap">{escaped(row["changes"])}{own}</p>
<div class="study">
<div>
{_chart(found, number, 520, 300, "wide")}
{_chart(found, number, 330, 250, "narrow")}
<dl class="after"><div><dt>{after}</dt><dd class="said">{_sample(row)}</dd></div></dl>
</div>
<dl>
{terms}</dl>
</div>
</section>"""


def _sample(row: dict[str, Any]) -> str:
    return said(cut(row["sample"])) if row["sample"] else "<em>Nothing.</em>"


def _chart(found: "Ablation", number: int, width: int, height: int, form: str) -> str:
    """The curves of one variant in ink, and the whole model's as a dashed line in its colour."""
    row, curve, whole = found.variants[number], found.curves[number], found.curves[0]
    end, low, high, _ = found.planes()[number]
    left, right, top, bottom = 40, 92, 10, 40

    def x(spent: float) -> float:
        return left + spent / end * (width - left - right)

    def y(bpb: float) -> float:
        return top + (high - bpb) / (high - low) * (height - top - bottom)

    def path(points: list[Point]) -> str:
        return "M" + "L".join(f"{x(spent):.1f} {y(bpb):.1f}" for spent, bpb in points)

    inside = f"M{left} 0H{width - right + 6}V{height - bottom}H{left}Z"
    parts = [f'<clipPath id="{form}{number}"><path d="{inside}"/></clipPath>']
    marks = ticks(low, high)
    for mark, label in zip(marks, tick_labels(marks), strict=True):
        parts.append(f'<path class="grid" d="M{left} {y(mark):.1f}H{width - right}"/>')
        parts.append(f'<text class="tick end" x="{left - 8}" y="{y(mark) + 4:.1f}">{label}</text>')
    parts.append(f'<path class="axis" d="M{left} {height - bottom}H{width - right}"/>')
    marks = ticks(0, end, 4)
    for mark, label in zip(marks, tick_labels(marks), strict=True):
        parts.append(f'<text class="tick mid" x="{x(mark):.1f}" y="{height - bottom + 18}">{label}</text>')
    parts.append(f'<text class="tick end" x="{width - right}" y="{height - 4}">{found.unit}</text>')
    if found.floor and low < found.floor < high:
        parts.append(f'<path class="floor" d="M{left} {y(found.floor):.1f}H{width - right}"/>')
        parts.append(f'<text class="tick" x="{left + 4}" y="{y(found.floor) - 4:.1f}">the floor</text>')

    clip = f'clip-path="url(#{form}{number})"'
    ends = []
    if whole.scores:
        last, kind = whole.scores[-1][1], f"m{rung_of(found.model).number}"
        parts.append(f'<g class="{kind}" {clip}><path class="line whole" d="{path(whole.scores)}"/></g>')
        ends.append((y(last), f'class="val whole-end {kind}"', f"whole {last:.2f}"))
    parts.append(f'<g class="ink" {clip}>')
    if curve.losses:
        parts.append(f'<path class="line train" d="{path(curve.losses)}"/>')
    if curve.scores:
        parts.append(f'<path class="line" d="{path(curve.scores)}"/>')
        for at, bpb in curve.scores:
            parts.append(f'<circle class="dot" cx="{x(at):.1f}" cy="{y(bpb):.1f}" r="3"/>')
        ends.append((y(curve.scores[-1][1]), 'class="val"', f"{curve.scores[-1][1]:.2f}"))
    if row["diverged"] is not None and curve.losses:
        at, bpb = curve.losses[-1]
        parts.append(f'<path class="cross" d="M{x(at) - 5:.1f} {y(bpb) - 5:.1f}l10 10m0 -10l-10 10"/>')
    parts.append("</g>")
    places = spread_labels([place for place, _, _ in ends], 17)
    for (_, kind, words), place in zip(ends, places, strict=True):
        parts.append(f'<text {kind} x="{width - right + 10}" y="{place + 4.5:.1f}">{words}</text>')
    finding = f"Bits per byte over {found.unit} of training, {row['title']}: {row['verdict']}."
    return svg(parts, width, height, form, finding)
