"""What all commands share: where words and JSON go, examples in help, completion, and how a stop is reported.

Nothing here, and nothing at the top of any command's file, imports torch: help and completion must be quick.
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.common.brand import RUNGS
from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title
from groundup.common.places import home, runs_folder

if TYPE_CHECKING:
    from rich.console import Console

    from groundup.training.run import Run, Which

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else there.")
]

SeedOption = Annotated[
    int | None, typer.Option(help="Same seed, same numbers on the same machine.", show_default="1")
]

SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key of every recipe that has it. Repeatable."),
]

PromptOption = Annotated[
    str | None, typer.Option(help="What each goes on from.", show_default="the validation text's start")
]


TOKENIZERS = ("characters", "bytes", "words", "wordpiece", "bpe")
"""The keys of `text.tokenizers.TOKENIZERS`, which is slow to import; a test holds them equal."""


class Stopped(GroundupError):  # noqa: N818 (it is no error)
    """A person pressed Ctrl-C; `hint` is how to go on. Ends with exit code 130, as shells expect."""


# ---- output ------------------------------------------------------------------------------------------------


def console(*, error: bool = False) -> "Console":
    """A rich console on standard output or standard error. Words are printed as they are, never as markup."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, markup=False, emoji=False)


def print_line(text: str, *, error: bool = False, style: str | None = None) -> None:
    """Print a line for people, not wrapped, so that a command in it can be copied."""
    console(error=error).print(text, style=style, soft_wrap=True)


def print_json(data: Any) -> None:
    """The one JSON object of a command. Not-a-number and infinity, which JSON does not have, become null."""
    sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False) + "\n")


def _plain(data: Any) -> Any:
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return str(data) if isinstance(data, Path) else data


def report_loaded(run: "Run", which: "Which | None") -> None:
    """Say on standard error which run and checkpoint is used, and how good it is."""
    summary = run.summary()
    used = run.which(which)
    scored = list(run.events("evaluation"))
    best = min(scored, key=lambda event: event["bpb"], default=None)
    event = best if used == "best" else (scored[-1] if scored else None)
    score = f"step {event['step']:,}, {event['bpb']:.3f} bits per byte" if event else "not scored yet"
    print_line(
        f"{run.name}: {summary['name']} on {corpus_title(summary['corpus'])}, {used} checkpoint, {score}",
        error=True,
        style="dim",
    )


def checkpoint(value: str | None) -> "Which | None":
    """Check `--checkpoint`."""
    known: dict[str | None, Which | None] = {None: None, "best": "best", "last": "last"}
    if value not in known:
        raise GroundupError(
            f"There is no checkpoint '{value}'.", "Use --checkpoint best or --checkpoint last."
        )
    return known[value]


@contextmanager
def going_on_with(command: str) -> Iterator[None]:
    """Turn Ctrl-C into a sentence on how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped("Stopped. What was trained is saved.", f"Go on with: {command}") from None


# ---- help and completion -----------------------------------------------------------------------------------


def examples(*lines: tuple[str, str]) -> str:
    """The end of a command's help: commands that can be copied, each with a word on what it does."""
    rows = [f"[bold]groundup {command}[/bold]\n    [dim]{effect}[/dim]" for command, effect in lines]
    return "Examples\n\n" + "\n".join(rows)


def commands_in(epilog: str) -> list[str]:
    """The commands of `examples`, without their `groundup`."""
    lines = (line.removesuffix("[/bold]") for line in epilog.split("\n"))
    return [line.removeprefix("[bold]groundup ") for line in lines if line.startswith("[bold]groundup ")]


def complete_models(incomplete: str) -> Iterable[str]:
    return [name for name in RUNGS if name.startswith(incomplete)]


def complete_runs(incomplete: str) -> Iterable[str]:
    folder = runs_folder()
    names = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return sorted(name for name in names if name.startswith(incomplete))


def complete_climbs(incomplete: str) -> Iterable[str]:
    return sorted(path.parent.name for path in (home() / "reports").glob(f"{incomplete}*/climb.json"))


def complete_corpora(incomplete: str) -> Iterable[str]:
    names = ("shakespeare", "alice", "names", "sotu", "tinyshakespeare", "storyworld")
    return [name for name in names if name.startswith(incomplete)]


def complete_tokenizers(incomplete: str) -> Iterable[str]:
    return [kind for kind in TOKENIZERS if kind.startswith(incomplete)]


CorpusOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A text: shakespeare, alice, names, sotu, storyworld, a file, a folder, hf:OWNER/NAME, "
        "or - for standard input. Give it again for several files.",
        autocompletion=complete_corpora,
        show_default="shakespeare",
    ),
]
