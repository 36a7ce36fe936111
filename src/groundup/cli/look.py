"""`groundup look`: see what a model does inside. One sub-command for each lens; these are the first three.

The others are in look_text.py and look_inside.py; what all share is in look_shared.py.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli import look_inside, look_text
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
    heights,
    look_at,
    over_columns,
    print_table,
    shade,
    table,
)
from groundup.cli.shared import JsonOption, complete_runs, console, examples, say
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.lenses.ablation import AblationTrace
    from groundup.lenses.attention import AttentionTrace
    from groundup.lenses.gates import GatesTrace
    from groundup.lenses.head import HeadTrace
    from groundup.lenses.reach import ReachComparison, ReachTrace
    from groundup.lenses.subject import Subject

LOOK_EXAMPLES = examples(
    ("look attention gpt-1 'To be, or not to be'", "every head: where it looks, and what it is"),
    ("look gates word-gru-1 'my lord, what news?'", "gates that open and close along a text"),
    ("look reach char-rnn-1 'To be, or not to be'", "how far back a prediction can be traced"),
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
GATES_EXAMPLES = examples(
    ("look gates word-gru-1 'my lord, what news?'", "the units whose gates move most"),
    (
        "look gates lstm-attention-1 'my lord, what news?' --out gates.png",
        "input, forget and output gates, drawn",
    ),
)
REACH_EXAMPLES = examples(
    ("look reach char-rnn-1 'To be, or not to be'", "what the last letter was predicted from"),
    ("look reach char-rnn-1 'To be, or not to be' --beside gpt-1 --out reach.png", "two models on one text"),
)

group = typer.Typer(no_args_is_help=True, help="Look inside a model, through one of the lenses.")


def register(app: typer.Typer) -> None:
    group.command(epilog=ATTENTION_EXAMPLES)(attention)
    group.command(epilog=GATES_EXAMPLES)(gates)
    group.command(epilog=REACH_EXAMPLES)(reach)
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
    looked_at = look_at(run, checkpoint)
    shown: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if switch_off is not None:
        without = ablation.ablate_heads(looked_at, text, switch_off)  # type: ignore[arg-type]  # it checks
        give(without, lambda: _show_ablation(without), **shown)
    elif layer is not None and head is not None:
        one = head_lens.trace(looked_at, text, layer, head, position)
        give(one, lambda: _show_head(one), **shown)
    else:
        found = lens.trace(looked_at, text)
        give(found, lambda: _show_heads(found, looked_at, rows), **shown)


def _show_heads(found: "AttentionTrace", looked_at: "Subject", rows: int) -> None:
    """A line for each head: shares as bars, and in words what it looks at most."""
    import numpy as np

    from groundup.lenses.attention import induction_scores

    try:
        induction = induction_scores(looked_at)
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
        say(
            f"The {len(chosen)} of {layers * heads} heads with the largest shares; --rows shows more.",
            style="dim",
        )
    say(f"bits: how spread; away: tokens back, on average; {tested}.", style="dim")
    for sentence in found.sentences():
        say(sentence)


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
        say(f"The last {many} of {len(labels)} tokens; a picture shows all: --out head.png", style="dim")
    say("")
    asked = cut(labels[found.position], 20)
    how = "sum" if found.additive else "q·k"
    say(f"L{found.layer} H{found.head} at “{asked}”: {how} × {found.scale:.3g}, then softmax", style="bold")
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
    say(f"Nats per token that each head saves; the whole model needs {found.loss:.3f}.", style="dim")
    layer, head = divmod(int(found.cost.argmax()), heads)
    say(f"Most is lost without L{layer} H{head}: {found.cost[layer, head]:+.3f}.")


# ---- gates -------------------------------------------------------------------------------------------------


def gates(
    run: RunArgument,
    text: TextArgument,
    *,
    layer: Annotated[int, typer.Option(help="Which recurrent layer.", show_default="the top one")] = -1,
    rows: RowsOption = 6,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """What a recurrent model keeps, writes and shows, token by token: the units that move most."""
    from groundup.lenses import gates as lens

    found = lens.trace(look_at(run, checkpoint), text)
    layer = lens.check_layer(found, layer)
    give(found, lambda: _show_gates(found, layer, rows), out=out, dark=dark, json=json, layer=layer)


def _show_gates(found: "GatesTrace", layer: int, rows: int) -> None:
    """A block for each gate, and one for the state: the mean, then the units that move most."""
    from rich.text import Text

    from groundup.lenses.unrolled import MEANING

    terminal, labels = console(), found.labels
    wide, many = columns_for(labels, 10)
    first = len(labels) - many
    roomy = terminal.width - 10 - wide * many >= 24
    layers, _, units = found.parts["h"].shape
    say(f"{found.cell.upper()}, layer {layer} of {layers}, {units} units", style="bold")
    for letter in [*found.gates, "h"]:
        is_gate = letter in found.gates
        say("")
        say(f"{letter}  {MEANING[letter]}" + ("" if is_gate else "  (low is −1, half is 0, full is +1)"))
        terminal.print(over_columns(labels[first:], wide, 10), no_wrap=True, crop=False)
        if is_gate:
            mean = shade(found.mean[letter][layer, first:], wide=wide)
            terminal.print(Text(f"{'mean':>8}  ").append_text(mean), no_wrap=True, crop=False)
        for unit in found.selective(letter, layer, rows):
            values = found.parts[letter][layer, first:, unit]
            row = Text(f"{unit:>8}  ").append_text((shade if is_gate else heights)(values, wide=wide))
            if roomy:
                highest = " ".join(cut(labels[t], 8) for t in found.when(letter, unit, layer, 2))
                row.append(f"  most at {highest}", style="dim")
            terminal.print(row, no_wrap=True, crop=False)
    if first:
        say(f"The last {many} of {len(labels)} tokens; a picture shows all: --out gates.png", style="dim")


# ---- reach -------------------------------------------------------------------------------------------------


def reach(
    run: RunArgument,
    text: TextArgument,
    *,
    at: Annotated[
        int | None, typer.Option(help="The token that is predicted, from 1.", show_default="the last")
    ] = None,
    of: Annotated[
        str, typer.Option(metavar="loss|logit", help="The gradient of its loss, or of its logit.")
    ] = "loss",
    beside: Annotated[
        list[str] | None,
        typer.Option(help="Another run on the same text. Repeatable.", autocompletion=complete_runs),
    ] = None,
    rows: RowsOption = 24,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """How much a prediction depends on each earlier token, and how that decays: for one model, or for several."""
    from groundup.lenses import reach as lens

    if beside and at is not None:
        raise GroundupError(
            "Models have tokens of their own, so --at fits only one.", "Leave out --at or --beside."
        )
    shown: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if beside:
        several = lens.compare_reach([look_at(name, checkpoint) for name in (run, *beside)], text, of)  # type: ignore[arg-type]  # it checks
        give(several, lambda: _show_reaches(several), **shown)
        return
    found = lens.trace(look_at(run, checkpoint), text, at, of)  # type: ignore[arg-type]  # it checks
    give(found, lambda: _show_reach(found, rows), **shown)


def _show_reach(found: "ReachTrace", rows: int) -> None:
    """A bar for each token, on a logarithmic scale: a bar half as long is not half as much."""
    import numpy as np

    norms = found.inputs
    there = norms[norms > 0]
    most = float(there.max()) if len(there) else 1.0
    wide = min(36, max(8, console().width - 28))
    decades = max(1.0, float(np.log10(most / max(there.min(), most * 1e-9)))) if len(there) else 1.0
    made = table(
        "token", "gradient", f"each of {decades:.0f} powers of ten is as long", right=("token", "gradient")
    )
    for number in range(max(0, len(norms) - rows), len(norms)):
        length = norms[number]
        share = 1 + np.log10(max(length, most * 1e-12) / most) / (decades + 0.5) if length > 0 else 0.0
        made.add_row(cut(found.labels[number], 14), f"{length:.2g}", bar(float(share), width=wide))
    print_table(made)
    say(f"then “{cut(found.target, 14)}”: {found.of} {found.value:.3f}")
    if len(norms) > rows:
        say(f"The last {rows} of {len(norms)} tokens; --rows shows more.", style="dim")
    say(found.sentence(), style="bold")


def _show_reaches(found: "ReachComparison") -> None:
    """What is left of each model's gradient at growing distances."""
    import numpy as np

    from groundup.training.view import name_tag

    longest = max(max(one.back) for one in found.reaches)
    marks = [mark for mark in (5, 10, 20, 40, 80, 160, 320) if mark <= longest] or [longest]
    names = [f"{mark} back" for mark in marks]
    made = table("run", "model", "each token", *names, right=("each token", *names))
    for one in found.reaches:
        back, shares = np.array(one.back), one.inputs / max(float(one.inputs[-1]), 1e-38)
        left = [
            f"{shares[np.flatnonzero(back >= mark)[-1]]:.1g}" if (back >= mark).any() else "-"
            for mark in marks
        ]
        made.add_row(
            one.name, name_tag(one.kind), f"× {one.factor:.2f}" if one.geometric else "no one factor", *left
        )
    print_table(made)
    say("What is left of the gradient that many characters before the prediction, as a share of the last token's.",
        style="dim")  # fmt: skip
