"""`groundup translate`: dates in many forms to one, by an encoder and a decoder; and where they looked."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.look_shared import DarkOption, OutOption, give, shade
from groundup.cli.shared import JsonOption, Stopped, console, examples, print_json, say
from groundup.common.formatting import format_duration, make_printable

if TYPE_CHECKING:
    from groundup.training.fit import Scores
    from groundup.training.rewriting import Rewritten

MODELS = {
    "seq2seq": "Translate dates with the recurrent encoder-decoder and its attention (Bahdanau et al. 2015).",
    "encoder-decoder": "Translate dates with the whole transformer of 2017 and its cross-attention.",
}
EXAMPLES = examples(
    ("translate train seq2seq", "train it on generated dates, for about a minute"),
    ("translate seq2seq '3rd of March 1999'", "what it makes of a date, and where it looked"),
    (
        "translate encoder-decoder 'March the 3rd, 1999' 'WED 3 MAR 1999' --out alignment.png",
        "two dates, drawn",
    ),
)


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command()(train)
    for name, what in MODELS.items():
        group.command(name, help=what)(_command(name))
    app.add_typer(
        group,
        name="translate",
        help="Translate dates, and see the alignment of source and target.",
        epilog=EXAMPLES,
    )


def complete(incomplete: str) -> list[str]:
    return [name for name in MODELS if name.startswith(incomplete)]


def train(
    model: Annotated[
        str, typer.Argument(help="seq2seq or encoder-decoder.", autocompletion=complete, show_default=False)
    ],
    *,
    budget: Annotated[
        str | None,
        typer.Option(help="How long to train: 90s, 2min, 500steps.", show_default="about a minute"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same numbers on the same machine.", min=0)] = 1,
    json: JsonOption = False,
) -> None:
    """Train one of the two on generated dates.

    The scores on the way are of dates that it never sees in training. Ctrl-C ends it, and keeps what was learnt.
    """
    from groundup.training import rewriting
    from groundup.training.budget import Budget
    from groundup.training.fit import FitView

    rewriting.preset(model)  # a wrong name is said before anything is drawn
    with FitView(console(error=json), model, _in_words) as view:
        summary = rewriting.train(model, Budget.parse(budget) if budget else None, seed=seed, listen=view)
    if json:
        print_json(summary)
    else:
        spent = f"{summary['steps']:,} steps, {format_duration(summary['seconds'])} of training"
        say(
            f"{model}: {summary['exact']:.1%} of held-out dates exact after {spent}. It is in {summary['folder']}"
        )
    if summary["reason"] == "interrupted":
        raise Stopped(
            "Stopped. What was learnt is saved.", f"Train it anew with: groundup translate train {model}"
        )
    if not json:
        say(f"Next: groundup translate {model} '3rd of March 1999'", style="dim")


def _in_words(scores: "Scores") -> str:
    return f"{scores['exact']:.1%} exact"


def _command(name: str) -> Callable[..., None]:
    """The command of one model; typer reads the signature of the inner function."""

    def translate(
        texts: Annotated[list[str], typer.Argument(help="Dates as people write them.", show_default=False)],
        *,
        out: OutOption = None,
        dark: DarkOption = False,
        json: JsonOption = False,
    ) -> None:
        from groundup.lenses import alignment
        from groundup.training import rewriting

        model, about = rewriting.load(name)
        found = alignment.trace(model, texts)
        exact, steps = about["scores"]["exact"], about["facts"]["steps"]
        say(f"{name}: {exact:.1%} of held-out dates exact, {steps:,} steps", error=True, style="dim")
        give(found, partial(_show, found.texts), out=out, dark=dark, json=json)

    return translate


def _show(texts: "list[Rewritten]") -> None:
    """Each result, and a grid: a row for each character written, darkest where it looked."""
    from rich.text import Text

    terminal = console()
    for one in texts:
        say(f"{make_printable(one.text)} → {one.result or '(nothing)'}")
        wide = 2 if 2 * len(one.text) + 4 <= terminal.width else 1
        say("    " + "".join(char.ljust(wide) for char in one.text), style="dim")
        for char, row in zip(one.result, one.mean_alignment(), strict=True):
            terminal.print(Text(f"  {char} ").append_text(shade(row.tolist(), wide=wide)), soft_wrap=True)
