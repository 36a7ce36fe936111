"""What `groundup look` prints of each trace, drawn with characters."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from groundup.cli.shared import console, print_line
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable

if TYPE_CHECKING:
    from rich.text import Text

    from groundup.lenses.ablation import AblationTrace
    from groundup.lenses.attention import AttentionTrace
    from groundup.lenses.embeddings import EmbeddingsTrace, SeedsTrace
    from groundup.lenses.gates import GatesTrace
    from groundup.lenses.gradient_flow import GradientFlowComparison, GradientFlowTrace
    from groundup.lenses.head import HeadTrace
    from groundup.lenses.hooked_model import HookedModel
    from groundup.lenses.logit_lens import LogitLensTrace
    from groundup.lenses.merges import MergesTrace
    from groundup.lenses.neighbours import NeighboursTrace
    from groundup.lenses.next_token import NextTokenTrace
    from groundup.lenses.residual import ResidualTrace
    from groundup.lenses.tokens import Cut, TokensTrace
    from groundup.lenses.trace import Trace
    from groundup.lenses.training import TrainingTrace
    from groundup.lenses.tree import Node, TreeTrace
    from groundup.lenses.weights import Weight, WeightsTrace

SHADES = " ░▒▓█"


COLOUR = "#c8860d"  # reads on black and on white


def bar(value: float, most: float = 1.0, width: int = 8) -> "Text":
    """A bar of `width` characters, to an eighth of one; empty for not-a-number.

    >>> bar(0.5, width=4).plain
    '██  '
    """
    from rich.text import Text

    eighths = 0 if math.isnan(value) or most <= 0 else round(8 * width * min(max(value / most, 0.0), 1.0))
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return Text(drawn.ljust(width), style=COLOUR)


def shade(values: Iterable[float], most: float = 1.0, wide: int = 2) -> "Text":
    """A row of cells from blank (0) to full (`most`), each `wide` characters; a dot for not-a-number.

    Anything above a hundredth of `most` is visible: blank means next to nothing.

    >>> shade([0.0, 0.3, 1.0]).plain
    '  ▒▒██'
    """
    from rich.text import Text

    def cell(value: float) -> str:
        if math.isnan(value):
            return "·" * wide
        share = min(max(value / most, 0.0), 1.0) if most > 0 else 0.0
        return SHADES[0 if share < 0.01 else min(4, 1 + int(share * 4))] * wide

    return Text("".join(map(cell, values)), style=COLOUR)


def heights(values: Iterable[float], most: float = 1.0, wide: int = 2) -> "Text":
    """A row of cells for numbers around zero: lowest for `-most`, half as high for 0, full for `most`.

    >>> heights([-1.0, 0.0, 1.0], wide=1).plain
    '▁▅█'
    """
    from rich.text import Text

    blocks = "▁▂▃▄▅▆▇█"
    shares = [min(max((value / most + 1) / 2, 0.0), 1.0) if most > 0 else 0.5 for value in values]
    return Text("".join(blocks[min(7, int(share * 8))] * wide for share in shares), style=COLOUR)


def columns_for(labels: Sequence[str], taken: int) -> tuple[int, int]:
    """How wide a cell for each token can be beside `taken` characters, and how many of the last tokens fit."""
    room = max(console().width - taken, 8)
    wide = 2 if 2 * len(labels) <= room else 1
    return wide, min(len(labels), room // wide)


def over_columns(labels: Sequence[str], wide: int, indent: int) -> "Text":
    """The head of a grid: the first characters of each token, over its cells."""
    from rich.text import Text

    initials = "".join(cut(label.strip(" ") or label, 99)[:wide].ljust(wide) for label in labels)
    return Text(" " * indent + initials, style="dim")


def cut(text: str, width: int) -> str:
    """A token on a line of its own: spaces and breaks made visible, cut to `width`."""
    from groundup.lenses.drawing import token_labels

    return token_labels([text], width)[0]


def table(*columns: str, right: Sequence[str] = ()) -> Any:
    """An empty table in the house's style; columns named in `right` are numbers."""
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        grid.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return grid


