"""`groundup look`: see what a model does inside. One sub-command for each lens; this is the first.

The others are in look_through_time.py, look_text.py and look_inside.py; what all share is in look_shared.py.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli import look_inside, look_text, look_through_time
from groundup.cli.look_shared import (
    CheckpointOption,
    DarkOption,
    OutOption,
    RowsOption,
    RunArgument,
    TextArgument,
    bar,
    columns_for,
    cut,
    give,
    look_at,
    over_columns,
    print_table,
    shade,
    table,
)
from groundup.cli.shared import JsonOption, console, examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.lenses.ablation import AblationTrace
    from groundup.lenses.attention import AttentionTrace
    from groundup.lenses.head import HeadTrace
    from groundup.lenses.hooked_model import HookedModel

LOOK_EXAMPLES = examples(
    ("look attention gpt-1 'To be, or not to be'", "every head: where it looks, and what it is"),
    ("look gates word-gru-1 'my lord, what news?'", "gates that open and close along a text"),
    ("look gradient-flow char-rnn-1 'To be, or not to be'", "how far back a prediction can be traced"),
)
ATTENTION_EXAMPLES = examples(
    ("look attention gpt-1 'To be, or not to be' --out heads.png", "all heads, and a picture of each"),
    ("look attention gpt-1 'To be, or not to be' --layer 1 --head 0", "one head, number by number"),
    ("look attention gpt-1 'To be, or not to be' --switch-off mean", "what it costs to be without each head"),
    (
        "look attention hf:smollm2 'The cat sat on the mat. The cat'",
        "a real model: groundup assets fetch smollm2",
    ),
)
group = typer.Typer(no_args_is_help=True, help="Look inside a model, through one of the lenses.")


def register(app: typer.Typer) -> None:
    group.command(epilog=ATTENTION_EXAMPLES)(attention)
    look_through_time.add_to(group)
    look_text.add_to(group)
    look_inside.add_to(group)
    app.add_typer(group, name="look", epilog=LOOK_EXAMPLES)


# ---- attention ---------------------------------------------------------------------------------------------


def attention(
    run: RunArgument,
    text: TextArgument,
    *,
    layer: Annotated[
        int | None, typer.Option(help="Take one head apart: its layer, from 0.", show_default=False)
    ] = None,
    head: Annotated[int | None, typer.Option(help="And its number, from 0.", show_default=False)] = None,
    position: Annotated[
        int | None, typer.Option(help="The token whose row is taken apart, from 0.", show_default="the last")
    ] = None,
    switch_off: Annotated[
        str | None,
        typer.Option(
            metavar="mean|zero",
            help="Switch off each head in turn, by putting its mean or zero in its place, and give the loss.",
            show_default=False,
        ),
    ] = None,
    rows: RowsOption = 40,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """Where every head looks; one head number by number; or what it costs to be without each."""
    from groundup.lenses import ablation
    from groundup.lenses import attention as lens
    from groundup.lenses import head as head_lens

    if (layer is None) != (head is None):
        raise GroundupError("One head has a layer and a number.", "Give both --layer and --head.")
    if switch_off is not None and layer is not None:
        raise GroundupError(
            "Heads are switched off one after another, all of them.", "Leave out --layer and --head."
        )
    if position is not None and layer is None:
        raise GroundupError("A row belongs to one head.", "Give --layer and --head too.")
    hooked = look_at(run, checkpoint)
    shown: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if switch_off is not None:
        without = ablation.ablate_heads(hooked, text, switch_off)  # type: ignore[arg-type]  # it checks
        give(without, lambda: _show_ablation(without), **shown)
    elif layer is not None and head is not None:
        one = head_lens.trace(hooked, text, layer, head, position)
        give(one, lambda: _show_head(one), **shown)
    else:
        found = lens.trace(hooked, text)
        give(found, lambda: _show_heads(found, hooked, rows), **shown)


def _show_heads(found: "AttentionTrace", hooked: "HookedModel", rows: int) -> None:
    """A line for each head: shares as bars, and in words what it looks at most."""
    import numpy as np

    from groundup.lenses.attention import induction_scores

    try:
        induction = induction_scores(hooked)
        tested = "induction: on random tokens written twice"
    except GroundupError:  # it sees too few tokens
        induction, tested = found.induction, "induction: on this text"
    layers, heads = found.entropy.shape
    shares = [found.previous, found.first, found.itself, induction]
    wide = 4 if console().width >= 78 else 0  # no room for bars
    order = np.argsort(-np.nan_to_num(np.stack(shares)).max(0), axis=None, kind="stable")
    chosen = sorted(order[:rows].tolist())
    names = ["head", "bits", "away", "before", "first", "itself", "induction", "looks most at"]
    made = table(*(names if wide else names[:-1]), right=("bits", "away"))
    for number in chosen:
        layer, head = divmod(number, heads)
        words = found.describe(layer, head).replace("the same token before", "it")
        made.add_row(
            f"L{layer} H{head}",
            f"{found.entropy[layer, head]:.1f}",
            f"{found.distance[layer, head]:.1f}",
            *(_share(values[layer, head], wide) for values in shares),
            *([words] if wide else []),
        )
    print_table(made)
    if len(chosen) < layers * heads:
        print_line(
            f"The {len(chosen)} of {layers * heads} heads with the largest shares; --rows shows more.",
            style="dim",
        )
    print_line(f"bits: how spread; away: tokens back, on average; {tested}.", style="dim")
    for sentence in found.sentences():
        print_line(sentence)


def _share(value: float, wide: int) -> Any:
    """A small bar and the percentage."""
    if value != value:  # noqa: PLR0124 (not a number: nothing repeats)
        return "-"
    return bar(value, width=wide).append(f" {value:>3.0%}", style="default")


def _show_head(found: "HeadTrace") -> None:
    """The pattern as a shaded grid, and the numbers of one row."""
    from rich.text import Text

    terminal, labels = console(), found.labels
    indent = min(14, max(len(cut(label, 12)) for label in labels) + 2)
    wide, many = columns_for(labels, indent)
    first = len(labels) - many
    terminal.print(over_columns(labels[first:], wide, indent), no_wrap=True, crop=False)
    for number, label in enumerate(labels):
        if number < first:
            continue
        mark = "›" if number == found.position else " "
        row = Text(f"{mark}{cut(label, 12):>{indent - 2}} ").append_text(
            shade(found.pattern[number, first : number + 1] ** 0.5, wide=wide)
        )
        terminal.print(row, no_wrap=True, crop=False)
    if first:
        print_line(
            f"The last {many} of {len(labels)} tokens; a picture shows all: --out head.png", style="dim"
        )
    print_line("")
    asked = cut(labels[found.position], 20)
    how = "sum" if found.additive else "q·k"
    print_line(
        f"L{found.layer} H{found.head} at “{asked}”: {how} × {found.scale:.3g}, then softmax", style="bold"
    )
    made = table("token", how, "scaled", "share", "", right=("token", how, "scaled", "share"))
    for s in found.shown(12):
        t = found.position
        share = found.pattern[t, s]
        made.add_row(cut(labels[s], 14), f"{found.products[t, s]:.3f}", f"{found.scaled[t, s]:.3f}", f"{share:.3f}",
                     bar(share, width=min(20, max(4, terminal.width - 42))))  # fmt: skip
    print_table(made)


def _show_ablation(found: "AblationTrace") -> None:
    """The cost of each head, layers downwards."""
    layers, heads = found.cost.shape
    made = table("", *(f"H{head}" for head in range(heads)), right=[f"H{head}" for head in range(heads)])
    for layer in range(layers):
        made.add_row(f"L{layer}", *(f"{cost:+.3f}" for cost in found.cost[layer]))
    print_table(made)
    print_line(f"Nats per token that each head saves; the whole model needs {found.loss:.3f}.", style="dim")
    layer, head = divmod(int(found.cost.argmax()), heads)
    print_line(f"Most is lost without L{layer} H{head}: {found.cost[layer, head]:+.3f}.")
