"""`groundup assets`: texts, vocabularies and a model that are fetched once, and the corpora that use them."""

from dataclasses import asdict
from typing import Annotated

import typer

from groundup.cli.shared import JsonOption, console, examples, print_json, say
from groundup.common.errors import GroundupError

EXAMPLES = examples(
    ("assets list", "what there is, and what is here"),
    ("assets fetch shakespeare", "fetch one now, to work offline later"),
    ("assets where shakespeare", "the folder it is in"),
    ("assets remove shakespeare", "give the space back"),
)


def _complete(incomplete: str) -> list[str]:
    from groundup.text.assets import list_assets

    return [asset.name for asset in list_assets() if asset.name.startswith(incomplete)]


NameArgument = Annotated[str, typer.Argument(help="The asset's name.", autocompletion=_complete)]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command("list")(list_)
    group.command()(fetch)
    group.command()(where)
    group.command()(remove)
    app.add_typer(group, name="assets", help="Texts and vocabularies that are fetched once.", epilog=EXAMPLES)


def list_(json: JsonOption = False) -> None:
    """List every asset: what it is, its licence and size, and whether it is here."""
    from groundup.text.assets import list_assets
    from groundup.text.corpora import list_corpora

    found, corpora = list_assets(), list_corpora()
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
            for asset in found
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
    for asset in found:
        size, here = f"{asset.size / 1e6:,.1f} MB", "yes" if asset.fetched else "-"
        cells = [asset.name, size, here, asset.title, asset.licence]
        table.add_row(*cells[: len(table.columns)])
    terminal.print(table)
    say("")
    names = ", ".join(corpus.name for corpus in corpora)
    say(f"Texts to train on by name: {names}. What is not here is fetched when it is first used.")


def fetch(name: NameArgument, json: JsonOption = False) -> None:
    """Fetch an asset into the cache, and check it. One that is here already is left alone."""
    from groundup.common.fetching import Fetching
    from groundup.text.assets import asset
    from groundup.text.assets import fetch as fetch_

    wanted = asset(name)
    with Fetching(console(error=True)) as progress:
        folder = fetch_(name, progress)
    if json:
        print_json({"name": name, "folder": folder, "bytes": wanted.size})
    else:
        say(f"{wanted.title} is in {folder}")


def where(name: NameArgument, json: JsonOption = False) -> None:
    """Print the folder of a fetched asset."""
    from groundup.text.assets import where as where_

    folder = where_(name)
    if folder is None:
        raise GroundupError(f"'{name}' has not been fetched.", f"Run `groundup assets fetch {name}`.")
    if json:
        print_json({"name": name, "folder": folder})
    else:
        say(str(folder))


def remove(name: NameArgument, json: JsonOption = False) -> None:
    """Delete a fetched asset. It can be fetched again."""
    from groundup.text.assets import remove as remove_

    freed = remove_(name)
    if json:
        print_json({"name": name, "bytes_freed": freed})
    else:
        say(f"{name}: {freed / 1e6:,.1f} MB freed." if freed else f"{name} was not here.")
