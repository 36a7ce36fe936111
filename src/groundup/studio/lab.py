"""The laboratory: train any recipe on any text, watch what trains, compare what was trained."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from groundup.common.brand import RUNGS, rung_of
from groundup.common.errors import GroundupError
from groundup.common.formatting import format_day, format_duration
from groundup.studio import queue
from groundup.studio.estimate_process import measured_estimate
from groundup.studio.pages import page
from groundup.studio.processes import Job
from groundup.studio.run import shown
from groundup.studio.status import (
    measured,
    rough_duration,
    row,
    rows,
    run_folder,
    starts_in,
    status,
    text_title,
)
from groundup.studio.texts import list_texts, spec_of
from groundup.studio.verdict import verdict

FIRST_SECONDS = os.environ.get("GROUNDUP_FIRST_SECONDS", "45")
"""Of training; with loading, scoring and writing samples it is about a minute. The variable is for tests."""
FIRST_SAMPLES = 15
FIRST_STORIES = "storyworld:1000000B:seed=0"
MOST_COMPARED = 8


@asynccontextmanager
async def open_lab(app: FastAPI) -> AsyncIterator[None]:
    """What the laboratory does while the studio is open."""
    async with queue.ticking():
        yield


router = APIRouter(lifespan=open_lab)


# ---- what is asked for, and what is answered ----------------------------------------------------------------


class Wanted(BaseModel):
    """A training that a form asks for."""

    model: str = "char-rnn"
    text: str = "storyworld"
    """A name of the list of texts."""
    budget: str = Field("48s", max_length=40)
    name: str | None = Field(None, max_length=60)
    settings: dict[str, bool | int | float | str | list[str] | None] = {}
    """Dotted keys of the recipe."""


class Begun(BaseModel):
    run: str
    said: str


class Key(BaseModel):
    """One key of a recipe, as a form shows it."""

    key: str
    """With its section: "training.batch_size"."""
    kind: Literal["number", "integer", "boolean", "choice", "text"]
    value: bool | int | float | str | None
    """What the preset has; None where it leaves the choice open."""
    meaning: str
    choices: list[str] = []
    least: float | None = None
    most: float | None = None


class Form(BaseModel):
    """What a form for one model shows."""

    model: str
    keys: list[Key]
    measured: dict[str, Any] | None
    """What the preset reached on Shakespeare where it was measured."""


class Estimate(BaseModel):
    parameters: int
    memory: int
    """Bytes, beside what Python and PyTorch take by themselves."""
    tokens_per_second: float
    seconds: float
    """Of training alone: loading, scoring and saving come on top."""
    steps: int
    tokens: int


class Runs(BaseModel):
    runs: list[dict[str, Any]]
    at_once: int
    next_starts: str
    """When one more would start: "starts in about 9 min"."""


class QueuePlace(BaseModel):
    before: str | None = None
    """One that waits too; None is the end of the queue."""


class Compared(BaseModel):
    runs: list[dict[str, Any]]
    warnings: list[str]


class AtOnce(BaseModel):
    at_once: int = Field(ge=1, le=queue.MAX_AT_ONCE)


def recipe_of(request: Wanted) -> Any:
    """The checked recipe. Raises GroundupError for any key, name or text that does not fit."""
    from groundup.library import make_recipe

    settings = {key: value for key, value in request.settings.items() if value is not None}
    for whole in ("corpus", "budget", "tokenizer", "model", "training"):
        if whole in settings:
            raise GroundupError(f"'{whole}' is no setting.", "Settings are parts of it, such as model.width.")
    settings["corpus"] = spec_of(request.text)
    kind = settings.pop("tokenizer.kind", None)
    return make_recipe(
        request.model, budget=request.budget, tokenizer=str(kind) if kind else None, set=settings
    )


def begin(recipe: Any, name: str | None = None) -> Begun:
    """Make the run's folder, so that its name is taken and its page is there, and put it in the queue."""
    from groundup.training.run import Run

    run = Run.create(recipe, name or None)
    queue.add(run.name)
    return Begun(run=run.name, said=status(run.name)["said"])


# ---- the page -----------------------------------------------------------------------------------------------


@router.get("/lab")
def lab(request: Request, first: bool = False) -> Response:
    """What trains, all runs, and a form for another. `first`: one button, for a learner who has trained nothing."""
    all_rows = rows()
    if first:
        text = "Shakespeare" if _shakespeare() else "short stories"
        return page(request, "lab.html", first=True, text=text, seconds=FIRST_SECONDS)
    training = next((one for one in all_rows if one["state"] in queue.ACTIVE_STATES), None)
    return page(
        request, "lab.html", first=False, runs=[listed(one) for one in all_rows], models=models(), texts=list_texts(),
        live=shown(training) if training else None, at_once=queue.read().at_once, next_starts=next_starts(),
        verdict=verdict(training["run"]) if training else None,
    )  # fmt: skip


def listed(one: dict[str, Any]) -> dict[str, Any]:
    """A row of the table: numbers, and how they are shown."""
    there = rung_of(one["name"])
    ended = format_day(datetime.fromtimestamp(one["ended"]).date())
    return {
        "run": one["run"], "model": one["name"], "number": there.number, "title": there.title,
        "corpus": text_title(one["corpus"]), "budget": one["budget"], "bpb": one["bpb"], "curve": one["curve"],
        "trained": format_duration(one["seconds"]), "state": one["state"], "said": one["said"],
        "short": f"done {ended}" if one["state"] == "done" else one["short"],
        "what": one["what"], "hint": one["hint"], "job": one["job"],
    }  # fmt: skip


