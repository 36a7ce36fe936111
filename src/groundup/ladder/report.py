"""The ladder as one HTML page: curves, bars, numbers, and what each model wrote."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.common.atomic import write_text
from groundup.common.brand import rung_of
from groundup.common.charts import spread_labels, tick_labels, ticks
from groundup.common.formatting import corpus_title, format_count, format_duration, format_or_dash
from groundup.ladder.loss_curve import Point, plot_limits
from groundup.ladder.page import cut, escaped, framed, said, scrolling_table, svg

if TYPE_CHECKING:
    from groundup.ladder.compare import Comparison


def write_report(comparison: "Comparison", path: Path) -> Path:
    """Write the page, and return its path."""
    write_text(path, page(comparison))
    return path


def page(comparison: "Comparison") -> str:
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
{lines(comparison, 1080, 400, "wide")}
{lines(comparison, 330, 300, "narrow")}
</section>
<section class="card">
<h2>Where they stand</h2>
<p class="cap">Bits per byte after training; fewer is better.</p>
{bars(comparison, 1080, "wide")}
{bars(comparison, 330, "narrow")}
</section>
<section class="card">
<h2>In numbers</h2>
{table(comparison)}
</section>
<section>
<h2>What they write</h2>
<p class="cap">Each goes on from the same words with the same seed ({comparison.seed}).</p>
<p class="said prompt">{said(comparison.prompt)}</p>
{samples(comparison)}
</section>"""
    footer = f"""<p>{escaped(_conditions(comparison))}</p>
<p>Bits per byte is how many bits a model needs for a text it has not seen, over the text's bytes. It compares
models whose tokens differ; loss and perplexity per token do not.</p>"""
    return framed(title, comparison.sentence(), body, footer, notes=notes)


def table(comparison: "Comparison") -> str:
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
        body += f'<tr{best}><th scope="row">{_who(row)}</th>{numbers}<td>{escaped(row["run"])}</td></tr>\n'
    return scrolling_table(head, body)


def samples(comparison: "Comparison") -> str:
    """From the best to the worst would hide the ladder: they stand in the order of the rows."""
    items = ""
    for row in comparison.models:
        wrote = said(cut(row["sample"])) if row["sample"] else "<em>It wrote nothing; see above.</em>"
        score = f"{row['bpb']:.2f} bits per byte" if row["bpb"] is not None else "not scored"
        items += (
            f'<li class="m{rung_of(row["name"]).number}"><p>{_who(row)} <span class="cap">{score}</span></p>'
        )
        items += f'<p class="said">{wrote}</p></li>\n'
    return f'<ul class="samples">\n{items}</ul>'


# ---- charts: drawn at two widths, of which the page shows one, so that text is never scaled ----------------


def lines(comparison: "Comparison", width: int, height: int, form: str) -> str:
    """Scores and training loss over time, with a label at the end of each line."""
    wide = form == "wide"
    left, right, top, bottom = 44, (230 if wide else 84), 14, 34
    end, low, high = plot_limits(comparison.curves, comparison.floor)

    def x(seconds: float) -> float:
        return left + seconds / end * (width - left - right)

    def y(bpb: float) -> float:
        return top + (high - bpb) / (high - low) * (height - top - bottom)

    def path(points: list[Point]) -> str:
        return "M" + "L".join(f"{x(seconds):.1f} {y(bpb):.1f}" for seconds, bpb in points)

    parts = [f'<clipPath id="{form}"><path d="M{left} 0H{width}V{height - bottom}H{left}Z"/></clipPath>']
    heights = ticks(low, high)
    for mark, label in zip(heights, tick_labels(heights), strict=True):
        parts.append(f'<path class="grid" d="M{left} {y(mark):.1f}H{width - right}"/>')
        parts.append(f'<text class="tick end" x="{left - 8}" y="{y(mark) + 4:.1f}">{label}</text>')
    parts.append(f'<path class="axis" d="M{left} {height - bottom}H{width - right}"/>')
    marks = ticks(0, end, 5 if wide else 3)
    for mark, label in zip(marks, tick_labels(marks), strict=True):
        unit = " s" if mark == marks[-1] else ""
        parts.append(f'<text class="tick mid" x="{x(mark):.1f}" y="{height - 12}">{label}{unit}</text>')
    if comparison.floor:
        parts.append(f'<path class="floor" d="M{left} {y(comparison.floor):.1f}H{width - right}"/>')
    shown = [
        (row, curve) for row, curve in zip(comparison.models, comparison.curves, strict=True) if curve.scores
    ]
    places = spread_labels([y(curve.scores[-1][1]) for _, curve in shown], 22)
    for (row, curve), place in zip(shown, places, strict=True):
        edge, last = width - right, curve.scores[-1]
        parts.append(f'<g class="m{rung_of(row["name"]).number}">')
        if curve.losses:
            parts.append(f'<path class="line train" clip-path="url(#{form})" d="{path(curve.losses)}"/>')
        parts.append(f'<path class="line" clip-path="url(#{form})" d="{path(curve.scores)}"/>')
        parts.append(f'<circle class="dot" cx="{x(last[0]):.1f}" cy="{y(last[1]):.1f}" r="3.5"/>')
        parts.append(
            f'<path class="leader" d="M{x(last[0]) + 5:.1f} {y(last[1]):.1f}L{edge + 12} {place:.1f}"/>'
        )
        parts.append(_tag(edge + 14, place, row))
        if wide:
            parts.append(
                f'<text class="name" x="{edge + 40}" y="{place + 5:.1f}">{_name(comparison, row)}</text>'
            )
        parts.append(f'<text class="val end" x="{width - 2}" y="{place + 4.5:.1f}">{last[1]:.2f}</text></g>')
    return svg(parts, width, height, form, f"Bits per byte over training time. {comparison.sentence()}")


def bars(comparison: "Comparison", width: int, form: str) -> str:
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
        name = _name(comparison, row)
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
    return svg(parts, width, height, form, f"Bits per byte as bars. {comparison.sentence()}")


def _tag(left: float, middle: float, row: dict[str, Any]) -> str:
    number = rung_of(row["name"]).number
    box = f'<rect class="tag" x="{left:g}" y="{middle - 9:.1f}" width="18" height="18" rx="3"/>'
    return box + f'<text class="tag-n" x="{left + 9:g}" y="{middle + 4:.1f}">{number}</text>'


# ---- words -------------------------------------------------------------------------------------------------


def _who(row: dict[str, Any]) -> str:
    shown = rung_of(row["name"])
    return f'<span class="who m{shown.number}" data-n="{shown.number}">{escaped(shown.title)}</span>'


def _name(comparison: "Comparison", row: dict[str, Any]) -> str:
    """The model's name; the run's where a model comes twice."""
    twice = sum(other["name"] == row["name"] for other in comparison.models) > 1
    name = row["run"] if twice else rung_of(row["name"]).title
    return escaped(name if len(name) <= 20 else name[:19] + "…")


def _conditions(comparison: "Comparison") -> str:
    """What all had in common, and how each was computed."""
    budgets = sorted({row["budget"] for row in comparison.models})
    precisions = sorted({str(row["precision"]) for row in comparison.models if row["precision"]})
    computed = " and ".join(precisions) or "an unknown precision"
    return f"Trained with a budget of {', '.join(budgets)} each, in {computed}."
