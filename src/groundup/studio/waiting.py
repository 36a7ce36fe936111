"""When a training that waits will begin: about, from what those before it still have to do."""

import heapq
import json
import tomllib

from groundup.common.places import home, runs_folder
from groundup.studio.processes import GOING, Job, last_event
from groundup.studio.queue import Queue
from groundup.training.budget import Budget

# A training takes longer than its budget. Rough: they agree with the times that the form of a climb tells, no more.
TO_BEGIN = 12.0  # seconds: loading, the tokens of the text, scoring at the end
SCORING = 1.07


def starts_in(queue: Queue) -> dict[str, float | None]:
    """Seconds until each of those that wait begins; None where one before it has a budget that is no time."""
    lefts = {job.name: _left(job) for job in queue.jobs if job.state in (*GOING, "waiting")}
    going = [lefts[job.name] for job in queue.jobs if job.state in GOING]
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


def _left(job: Job) -> float | None:
    """Seconds by the clock on the wall until it is done; None where nobody can say."""
    try:
        if job.kind == "climb":
            plan = json.loads((home() / "reports" / job.name / "climb.json").read_text(encoding="utf-8"))
            lefts = [_run_left(f"{job.name}-{model}", plan["budget"]) for model in plan["models"]]
            return None if None in lefts else sum(left for left in lefts if left)
        recipe = tomllib.loads((runs_folder() / job.name / "recipe.toml").read_text(encoding="utf-8"))
        return _run_left(job.name, recipe["budget"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run_left(name: str, text: str) -> float | None:
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


def about(seconds: float) -> str:
    """A time to come, no more exact than it is known: 20 s, 9 min, 3 h."""
    if seconds < 95:
        return f"{max(10, round(seconds / 10) * 10)} s"
    if seconds < 5700:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
