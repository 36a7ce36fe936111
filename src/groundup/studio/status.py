"""What happens with a run now, in words; and the numbers that lists and charts show of it.

    status("gpt-1")   {"state": "running", "said": "It trains.", "what": "", "hint": ""}
    row("gpt-1")      the numbers of a table

A run's name comes from a link: it is checked before it becomes a path.
"""

import heapq
import json
import re
import time
import tomllib
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.formatting import corpus_title
from groundup.common.places import home, runs_folder
from groundup.studio import queue
from groundup.studio.processes import ACTIVE_STATES, Job, current_activity, last_event
from groundup.studio.queue import Queue
from groundup.training.budget import Budget
from groundup.training.run_folder import RunFolder, run_names

FRESH = 8.0  # seconds: a run whose events are no older is being trained by some process
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

SHORT = {"pausing": "pausing", "stopping": "stopping", "waiting": "waits"}


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


def status(
    name: str, kept: queue.Queue | None = None, starts: dict[str, float | None] | None = None
) -> dict[str, str]:
    """`state`; `said`: what happens now, in a sentence; `short`: in a word or three, for a table; `what` and `hint`:
    why it failed, if it did; `budget` in words; `job`: the name by which the queue knows it, which is that of a climb
    where the climb trains it, or "" for a command's.

    Who asks for many gives the queue and when those that wait will start.
    """
    if not (runs_folder() / name).is_dir():
        return {**dict.fromkeys(("what", "hint", "job", "budget"), ""), "state": "deleted", "said": WORDS["deleted"],
                "short": "deleted"}  # fmt: skip
    if kept is None:
        kept = queue.read()
    job = kept.find(name)
    climb = next((one for one in kept.jobs if one.kind == "climb" and name.startswith(f"{one.name}-")), None)
    state = job.state if job else _without_a_job(name)
    said, short = WORDS.get(state, ""), SHORT.get(state, state)
    if state == "running":
        said, short = _doing(name, job), f"training{_time_left(name)}"
    elif job and state == "waiting":
        before, seconds = kept.before(job), (starts_in(kept) if starts is None else starts).get(name)
        said = "It is the next to train" if before <= 1 else f"It waits: {before} train before it"
        said += "." if seconds is None else f"; it starts in about {rough_duration(seconds)}."
        short = ("next" if before <= 1 else "waits") + (
            "" if seconds is None else f", in {rough_duration(seconds)}"
        )
    elif job and state == "done" and job.error:
        said = f"{job.error} {job.hint}"
    elif state in ("paused", "stopped") and not (runs_folder() / name / "last.safetensors").is_file():
        said = "It was stopped before anything was saved. It would begin again."
    owner = job or (climb if climb and state == "running" and climb.state in ACTIVE_STATES else None)
    return {
        "job": owner.name if owner else "",
        "state": state,
        "said": said,
        "short": short,
        "what": job.error if job and state == "failed" else "",
        "hint": job.hint if job and state == "failed" else "",
        "budget": _budget(name),
    }


def _budget(name: str) -> str:
    """In words; '' where the recipe cannot be read."""
    try:
        return budget_words(RunFolder.named(name).settings().budget)
    except GroundupError:
        return ""


def _time_left(name: str) -> str:
    """ ", 1:54 left", or nothing where it is not known yet."""
    last = last_event(name)
    spent, seconds = last.get("spent", 0.0), last.get("seconds", 0.0)
    if last.get("event") not in ("step", "evaluation") or spent < 0.01:
        return ""
    left = round(seconds / spent * (1 - spent))
    return f", {left // 60}:{left % 60:02d} left"


def _doing(name: str, job: Job | None) -> str:
    """What a training does. It says what it does before its first step; then its numbers speak."""
    last = last_event(name)
    if last.get("event") in ("step", "evaluation"):
        return "It reads, guesses the next letters, and corrects itself."
    if last.get("event") == "end":
        return "Saving the final checkpoint."
    if (said := current_activity(name)) and not last:
        return f"{said}."
    return "It begins: loading the text."


def _without_a_job(name: str) -> str:
    """The state of a run that is in no queue: trained by a command, or by a climb."""
    last = last_event(name)
    if last.get("event") == "end":
        return "done" if last.get("reason") in ("budget", "early") else "stopped"
    if last.get("event") == "diverged":
        return "failed"
    file = RunFolder.named(name).metrics_file
    try:
        return "running" if time.time() - file.stat().st_mtime < FRESH else "stopped"
    except OSError:
        return "stopped"


# ---- numbers ------------------------------------------------------------------------------------------------


def row(name: str) -> dict[str, Any]:
    """The run's summary, with `curve`: a few (seconds, bits per byte). Read again only when its events change."""
    run = RunFolder(run_folder(name))
    return _row(name, _stamp(run.recipe_file), _stamp(run.metrics_file))


