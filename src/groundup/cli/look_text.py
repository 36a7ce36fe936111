"""`groundup look next`, `tree`, `logits` and `residual`: what comes next, and where it comes from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli import look_embeddings
from groundup.cli.look_shared import (
    COLOUR,
    CheckpointOption,
    DarkOption,
    OutOption,
    RowsOption,
    RunArgument,
    TextArgument,
    bar,
    cut,
    give,
    look_at,
    print_table,
    table,
)
from groundup.cli.shared import JsonOption, console, examples, print_line

if TYPE_CHECKING:
    from rich.text import Text

    from groundup.generation import Sampling
    from groundup.lenses.logit_lens import LogitLensTrace
    from groundup.lenses.next_token import NextTokenTrace
    from groundup.lenses.residual import ResidualTrace
    from groundup.lenses.tree import Node, TreeTrace

TemperatureOption = Annotated[float, typer.Option(help="Below 1 is bolder, above 1 wilder, 0 is greedy.")]
TopKOption = Annotated[int, typer.Option(help="Keep the k likeliest tokens; 0 is off.")]
TopPOption = Annotated[
    float, typer.Option(help="Keep the likeliest that hold this much probability; 1 is off.")
]
MinPOption = Annotated[
    float, typer.Option(help="Drop tokens less than this times as likely as the likeliest; 0 is off.")
]
TypicalOption = Annotated[float, typer.Option(help="Keep the most typical that hold this much; 1 is off.")]
PenaltyOption = Annotated[float, typer.Option(help="Make what was said less likely, such as 1.2; 1 is off.")]


def add_to(group: typer.Typer) -> None:
    group.command("next", epilog=NEXT_EXAMPLES)(next_)
    group.command(epilog=TREE_EXAMPLES)(tree)
    group.command(epilog=LOGITS_EXAMPLES)(logits)
    group.command(epilog=RESIDUAL_EXAMPLES)(residual)
    look_embeddings.add_to(group)


def _sampling(
    *, temperature: float, top_k: int, top_p: float, min_p: float, typical: float, repetition_penalty: float,
    seed: int = 0,
) -> "Sampling":  # fmt: skip
    from groundup.generation import Sampling

    return Sampling(temperature, top_k, top_p, min_p, typical, repetition_penalty, seed)


# ---- next ---------------------------------------------------------------------------------------------------

NEXT_EXAMPLES = examples(
    ("look next gpt-1 'To be, or not to'", "what the model says comes next"),
    ("look next gpt-1 'To be, or not to' --temperature 0.8 --top-p 0.9", "and what each filter leaves"),
    ("look next gpt-1 'To be, or not to' --draws 1000 --out next.png", "throw the die 1,000 times"),
)


def next_(
    run: RunArgument,
    text: TextArgument,
    *,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    min_p: MinPOption = 0.0,
    typical: TypicalOption = 1.0,
    repetition_penalty: PenaltyOption = 1.0,
    draws: Annotated[int, typer.Option(min=0, help="Draw so many tokens, and count them.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same draws.")] = 0,
    rows: RowsOption = 15,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """How the next token is chosen: the scores, each filter, and the die, over the whole vocabulary."""
    from groundup.lenses.next_token import trace

    sampling = _sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, typical=typical,
        repetition_penalty=repetition_penalty, seed=seed,
    )  # fmt: skip
    found = trace(look_at(run, checkpoint), text, sampling, draws=draws)
    give(found, lambda: _show_next(found, rows), out=out, dark=dark, json=json)


def _show_next(found: "NextTokenTrace", rows: int) -> None:
    from rich.text import Text

    from groundup.lenses.next_token import percent

    titles = ["\n".join(stage.title.rsplit(" ", 1)) for stage in found.stages]
    drawn = [] if found.drawn is None else [f"of {found.drawn.sum():,}\ndraws"]
    made = table("token", "logit", *titles, "", *drawn, right=("logit", *titles, *drawn))
    wide = 12 if len(titles) < 4 or console().width >= 120 else 4
    most = max(float(stage.probabilities.max()) for stage in found.stages)
    for token in found.shown(rows):
        cells: list[Any] = []
        for stage in found.stages:
            kept = stage.probabilities[token] > 0
            cells.append(
                percent(stage.probabilities[token]) if kept else Text("cut" if token in stage.removed else "")
            )
        counted = [] if found.drawn is None else [f"{found.drawn[token]:,}"]
        made.add_row(
            cut(found.vocabulary[token], 16), f"{found.stages[0].logits[token]:.2f}", *cells,
            bar(float(found.probabilities[token]), most, wide), *counted,
        )  # fmt: skip
    print_table(made)
    print_line("")
    summary = table("stage", "can be drawn", "bits", "cut away", right=("can be drawn", "bits", "cut away"))
    for stage in found.stages:
        gone = f"{len(stage.removed):,} tokens, {percent(stage.removed_probability)}" if stage.removed else ""
        summary.add_row(stage.title, f"{stage.kept:,} tokens", f"{stage.entropy:.2f}", gone)
    print_table(summary)


# ---- tree ---------------------------------------------------------------------------------------------------

TREE_EXAMPLES = examples(
    ("look tree gpt-1 'To be'", "the three likeliest, and the three after each"),
    ("look tree gpt-1 'To be' --breadth 2 --depth 6 --out tree.png", "narrow and far, as a picture"),
)


def tree(
    run: RunArgument,
    text: TextArgument,
    *,
    breadth: Annotated[int, typer.Option(help="Branches at each fork.")] = 3,
    depth: Annotated[int, typer.Option(help="How many tokens far.")] = 3,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    min_p: MinPOption = 0.0,
    typical: TypicalOption = 1.0,
    repetition_penalty: PenaltyOption = 1.0,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """A tree of continuations: what could come next, and after each of those, with probabilities."""
    from groundup.lenses.tree import trace

    sampling = _sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, typical=typical,
        repetition_penalty=repetition_penalty,
    )  # fmt: skip
    found = trace(look_at(run, checkpoint), text, breadth=breadth, depth=depth, sampling=sampling)
    give(found, lambda: _show_tree(found), out=out, dark=dark, json=json)


def _show_tree(found: "TreeTrace") -> None:
    from rich.text import Text
    from rich.tree import Tree

    from groundup.lenses.next_token import in_line, percent
    from groundup.lenses.tree import chance

    best = {id(node) for node in found.paths()[0][0]}

    def line(node: "Node") -> Text:
        shown = Text(cut(node.label, 20), style="bold" if id(node) in best else "")
        shown.append(f"  {percent(node.probability)}", style=f"not bold {COLOUR}")
        return shown.append("" if node.children else f"  path {chance(node.path)}", style="not bold dim")

    def grow(branch: Tree, node: "Node") -> None:
        for child in node.children:
            grow(branch.add(line(child)), child)
        if node.children and node.others > 0.0005:
            branch.add(Text(f"others  {percent(node.others)}", style="dim"))

    root = Tree(Text(in_line(found.text, 60)), guide_style="dim")
    grow(root, found.root)
    console().print(root)
    path, share = found.paths()[0]
    print_line(f"\nLikeliest path: {in_line(''.join(node.label for node in path))}  {chance(share)}")


# ---- logits -------------------------------------------------------------------------------------------------

LOGITS_EXAMPLES = examples(
    ("look logits gpt-1 'To be, or not to be'", "what each layer would say comes next"),
    ("look logits gpt-1 'To be, or not to be' --token the", "and how one token fares on the way up"),
)


def logits(
    run: RunArgument,
    text: TextArgument,
    *,
    token: Annotated[str | None, typer.Option(help="A token to follow through the layers.")] = None,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """Logit lens: what the model would say if it stopped after each layer."""
    from groundup.lenses.logit_lens import trace

    found = trace(look_at(run, checkpoint), text, token=token)
    give(found, lambda: _show_logits(found), out=out, dark=dark, json=json)


def _show_logits(found: "LogitLensTrace") -> None:
    from rich.text import Text

    from groundup.lenses.next_token import percent

    time, shares = len(found.tokens), found.top_probabilities[:, :, 0]
    columns: list[list[Text]] = []
    room = console().width - 11
    for place in reversed(range(time)):  # from the end, as many positions as the terminal has room for
        column = [Text(cut(found.tokens[place], 8))]
        for row in reversed(range(len(found.stages))):
            right = place < time - 1 and found.next_rank[row, place] == 1
            cell = Text(cut(found.top_labels[row][place][0], 8), style="bold underline" if right else "")
            percentage = percent(shares[row, place])
            column.append(cell.append(f"\n{percentage}", style=f"not bold not underline {COLOUR}"))
        room -= 2 + max(len(line) for cell in column for line in cell.plain.split("\n"))
        if room < 0 and columns:
            break
        columns.insert(0, column)
    made = table("", *(column[0].plain for column in columns))
    for number, stage in enumerate(reversed(found.stages), start=1):
        made.add_row(stage, *(column[number] for column in columns))
    print_table(made)
    print_line(
        "Read down to what the model reads; up to what it says. Underlined: what really came next.",
        style="dim",
    )
    if time > 1:
        print_line("")
        asked = [] if found.chosen_label is None else [f"{cut(found.chosen_label, 12)} at the end", "rank"]
        titles = ["what really came: bits", "median rank", *asked]
        summary = table("after", *titles, right=titles)
        for row in reversed(range(len(found.stages))):
            cells = _fit(found, row)
            if found.chosen_rank is not None and found.chosen_probability is not None:
                cells += [percent(found.chosen_probability[row, -1]), f"{found.chosen_rank[row, -1]:,}"]
            summary.add_row(found.stages[row], *cells)
        print_table(summary)


def _fit(found: "LogitLensTrace", row: int) -> list[str]:
    import numpy as np

    surprise = -np.log2(np.maximum(found.next_probability[row], 1e-30)).mean()
    return [f"{surprise:.2f}", f"{np.median(found.next_rank[row]):,.0f}"]


# ---- residual -----------------------------------------------------------------------------------------------

RESIDUAL_EXAMPLES = examples(
    ("look residual gpt-1 'To be, or not to'", "which heads and layers say the likeliest next token"),
    ("look residual gpt-1 'To be, or not to' --token be --against the", "what decides between two tokens"),
)


def residual(
    run: RunArgument,
    text: TextArgument,
    *,
    token: Annotated[
        str | None, typer.Option(help="The token that may follow.", show_default="the likeliest")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Rather than this token: the difference.")] = None,
    position: Annotated[
        int, typer.Option(help="After which token of the text, from 0; -1 is the last.")
    ] = -1,
    rows: RowsOption = 24,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """Residual stream: what each head and layer adds, and says for or against a token."""
    from groundup.lenses.residual import trace

    found = trace(look_at(run, checkpoint), text, token=token, against=against, position=position)
    give(found, lambda: _show_residual(found, rows), out=out, dark=dark, json=json)


def _show_residual(found: "ResidualTrace", rows: int) -> None:
    from groundup.lenses.next_token import in_line
    from groundup.lenses.residual import asked, largest, signed_number

    shown, rest = largest(found.parts, rows)
    print_line(f"Who says {asked(found)} after “{in_line(''.join(found.tokens[: found.position + 1]))}”?")
    print_line("")
    made = table("part", "against", "for", "logit", "length", "cosine", right=("logit", "length", "cosine"))
    most = max(abs(part.contribution) for part in shown)
    for part in shown:
        made.add_row(
            part.name, *_both_ways(part.contribution, most), signed_number(part.contribution),
            f"{part.norm:.2f}", signed_number(part.cosine),
        )  # fmt: skip
    if rest:
        others = sum(part.contribution for part in rest)
        made.add_row(f"the other {len(rest)}", *_both_ways(others, most), signed_number(others))
    made.add_row(
        "sum: the logit" if found.against is None else "sum: the difference",
        "",
        "",
        signed_number(found.logit),
        style="bold",
    )
    print_table(made)


def _both_ways(value: float, most: float) -> "list[Text]":
    """A bar to the left of the middle for less than zero, and to the right for more."""
    left = bar(-value, most, 12)
    full = round(12 * min(1.0, max(0.0, -value / most))) if most > 0 else 0
    left.plain = ("█" * full).rjust(12)
    return [left, bar(value, most, 12)]
