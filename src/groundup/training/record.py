"""What a run left on disk, read without the library of models: names, events, and the numbers that compare runs.

Lists and pages of many runs need no torch; see run.py for the run itself.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from groundup.common.places import runs_folder


def run_names() -> list[str]:
    """The names of all runs, newest first."""
    folder = runs_folder()
    if not folder.is_dir():
        return []
    runs = [path for path in folder.iterdir() if (path / "recipe.toml").is_file()]
    return [path.name for path in sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True)]


def read_events(file: Path, kind: str | None = None) -> Iterator[dict[str, Any]]:
    """The events of a metrics.jsonl, oldest first. A last line that is still being written is passed over."""
    if not file.exists():
        return
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if kind is None or event.get("event") == kind:
                yield event


def came_to_its_end(events: Iterable[dict[str, Any]], budget: str) -> bool:
    """Whether the training stopped early, or spent the budget that its recipe has by now: it may have grown."""
    known, ended = None, False
    for event in events:
        known = event.get("budget", known)
        if event.get("event") in ("resume", "end"):
            ended = event.get("reason") in ("budget", "early")
    return ended and known in (None, budget)


def summarise(
    name: str, model: str, corpus: str, budget: str, events: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """One row of a table: the numbers that compare runs. Missing ones are None."""
    of_kind: dict[str, list[dict[str, Any]]] = {"end": [], "evaluation": [], "start": []}
    for event in events:
        of_kind.setdefault(event.get("event", ""), []).append(event)
    scores = of_kind["evaluation"]
    last: dict[str, Any] = {}
    last = next((event for event in reversed(events) if event.get("event") in ("resume", "end")), last)
    end: dict[str, Any] = last if last.get("event") == "end" else {}  # a run that goes on has not ended
    best: dict[str, Any] = min(scores, key=lambda event: event["bpb"], default={})
    start: dict[str, Any] = next(iter(of_kind["start"]), {})
    return {
        "name": model,
        "run": name,
        "corpus": corpus,
        "budget": budget,
        "bpb": best.get("bpb"),
        "loss": best.get("loss"),
        "perplexity": best.get("perplexity"),
        "parameters": start.get("parameters"),
        "steps": end.get("step", scores[-1]["step"] if scores else None),
        "seconds": end.get("seconds", scores[-1]["seconds"] if scores else None),
        "tokens_per_second": end.get("tokens_per_second"),
        "precision": start.get("precision"),
        "sample": best.get("sample"),
        "state": end.get("reason", "unfinished"),
    }