def show_table(grid: Any) -> None:
    console().print(grid)


def print_heads(trace: "AttentionTrace", hooked: "HookedModel", rows: int) -> None:
    """A line for each head: shares as bars, and in words what it looks at most."""
    import numpy as np

    from groundup.lenses.attention import induction_scores

    try:
        induction = induction_scores(hooked)
        tested = "induction: on random tokens written twice"
    except GroundupError:  # it sees too few tokens
        induction, tested = trace.induction, "induction: on this text"
    layers, heads = trace.entropy.shape
    shares = [trace.previous, trace.first, trace.itself, induction]
    wide = 4 if console().width >= 78 else 0  # no room for bars
    order = np.argsort(-np.nan_to_num(np.stack(shares)).max(0), axis=None, kind="stable")
    chosen = sorted(order[:rows].tolist())
    names = ["head", "bits", "away", "before", "first", "itself", "induction", "looks most at"]
    grid = table(*(names if wide else names[:-1]), right=("bits", "away"))
    for number in chosen:
        layer, head = divmod(number, heads)
        words = trace.describe(layer, head).replace("the same token before", "it")
        grid.add_row(
            f"L{layer} H{head}",
            f"{trace.entropy[layer, head]:.1f}",
            f"{trace.distance[layer, head]:.1f}",
            *(_share(values[layer, head], wide) for values in shares),
            *([words] if wide else []),
        )
    show_table(grid)
    if len(chosen) < layers * heads:
        print_line(
            f"The {len(chosen)} of {layers * heads} heads with the largest shares; --rows shows more.",
            style="dim",
        )
    print_line(f"bits: how spread; away: tokens back, on average; {tested}.", style="dim")
    for sentence in trace.sentences():
        print_line(sentence)


def _share(value: float, wide: int) -> Any:
    """A small bar and the percentage."""
    if value != value:  # noqa: PLR0124 (not a number: nothing repeats)
        return "-"
    return bar(value, width=wide).append(f" {value:>3.0%}", style="default")


def print_head(trace: "HeadTrace") -> None:
    """The pattern as a shaded grid, and the numbers of one row."""
    from rich.text import Text

    terminal, labels = console(), trace.labels
    indent = min(14, max(len(cut(label, 12)) for label in labels) + 2)
    wide, many = columns_for(labels, indent)
    first = len(labels) - many
    terminal.print(over_columns(labels[first:], wide, indent), no_wrap=True, crop=False)
    for number, label in enumerate(labels):
        if number < first:
            continue
        mark = "›" if number == trace.position else " "
        row = Text(f"{mark}{cut(label, 12):>{indent - 2}} ").append_text(
            shade(trace.pattern[number, first : number + 1] ** 0.5, wide=wide)
        )
        terminal.print(row, no_wrap=True, crop=False)
    if first:
        print_line(
            f"The last {many} of {len(labels)} tokens; a picture shows all: --out head.png", style="dim"
        )
    print_line("")
    asked = cut(labels[trace.position], 20)
    how = "sum" if trace.additive else "q·k"
    print_line(
        f"L{trace.layer} H{trace.head} at “{asked}”: {how} × {trace.scale:.3g}, then softmax", style="bold"
    )
    grid = table("token", how, "scaled", "share", "", right=("token", how, "scaled", "share"))
    for s in trace.shown(12):
        t = trace.position
        share = trace.pattern[t, s]
        grid.add_row(cut(labels[s], 14), f"{trace.products[t, s]:.3f}", f"{trace.scaled[t, s]:.3f}", f"{share:.3f}",
                     bar(share, width=min(20, max(4, terminal.width - 42))))  # fmt: skip
    show_table(grid)


