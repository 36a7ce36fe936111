"""`groundup track`: a run in TensorBoard or Weights & Biases."""

from pathlib import Path
from typing import Annotated

import typer

from groundup.cli.shared import JsonOption, complete_runs, examples, print_json, say
from groundup.common.errors import GroundupError, did_you_mean

TRACKERS = ("tensorboard", "wandb")
EXAMPLES = examples(
    ("track gpt-1", "write its curves, samples and recipe for TensorBoard, and say how to see them"),
    ("track gpt-1 --follow", "beside a training that goes on, until it ends (in another terminal)"),
    ("track gpt-1 --to wandb", "send it to Weights & Biases; with WANDB_MODE=offline only to a folder"),
    ("track gpt-1 --out curves --json", "into a folder of your own; for a program"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(track)


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
        say(f"Following {opened.name} until it ends. Ctrl-C stops this, not the training.", error=True)
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
    say(f"{opened.name} is at {where}")
    if see:
        say(f"{'Look at it' if to == 'tensorboard' else 'Send it'} with: {see}")
