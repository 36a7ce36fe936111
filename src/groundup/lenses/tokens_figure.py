"""The picture of `lenses/tokens.py`: a text cut by several tokenizers, one above the other."""

from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.lenses.drawing import (
    MONO,
    SANS,
    drawable,
    fonts,
    headline,
    heat,
    new_figure,
    paper,
    style,
    token_labels,
)
from groundup.lenses.tokens import Cut, TokensTrace, lines, money, place_of, spread_out

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHARACTER = 0.083  # inches that a character of the larger size is wide
WIDE = 8.2  # inches for the text
MOST_LINES = 3
ID_SIZE = 0.75  # of the tokens' size


def draw(trace: TokensTrace, dark: bool) -> "Figure":
    """The text's beginning, aligned by character; then how many tokens each needs; then the languages."""
    rows = len(trace.cuts)
    room = [
        [_room(shown, index) for shown, index in zip(one.shown, one.ids, strict=True)] for one in trace.cuts
    ]
    widths = spread_out(trace.cuts, len(trace.text), room)
    every_line = lines(widths, WIDE, trace.common)
    shown_lines = every_line[:MOST_LINES] or [(0, 0)]
    languages = bool(trace.languages)
    blocks = [0.5 * rows + 0.12 for _ in shown_lines]
    below = [0.24 * rows + 0.5] + [0.3 * rows + 0.95] * languages
    figure = new_figure(WIDE + 1.5, 0.75 + sum(blocks) + sum(below), dark=dark)
    headline(figure, _headline(trace), dark=dark, under=_under(trace, len(every_line) > MOST_LINES))
    every = figure.subplots(len(blocks) + len(below), 1, squeeze=False, height_ratios=[*blocks, *below])[:, 0]
    for axes, span in zip(every, shown_lines, strict=False):
        _draw_line(axes, trace, widths, span, dark)
    _draw_counts(every[len(blocks)], trace, dark)
    if languages:
        _draw_languages(every[-1], trace, dark)
    return figure


def _headline(trace: TokensTrace) -> str:
    counts = [len(one.ids) for one in trace.cuts]
    if len(counts) == 1:
        return f"{counts[0]:,} tokens of {trace.cuts[0].name}"
    return f"One text, {min(counts):,} to {max(counts):,} tokens"


def _under(trace: TokensTrace, more: bool) -> str:
    partial = any(any(one.partial) for one in trace.cuts)
    said = ["ids under the tokens"] + ["hatched: begins or ends within a character"] * partial
    return " · ".join(said + ["the beginning of the text"] * more)


def _room(shown: str, index: int) -> float:
    return CHARACTER * max(len(drawable(token_labels([shown])[0])), ID_SIZE * len(str(index))) + 0.07


def _draw_line(axes: Any, trace: TokensTrace, widths: np.ndarray, span: tuple[int, int], dark: bool) -> None:
    colours = paper(dark)
    first, last = float(widths[: span[0]].sum()), float(widths[: span[1]].sum())
    axes.set(xlim=(0, WIDE), ylim=(len(trace.cuts), 0), facecolor=colours.sheet)
    axes.axis("off")
    for row, one in enumerate(trace.cuts):
        axes.text(-0.08, row + 0.36, one.name, ha="right", va="center", color=colours.ink, fontsize=9.5,
                  family=fonts(SANS))  # fmt: skip
        for number in range(len(one.ids)):
            left, right = place_of(one, number, widths)
            if one.starts[number] < span[1] and one.ends[number] > span[0]:
                box = max(left, first) - first, min(right, last) - first, row
                _draw_token(axes, one, number, box, dark)


def _draw_token(axes: Any, one: Cut, number: int, box: tuple[float, float, float], dark: bool) -> None:
    from matplotlib.patches import Rectangle

    colours, (left, right, row) = paper(dark), box
    ground = colours.ramp[1] if number % 2 else colours.line
    hatch = "////" if one.partial[number] else None
    axes.add_patch(Rectangle((left + 0.012, row + 0.08), right - left - 0.024, 0.5, facecolor=ground,
                             edgecolor=colours.sheet if hatch else ground, linewidth=0, hatch=hatch))  # fmt: skip
    shown = drawable(token_labels([one.shown[number]])[0]).replace("$", r"\$")
    middle, mono = (left + right) / 2, [*fonts(MONO), "DejaVu Sans"]
    axes.text(middle, row + 0.34, shown, ha="center", va="center", color=colours.ink, fontsize=9.5,
              family=mono)  # fmt: skip
    axes.text(middle, row + 0.78, str(one.ids[number]), ha="center", va="center", color=colours.ink_3, fontsize=7,
              family=mono)  # fmt: skip


def _draw_counts(axes: Any, trace: TokensTrace, dark: bool) -> None:
    """A bar for each tokenizer, from zero."""
    colours = paper(dark)
    counts = [len(one.ids) for one in trace.cuts]
    style(axes, dark=dark, title="tokens", grid=False)
    axes.barh(range(len(counts)), counts, height=0.6, color=colours.ink_2)
    axes.set(xlim=(0, max([*counts, 1]) * 1.35), ylim=(len(counts) - 0.4, -0.6))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_yticks(range(len(counts)), [one.name for one in trace.cuts], fontsize=9.5, color=colours.ink,
                    family=fonts(SANS))  # fmt: skip
    for row, one in enumerate(trace.cuts):
        words = f" {counts[row]:,}   {one.bytes_per_token:.2f} bytes each, vocabulary {one.vocab_size:,}"
        cost = "" if one.cost is None else f", costs {money(one.cost)}"
        axes.text(
            counts[row], row, words + cost, va="center", color=colours.ink_3, fontsize=8.5, family=fonts(SANS)
        )


def _draw_languages(axes: Any, trace: TokensTrace, dark: bool) -> None:
    """The same sentences in other languages: how many times as many tokens as in English."""
    from matplotlib.colors import LogNorm

    colours, ratios = paper(dark), trace.against_english()
    style(
        axes,
        dark=dark,
        title="tokens for the same three sentences, in English 1 (–: not in the vocabulary)",
        grid=False,
    )
    most = max(float(np.nanmax(ratios, initial=1.0)), 4.0)
    image = np.ma.masked_invalid(ratios)
    axes.imshow(image, aspect="auto", cmap=heat(dark), norm=LogNorm(0.5, 4 * most))
    axes.set_xticks(range(len(trace.languages)), trace.languages, rotation=35, ha="right", rotation_mode="anchor",
                    fontsize=9, color=colours.ink_2, family=fonts(SANS))  # fmt: skip
    axes.set_yticks(range(len(trace.cuts)), [one.name for one in trace.cuts], fontsize=9.5, color=colours.ink,
                    family=fonts(SANS))  # fmt: skip
    axes.spines["bottom"].set_visible(False)
    for row, column in np.ndindex(*ratios.shape):
        value = ratios[row, column]
        text = "–" if np.isnan(value) else f"{value:.1f}"
        axes.text(
            column, row, text, ha="center", va="center", fontsize=8.5, color=colours.ink, family=fonts(MONO)
        )