def print_ablation(trace: "AblationTrace") -> None:
    """The cost of each head, layers downwards."""
    layers, heads = trace.cost.shape
    grid = table("", *(f"H{head}" for head in range(heads)), right=[f"H{head}" for head in range(heads)])
    for layer in range(layers):
        grid.add_row(f"L{layer}", *(f"{cost:+.3f}" for cost in trace.cost[layer]))
    show_table(grid)
    print_line(f"Nats per token that each head saves; the whole model needs {trace.loss:.3f}.", style="dim")
    layer, head = divmod(int(trace.cost.argmax()), heads)
    print_line(f"Most is lost without L{layer} H{head}: {trace.cost[layer, head]:+.3f}.")


def print_gates(trace: "GatesTrace", layer: int, rows: int) -> None:
    """A block for each gate, and one for the state: the mean, then the units that move most."""
    from rich.text import Text

    from groundup.lenses.unrolled import MEANING

    terminal, labels = console(), trace.labels
    wide, many = columns_for(labels, 10)
    first = len(labels) - many
    roomy = terminal.width - 10 - wide * many >= 24
    layers, _, units = trace.parts["h"].shape
    print_line(f"{trace.cell.upper()}, layer {layer} of {layers}, {units} units", style="bold")
    for letter in [*trace.gates, "h"]:
        is_gate = letter in trace.gates
        print_line("")
        print_line(
            f"{letter}  {MEANING[letter]}" + ("" if is_gate else "  (low is −1, half is 0, full is +1)")
        )
        terminal.print(over_columns(labels[first:], wide, 10), no_wrap=True, crop=False)
        if is_gate:
            mean = shade(trace.mean[letter][layer, first:], wide=wide)
            terminal.print(Text(f"{'mean':>8}  ").append_text(mean), no_wrap=True, crop=False)
        for unit in trace.selective(letter, layer, rows):
            values = trace.parts[letter][layer, first:, unit]
            row = Text(f"{unit:>8}  ").append_text((shade if is_gate else heights)(values, wide=wide))
            if roomy:
                highest = " ".join(cut(labels[t], 8) for t in trace.when(letter, unit, layer, 2))
                row.append(f"  most at {highest}", style="dim")
            terminal.print(row, no_wrap=True, crop=False)
    if first:
        print_line(
            f"The last {many} of {len(labels)} tokens; a picture shows all: --out gates.png", style="dim"
        )


def print_gradient_flow(trace: "GradientFlowTrace", rows: int) -> None:
    """A bar for each token, on a logarithmic scale: a bar half as long is not half as much."""
    import numpy as np

    norms = trace.inputs
    positive = norms[norms > 0]
    most = float(positive.max()) if len(positive) else 1.0
    wide = min(36, max(8, console().width - 28))
    decades = max(1.0, float(np.log10(most / max(positive.min(), most * 1e-9)))) if len(positive) else 1.0
    grid = table("token", "gradient", "on a logarithmic scale", right=("token", "gradient"))
    for number in range(max(0, len(norms) - rows), len(norms)):
        length = norms[number]
        share = 1 + np.log10(max(length, most * 1e-12) / most) / (decades + 0.5) if length > 0 else 0.0
        grid.add_row(cut(trace.labels[number], 14), f"{length:.2g}", bar(float(share), width=wide))
    show_table(grid)
    print_line(f"then “{cut(trace.target, 14)}”: {trace.of} {trace.value:.3f}")
    if len(norms) > rows:
        print_line(f"The last {rows} of {len(norms)} tokens; --rows shows more.", style="dim")
    print_line(trace.sentence(), style="bold")


def print_gradient_flows(comparison: "GradientFlowComparison") -> None:
    """What is left of each model's gradient at growing distances."""
    import numpy as np

    from groundup.training.view import name_tag

    longest = max(max(trace.back) for trace in comparison.traces)
    marks = [mark for mark in (5, 10, 20, 40, 80, 160, 320) if mark <= longest] or [longest]
    names = [f"{mark} back" for mark in marks]
    grid = table("run", "model", "each token", *names, right=("each token", *names))
    for trace in comparison.traces:
        back, shares = np.array(trace.back), trace.inputs / max(float(trace.inputs[-1]), 1e-38)
        left = [
            f"{shares[np.flatnonzero(back >= mark)[-1]]:.1g}" if (back >= mark).any() else "-"
            for mark in marks
        ]
        grid.add_row(
            trace.name,
            name_tag(trace.kind),
            f"× {trace.factor:.2f}" if trace.geometric else "no one factor",
            *left,
        )
    show_table(grid)
    print_line("The share of the last token's gradient that is left so many characters before the prediction.",
        style="dim")  # fmt: skip


