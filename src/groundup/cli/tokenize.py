"""`groundup tokenize`: what a tokenizer makes of a text."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import (
    JsonOption,
    complete_corpora,
    complete_runs,
    complete_tokenizers,
    console,
    examples,
    print_json,
    say,
)
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable

if TYPE_CHECKING:
    from groundup.text.tokenizer import Piece, Tokenizer

EXAMPLES = examples(
    ("tokenize 'To be, or not to be' --run gpt-1", "with the tokenizer of a run"),
    (
        "tokenize 'To be, or not to be' --kind bpe --corpus my.txt --vocab-size 512",
        "with one learnt from a text now",
    ),
    ("tokenize 'naïve café' --kind bytes --json", "ids and pieces for a program"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(tokenize)


def tokenize(
    text: Annotated[str, typer.Argument(help="The text, or - for standard input.")],
    *,
    run: Annotated[
        str | None, typer.Option(help="Take this run's tokenizer.", autocompletion=complete_runs)
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Or learn one now: characters, bytes, words, wordpiece or bpe.",
            autocompletion=complete_tokenizers,
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="The text to learn it from.", autocompletion=complete_corpora, show_default="the text itself"
        ),
    ] = None,
    vocab_size: Annotated[
        int | None, typer.Option(help="The most tokens it may have (words, wordpiece, bpe).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the tokens of a text, with their ids."""
    if (run is None) == (kind is None):
        raise GroundupError(
            "Which tokenizer?", "Give --run NAME for that of a run, or --kind bpe for one learnt now."
        )
    if text == "-":
        text = sys.stdin.read()
    tokenizer = _of_run(run) if run is not None else _learnt(str(kind), corpus, vocab_size, text)
    pieces, lost = tokenizer.pieces(text), tokenizer.lost(text)
    size = len(text.encode("utf-8", "surrogatepass"))
    if json:
        rows = [
            {"id": piece.id, "token": piece.token, "start": piece.start, "end": piece.end} for piece in pieces
        ]
        print_json(
            {
                "kind": tokenizer.kind,
                "vocab_size": tokenizer.vocab_size,
                "count": len(pieces),
                "bytes": size,
                "tokens": rows,
                "lost": lost,
            }
        )
        return
    _show(pieces, text)
    ratio = f", {size / len(pieces):.2f} bytes each" if pieces else ""
    say(
        f"{len(pieces):,} tokens for {size:,} bytes{ratio}; "
        f"{tokenizer.kind}, vocabulary {tokenizer.vocab_size:,}",
        style="dim",
    )
    if lost:
        unknown = ", ".join(dict.fromkeys(make_printable(word) for word in lost))
        say(f"Not in the vocabulary, so lost: {unknown}")


def _of_run(name: str) -> "Tokenizer":
    from groundup.training.run import Run

    return Run.open(name).tokenizer


def _learnt(kind: str, corpus: str | None, vocab_size: int | None, text: str) -> "Tokenizer":
    from groundup.text.corpora import load_corpus
    from groundup.text.tokenizers import train_tokenizer

    options = {} if vocab_size is None else {"vocab_size": vocab_size}
    pieces = [text] if corpus is None else load_corpus(corpus).pieces("train")
    return train_tokenizer(kind, pieces, **options)


def _show(pieces: "list[Piece]", text: str) -> None:
    """Each token on one of two grounds, so that its borders are seen, and its id under it."""
    from rich.text import Text

    terminal = console()
    above, below = Text(), Text()

    def flush() -> None:
        if above:
            terminal.print(above, no_wrap=True, crop=False)
            terminal.print(below, no_wrap=True, crop=False)

    for number, piece in enumerate(pieces):
        shown = make_printable(piece.token.replace("\n", "⏎").replace(" ", "·")) or "∅"
        token, identity = Text(shown), Text(str(piece.id))
        width = max(token.cell_len, identity.cell_len)
        if above.cell_len + width + 1 > terminal.width:
            flush()
            above, below = Text(), Text()
        token.pad_right(width - token.cell_len)
        identity.pad_right(width - identity.cell_len + 1)
        token.stylize("black on #f6de45" if number % 2 else "black on #dedcd7")
        above.append_text(token).append(" ")
        below.append_text(Text(identity.plain, style="dim"))
    flush()
