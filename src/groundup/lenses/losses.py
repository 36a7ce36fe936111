"""A run's losses as they stand: for a chart that grows while the run trains, and rests when it has ended."""

from typing import Any

from groundup.lenses.trace import plain
from groundup.training.run import Run

MOST = 400  # points of a curve: as many as a picture can tell apart
ENDS = ("end", "diverged")


def losses(run: Run) -> dict[str, Any]:
    """Plain numbers: `steps` and their training `losses`, and `scores`, one for each evaluation.

    All losses are nats per token. `going` is whether the last that was heard of the run is not its end; a run that
    was only made is going, too. A curve of more than some 400 points is thinned; its last point stays.
    """
    events = list(run.events())
    steps = [event for event in events if event.get("event") == "step"]
    steps = [*steps[: -1 : max(1, len(steps) // MOST)], *steps[-1:]]
    scores = [event for event in events if event.get("event") == "evaluation"]
    last = events[-1] if events else {}
    return plain(
        {
            "lens": "losses", "run": run.name, "kind": run.recipe.model.kind, "budget": run.recipe.budget,
            "going": last.get("event") not in ENDS,
            "ended": last.get("reason", last.get("event")) if last.get("event") in ENDS else "",
            "seconds": max((event.get("seconds", 0.0) for event in events), default=0.0),
            "steps": [event["step"] for event in steps], "losses": [event["loss"] for event in steps],
            "scores": [
                {name: event.get(name) for name in ("step", "seconds", "loss", "bpb", "sample")} for event in scores
            ],
        }
    )  # fmt: skip
