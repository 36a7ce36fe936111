"""`groundup generate`."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import (
    JsonOption,
    checkpoint,
    complete_runs,
    examples,
    print_json,
    print_line,
    report_loaded,
)
from groundup.common.formatting import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from groundup.generation import Generated

EXAMPLES = examples(
    ("generate gpt-1", "let it write from nothing"),
    ("generate gpt-1 --prompt 'My lord,' --tokens 300 --temperature 0.7 --seed 7", "go on from a prompt"),
    ("generate gpt-1 --prompt 'KING' --prompt 'QUEEN'", "several prompts at once"),
    (
        "generate gpt-1 --prompt 'My lord,' --greedy --stop '.'",
        "always the likeliest, until the first full stop",
    ),
    ("generate gpt-1 --prompt 'My lord,' --beams 4 --tokens 30", "the likeliest whole continuation"),
)
PromptsOption = Annotated[
    list[str] | None,
    typer.Option(help="What to go on from, or - for standard input. Repeatable.", show_default="a new text"),
]
TemperatureOption = Annotated[float, typer.Option(help="Below 1 is bolder, above 1 wilder, 0 is greedy.")]
TopKOption = Annotated[int, typer.Option(help="Draw from the k likeliest tokens; 0 is off.")]
TopPOption = Annotated[
    float, typer.Option(help="Draw from the likeliest that hold this much probability; 1 is off.")
]
MinPOption = Annotated[
    float, typer.Option(help="Drop tokens less than this times as likely as the likeliest; 0 is off.")
]
TypicalOption = Annotated[
    float, typer.Option(help="Draw from the most typical that hold this much; 1 is off.")
]
PenaltyOption = Annotated[
    float, typer.Option(help="Make tokens of the text so far less likely, such as 1.2; 1 is off.")
]
BeamsOption = Annotated[int | None, typer.Option(help="Beam search with so many beams, instead of drawing.")]


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(generate)


def generate(
    run: Annotated[str, typer.Argument(help="The run's name.", autocompletion=complete_runs)],
    *,
    prompt: PromptsOption = None,
    tokens: Annotated[int, typer.Option(help="Write at most this many tokens.")] = 200,
    temperature: TemperatureOption = 0.8,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    min_p: MinPOption = 0.0,
    typical: TypicalOption = 1.0,
    repetition_penalty: PenaltyOption = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same text.")] = 0,
    stop: Annotated[list[str] | None, typer.Option(help="End before this text. Repeatable.")] = None,
    beams: BeamsOption = None,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always the likeliest token.")] = False,
    checkpoint_: Annotated[
        str | None, typer.Option("--checkpoint", help="best or last.", show_default="best")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Let a run write.

    With several prompts, or --json, the text is printed when it is complete; otherwise as it is written.
    """
    from groundup.generation import Sampling, unknown_in, write_batch, write_likeliest, write_stream
    from groundup.training.run import Run

    sampling = Sampling(
        0.0 if greedy else temperature, top_k=top_k, top_p=top_p, min_p=min_p, typical_p=typical,
        repetition_penalty=repetition_penalty, seed=seed,
    )  # fmt: skip
    prompts = [sys.stdin.read() if text == "-" else text for text in prompt or [""]]
    stops = tuple(stop or ())
    which = checkpoint(checkpoint_)
    opened = Run.open(run)
    report_loaded(opened, which)
    model, tokenizer = opened.model(which), opened.tokenizer
    if unknown := list(dict.fromkeys(word for text in prompts for word in unknown_in(tokenizer, text))):
        print_line(f"Unknown to this model, and read as such: {', '.join(unknown)}", error=True, style="dim")
    if beams is not None:
        results = [write_likeliest(model, tokenizer, text, tokens, beams, stop=stops) for text in prompts]
    elif len(prompts) == 1 and not json:
        _stream(prompts[0], write_stream(model, tokenizer, prompts[0], tokens, sampling, stop=stops))
        return
    else:
        results = write_batch(model, tokenizer, prompts, tokens, sampling, stop=stops)
    if json:
        facts = {"run": opened.name, "name": opened.recipe.model.kind, "checkpoint": opened.which(which)}
        _print_results_json(results, facts, seed)
        return
    for number, result in enumerate(results):
        if number:
            print_line("")
        _stream(result.prompt, [result.text])


def _print_results_json(results: "list[Generated]", facts: dict[str, str], seed: int) -> None:
    """One object; of several prompts, with a list of results. The seed is the one that gives a result alone."""
    rows = [
        {
            **facts,
            "prompt": result.prompt,
            "text": result.text,
            "tokens": len(result.tokens),
            "finish_reason": result.finish_reason,
            "seed": seed + number,
            "unknown": result.unknown,
        }
        for number, result in enumerate(results)
    ]
    print_json(rows[0] if len(rows) == 1 else {**facts, "results": rows})


def _stream(prompt: str, pieces: "Iterable[str]") -> None:
    """Print a prompt, and what follows as it comes. On a terminal nothing in it can command the terminal."""
    terminal = sys.stdout.isatty()
    clean = make_printable if terminal else str
    bold = terminal and not os.environ.get("NO_COLOR")
    sys.stdout.write(f"\x1b[1m{clean(prompt)}\x1b[0m" if bold and prompt else clean(prompt))
    for piece in pieces:
        sys.stdout.write(clean(piece))
        sys.stdout.flush()
    sys.stdout.write("\n")
