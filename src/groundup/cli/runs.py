"""`groundup runs`, `eval` and `track`: list, show, delete, score and track what was trained."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import (
    JsonOption,
    checkpoint,
    complete_corpora,
    complete_runs,
    console,
    examples,
    print_json,
    print_line,
    report_loaded,
)
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.formatting import corpus_title, format_count, format_duration, make_printable, sparkline

if TYPE_CHECKING:
    from groundup.training.run import Run

RUNS_EXAMPLES = examples(
    ("runs", "all of them, the newest first"),
    ("runs gpt-1", "one: its recipe, how it came down, what it wrote"),
    ("runs --delete gpt-1 --yes", "delete one, without being asked"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=RUNS_EXAMPLES)(runs)
    app.command("eval", epilog=EVAL_EXAMPLES)(evaluate)
    app.command(epilog=TRACK_EXAMPLES)(track)


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
        _print_run(Run.open(run), json)
    else:
        _print_runs(json)


def _print_runs(json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from groundup.training.run import Run
    from groundup.training.run_folder import run_names
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
        print_line("There are no runs yet. Train one: groundup train gpt")
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


def _print_run(run: "Run", json: bool) -> None:
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
    print_line(
        f"{state}: {format_duration(summary['seconds'])} of training on {where}, budget {summary['budget']}"
    )
    print_line(
        f"{format_count(summary['parameters'])} parameters; {facts.get('precision')} on {facts.get('device')} "
        f"({facts.get('precision_why', 'not measured')})"
    )
    if scored:
        line = sparkline([event["bpb"] for event in scored], 40) if has_blocks(terminal) else ""
        print_line(
            f"{summary['bpb']:.3f} bits per byte, {summary['loss']:.3f} nats per token, perplexity "
            f"{summary['perplexity']:.1f}  {line}"
        )
    print_line("")
    print_line(run.recipe.to_toml().strip(), style="dim")
    if summary["sample"]:
        print_line("")
        print_line(f"At step {scored[-1]['step']:,} it wrote:", style="dim")
        print_line(make_printable(scored[-1]["sample"]).strip())
    if not run.finished:
        print_line("")
        print_line(f"Go on with: groundup resume {run.name}")


def _delete(names: list[str], yes: bool, json: bool) -> None:
    """Delete runs; all names are checked before the first is gone."""
    import shutil
    import sys

    from groundup.common.errors import did_you_mean
    from groundup.common.places import runs_folder
    from groundup.training.run_folder import run_names

    folders = [runs_folder() / name for name in names]
    for name, folder in zip(names, folders, strict=True):
        # Only what lies directly in the folder of runs: a name such as ../.. must not reach further.
        if folder.parent != runs_folder() or name in (".", "..") or not folder.is_dir():
            raise GroundupError(
                f"There is no run '{name}'.", f"{did_you_mean(name, run_names())} `groundup runs` lists them."
            )
    if not yes:
        if json or not sys.stdin.isatty():
            raise GroundupError(
                "Deleting cannot be undone, and there is no terminal to ask in.", "Add --yes."
            )
        typer.confirm(f"Delete {', '.join(names)} for good?", abort=True, err=True)
    for name, folder in zip(names, folders, strict=True):
        with _lock(folder):
            pass  # no process trains it
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise GroundupError(
                f"{name} could not be deleted: {error.strerror}.", f"Check {folder}."
            ) from None
    if json:
        print_json({"deleted": names})
    else:
        print_line(f"Deleted {', '.join(names)}.")


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


EVAL_EXAMPLES = examples(
    ("eval gpt-1", "score it on the whole validation part of its own text"),
    ("eval gpt-1 --corpus other.txt", "on the validation part of another text"),
    ("eval gpt-1 --checkpoint last --json", "the last weights instead of the best; for a program"),
)


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
    scores = opened.evaluate(corpus, which=which)
    if json:
        used = opened.which(which)
        print_json(
            {
                "run": opened.name,
                "name": opened.recipe.model.kind,
                "checkpoint": used,
                "corpus": corpus or opened.recipe.corpus,
                **asdict(scores),
            }
        )
        return
    print_line(f"{scores.bpb:.4f} bits per byte", style="bold")
    print_line(f"{scores.loss:.4f} nats per token, perplexity {scores.perplexity:.2f}")
    print_line(f"{scores.tokens:,} tokens, {scores.bytes:,} bytes")
    if scores.lost_bits:
        print_line(
            f"The tokenizer knew {scores.coverage:.1%} of the tokens. Spelling the others costs "
            f"{scores.lost_bits / scores.bytes:.3f} of these bits per byte."
        )


TRACKERS = ("tensorboard", "wandb")
TRACK_EXAMPLES = examples(
    ("track gpt-1", "write its curves, samples and recipe for TensorBoard, and say how to see them"),
    ("track gpt-1 --follow", "beside a training that goes on, until it ends (in another terminal)"),
    ("track gpt-1 --to wandb", "send it to Weights & Biases; with WANDB_MODE=offline only to a folder"),
    ("track gpt-1 --out curves --json", "into a folder of your own; for a program"),
)


def _complete_trackers(incomplete: str) -> list[str]:
    return [name for name in TRACKERS if name.startswith(incomplete)]


def track(
    run: Annotated[str, typer.Argument(help="The run's name.", autocompletion=complete_runs)],
    *,
    to: Annotated[
        str, typer.Option(help="tensorboard or wandb.", autocompletion=_complete_trackers)
    ] = "tensorboard",
    out: Annotated[
        Path | None, typer.Option(help="Write to this folder.", show_default="one in GROUNDUP_HOME")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the run ends, or until Ctrl-C.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show a run in TensorBoard or Weights & Biases.

    Training never waits for this: it reads what the run has written. Each is an extra, installed with
    pip install 'groundup\\[tensorboard]' or 'groundup\\[wandb]'.
    """
    if to not in TRACKERS:
        raise GroundupError(f"There is no tracker '{to}'.", did_you_mean(to, TRACKERS))
    from groundup.training.run import Run
    from groundup.training.trackers import to_tensorboard, to_wandb

    opened = Run.open(run)
    if follow and not opened.finished:
        print_line(f"Following {opened.name} until it ends. Ctrl-C stops this, not the training.", error=True)
    if to == "tensorboard":
        folder = to_tensorboard(opened, out, follow)
        where, see = str(folder), f"tensorboard --logdir '{folder.parent}'"
    else:
        where = to_wandb(opened, follow=follow, folder=out)
        see = f"wandb sync '{where}'" if Path(where).is_dir() else ""
    if json:
        summary = opened.summary()
        row = {"run": opened.name, "name": summary["name"], "to": to, "where": where, "see": see or None}
        print_json({**row, "state": summary["state"], "steps": summary["steps"]})
        return
    print_line(f"{opened.name} is at {where}")
    if see:
        print_line(f"{'Look at it' if to == 'tensorboard' else 'Send it'} with: {see}")