def print_next(trace: "NextTokenTrace", rows: int) -> None:
    from rich.text import Text

    from groundup.lenses.next_token import percent

    titles = ["\n".join(stage.title.rsplit(" ", 1)) for stage in trace.stages]
    drawn = [] if trace.drawn is None else [f"of {trace.drawn.sum():,}\ndraws"]
    grid = table("token", "logit", *titles, "", *drawn, right=("logit", *titles, *drawn))
    wide = 12 if len(titles) < 4 or console().width >= 120 else 4
    most = max(float(stage.probabilities.max()) for stage in trace.stages)
    for token in trace.shown(rows):
        cells: list[Any] = []
        for stage in trace.stages:
            possible = stage.probabilities[token] > 0
            cells.append(
                percent(stage.probabilities[token])
                if possible
                else Text("cut" if token in stage.removed else "")
            )
        counted = [] if trace.drawn is None else [f"{trace.drawn[token]:,}"]
        grid.add_row(
            cut(trace.vocabulary[token], 16), f"{trace.stages[0].logits[token]:.2f}", *cells,
            bar(float(trace.probabilities[token]), most, wide), *counted,
        )  # fmt: skip
    show_table(grid)
    print_line("")
    summary = table("stage", "can be drawn", "bits", "cut away", right=("can be drawn", "bits", "cut away"))
    for stage in trace.stages:
        gone = f"{len(stage.removed):,} tokens, {percent(stage.removed_probability)}" if stage.removed else ""
        summary.add_row(stage.title, f"{stage.kept:,} tokens", f"{stage.entropy:.2f}", gone)
    show_table(summary)


def print_tree(trace: "TreeTrace") -> None:
    from rich.text import Text
    from rich.tree import Tree

    from groundup.lenses.next_token import in_line, percent
    from groundup.lenses.tree import chance

    best = {id(node) for node in trace.paths()[0][0]}

    def line(node: "Node") -> Text:
        words = Text(cut(node.label, 20), style="bold" if id(node) in best else "")
        words.append(f"  {percent(node.probability)}", style=f"not bold {COLOUR}")
        return words.append("" if node.children else f"  path {chance(node.path)}", style="not bold dim")

    def grow(branch: Tree, node: "Node") -> None:
        for child in node.children:
            grow(branch.add(line(child)), child)
        if node.children and node.others > 0.0005:
            branch.add(Text(f"others  {percent(node.others)}", style="dim"))

    root = Tree(Text(in_line(trace.text, 60)), guide_style="dim")
    grow(root, trace.root)
    console().print(root)
    path, share = trace.paths()[0]
    print_line(f"\nLikeliest path: {in_line(''.join(node.label for node in path))}  {chance(share)}")


def print_logits(trace: "LogitLensTrace") -> None:
    from rich.text import Text

    from groundup.lenses.next_token import percent

    time, shares = len(trace.tokens), trace.top_probabilities[:, :, 0]
    columns: list[list[Text]] = []
    room = console().width - 11
    for place in reversed(range(time)):  # from the end, as many positions as the terminal has room for
        column = [Text(cut(trace.tokens[place], 8))]
        for row in reversed(range(len(trace.stages))):
            right = place < time - 1 and trace.next_rank[row, place] == 1
            cell = Text(cut(trace.top_labels[row][place][0], 8), style="bold underline" if right else "")
            percentage = percent(shares[row, place])
            column.append(cell.append(f"\n{percentage}", style=f"not bold not underline {COLOUR}"))
        room -= 2 + max(len(line) for cell in column for line in cell.plain.split("\n"))
        if room < 0 and columns:
            break
        columns.insert(0, column)
    grid = table("", *(column[0].plain for column in columns))
    for number, stage in enumerate(reversed(trace.stages), start=1):
        grid.add_row(stage, *(column[number] for column in columns))
    show_table(grid)
    print_line(
        "Read down to what the model reads; up to what it says. Underlined: what really came next.",
        style="dim",
    )
    if time > 1:
        print_line("")
        asked = [] if trace.chosen_label is None else [f"{cut(trace.chosen_label, 12)} at the end", "rank"]
        titles = ["what really came: bits", "median rank", *asked]
        summary = table("after", *titles, right=titles)
        for row in reversed(range(len(trace.stages))):
            cells = _fit(trace, row)
            if trace.chosen_rank is not None and trace.chosen_probability is not None:
                cells += [percent(trace.chosen_probability[row, -1]), f"{trace.chosen_rank[row, -1]:,}"]
            summary.add_row(trace.stages[row], *cells)
        show_table(summary)


