"""Trackers: what happened in a run, copied for TensorBoard and for Weights & Biases.

Training knows neither. A tracker reads the run's metrics.jsonl, as the terminal's view does: from another
process, while the run goes on or long after it, and without slowing it down.
"""

import importlib
import json
import time
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.places import home
from groundup.training.interrupt import Interrupt
from groundup.training.run import Run

SECONDS_BETWEEN_LOOKS = 0.5
OURS = ".groundup"  # how the names of our event files end, so that only those are replaced

# What of an event is a curve, and what the curve is called.
CURVES = {
    "step": {
        "loss": "training/loss",  # nats per token
        "learning_rate": "training/learning_rate",
        "gradient_norm": "training/gradient_norm",  # before clipping
        "tokens_per_second": "training/tokens_per_second",
    },
    "evaluation": {
        "bpb": "validation/bits_per_byte",
        "loss": "validation/loss",  # nats per token
        "perplexity": "validation/perplexity",  # per token
    },
}
SAMPLE = "validation/sample"


def curves(event: dict[str, Any]) -> dict[str, float]:
    """The points that an event adds to curves: `{"training/loss": 1.7, ...}`, by the curve's name.

    >>> curves({"event": "evaluation", "bpb": 2.5, "sample": "To be"})
    {'validation/bits_per_byte': 2.5}
    """
    names = CURVES.get(event["event"], {})
    return {name: event[key] for key, name in names.items() if key in event}


def hyperparameters(run: Run) -> dict[str, Any]:
    """The recipe as one flat table: `{"model.width": 128, "training.batch_size": 16, ...}`."""
    flat: dict[str, Any] = {}
    for key, value in run.recipe.model_dump(exclude_none=True).items():
        flat |= (
            {f"{key}.{inner}": it for inner, it in value.items()} if isinstance(value, dict) else {key: value}
        )
    # Trackers take numbers and words, and no lists: the parts left out become "mask, norm".
    return {key: ", ".join(it) if isinstance(it, tuple) else it for key, it in flat.items()}


# ---- the two trackers --------------------------------------------------------------------------------------


def to_tensorboard(run: Run, folder: str | Path | None = None, follow: bool = False) -> Path:
    """Write a run for TensorBoard into `folder`/NAME OF THE RUN, and return that path.

    `tensorboard --logdir FOLDER` then shows all runs written to it side by side; without a folder that is
    "tensorboard" in GROUNDUP_HOME. Writing a run again replaces what was written of it.

    The horizontal axis of each curve is the step; the curves named "..._by_tokens" have tokens read there.
    "Relative" time is time spent training. Samples are texts; the recipe is on the page "HParams".

    follow: go on reading until the run ends, or until Ctrl-C (in the main thread).
    Raises GroundupError if TensorBoard is not installed or the run has no events, OSError if the folder
    cannot be written.
    """
    board = _extra("torch.utils.tensorboard", "tensorboard", "TensorBoard")
    run_events = events(run, follow)
    folder = Path(folder or home() / "tensorboard") / run.name
    for old in folder.glob(f"events.out.tfevents.*{OURS}"):
        old.unlink()
    with board.SummaryWriter(folder, filename_suffix=OURS, flush_secs=1) as writer:
        score = CURVES["evaluation"]["bpb"]
        for summary in board.summary.hparams(hyperparameters(run), {score: 0.0}):
            writer.file_writer.add_summary(summary)
        started = 0.0
        for event in run_events:
            started = started or datetime.fromisoformat(run.facts()["started"]).timestamp()
            now = started + event["seconds"]
            for name, value in curves(event).items():
                writer.add_scalar(name, value, event["step"], now)
                by_tokens = name.replace("/", "_by_tokens/")
                writer.add_scalar(by_tokens, value, event["tokens"], now)
            if event.get("sample"):
                # TensorBoard reads text as Markdown, where four spaces mean: just as it stands.
                text = "\n".join("    " + line for line in event["sample"].split("\n"))
                writer.add_text(SAMPLE, text, event["step"], now)
    return folder