def rows() -> list[dict[str, Any]]:
    """All runs, each with its `status`: those that train, those that wait in their order, then the newest first.

    One damaged run does not hide the others.
    """
    found = []
    kept = queue.read()
    starts = starts_in(kept)
    for name in run_names():
        try:
            found.append({**row(name), **status(name, kept, starts)})
        except GroundupError as error:
            words = dict.fromkeys(("name", "corpus", "budget"), "")
            empty = dict.fromkeys(("bpb", "seconds", "sample", "parameters", "perplexity"))
            said = {
                "state": "failed",
                "job": "",
                "said": "It is damaged.",
                "short": "damaged",
                "what": error.what,
                "hint": error.hint,
            }
            found.append({"run": name, "curve": [], "made": 0.0, "ended": 0.0, **words, **empty, **said})
    place = {job.name: number for number, job in enumerate(kept.jobs)}

    def order(one: dict[str, Any]) -> tuple[int, int]:
        going = one["state"] in ACTIVE_STATES
        return (0, 0) if going else (1, place[one["run"]]) if one["state"] == "waiting" else (2, 0)

    return sorted(found, key=order)  # it keeps the order of those that are equal


def budget_words(budget: str) -> str:
    """A recipe's budget as a person says it: 48 seconds, 2 million tokens."""
    return Budget.parse(budget).words


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
def _row(name: str, recipe: tuple[int, int], metrics: tuple[int, int]) -> dict[str, Any]:
    run = RunFolder(run_folder(name))
    scored = list(run.events("evaluation"))
    return {
        **run.summary(),
        "curve": [(event["seconds"], event["bpb"]) for event in scored[-60:]],
        "made": run.recipe_file.stat().st_mtime,
        "ended": metrics[1] / 1e9,
    }


# ---- when a training that waits begins ------------------------------------------------------------------------

# A training takes longer than its budget. Rough: they agree with the times that the form of a climb tells, no more.
TO_BEGIN = 12.0  # seconds: loading, the tokens of the text, scoring at the end
SCORING = 1.07


def starts_in(queue: Queue) -> dict[str, float | None]:
    """Seconds until each of those that wait begins; None where one before it has a budget that is no time."""
    lefts = {
        job.name: _job_seconds_left(job) for job in queue.jobs if job.state in (*ACTIVE_STATES, "waiting")
    }
    going = [lefts[job.name] for job in queue.jobs if job.state in ACTIVE_STATES]
    known = None not in going
    # When each place becomes free, the soonest first, as a heap wants it. Where more train than may by now, the first
    # to end makes no room.
    ends = sorted(left or 0.0 for left in going)[max(0, len(going) - queue.at_once) :]
    places = [0.0] * (queue.at_once - len(ends)) + ends
    found: dict[str, float | None] = {}
    for job in queue.jobs:
        if job.state == "waiting" and places:
            begins, takes = places[0], lefts[job.name]
            found[job.name] = begins if known else None
            known = known and takes is not None
            heapq.heapreplace(places, begins + (takes or 0.0))
    return found


def _job_seconds_left(job: Job) -> float | None:
    """Seconds by the clock on the wall until it is done; None where that cannot be known."""
    try:
        if job.kind == "climb":
            plan = json.loads((home() / "reports" / job.name / "climb.json").read_text(encoding="utf-8"))
            lefts = [_run_seconds_left(f"{job.name}-{model}", plan["budget"]) for model in plan["models"]]
            return None if None in lefts else sum(left for left in lefts if left)
        return _run_seconds_left(job.name, RunFolder.named(job.name).settings().budget)
    except (OSError, ValueError, KeyError, TypeError, GroundupError):
        return None


def _run_seconds_left(name: str, text: str) -> float | None:
    budget, last = Budget.parse(text), last_event(name)
    done = last.get("event") == "end" and last.get("reason") != "interrupted"
    at = {"seconds": last.get("seconds", 0.0), "steps": last.get("step", 0), "tokens": last.get("tokens", 0)}
    spent = budget.spent(**at)
    if done and spent >= 1:
        return 0.0
    if budget.unit == "seconds":
        left = max(budget.amount - at["seconds"], 0.0)
    elif spent > 0.01:
        left = at["seconds"] / spent * max(1 - spent, 0.0)
    else:
        return None
    return SCORING * left + (0.0 if last.get("event") in ("step", "evaluation") else TO_BEGIN)


def rough_duration(seconds: float) -> str:
    """A time to come, no more exact than it is known: 20 s, 9 min, 3 h."""
    if seconds < 95:
        return f"{max(10, round(seconds / 10) * 10)} s"
    if seconds < 5700:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


# ---- what the presets reached ----------------------------------------------------------------------------


@cache
def measured() -> dict[str, dict[str, Any]]:
    """What each preset reached on Shakespeare: bpb, seconds, tokens_per_second, peak_memory_mb, machine."""
    file = resources.files("groundup.training") / "presets" / "measured.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
