"""What happens with a run now, in words; and the numbers that lists and charts show of it.

    status("gpt-1")   {"state": "running", "said": "It trains.", "what": "", "hint": ""}
    row("gpt-1")      the numbers of a table

A run's name comes from a link: it is checked before it becomes a path.
"""

import re
import time
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.look import corpus_title
from groundup.common.places import runs_folder
from groundup.studio import queue
from groundup.studio.processes import GOING, Job, last_event, now_doing
from groundup.training.record import read_events, run_names, summarise

FRESH = 8.0  # seconds: a run whose events are no older is being trained by somebody
WORDS = {
    "waiting": "It waits for its turn.",
    "pausing": "It finishes the step in hand and saves; then it pauses.",
    "stopping": "It finishes the step in hand and saves; then it stops.",
    "paused": "It is paused. All it learnt is saved.",
    "stopped": "It was stopped. All it learnt is saved.",
    "failed": "It ended with a failure.",
    "done": "It is done.",
    "deleted": "It was deleted.",
}


def run_folder(name: str) -> Path:
    """The folder of a run. Raises GroundupError for a name that is no name of a run."""
    fits = re.fullmatch(r"\w[\w.\-]*", name) and len(name.encode()) < 250  # what a file system can find
    folder = runs_folder() / name if fits else None
    if folder is None or not folder.is_dir():
        known = [path.name for path in runs_folder().glob("*") if path.is_dir()]
        raise GroundupError(
            f"There is no run '{name[:80]}'.", did_you_mean(name, known) or "Train one in the lab."
        )
    return folder


def status(name: str) -> dict[str, str]:
    """`state`; `said`: what happens now, in a sentence; `what` and `hint`: why it failed, if it did; `job`: the name
    by which the queue knows it, which is that of a climb where the climb trains it, or "" for a command's."""
    if not (runs_folder() / name).is_dir():
        return {"state": "deleted", "said": WORDS["deleted"], "what": "", "hint": "", "job": ""}
    kept = queue.read()
    job = kept.find(name)
    climb = next((one for one in kept.jobs if one.kind == "climb" and name.startswith(f"{one.name}-")), None)
    state = job.state if job else _without_a_job(name)
    said = WORDS.get(state, "")
    if state == "running":
        said = _doing(name, job)
    elif job and state == "waiting":
        before = kept.before(job)
        said = "It is the next to train." if before <= 1 else f"It waits: {before} train before it."
    owner = job or (climb if climb and state == "running" and climb.state in GOING else None)
    return {
        "job": owner.name if owner else "",
        "state": state,
        "said": said,
        "what": job.what if job else "",
        "hint": job.hint if job else "",
    }


def _doing(name: str, job: Job | None) -> str:
    """A training says what it does before its first step; then its numbers speak."""
    last = last_event(name)
    if last.get("event") in ("step", "evaluation"):
        return "It reads, guesses the next letters, and corrects itself."
    if (said := now_doing(name)) and not last:
        return f"{said}."
    return "It begins: loading the text."


def _without_a_job(name: str) -> str:
    """The state of a run that is in no queue: trained by a command, or by a climb."""
    last = last_event(name)
    if last.get("event") == "end":
        return "done" if last.get("reason") in ("budget", "early") else "stopped"
    if last.get("event") == "diverged":
        return "failed"
    file = runs_folder() / name / "metrics.jsonl"
    try:
        return "running" if time.time() - file.stat().st_mtime < FRESH else "stopped"
    except OSError:
        return "stopped"


# ---- numbers ------------------------------------------------------------------------------------------------


def row(name: str) -> dict[str, Any]:
    """The run's summary, with `curve`: a few (seconds, bits per byte). Read anew only when its events change."""
    folder = run_folder(name)
    return _row(name, *(_stamp(folder / file) for file in ("recipe.toml", "metrics.jsonl")))


def rows() -> list[dict[str, Any]]:
    """All runs, the newest first, each with its `status`. One damaged run does not hide the others."""
    found = []
    for name in run_names():
        try:
            found.append({**row(name), **status(name)})
        except GroundupError as error:
            words = dict.fromkeys(("name", "corpus", "budget"), "")
            empty = dict.fromkeys(("bpb", "seconds", "sample", "parameters", "perplexity"))
            said = {
                "state": "failed",
                "job": "",
                "said": "It is damaged.",
                "what": error.what,
                "hint": error.hint,
            }
            found.append({"run": name, "curve": [], "made": 0.0, **words, **empty, **said})
    return found


def spaced(budget: str) -> str:
    """A budget for people: 48 s, 2 Mtokens."""
    return re.sub(r"(?<=\d)(?=[a-zA-Z])", " ", budget)


def text_title(corpus: str) -> str:
    """A text's short name; that of one with a name of its own begins as names do."""
    title = corpus_title(corpus)
    return title if "." in title else title.capitalize()


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
        return found.st_size, found.st_mtime_ns
    except OSError:
        return 0, 0


@lru_cache(maxsize=256)
def _row(name: str, *stamps: tuple[int, int]) -> dict[str, Any]:
    folder = run_folder(name)
    try:
        recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
        about = recipe["model"]["kind"], recipe["corpus"], recipe["budget"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GroundupError(f"The run '{name}' is damaged: recipe.toml ({error}).", "Delete it.") from None
    events = list(read_events(folder / "metrics.jsonl"))
    scored = [event for event in events if event.get("event") == "evaluation"]
    return {
        **summarise(name, *about, events),
        "curve": [(event["seconds"], event["bpb"]) for event in scored[-60:]],
        "made": (folder / "recipe.toml").stat().st_mtime,
    }
