"""`groundup look gates` and `gradient-flow`: what is kept along a text, and how far back a prediction can be traced."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from groundup.cli.shared import JsonOption, complete_runs, console, examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.lenses.gates import GatesTrace
    from groundup.lenses.gradient_flow import GradientFlowComparison, GradientFlowTrace

GATES_EXAMPLES = examples(
    ("look gates word-gru-1 'my lord, what news?'", "the units whose gates move most"),
    (
        "look gates lstm-attention-1 'my lord, what news?' --out gates.png",
        "input, forget and output gates, drawn",
    ),
)
GRADIENT_FLOW_EXAMPLES = examples(
    ("look gradient-flow char-rnn-1 'To be, or not to be'", "what the last letter was predicted from"),
    (
        "look gradient-flow char-rnn-1 'To be, or not to be' --beside gpt-1 --out gradient-flow.png",
        "two models on one text",
    ),
)


def add_to(group: typer.Typer) -> None:
    group.command(epilog=GATES_EXAMPLES)(gates)
    group.command(epilog=GRADIENT_FLOW_EXAMPLES)(gradient_flow)


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
    print_line(f"{found.cell.upper()}, layer {layer} of {layers}, {units} units", style="bold")
    for letter in [*found.gates, "h"]:
        is_gate = letter in found.gates
        print_line("")
        print_line(
            f"{letter}  {MEANING[letter]}" + ("" if is_gate else "  (low is −1, half is 0, full is +1)")
        )
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
        print_line(
            f"The last {many} of {len(labels)} tokens; a picture shows all: --out gates.png", style="dim"
        )


# ---- gradient flow -----------------------------------------------------------------------------------------


def gradient_flow(
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
    from groundup.lenses import gradient_flow as lens

    if beside and at is not None:
        raise GroundupError(
            "Models have tokens of their own, so --at fits only one.", "Leave out --at or --beside."
        )
    shown: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if beside:
        several = lens.compare_gradient_flow([look_at(name, checkpoint) for name in (run, *beside)], text, of)  # type: ignore[arg-type]  # it checks
        give(several, lambda: _show_gradient_flows(several), **shown)
        return
    found = lens.trace(look_at(run, checkpoint), text, at, of)  # type: ignore[arg-type]  # it checks
    give(found, lambda: _show_gradient_flow(found, rows), **shown)


def _show_gradient_flow(found: "GradientFlowTrace", rows: int) -> None:
    """A bar for each token, on a logarithmic scale: a bar half as long is not half as much."""
    import numpy as np

    norms = found.inputs
    there = norms[norms > 0]
    most = float(there.max()) if len(there) else 1.0
    wide = min(36, max(8, console().width - 28))
    decades = max(1.0, float(np.log10(most / max(there.min(), most * 1e-9)))) if len(there) else 1.0
    made = table("token", "gradient", "on a logarithmic scale", right=("token", "gradient"))
    for number in range(max(0, len(norms) - rows), len(norms)):
        length = norms[number]
        share = 1 + np.log10(max(length, most * 1e-12) / most) / (decades + 0.5) if length > 0 else 0.0
        made.add_row(cut(found.labels[number], 14), f"{length:.2g}", bar(float(share), width=wide))
    print_table(made)
    print_line(f"then “{cut(found.target, 14)}”: {found.of} {found.value:.3f}")
    if len(norms) > rows:
        print_line(f"The last {rows} of {len(norms)} tokens; --rows shows more.", style="dim")
    print_line(found.sentence(), style="bold")


def _show_gradient_flows(found: "GradientFlowComparison") -> None:
    """What is left of each model's gradient at growing distances."""
    import numpy as np

    from groundup.training.view import name_tag

    longest = max(max(one.back) for one in found.traces)
    marks = [mark for mark in (5, 10, 20, 40, 80, 160, 320) if mark <= longest] or [longest]
    names = [f"{mark} back" for mark in marks]
    made = table("run", "model", "each token", *names, right=("each token", *names))
    for one in found.traces:
        back, shares = np.array(one.back), one.inputs / max(float(one.inputs[-1]), 1e-38)
        left = [
            f"{shares[np.flatnonzero(back >= mark)[-1]]:.1g}" if (back >= mark).any() else "-"
            for mark in marks
        ]
        made.add_row(
            one.name, name_tag(one.kind), f"× {one.factor:.2f}" if one.geometric else "no one factor", *left
        )
    print_table(made)
    print_line("The share of the last token's gradient that is left so many characters before the prediction.",
        style="dim")  # fmt: skip
