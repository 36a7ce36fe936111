"""Ablation: train a model whole, then again with one thing taken out or done wrong, and again with another.

All variants start from the same weights, read the same text under the same budget and are computed in the same
precision. So a difference between two curves comes from the one thing that differs between the two models. The
fault `other-seed` shows how much two curves differ by chance alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.ladder.ablation_result import WHOLE, Ablation, diverged_at, summarize_ablation
from groundup.ladder.faults import FAULTS, check_faults, faults_of, with_fault
from groundup.ladder.plans import Plan, free_name
from groundup.ladder.reports import write_ablation
from groundup.models.ablations import check_parts, parts_of
from groundup.text.corpora import load_corpus
from groundup.text.sources import Progress
from groundup.training.events import Listener, Notice, ignore_event
from groundup.training.recipe import Recipe, preset_data
from groundup.training.run import Run
from groundup.training.run_folder import RunFolder
from groundup.training.trainer import WrapBatches, train_new, train_run

DEFAULT_BUDGET = "20s"  # for each: there are many


@dataclass(frozen=True)
class VariantStart:
    """The next variant of an ablation is trained."""

    variant: str
    number: int
    total: int


@dataclass(frozen=True)
class VariantEnd:
    """A variant of an ablation was trained."""

    variant: str
    bpb: float | None
    diverged_at: int | None


@dataclass(frozen=True)
class AblationPlan(Plan):
    """What an ablation was asked to do."""

    file_name = "ablation.json"
    what, command, begin = "an ablation", "ablate", "groundup ablate gpt --without mask"

    model: str
    parts: list[str]
    """Taken out one at a time."""
    faults: list[str]
    corpus: str
    budget: str
    seed: int = 1
    set: dict[str, Any] = field(default_factory=dict)
    """Dotted recipe keys, for all."""

    def recipe(self) -> Recipe:
        """That of the whole model."""
        shared = {"corpus": self.corpus, "budget": self.budget, "seed": self.seed}
        return Recipe.preset(self.model, {**shared, **self.set})

    def recipes(self) -> dict[str, Recipe]:
        """The recipe of each variant, the whole first. Raises GroundupError for anything that is wrong."""
        whole = self.recipe()
        if whole.without:
            raise GroundupError(
                "An ablation begins with the whole model.", "Name parts with --without, not with --set."
            )
        recipes = {WHOLE: whole}
        for part in check_parts(whole.model, self.parts):
            recipes[f"without-{part}"] = whole.override({"without": [part]})
        for fault in check_faults(whole, self.faults):
            recipes[fault] = with_fault(whole, fault)
        return recipes


def plan_ablation(
    model: str = "gpt",
    without: Sequence[str] = (),
    faults: Sequence[str] = (),
    *,
    everything: bool = False,
    corpus: str | Sequence[str] = "shakespeare",
    budget: str = DEFAULT_BUDGET,
    name: str | None = None,
    seed: int = 1,
    set: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> AblationPlan:
    """A new plan, checked and saved. Without a name it is called after the model, with a number."""
    model = preset_data(model)["model"]["kind"]
    name = name or free_name(f"ablate-{model}")
    plan = AblationPlan(name, model, list(without), list(faults), str(corpus), budget, seed, dict(set or {}))
    whole = plan.recipe()
    if everything and (without or faults):
        raise GroundupError(
            "Everything was asked for, and some of it by name.", "Leave out the names, or --all."
        )
    if everything:
        plan = replace(plan, parts=parts_of(whole.model), faults=faults_of(whole))
    if not plan.parts and not plan.faults:
        raise GroundupError(
            "There is nothing to take out.",
            f"Name a part, such as --without {parts_of(whole.model)[0]}, or a fault, such as "
            f"--fault labels-leaked, or say --all. `groundup ablate {model} --list` shows them.",
        )
    variants = plan.recipes()
    # A text that is missing or too short should fail now. Its spec is found from any folder.
    plan = replace(plan, corpus=load_corpus(corpus, progress).spec)
    plan.check_new(variants)
    plan.save()
    return plan


def ablate(
    plan: AblationPlan,
    listen: Listener = ignore_event,
    out: str | Path | None = None,
    prompt: str | None = None,
) -> Ablation:
    """Train what is not trained yet, compare, and write report.html, ablation.png and rows.json.

    They go to `out`, by default the plan's own folder. `listen` is called with VariantStart and VariantEnd events
    around those of each variant. A variant that diverges has that as its result. Ctrl-C saves and raises
    KeyboardInterrupt; calling again with the same plan goes on. Raises GroundupError where a run cannot be trained
    for another reason.
    """
    runs: dict[str, Run] = {}
    recipes = plan.recipes()
    for number, (variant, recipe) in enumerate(recipes.items(), start=1):
        listen(VariantStart(variant, number, len(recipes)))
        # Both precisions were tried on the whole model: what was found there holds for all.
        precision = runs[WHOLE].facts().get("precision") if runs else None
        fixed = recipe.override({"training.precision": precision}) if precision else recipe
        fault = FAULTS.get(variant)
        wrap_batches = fault.wrap_batches if fault else None
        runs[variant] = run = _train(plan.run_name(variant), fixed, runs.get(WHOLE), listen, wrap_batches)
        listen(VariantEnd(variant, run.summary()["bpb"], diverged_at(run)))
    listen(Notice("Letting each go on from the same words"))
    ablation = summarize_ablation(plan.model, runs, prompt, plan.seed)
    write_ablation(ablation, Path(out) if out is not None else plan.folder)
    return ablation


def _train(
    name: str, recipe: Recipe, whole: Run | None, listen: Listener, wrap_batches: WrapBatches | None
) -> Run:
    """The run of that name, trained to its end: the budget's, or where its loss is no longer a number."""
    begun = RunFolder.named(name).exists()
    run = Run.open(name) if begun else Run.create(recipe, name)
    if whole and not begun:
        run.save_tokenizer(whole.tokenizer)  # what the same text taught it: no need to learn it again
    if diverged_at(run) is not None:
        return run
    try:
        train = train_run if begun else train_new
        reason = train(run, listen, wrap_batches)
    except GroundupError:
        if diverged_at(run) is None:
            raise
        return run
    if reason == "interrupted":
        raise KeyboardInterrupt
    return run