def _fit(trace: "LogitLensTrace", row: int) -> list[str]:
    import numpy as np

    surprise = -np.log2(np.maximum(trace.next_probability[row], 1e-30)).mean()
    return [f"{surprise:.2f}", f"{np.median(trace.next_rank[row]):,.0f}"]


def print_residual(trace: "ResidualTrace", rows: int) -> None:
    from groundup.lenses.next_token import in_line
    from groundup.lenses.residual import asked, largest, signed_number

    parts, rest = largest(trace.parts, rows)
    print_line(f"Who says {asked(trace)} after “{in_line(''.join(trace.tokens[: trace.position + 1]))}”?")
    print_line("")
    grid = table("part", "against", "for", "logit", "length", "cosine", right=("logit", "length", "cosine"))
    most = max(abs(part.contribution) for part in parts)
    for part in parts:
        grid.add_row(
            part.name, *_both_ways(part.contribution, most), signed_number(part.contribution),
            f"{part.norm:.2f}", signed_number(part.cosine),
        )  # fmt: skip
    if rest:
        others = sum(part.contribution for part in rest)
        grid.add_row(f"the other {len(rest)}", *_both_ways(others, most), signed_number(others))
    grid.add_row(
        "sum: the logit" if trace.against is None else "sum: the difference",
        "",
        "",
        signed_number(trace.logit),
        style="bold",
    )
    show_table(grid)


def _both_ways(value: float, most: float) -> "list[Text]":
    """A bar to the left of the middle for less than zero, and to the right for more."""
    left = bar(-value, most, 12)
    full = round(12 * min(1.0, max(0.0, -value / most))) if most > 0 else 0
    left.plain = ("█" * full).rjust(12)
    return [left, bar(value, most, 12)]


def print_near(trace: "NeighboursTrace") -> None:
    print_line(f"Nearest to {trace.asked}")
    grid = table("token", "cosine", "", right=("cosine",))
    for label, cosine in zip(trace.labels, trace.cosines, strict=True):
        grid.add_row(cut(label, 20), f"{cosine:.3f}", bar(float(cosine), 1.0, 20))
    show_table(grid)


def print_seeds(seeds: "SeedsTrace") -> None:
    print_line(f"t-SNE of {seeds.traces[0].selection}: how far the neighbours agree between seeds, of 1")
    names = [f"seed {trace.seed}" for trace in seeds.traces]
    grid = table("", *names, "trustworthiness", right=[*names, "trustworthiness"])
    for name, trace, row in zip(names, seeds.traces, seeds.agreement, strict=True):
        grid.add_row(name, *(f"{share:.2f}" for share in row), f"{trace.trustworthiness:.2f}")
    show_table(grid)


def print_plane(trace: "EmbeddingsTrace") -> None:
    from groundup.lenses.drawing import token_labels

    width, height = min(console().width, 100), 24
    print_line(f"{trace.model}: {trace.selection}")
    for line in _plane(token_labels(trace.labels, 12), trace.places, width, height):
        print_line(line)
    console().print(trace.caption, style="dim")


