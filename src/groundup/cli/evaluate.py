"""`groundup eval`."""

from dataclasses import asdict
from typing import Annotated

import typer

from groundup.cli.shared import (
    JsonOption,
    checkpoint,
    complete_corpora,
    complete_runs,
    examples,
    print_json,
    report_loaded,
    say,
)

EXAMPLES = examples(
    ("eval gpt-1", "score it on the whole validation part of its own text"),
    ("eval gpt-1 --corpus other.txt", "on the validation part of another text"),
    ("eval gpt-1 --checkpoint last --json", "the last weights instead of the best; for a program"),
)


def register(app: typer.Typer) -> None:
    app.command("eval", epilog=EXAMPLES)(evaluate)


def evaluate(
    run: Annotated[str, typer.Argument(help="The run's name.", autocompletion=complete_runs)],
    corpus: Annotated[
        str | None,
        typer.Option(help="Another text.", autocompletion=complete_corpora, show_default="its own"),
    ] = None,
    checkpoint_: Annotated[
        str | None, typer.Option("--checkpoint", help="best or last.", show_default="best")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Score a run in bits per byte, on the whole validation text: exact, no random batches."""
    from groundup.training.run import Run

    opened = Run.open(run)
    which = checkpoint(checkpoint_)
    report_loaded(opened, which)
    found = opened.evaluate(corpus, which=which)
    if json:
        used = opened.which(which)
        print_json(
            {
                "run": opened.name,
                "name": opened.recipe.model.kind,
                "checkpoint": used,
                "corpus": corpus or opened.recipe.corpus,
                **asdict(found),
            }
        )
        return
    say(f"{found.bpb:.4f} bits per byte", style="bold")
    say(f"{found.loss:.4f} nats per token, perplexity {found.perplexity:.2f}")
    say(f"{found.tokens:,} tokens, {found.bytes:,} bytes")
    if found.lost_bits:
        say(
            f"The tokenizer knew {found.coverage:.1%} of the tokens. Spelling the others costs "
            f"{found.lost_bits / found.bytes:.3f} of these bits per byte."
        )
