"""`groundup look weights`, `tokens` and `training`: what a model is made of, what it reads, and how it learnt."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli import look_tokens
from groundup.cli.look_shared import (
    COLOUR,
    CheckpointOption,
    DarkOption,
    OutOption,
    RunArgument,
    bar,
    give,
    look_at,
    print_table,
    table,
)
from groundup.cli.shared import JsonOption, checkpoint, complete_runs, console, examples, print_line

if TYPE_CHECKING:
    from groundup.lenses.training import TrainingTrace
    from groundup.lenses.weights import Weight, WeightsTrace


def add_to(group: typer.Typer) -> None:
    group.command(epilog=WEIGHTS_EXAMPLES)(weights)
    look_tokens.add_to(group)
    group.command(epilog=TRAINING_EXAMPLES)(training)


# ---- weights -----------------------------------------------------------------------------------------------

WEIGHTS_EXAMPLES = examples(
    ("look weights gpt-1", "every part with its size, and how its weights are spread"),
    ("look weights gpt-1 --out weights.png", "the largest matrices with their singular values"),
)


def weights(
    run: RunArgument,
    *,
    checkpoint_: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """What a model is made of: its parts with shapes and sizes, and how their weights are spread.

    Instead of a run it can also be a .safetensors file.
    """
    from groundup.lenses.weights import trace

    if run.endswith(".safetensors"):
        checkpoint(checkpoint_)
        found = trace(run)
    else:
        hooked = look_at(run, checkpoint_)
        found = trace(hooked.model, name=hooked.name)
    give(found, lambda: _show_weights(found), out=out, dark=dark, json=json)


def _show_weights(found: "WeightsTrace") -> None:
    """The tree: a row for each part, with its largest tensor; parts with several matrices have a row for each."""
    from rich.text import Text

    from groundup.common.formatting import format_count

    print_line(f"{found.name}: {found.count:,} weights, {format_count(found.bytes)}B", style="bold")
    wide = console().width >= 96
    made = table("", "weights", "", "shape", "σ", "spread", *["rank", "far out"] * wide,
                 right=("weights", "σ", "rank", "far out"))  # fmt: skip
    within: dict[str, list[Weight]] = {}
    for weight in found.weights:
        within.setdefault(weight.name.rpartition(".")[0], []).append(weight)
    for part in found.parts:
        here = within.get(part.name, [])
        matrices = [weight for weight in here if len(weight.shape) > 1]
        alone = max(here, key=lambda weight: weight.count) if here and len(matrices) < 2 else None
        if part.name:
            title = Text("  " * (part.depth - 1) + part.name.rpartition(".")[2], style="bold")
            facts = ["", "", ""] + ["", ""] * wide if alone is None else _facts(alone, wide)
            made.add_row(title, f"{part.count:,}", bar(part.count, found.count), *facts)
        elif alone is not None:
            matrices = here
        for weight in [] if alone is not None and part.name else matrices:
            title = Text("  " * part.depth + weight.name.rpartition(".")[2])
            made.add_row(title, f"{weight.count:,}", bar(weight.count, found.count), *_facts(weight, wide))
    print_table(made)
    print_line("spread: how many weights of each size, negative to positive, on a log scale", style="dim")
    if wide:
        print_line(
            "rank: directions that a matrix uses, of those it has · far out: weights beyond 6σ", style="dim"
        )
    if broken := sum(weight.not_finite for weight in found.weights):
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


# ---- training ----------------------------------------------------------------------------------------------

TRAINING_EXAMPLES = examples(
    ("look training gpt-1", "its curves, its samples, and what they say"),
    ("look training gpt-1 --out training.png", "the same as a picture"),
)


def training(
    run: Annotated[
        str, typer.Argument(help="A run's name.", autocompletion=complete_runs, show_default=False)
    ],
    *,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """How a training went: loss, gradients, updates and samples, and in words whether something is wrong."""
    from groundup.lenses.training import trace

    found = trace(run)
    give(found, lambda: _show_training(found), out=out, dark=dark, json=json)


def _show_training(found: "TrainingTrace") -> None:
    import numpy as np
    from rich.text import Text

    from groundup.common.brand import rung_of
    from groundup.common.formatting import format_duration, make_printable, sparkline
    from groundup.training.view import name_tag

    terminal, colour = console(), rung_of(found.kind).middle
    head = (
        Text()
        .append_text(name_tag(found.kind))
        .append(f" · {found.run} · {found.budget} · {found.state}", style="dim")
    )
    if len(found.seconds):
        head.append(
            f" · {int(found.steps[-1]):,} steps in {format_duration(float(found.seconds[-1]))}", style="dim"
        )
    terminal.print(head)
    wide = max(10, min(48, terminal.width - 50))
    made = table("", "first", "last", "", right=("first", "last"))

    def row(title: str, values: "np.ndarray", form: str = ".3f", log: bool = False) -> None:
        known = values[np.isfinite(values)]
        if len(known):
            drawn = np.log(np.maximum(known, 1e-12)) if log else known
            line = sparkline(drawn.tolist(), wide)
            made.add_row(title, format(known[0], form), format(known[-1], form), Text(line, style=colour))

    row("training loss", found.losses)
    row("bits per byte", found.bpb)
    row("learning rate", found.learning_rates, ".2g")
    row("gradient", found.gradient_norms, ".2g", log=True)
    for name, values in found.update_ratios.items():
        row(f"update {name}", values, ".1e", log=True)
    print_table(made)
    for step, sample in list(zip(found.evaluation_steps, found.samples, strict=True))[-3:]:
        line = " ".join(make_printable(sample).split())
        terminal.print(Text(f"{int(step):>8,}  ", style="dim").append(line, style="not dim"), no_wrap=True,
                       overflow="ellipsis", crop=True)  # fmt: skip
    for one in found.findings:
        print_line("")
        terminal.print(Text(one.what, style="bold"))
        terminal.print(Text(one.evidence))
        terminal.print(Text(f"Try: {one.advice}" if one.name != "healthy" else one.advice, style="dim"))
