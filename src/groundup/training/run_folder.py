"""The folder of a run, read without torch: which runs there are, what decided them, and how they stand.

recipe.toml        everything that decided the run
run.toml           facts from its start: corpus fingerprint, device, precision, versions
tokenizer.json     readable by the `tokenizers` library
metrics.jsonl      one event a line: steps, evaluations with samples, the end; see events.py
last.safetensors   weights, optimiser and position: where training goes on
best.safetensors   the weights with the lowest validation bits per byte

A training that is going on can be given more time: write a new `budget` into its recipe.toml, whole or not at all,
as `Run.grow` does. The training process reads it with `RunFolder.budget` some four times a second, and takes it up.
So a process that is killed, and one that is started later, find the same budget in the same place.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.places import runs_folder
from groundup.training.budget import Budget

RUN_FORMAT = "groundup-run-1"
TAIL_BYTES = 16_384


@dataclass(frozen=True)
class RunSettings:
    """The parts of a recipe that lists of runs show."""

    model: str
    tokenizer: str
    corpus: str
    budget: str


@dataclass(frozen=True)
class RunFolder:
    """A run's files by their names, and what they say."""

    path: Path

    @classmethod
    def named(cls, name: str) -> "RunFolder":
        return cls(runs_folder() / name)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def recipe_file(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def metrics_file(self) -> Path:
        return self.path / "metrics.jsonl"

    def exists(self) -> bool:
        return self.recipe_file.is_file()

    def has_weights(self) -> bool:
        return any((self.path / f"{which}.safetensors").is_file() for which in ("best", "last"))

    def recipe(self) -> dict[str, Any]:
        """The plain data of recipe.toml, not validated. Raises GroundupError where it is no TOML."""
        try:
            return tomllib.loads(self.recipe_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._damaged(error) from None

    def settings(self) -> RunSettings:
        """Model, tokenizer, text and budget. Raises GroundupError where recipe.toml does not have them."""
        recipe = self.recipe()
        try:
            model, tokenizer = str(recipe["model"]["kind"]), str(recipe["tokenizer"]["kind"])
            return RunSettings(
                model, tokenizer, str(recipe["corpus"]), str(Budget.parse(str(recipe["budget"])))
            )
        except (KeyError, TypeError, GroundupError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> GroundupError:
        return GroundupError(f"The run '{self.name}' is damaged: recipe.toml ({error}).", "Delete it.")

    def budget(self) -> str | None:
        """The budget that recipe.toml has by now; None where it cannot be read, which changes nothing."""
        try:
            return self.settings().budget
        except GroundupError:
            return None

    def facts(self) -> dict[str, Any]:
        """What run.toml says; {} before training begins. Raises GroundupError where it cannot be used."""
        try:
            facts = tomllib.loads((self.path / "run.toml").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise GroundupError(
                f"The run '{self.name}' is damaged: run.toml ({error}).", "Train it again."
            ) from None
        if facts.get("format") != RUN_FORMAT:
            raise GroundupError(
                f"The run '{self.name}' is of format '{facts.get('format')}', not '{RUN_FORMAT}'.",
                "It was written by another version of groundup: use that one, or train again.",
            )
        return facts

    def events(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """The JSON form of the events so far, oldest first; a last line that is still being written is skipped."""
        if not self.metrics_file.exists():
            return
        with open(self.metrics_file, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                event = parse_event(line)
                if event is not None and (kind is None or event.get("event") == kind):
                    yield event

    def last_event(self) -> dict[str, Any]:
        """The newest event; {} where there is none. Reads the end of the file only."""
        lines = reversed(read_tail(self.metrics_file).split("\n"))
        return next((event for line in lines if (event := parse_event(line))), {})

    def finished(self) -> bool:
        """Whether training stopped early, or spent the budget that recipe.toml has by now: it may have grown."""
        return _came_to_its_end(self.events(), self.budget())

    def summary(self) -> dict[str, Any]:
        """One row of a table: the numbers that compare runs. Missing ones are None."""
        return _summarise(self.name, self.settings(), list(self.events()))


def list_runs() -> list[RunFolder]:
    """All runs, newest first."""
    folder = runs_folder()
    runs = [RunFolder(path) for path in folder.iterdir()] if folder.is_dir() else []
    runs = [run for run in runs if run.exists()]
    return sorted(runs, key=lambda run: run.path.stat().st_mtime, reverse=True)


def run_names() -> list[str]:
    """The names of all runs, newest first."""
    return [run.name for run in list_runs()]


def newest_run_of(kind: str) -> str | None:
    """The name of the newest run of a model that has weights."""
    runs = (run for run in list_runs() if run.has_weights())
    return next((run.name for run in runs if _model_of(run) == kind), None)


def parse_event(line: str) -> dict[str, Any] | None:
    """A line of metrics.jsonl; None where it is not a whole event."""
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def read_tail(file: Path, size: int = TAIL_BYTES) -> str:
    """The last bytes of a file as text; '' where there is none."""
    try:
        with open(file, "rb") as opened:
            opened.seek(max(0, opened.seek(0, 2) - size))
            return opened.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _model_of(run: RunFolder) -> str | None:
    try:
        return run.recipe().get("model", {}).get("kind")
    except GroundupError:
        return None


def _came_to_its_end(events: Iterable[dict[str, Any]], budget: str | None) -> bool:
    known, ended = None, False
    for event in events:
        known = event.get("budget", known)
        if event.get("event") in ("resume", "end"):
            ended = event.get("reason") in ("budget", "early")
    return ended and (budget is None or known in (None, budget))


def _summarise(name: str, settings: RunSettings, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    scores = [event for event in events if event.get("event") == "evaluation"]
    starts = (event for event in events if event.get("event") == "start")
    ends = [event for event in events if event.get("event") in ("resume", "end")]
    # A run that goes on has not ended.
    end: dict[str, Any] = ends[-1] if ends and ends[-1]["event"] == "end" else {}
    best: dict[str, Any] = min(scores, key=lambda event: event["bpb"], default={})
    start: dict[str, Any] = next(starts, {})
    return {
        "name": settings.model,
        "run": name,
        "corpus": settings.corpus,
        "budget": settings.budget,
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
