"""The command's entry: collects the commands, and turns what goes wrong into two sentences and an exit code.

0 all is well · 1 a model of a climb failed, doctor found something to mend, or a bug of ours · 2 what was
given is wrong · 130 Ctrl-C.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from groundup.cli import (
    course,
    doctor,
    encoders,
    exercise,
    generate,
    habits,
    ladder,
    learn,
    look,
    progress,
    runs,
    start,
    texts,
    train,
    watch,
)
from groundup.cli.shared import Stopped, examples
from groundup.common.brand import VERSION
from groundup.common.errors import GroundupError

# What typer raises for wrong options; it exports only some of the kinds, so this is their common parent.
UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="groundup",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        ("climb", "train all five models on Shakespeare, and see them side by side (about five minutes)"),
        ("train gpt --corpus my.txt --budget 2min", "train one model on a text of your own"),
        ("generate gpt-1 --prompt 'Once upon a time'", "let it write"),
    ),
)


def _version(show: bool) -> None:
    if show:
        print(f"groundup {VERSION}")
        raise typer.Exit


@app.callback()
def _groundup(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """From "what is a derivative?" to your own language model, on a laptop, offline."""


for _group in (  # in the order of the help
    start, learn, exercise, watch, progress, habits, ladder, train, generate, runs, look, encoders, texts, doctor,
    course,
):  # fmt: skip
    _group.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code; never lets a traceback through for something a person did."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a model can write what an old console cannot show
            stream.reconfigure(errors="replace")
    as_json = "--json" in words
    try:
        code = app(words, prog_name="groundup", standalone_mode=False)
        sys.stdout.flush()
        if code == 130:  # Ctrl-C where there was nothing to save
            _complain("Stopped.", "", as_json)
        return code if isinstance(code, int) else 0
    except BrokenPipeError:  # the program that reads our output stopped, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (GroundupError, UsageError, OSError, typer.Abort) as error:
        code, problem, hint = _explain(error)
        _complain(problem, hint, as_json)
        return code


def _explain(error: Exception) -> tuple[int, str, str]:
    """Exit code, what was wrong, and what to do."""
    if isinstance(error, GroundupError):
        return 130 if isinstance(error, Stopped) else 2, error.what, error.hint
    if isinstance(error, OSError):  # a folder that cannot be written, a disk that is full
        where = f": {error.filename}" if error.filename else ""
        return 2, f"{error.strerror or error}{where}.", "GROUNDUP_HOME moves everything that is written."
    if isinstance(error, typer.Abort):
        return 1, "Nothing was done.", ""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "groundup"
    return 2, error.format_message(), f"`{command} --help` shows how it is used."  # type: ignore[attr-defined]


def _complain(problem: str, hint: str, as_json: bool) -> None:
    """Two sentences on standard error, or one JSON object for machines."""
    if as_json:
        sys.stderr.write(json.dumps({"error": problem, "hint": hint}, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    words = Text(problem, style="bold red" if "Stopped" not in problem else "bold")
    if hint:
        words.append(f"\n{hint}", style="not bold default")
    Console(stderr=True, highlight=False, soft_wrap=True).print(words)


if __name__ == "__main__":
    sys.exit(main())
