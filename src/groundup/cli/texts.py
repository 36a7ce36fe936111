"""`groundup tokenize` shows the tokens of a text; `groundup assets` handles the texts that are fetched once."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import (
    TOKENIZERS,
    JsonOption,
    complete_corpora,
    complete_runs,
    complete_tokenizers,
    console,
    examples,
    print_json,
    print_line,
)
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable

if TYPE_CHECKING:
    from groundup.text.tokenizer import Piece, Tokenizer

ASSETS_EXAMPLES = examples(
    ("assets list", "what there is, and what is here"),
    ("assets fetch shakespeare", "fetch one now, to work offline later"),
    ("assets where shakespeare", "the folder it is in"),
    ("assets remove shakespeare", "give the space back"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=TOKENIZE_EXAMPLES)(tokenize)
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command("list")(list_)
    group.command()(fetch)
    group.command()(where)
    group.command()(remove)
    app.add_typer(
        group, name="assets", help="Texts and vocabularies that are fetched once.", epilog=ASSETS_EXAMPLES
    )


def complete_assets(incomplete: str) -> list[str]:
    from groundup.text.assets import list_assets

    return [asset.name for asset in list_assets() if asset.name.startswith(incomplete)]


NameArgument = Annotated[str, typer.Argument(help="The asset's name.", autocompletion=complete_assets)]


def list_(json: JsonOption = False) -> None:
    """List every asset: what it is, its licence and size, and whether it is here."""
    from groundup.text.assets import list_assets
    from groundup.text.corpora import list_corpora

    assets, corpora = list_assets(), list_corpora()
    if json:
        rows = [
            {
                "name": asset.name,
                "title": asset.title,
                "kind": asset.kind,
                "licence": asset.licence,
                "bytes": asset.size,
                "fetched": asset.fetched,
                "folder": asset.folder,
            }
            for asset in assets
        ]
        print_json({"assets": rows, "corpora": [asdict(corpus) for corpus in corpora]})
        return
    from rich.table import Table

    terminal = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("asset", "size", "here"):
        table.add_column(title, justify="right" if title == "size" else "left", no_wrap=True)
    table.add_column("what it is")
    if terminal.width >= 120:
        table.add_column("licence", style="dim")
    for asset in assets:
        size, here = f"{asset.size / 1e6:,.1f} MB", "yes" if asset.fetched else "-"
        cells = [asset.name, size, here, asset.title, asset.licence]
        table.add_row(*cells[: len(table.columns)])
    terminal.print(table)
    print_line("")
    names = ", ".join(corpus.name for corpus in corpora)
    print_line(f"Texts to train on by name: {names}. What is not here is fetched when it is first used.")


def fetch(name: NameArgument, json: JsonOption = False) -> None:
    """Fetch an asset into the cache, and check it. One that is here already is left alone."""
    from groundup.common.fetching import Fetching
    from groundup.text.assets import asset
    from groundup.text.assets import fetch as fetch_

    details = asset(name)
    with Fetching(console(error=True)) as progress:
        folder = fetch_(name, progress)
    if json:
        print_json({"name": name, "folder": folder, "bytes": details.size})
    else:
        print_line(f"{details.title} is in {folder}")


def where(name: NameArgument, json: JsonOption = False) -> None:
    """Print the folder of a fetched asset."""
    from groundup.text.assets import where as where_

    folder = where_(name)
    if folder is None:
        raise GroundupError(f"'{name}' has not been fetched.", f"Run `groundup assets fetch {name}`.")
    if json:
        print_json({"name": name, "folder": folder})
    else:
        print_line(str(folder))


def remove(name: NameArgument, json: JsonOption = False) -> None:
    """Delete a fetched asset. It can be fetched again."""
    from groundup.text.assets import remove as remove_

    freed = remove_(name)
    if json:
        print_json({"name": name, "bytes_freed": freed})
    else:
        print_line(f"{name}: {freed / 1e6:,.1f} MB freed." if freed else f"{name} was not here.")


TOKENIZE_EXAMPLES = examples(
    ("tokenize 'To be, or not to be' --run gpt-1", "with the tokenizer of a run"),
    (
        "tokenize 'To be, or not to be' --kind bpe --corpus my.txt --vocab-size 512",
        "with one learnt from a text now",
    ),
    ("tokenize 'naïve café' --kind bytes --json", "ids and pieces for a program"),
)


def tokenize(
    text: Annotated[str, typer.Argument(help="The text, or - for standard input.")],
    *,
    run: Annotated[
        str | None, typer.Option(help="Take this run's tokenizer.", autocompletion=complete_runs)
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help=f"Or learn one now: {', '.join(TOKENIZERS)}.",
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
    tokenizer = (
        _run_tokenizer(run) if run is not None else _train_tokenizer(str(kind), corpus, vocab_size, text)
    )
    pieces, lost = tokenizer.pieces(text), tokenizer.lost(text)
    size = len(text.encode("utf-8", "surrogatepass"))
    if json:
        rows = [asdict(piece) for piece in pieces]
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
    _print_pieces(pieces, text)
    ratio = f", {size / len(pieces):.2f} bytes each" if pieces else ""
    print_line(
        f"{len(pieces):,} tokens for {size:,} bytes{ratio}; "
        f"{tokenizer.kind}, vocabulary {tokenizer.vocab_size:,}",
        style="dim",
    )
    if lost:
        unknown = ", ".join(dict.fromkeys(make_printable(word) for word in lost))
        print_line(f"Not in the vocabulary, so lost: {unknown}")


def _run_tokenizer(name: str) -> "Tokenizer":
    from groundup.training.run import Run

    return Run.open(name).tokenizer


def _train_tokenizer(kind: str, corpus: str | None, vocab_size: int | None, text: str) -> "Tokenizer":
    from groundup.text.corpora import load_corpus
    from groundup.text.tokenizers import train_tokenizer

    options = {} if vocab_size is None else {"vocab_size": vocab_size}
    pieces = [text] if corpus is None else load_corpus(corpus).pieces("train")
    return train_tokenizer(kind, pieces, **options)


def _print_pieces(pieces: "list[Piece]", text: str) -> None:
    """Each token on one of two grounds, so that its borders are seen, and its id under it."""
    from rich.text import Text

    terminal = console()
    above, below = Text(), Text()

    def flush() -> None:
        if above:
            terminal.print(above, no_wrap=True, crop=False)
            terminal.print(below, no_wrap=True, crop=False)

    for number, piece in enumerate(pieces):
        visible = make_printable(piece.token.replace("\n", "⏎").replace(" ", "·")) or "∅"
        token, identity = Text(visible), Text(str(piece.id))
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