def next_starts() -> str:
    """When a training that is added now would begin."""
    jobs_queue = queue.read()
    jobs_queue.jobs.append(Job(""))
    if sum(job.state in (*queue.ACTIVE_STATES, "waiting") for job in jobs_queue.jobs) <= jobs_queue.at_once:
        return "starts at once"
    seconds = starts_in(jobs_queue)[""]
    return (
        "starts when those before it are done"
        if seconds is None
        else f"starts in about {rough_duration(seconds)}"
    )


def _shakespeare() -> bool:
    return any(one.name == "shakespeare" and one.here for one in list_texts())


# ---- the API ------------------------------------------------------------------------------------------------


@router.get("/api/runs")
def runs() -> Runs:
    """All runs, the newest first, with what happens with each now."""
    queue.tick()
    return Runs(runs=[listed(one) for one in rows()], at_once=queue.read().at_once, next_starts=next_starts())


@router.post("/api/runs")
def train(request: Wanted) -> Begun:
    """Put a new training in the queue."""
    return begin(recipe_of(request), request.name)


@router.post("/lab/first")
def train_first() -> Response:
    """A plain form: Model 1 for less than a minute, with a sample every few seconds; then the page of that run."""
    from groundup.training.recipe import Recipe

    corpus = "shakespeare" if _shakespeare() else FIRST_STORIES
    changes = {"corpus": corpus, "budget": f"{FIRST_SECONDS}s", "training.evaluations": FIRST_SAMPLES}
    return RedirectResponse(f"/run/{begin(Recipe.preset('char-rnn', changes)).run}?first=1", 303)


@router.get("/api/lab/form/{model}")
def form(model: str) -> Form:
    """Every key of a model's recipe, with its meaning and what it may be."""
    return Form(model=model, keys=keys(model), measured=measured().get(model))


@router.post("/api/estimate")
def estimate(request: Wanted) -> Estimate:
    """Time and memory of a training on this machine, from a moment of its real steps."""
    return Estimate(**measured_estimate(recipe_of(request).model_dump_json(exclude_none=True)))


@router.post("/api/queue/{name}/{action}")
def ask(name: str, action: queue.Action) -> dict[str, str]:
    """Pause a training, stop and keep it, let it go on, or let it train before the others that wait."""
    if queue.read().find(name) is None:
        run_folder(name)
        if status(name)["state"] in ("done", "running"):
            reason = "is done" if status(name)["state"] == "done" else "is being trained outside the studio"
            raise GroundupError(f"'{name}' {reason}.", "There is nothing to do.")
    queue.ask(name, action)
    return status(name)


@router.put("/api/queue/{name}")
def place(name: str, position: QueuePlace) -> dict[str, str]:
    """Let a training that waits train before another, or after all that wait."""
    queue.move(name, position.before)
    return status(name)


@router.put("/api/queue")
def at_once(limit: AtOnce) -> AtOnce:
    """How many may train at the same time. They share the machine: each is slower then."""
    queue.set_at_once(limit.at_once)
    return AtOnce(at_once=queue.read().at_once)


@router.get("/api/compare")
def compare(runs: Annotated[list[str], Query(min_length=1, max_length=MOST_COMPARED)]) -> Compared:
    """Runs side by side: curves and numbers, and what makes them less comparable than they look."""
    from groundup.ladder.compare import mismatches
    from groundup.ladder.loss_curve import LossCurve
    from groundup.training.run import Run

    compared_rows = [row(name) for name in dict.fromkeys(runs)]
    curves = [LossCurve.of(Run.open(run_folder(one["run"]))) for one in compared_rows]
    return Compared(
        runs=[
            {**listed({**one, **status(one["run"])}), "sample": one["sample"], "parameters": one["parameters"],
             "perplexity": one["perplexity"], "losses": curve.losses, "scores": curve.scores}
            for one, curve in zip(compared_rows, curves, strict=True)
        ],
        warnings=mismatches(compared_rows),
    )  # fmt: skip


# ---- the keys of a recipe, for a form --------------------------------------------------------------------


def keys(model: str) -> list[Key]:
    """Every key of a preset's recipe, from the recipe's own models. Raises GroundupError for an unknown model."""
    from groundup.training.recipe import Recipe

    recipe = Recipe.preset(model)
    return [key for key in _keys(recipe, "") if key.key not in ("corpus", "budget", "model.kind", "without")]


def _keys(part: Any, prefix: str) -> list[Key]:
    from dataclasses import is_dataclass

    from pydantic import TypeAdapter

    schema = TypeAdapter(type(part)).json_schema()
    recipe_keys = []
    for name, about in schema["properties"].items():
        value = getattr(part, name)
        if isinstance(value, BaseModel) or is_dataclass(value):
            recipe_keys += _keys(value, f"{name}.")
            continue
        # A key that may be left open is a choice between null and the kind that counts.
        kind = next((one for one in about.get("anyOf", ()) if one.get("type") != "null"), about)
        recipe_keys.append(
            Key(
                key=prefix + name,
                kind="choice" if "enum" in kind else _KINDS.get(kind.get("type", ""), "text"),
                value=value if isinstance(value, bool | int | float | str) else None,
                meaning=about.get("description", ""),
                choices=kind.get("enum", []),
                least=kind.get("minimum", kind.get("exclusiveMinimum")),
                most=kind.get("maximum", kind.get("exclusiveMaximum")),
            )
        )
    return recipe_keys


_KINDS: dict[str, Any] = {"number": "number", "integer": "integer", "boolean": "boolean"}


def models() -> list[dict[str, Any]]:
    """The five for a list of choices, from the ground up."""
    return [{"model": model, "number": rung.number, "title": rung.title} for model, rung in RUNGS.items()]