def to_wandb(
    run: Run, project: str = "groundup", follow: bool = False, folder: str | Path | None = None
) -> str:
    """Send a run to Weights & Biases, and return where it is: its address, or offline its folder.

    With WANDB_MODE=offline in the environment nothing leaves the machine; `wandb sync FOLDER` sends it later.
    Only `init`, `log` and `finish` are called. Each call of this function makes a new run there. wandb's own
    files go to `folder`/wandb; without a folder that is in GROUNDUP_HOME.

    The curves are those of TensorBoard; "tokens" and "seconds" are logged with them, to choose as the
    horizontal axis. Samples are pages of text; the recipe is the run's configuration.

    follow: go on reading until the run ends, or until Ctrl-C (in the main thread).
    Raises GroundupError if wandb is not installed or cannot start, or the run has no events.
    """
    wandb = _extra("wandb", "wandb", "The Weights & Biases client")
    run_events = events(run, follow)
    folder = Path(folder or home())
    folder.mkdir(parents=True, exist_ok=True)
    # Load, output, command and repository would be this process's, which is not the one that trained.
    settings = wandb.Settings(console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True)
    try:
        tracker = wandb.init(
            project=project, name=run.name, config=hyperparameters(run), dir=folder, settings=settings
        )
    except wandb.Error as error:
        raise GroundupError(
            f"wandb could not start: {str(error).split('. ')[0].rstrip('.')}.",
            "Run `wandb login` once; or stay offline: set WANDB_MODE=offline in the environment.",
        ) from None
    try:
        for event in run_events:
            values: dict[str, Any] = dict(curves(event))
            if event.get("sample"):
                values[SAMPLE] = wandb.Html(f"<pre>{escape(event['sample'])}</pre>", data_is_not_path=True)
            if values:
                tracker.log(
                    values | {"tokens": event["tokens"], "seconds": event["seconds"]}, step=event["step"]
                )
    finally:
        tracker.finish()
    return tracker.url or str(Path(tracker.dir).parent)


def _extra(module: str, extra: str, title: str) -> ModuleType:
    """A module that comes with one of our extras."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise GroundupError(
            f"{title} is not installed.", f"Install it: pip install 'groundup[{extra}]'"
        ) from None


# ---- reading -----------------------------------------------------------------------------------------------


def events(run: Run, follow: bool = False) -> Iterator[dict[str, Any]]:
    """The run's events, oldest first; with `follow` also those to come. Raises GroundupError if it has none."""
    if follow:
        return _as_they_come(run)
    if not run.metrics_file.exists():
        raise GroundupError(
            f"Nothing has happened in the run '{run.name}' yet.",
            f"Train it: `groundup resume {run.name}`. To wait for it, add --follow.",
        )
    return run.events()


def _as_they_come(run: Run) -> Iterator[dict[str, Any]]:
    """The events so far, then each as it happens, up to the `end`. Ctrl-C ends it early, between two looks."""
    offset, last = 0, b""  # where to read on, and the line before that
    newest: dict[str, int] = {}  # the step of the last event of each kind
    with Interrupt() as interrupt:
        while True:
            if run.metrics_file.exists():
                with open(run.metrics_file, "rb") as lines:
                    lines.seek(offset - len(last))
                    # A run that was killed and resumed writes again what came after its last save.
                    if lines.read(len(last)) != last:
                        offset, last = 0, b""
                        lines.seek(0)
                    for line in lines:
                        if not line.endswith(b"\n"):
                            break  # it is still being written
                        offset, last = offset + len(line), line
                        try:
                            event = json.loads(line)
                        except ValueError:  # half a line, of a process that was killed
                            continue
                        kind = event["event"]
                        if event["step"] <= newest.get(kind, -1):
                            continue  # seen before the run was killed
                        newest[kind] = event["step"]
                        yield event
                        if kind == "end":
                            return
            if interrupt.requested:
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
