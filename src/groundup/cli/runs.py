"""`groundup runs`: what was trained."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import JsonOption, complete_runs, console, examples, print_json, say
from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title, format_count, format_duration, make_printable, sparkline

if TYPE_CHECKING:
    from groundup.training.run import Run

EXAMPLES = examples(
    ("runs", "all of them, the newest first"),
    ("runs gpt-1", "one: its recipe, how it came down, what it wrote"),
    ("runs --delete gpt-1 --yes", "delete one, without being asked"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(runs)


def runs(
    run: Annotated[
        str | None, typer.Argument(help="Show this one.", autocompletion=complete_runs, show_default=False)
    ] = None,
    delete: Annotated[
        list[str] | None, typer.Option(help="Delete a run. Repeatable.", autocompletion=complete_runs)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    json: JsonOption = False,
) -> None:
    """List runs, show one, or delete some."""
    from groundup.training.run import Run

    if delete:
        _delete(delete, yes, json)
    elif run is not None:
        _show(Run.open(run), json)
    else:
        _list(json)


def _list(json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from groundup.training.run import Run, run_names
    from groundup.training.view import name_tag

    rows: list[dict[str, Any]] = []
    for name in run_names():
        try:
            rows.append(Run.open(name).summary())
        except GroundupError as error:  # one damaged run does not hide the others
            rows.append({"run": name, "name": None, "state": "damaged", "error": error.what})
    if json:
        print_json({"runs": rows})
        return
    if not rows:
        say("There are no runs yet. Train one: groundup train gpt")
        return
    terminal = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("run", no_wrap=True)
    table.add_column("model", no_wrap=True)
    table.add_column("bits/byte", justify="right", no_wrap=True)
    table.add_column("trained", justify="right", no_wrap=True)
    if terminal.width >= 80:
        table.add_column("text", no_wrap=True, overflow="ellipsis")
    table.add_column("state", no_wrap=True)
    for row in rows:
        model = name_tag(row["name"]) if row["name"] else Text("?")
        score = "-" if row.get("bpb") is None else f"{row['bpb']:.3f}"
        cells: list[Any] = [row["run"], model, score, format_duration(row.get("seconds"))]
        if terminal.width >= 80:
            cells.append(corpus_title(row.get("corpus") or ""))
        table.add_row(*cells, Text(STATES.get(row["state"], row["state"]), style="dim"))
    terminal.print(table)


STATES = {"budget": "done", "early": "done early", "interrupted": "stopped", "unfinished": "not finished"}


def _show(run: "Run", json: bool) -> None:
    summary, facts, scored = run.summary(), run.facts(), list(run.events("evaluation"))
    if json:
        print_json(
            {
                **summary,
                "folder": run.folder,
                "facts": facts,
                "recipe": run.recipe.model_dump(exclude_none=True),
            }
        )
        return
    from groundup.training.view import has_blocks, name_tag

    terminal = console()
    terminal.print(name_tag(summary["name"]).append(f"  {run.folder}", style="dim"), soft_wrap=True)
    state = STATES.get(summary["state"], summary["state"])
    where = corpus_title(summary["corpus"])
    say(f"{state}: {format_duration(summary['seconds'])} of training on {where}, budget {summary['budget']}")
    say(
        f"{format_count(summary['parameters'])} parameters; {facts.get('precision')} on {facts.get('device')} "
        f"({facts.get('precision_why', 'not measured')})"
    )
    if scored:
        line = sparkline([event["bpb"] for event in scored], 40) if has_blocks(terminal) else ""
        say(
            f"{summary['bpb']:.3f} bits per byte, {summary['loss']:.3f} nats per token, perplexity "
            f"{summary['perplexity']:.1f}  {line}"
        )
    say("")
    say(run.recipe.to_toml().strip(), style="dim")
    if summary["sample"]:
        say("")
        say(f"At step {scored[-1]['step']:,} it wrote:", style="dim")
        say(make_printable(scored[-1]["sample"]).strip())
    if not run.finished:
        say("")
        say(f"Go on with: groundup resume {run.name}")


def _delete(names: list[str], yes: bool, json: bool) -> None:
    """Delete runs; all names are checked before the first is gone."""
    import shutil
    import sys

    from groundup.common.errors import did_you_mean
    from groundup.common.places import runs_folder
    from groundup.training.run import run_names

    folders = [runs_folder() / name for name in names]
    for name, folder in zip(names, folders, strict=True):
        # Only what lies directly in the folder of runs: a name such as ../.. must not reach further.
        if folder.parent != runs_folder() or name in (".", "..") or not folder.is_dir():
            raise GroundupError(
                f"There is no run '{name}'.", f"{did_you_mean(name, run_names())} `groundup runs` lists them."
            )
    if not yes:
        if json or not sys.stdin.isatty():
            raise GroundupError("Deleting cannot be undone, and nobody can be asked here.", "Add --yes.")
        typer.confirm(f"Delete {', '.join(names)} for good?", abort=True, err=True)
    for name, folder in zip(names, folders, strict=True):
        with _lock(folder):
            pass  # nobody trains it
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise GroundupError(
                f"{name} could not be deleted: {error.strerror}.", f"Check {folder}."
            ) from None
    if json:
        print_json({"deleted": names})
    else:
        say(f"Deleted {', '.join(names)}.")


def _lock(folder: Any) -> Any:
    """The run's lock, also of one whose recipe is damaged. Raises GroundupError when it is being trained."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        raise GroundupError(
            f"{folder.name} is being trained right now.", "Stop it there with Ctrl-C first."
        ) from None