def _plane(labels: list[str], places: Any, width: int, height: int) -> list[str]:
    """Names on a sheet of characters, the first ones first; where there is no room for a name, a dot."""
    from rich.cells import cell_len

    sheet = [[" "] * width for _ in range(height)]
    low, span = places.min(axis=0), (places.max(axis=0) - places.min(axis=0)).clip(min=1e-9)
    crowded = []
    for label, (right, up) in zip(labels, (places - low) / span, strict=True):
        row, size = round((1 - up) * (height - 1)), cell_len(label)
        start = min(max(0, round(right * (width - 1)) - size // 2), width - size)
        room = sheet[row][max(0, start - 1) : start + size + 1]
        if size == len(label) and set(room) == {" "}:
            sheet[row][start : start + size] = label
        else:
            crowded.append((row, round(right * (width - 1))))
    for row, column in crowded:
        if sheet[row][column] == " ":
            sheet[row][column] = "·"
    return ["".join(line).rstrip() for line in sheet]


def print_weights(trace: "WeightsTrace") -> None:
    """The tree: a row for each part, with its largest tensor; parts with several matrices have a row for each."""
    from rich.text import Text

    from groundup.common.formatting import format_count

    print_line(f"{trace.name}: {trace.count:,} weights, {format_count(trace.bytes)}B", style="bold")
    wide = console().width >= 96
    grid = table("", "weights", "", "shape", "σ", "spread", *["rank", "far out"] * wide,
                 right=("weights", "σ", "rank", "far out"))  # fmt: skip
    within: dict[str, list[Weight]] = {}
    for weight in trace.weights:
        within.setdefault(weight.name.rpartition(".")[0], []).append(weight)
    for part in trace.parts:
        here = within.get(part.name, [])
        matrices = [weight for weight in here if len(weight.shape) > 1]
        alone = max(here, key=lambda weight: weight.count) if here and len(matrices) < 2 else None
        if part.name:
            title = Text("  " * (part.depth - 1) + part.name.rpartition(".")[2], style="bold")
            facts = ["", "", ""] + ["", ""] * wide if alone is None else _facts(alone, wide)
            grid.add_row(title, f"{part.count:,}", bar(part.count, trace.count), *facts)
        elif alone is not None:
            matrices = here
        for weight in [] if alone is not None and part.name else matrices:
            title = Text("  " * part.depth + weight.name.rpartition(".")[2])
            grid.add_row(title, f"{weight.count:,}", bar(weight.count, trace.count), *_facts(weight, wide))
    show_table(grid)
    print_line("spread: how many weights of each size, negative to positive, on a log scale", style="dim")
    if wide:
        print_line(
            "rank: directions that a matrix uses, of those it has · far out: weights beyond 6σ", style="dim"
        )
    if broken := sum(weight.not_finite for weight in trace.weights):
        print_line(f"{broken:,} weights are no numbers, or infinite: this model is broken.", style="bold red")


def _facts(weight: "Weight", wide: bool) -> list:
    """Shape, deviation, histogram, rank and outliers of one tensor, for a row."""
    import numpy as np
    from rich.text import Text

    from groundup.common.formatting import sparkline

    shape = "×".join(map(str, weight.shape))
    if weight.tied_to is not None:
        return [shape, "", Text(f"= {weight.tied_to}", style="dim"), *["", ""] * wide]
    spread = ""
    if weight.std > 0:
        counts = np.log1p(weight.histogram[1:].reshape(-1, 5).sum(1))
        spread = sparkline(counts.tolist(), len(counts))
    rank = (
        "" if weight.effective_rank is None else f"{weight.effective_rank:.0f}/{len(weight.singular_values)}"
    )
    far = f"{weight.outlier_share:.2%}" if weight.outliers else ""
    return [shape, f"{weight.std:.3f}", Text(spread, style=COLOUR), *[rank, far][: 2 * wide]]


def print_training(trace: "TrainingTrace") -> None:
    import numpy as np
    from rich.text import Text

    from groundup.common.brand import rung_of
    from groundup.common.formatting import format_duration, make_printable, sparkline
    from groundup.training.view import name_tag

    terminal, colour = console(), rung_of(trace.kind).middle
    head = (
        Text()
        .append_text(name_tag(trace.kind))
        .append(f" · {trace.run} · {trace.budget} · {trace.state}", style="dim")
    )
    if len(trace.seconds):
        head.append(
            f" · {int(trace.steps[-1]):,} steps in {format_duration(float(trace.seconds[-1]))}", style="dim"
        )
    terminal.print(head)
    wide = max(10, min(48, terminal.width - 50))
    grid = table("", "first", "last", "", right=("first", "last"))

    def row(title: str, values: "np.ndarray", form: str = ".3f", log: bool = False) -> None:
        finite = values[np.isfinite(values)]
        if len(finite):
            drawn = np.log(np.maximum(finite, 1e-12)) if log else finite
            line = sparkline(drawn.tolist(), wide)
            grid.add_row(title, format(finite[0], form), format(finite[-1], form), Text(line, style=colour))

    row("training loss", trace.losses)
    row("bits per byte", trace.bpb)
    row("learning rate", trace.learning_rates, ".2g")
    row("gradient", trace.gradient_norms, ".2g", log=True)
    for name, values in trace.update_ratios.items():
        row(f"update {name}", values, ".1e", log=True)
    show_table(grid)
    for step, sample in list(zip(trace.evaluation_steps, trace.samples, strict=True))[-3:]:
        line = " ".join(make_printable(sample).split())
        terminal.print(Text(f"{int(step):>8,}  ", style="dim").append(line, style="not dim"), no_wrap=True,
                       overflow="ellipsis", crop=True)  # fmt: skip
    for finding in trace.findings:
        print_line("")
        terminal.print(Text(finding.what, style="bold"))
        terminal.print(Text(finding.evidence))
        terminal.print(
            Text(f"Try: {finding.advice}" if finding.name != "healthy" else finding.advice, style="dim")
        )


GROUNDS = ("black on #dedcd7", "black on #f6de45")


MOST_LINES = 10


MOST_STEPS = 24


def print_tokens(trace: "TokensTrace") -> None:
    import numpy as np
    from rich.cells import cell_len

    from groundup.lenses.tokens import lines, spread_out

    terminal = console()
    room = [
        [max(cell_len(_seen(s)), len(str(i))) + 1 for s, i in zip(c.shown, c.ids, strict=True)]
        for c in trace.cuts
    ]
    widths = np.ceil(spread_out(trace.cuts, len(trace.text), room))
    margin = max(len(row.name) for row in trace.cuts) + 2
    every = lines(widths, terminal.width - margin, trace.common)
    for span in every[:MOST_LINES]:
        for row in trace.cuts:
            for line in _line(row, widths, span, margin):
                terminal.print(line, no_wrap=True, crop=False)
        print_line("")
    if len(every) > MOST_LINES:
        print_line(f"... and {len(trace.text) - every[MOST_LINES - 1][1]:,} more characters", style="dim")
    _table(trace)
    if trace.languages:
        print_languages(trace)


def _seen(token: str) -> str:
    return make_printable(token.replace("\n", "⏎").replace(" ", "·")) or "∅"


def _line(row: "Cut", widths, span: tuple[int, int], margin: int) -> "tuple[Text, Text]":
    """The tokens of a stretch of the text, each on its ground, and their ids below. Partial ones are underlined."""
    from rich.text import Text

    from groundup.lenses.tokens import place_of

    first = float(widths[: span[0]].sum())
    above, below = Text(f"{row.name:<{margin}}"), Text(" " * margin)
    for number, (start, end) in enumerate(zip(row.starts, row.ends, strict=True)):
        if start >= span[1] or end <= span[0]:
            continue
        left, right = place_of(row, number, widths)
        left, right = max(round(left - first), 0), round(min(right, float(widths[: span[1]].sum())) - first)
        word, index = Text(_seen(row.shown[number])), Text(str(row.ids[number]), style="dim")
        for line, cell in ((above, word), (below, index)):
            cell.truncate(max(right - left - 1, 1), pad=True)
            line.append(" " * max(margin + left - line.cell_len, 0))
            if line is above:
                cell.stylize(GROUNDS[number % 2] + (" underline" if row.partial[number] else ""))
            line.append_text(cell)
    return above, below


def _table(trace: "TokensTrace") -> None:
    from groundup.lenses.tokens import money

    most = max(len(row.ids) for row in trace.cuts)
    priced = ["costs"] * bool(trace.prices)
    grid = table("", "tokens", " ", "bytes each", "vocabulary", "most cut", *priced, "lost",
                 right=("tokens", "bytes each", "vocabulary", "costs"))  # fmt: skip
    for row in trace.cuts:
        worst = max(zip(row.per_word, trace.words, strict=True), default=(0, ""))
        cost = ["-" if row.cost is None else money(row.cost)] * len(priced)
        lost = cut(", ".join(dict.fromkeys(part.strip() for part in row.lost)), 24) if row.lost else ""
        grid.add_row(row.name, f"{len(row.ids):,}", bar(len(row.ids), most), f"{row.bytes_per_token:.2f}",
                     f"{row.vocab_size:,}", f"{worst[0]} in {cut(worst[1], 14)}", *cost, lost)  # fmt: skip
    show_table(grid)
    if any(any(row.partial) for row in trace.cuts):
        print_line("Underlined tokens begin or end within a character; \\xf0 is a byte.", style="dim")


def print_languages(trace: "TokensTrace") -> None:
    import math

    ratios = trace.against_english()
    print_line("")
    print_line("The same three sentences, in tokens; and how many times those of English:", style="dim")
    names = [row.name for row in trace.cuts]
    grid = table("", *names, right=names)
    for column, language in enumerate(trace.languages):
        counted = zip(trace.language_tokens[:, column], ratios[:, column], strict=True)
        cells = ["-" if math.isnan(ratio) else f"{count} ×{ratio:.1f}" for count, ratio in counted]
        grid.add_row(language, *cells)
    show_table(grid)


def print_merges(trace: "MergesTrace") -> None:
    """Of a short text each step with its tokens; of a long one the pairs with their counts."""
    from rich.text import Text

    terminal = console()
    words = f"{trace.bytes:,} bytes become {len(trace.ids):,} tokens in {len(trace.steps):,} merges"
    print_line(f"{trace.name}: {words}", style="bold")
    if trace.short:
        terminal.print(Text("   bytes  ", style="dim").append_text(_parts(trace.start, "")))
    grid = table("", "pair", "times", " ", "token", "id", "tokens left", "text" if trace.short else "as in",
                 right=("", "times", "id", "tokens left"))  # fmt: skip
    most = max((step.count for step in trace.steps), default=1)
    for number, step in enumerate(trace.steps[:MOST_STEPS], start=1):
        pair = "looked up whole" if step.whole else f"{_seen(step.left)} + {_seen(step.right)}"
        grid.add_row(str(number), pair, f"{step.count:,}", bar(step.count, most, 5), _seen(step.token), str(step.id),
                     f"{step.tokens:,}", _parts(step.after, step.token))  # fmt: skip
    show_table(grid)
    if len(trace.steps) > MOST_STEPS:
        print_line(f"... and {len(trace.steps) - MOST_STEPS:,} more merges", style="dim")


def _parts(parts: list[str], new: str) -> "Text":
    from rich.text import Text

    line = Text()
    for part in parts:
        line.append(_seen(part), style=GROUNDS[part == new]).append(" ")
    return line


def print_trace(trace: "Trace") -> None:
    """What the terminal shows of a lens that prints nothing of its own: its numbers of one dimension."""
    columns = trace.table()
    head = [column.replace("_", " ") for column in columns["head"]]
    drawn = table(*head, right=head[1:])
    for label, *numbers in columns["rows"]:
        drawn.add_row(
            cut(str(label), 20), *("-" if number is None else f"{number:.4g}" for number in numbers)
        )
    show_table(drawn)
