"""The climb: five models, one after another on the same text for the same time, from the lowest rung up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.ladder.compare import Comparison, compare
from groundup.ladder.plans import Plan, free_name
from groundup.ladder.reports import write_comparison
from groundup.text.corpora import load_corpus
from groundup.text.sources import Progress
from groundup.training.budget import DEFAULT_BUDGET
from groundup.training.events import Listener, Notice, ignore_event
from groundup.training.recipe import Recipe, preset_data, preset_names
from groundup.training.run import Run
from groundup.training.run_folder import RunFolder
from groundup.training.trainer import train_new, train_run


@dataclass(frozen=True)
class RungStart:
    """The next model of a climb is trained."""

    model: str
    number: int
    total: int


@dataclass(frozen=True)
class RungEnd:
    """A model of a climb was trained, or failed."""

    model: str
    summary: dict[str, Any] = field(default_factory=dict)
    """That of its run."""
    error: str = ""


@dataclass(frozen=True)
class ClimbPlan(Plan):
    """What a climb was asked to do."""

    file_name = "climb.json"
    what, command, begin = "a climb", "climb", "groundup climb"

    models: list[str]
    corpus: str
    budget: str
    seed: int = 1
    set: dict[str, Any] = field(default_factory=dict)
    """Dotted recipe keys, for all models."""

    def recipes(self) -> dict[str, Recipe]:
        """The recipe of each model. Raises GroundupError for anything wrong, before anything is trained.

        A setting of `model.*` goes to the models that have it; one that none has is an error.
        """
        shared = {"corpus": self.corpus, "budget": self.budget, "seed": self.seed}
        recipes, complaints, used = {}, [], set()
        for model in self.models:
            settings = dict(shared)
            for key, value in self.set.items():
                if not key.startswith("model."):
                    settings[key] = value
                    continue
                try:
                    Recipe.preset(model, {key: value})
                except GroundupError as error:
                    complaints.append(error)
                    continue
                settings[key] = value
                used.add(key)
            recipes[model] = Recipe.preset(model, settings)
        if any(key.startswith("model.") and key not in used for key in self.set):
            raise complaints[0]
        return recipes


def plan_climb(
    corpus: str | Sequence[str] = "shakespeare",
    budget: str = DEFAULT_BUDGET,
    models: Sequence[str] | None = None,
    *,
    name: str | None = None,
    seed: int = 1,
    set: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ClimbPlan:
    """A new plan, checked and saved. Without a name it is called climb-1, climb-2, ..."""
    chosen = [preset_data(model)["model"]["kind"] for model in models or preset_names()]
    name = name or free_name("climb")
    plan = ClimbPlan(name, list(dict.fromkeys(chosen)), str(corpus), budget, seed, dict(set or {}))
    plan.recipes()
    # A text that is missing or too short should fail now, not five times. Its spec is found from any folder.
    plan = replace(plan, corpus=load_corpus(corpus, progress).spec)
    plan.check_new(plan.models)
    plan.save()
    return plan


def climb(
    plan: ClimbPlan,
    listen: Listener = ignore_event,
    out: str | Path | None = None,
    prompt: str | None = None,
) -> Comparison:
    """Train what is not trained yet, compare, and write report.html, ladder.png and ladder.json.

    They go to `out`, by default the plan's own folder. `listen` is called with RungStart and RungEnd events
    around those of each model. A model that fails is named in the result's `failed` and does not keep the others from
    training; if all fail, the first one's error is raised. Ctrl-C saves and raises KeyboardInterrupt; calling
    again with the same plan goes on.
    """
    done: list[Run] = []
    failed: dict[str, str] = {}
    first_error: Exception | None = None
    for number, (model, recipe) in enumerate(plan.recipes().items(), start=1):
        listen(RungStart(model, number, len(plan.models)))
        try:
            name = plan.run_name(model)
            if RunFolder.named(name).exists():
                run = Run.open(name)
                reason = train_run(run, listen)
            else:
                run = Run.create(recipe, name)
                reason = train_new(run, listen)
            if reason == "interrupted":
                raise KeyboardInterrupt
            done.append(run)
            listen(RungEnd(model, run.summary()))
        except (
            GroundupError,
            RuntimeError,
            MemoryError,
        ) as error:  # torch raises RuntimeError without memory
            first_error = first_error or error
            failed[model] = _first_line(error)
            listen(RungEnd(model, error=failed[model]))
    if not done:
        assert first_error is not None
        raise first_error
    listen(Notice("Letting each go on from the same words"))
    comparison = compare(done, prompt, seed=plan.seed)
    comparison.failed = failed
    write_comparison(comparison, Path(out) if out is not None else plan.folder)
    return comparison


def _first_line(error: Exception) -> str:
    message = error.what if isinstance(error, GroundupError) else str(error)
    return next((line.strip() for line in message.split("\n") if line.strip()), type(error).__name__)
