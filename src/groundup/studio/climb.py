"""The climb: five models on the same text for the same time, live; and the ladder they stand on.

The ladder is an axis of bits per byte with fewer at the top. Rungs that the learner trained stand solid at their true
height, those of the reference dotted. Home shows it too: `{% include "ladder.html" %}` is all it takes.
"""

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from groundup.common.brand import RUNGS
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.formatting import corpus_title, format_day, make_printable
from groundup.ladder.plans import free_name, reports_folder
from groundup.studio import queue
from groundup.studio.pages import page, templates
from groundup.studio.status import WORDS, budget_words, measured, row, rows, text_title
from groundup.studio.texts import list_texts, spec_of
from groundup.training.run_folder import RunFolder

# What Shakespeare's held-out plays cost who knows only which letter follows which: counted in the other plays.
GROUND = 3.66
SAID = 44  # characters of a sample beside its rung

router = APIRouter()


class LadderRung(BaseModel):
    """One model on the ladder."""

    model: str
    number: int
    title: str
    bpb: float | None
    """Bits per byte on held-out text; None while nothing is known."""
    yours: bool
    """Trained here; else the reference."""
    when: str = ""
    run: str = ""
    said: str = ""
    """The first words of what it wrote."""
    state: str = ""


class Ladder(BaseModel):
    """What the drawing is made from."""

    text: str
    rungs: list[LadderRung]
    """From the ground up."""
    ground: float | None
    """Bits per byte of a model that counts letter pairs; None for a text that was not counted."""


class Model(BaseModel):
    """One of the five, side by side."""

    model: str
    number: int
    title: str
    run: str
    state: str
    """waiting, running, done, failed, stopped."""
    bpb: float | None
    seconds: float | None
    sample: str
    curve: list[tuple[float, float]]


class Climb(BaseModel):
    name: str
    text: str
    budget: str
    state: str
    said: str
    what: str
    hint: str
    now: str
    """The run that trains now; "" between two and at the end."""
    models: list[Model]
    ladder: Ladder


class WantedClimb(BaseModel):
    """A climb that a form asks for."""

    text: str = "storyworld"
    budget: str = Field("48s", max_length=40)


class BegunClimb(BaseModel):
    climb: str


# ---- the ladder ---------------------------------------------------------------------------------------------


def the_ladder() -> Ladder:
    """The best of the learner's runs on Shakespeare, and the reference where there is none."""
    best: dict[str, dict[str, Any]] = {}
    for one in rows():
        better = one["bpb"] is not None and one["bpb"] < best.get(one["name"], {}).get("bpb", 99)
        if one["name"] in RUNGS and corpus_title(one["corpus"]) == "shakespeare" and better:
            best[one["name"]] = one
    return Ladder(text="Shakespeare", rungs=[_rung(model, best.get(model)) for model in RUNGS], ground=GROUND)


templates.env.globals["the_ladder"] = the_ladder


def _rung(model: str, one: dict[str, Any] | None, *, reference: bool = True) -> LadderRung:
    rung = RUNGS[model]
    if one is None or one["bpb"] is None:
        known = measured().get(model, {}) if reference else {}
        return LadderRung(model=model, number=rung.number, title=rung.title, bpb=known.get("bpb"), yours=False,
                    when="reference", said=_first_line(known.get("sample")))  # fmt: skip
    day = format_day(datetime.fromtimestamp(one["made"]).date())
    return LadderRung(model=model, number=rung.number, title=rung.title, bpb=one["bpb"], yours=True,
                      when=f"yours, {day}", run=one["run"], said=_first_line(one["sample"]))  # fmt: skip


def _first_line(sample: str | None) -> str:
    """The first line of a sample that says something; it ends with a word."""
    lines = (line.strip() for line in make_printable(sample or "").split("\n"))
    line = next((line for line in lines if len(line) > 8), "")
    return line if len(line) <= SAID else line[:SAID].rpartition(" ")[0] or line[:SAID]


# ---- a climb ------------------------------------------------------------------------------------------------


def climb_names() -> list[str]:
    """Those that were begun, the newest first."""
    plans = sorted(reports_folder().glob("*/climb.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.parent.name for file in plans]


def state_of(name: str) -> Climb:
    """How a climb stands. Raises GroundupError where there is none of that name, or its plan is damaged."""
    if name not in climb_names():
        raise GroundupError(
            f"There is no climb '{name[:80]}'.", did_you_mean(name, climb_names()) or "Begin one."
        )
    try:
        plan = json.loads((reports_folder() / name / "climb.json").read_text(encoding="utf-8"))
        text, budget, asked = corpus_title(plan["corpus"]), plan["budget"], plan["models"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GroundupError(
            f"The plan of the climb '{name}' is damaged ({error}).", "Begin a new one."
        ) from None
    job = queue.read().find(name)
    ended = (reports_folder() / name / "ladder.json").is_file()
    state = job.state if job else "done" if ended else "stopped"
    models = [
        _model(f"{name}-{model}", model, going=state in queue.ACTIVE_STATES)
        for model in asked
        if model in RUNGS
    ]
    now = next((one.run for one in models if one.state == "running"), "")
    on_shakespeare = text == "shakespeare"
    rungs = [_rung(one.model, row(one.run) if one.run else None, reference=on_shakespeare) for one in models]
    return Climb(
        name=name, text=text_title(plan["corpus"]), budget=budget_words(budget), state=state, said=_said(state, now),
        what=job.error if job else "", hint=job.hint if job else "", now=now, models=models,
        ladder=Ladder(text=text, rungs=rungs, ground=GROUND if on_shakespeare else None),
    )  # fmt: skip


def _said(state: str, now: str) -> str:
    if state == "running":
        return (
            "They train one after another; each is scored on text that none has seen."
            if now
            else "It begins."
        )
    return "All have trained." if state == "done" else WORDS[state]


def _model(run: str, model: str, *, going: bool) -> Model:
    about = {"model": model, "number": RUNGS[model].number, "title": RUNGS[model].title}
    if not RunFolder.named(run).exists():
        return Model(**about, run="", state="waiting", bpb=None, seconds=None, sample="", curve=[])
    one = row(run)
    done = one["state"] in ("budget", "early")
    state = "done" if done else "running" if going else "stopped"
    return Model(**about, run=run, state=state, bpb=one["bpb"], seconds=one["seconds"],
                 sample=make_printable(one["sample"] or "").strip("\n"), curve=one["curve"])  # fmt: skip


# ---- page and API -------------------------------------------------------------------------------------------


@router.get("/climb")
def climb_page(request: Request, name: str = "") -> Response:
    """The newest climb or the one that was asked for, live; the ladder; and a form for another."""
    names = climb_names()
    state = state_of(name or names[0]) if name or names else None
    return page(
        request, "climb.html", climb=state, ladder=state.ladder if state else the_ladder(), texts=list_texts(),
        others=[one for one in names if state is None or one != state.name],
    )  # fmt: skip


@router.get("/api/ladder")
def ladder() -> Ladder:
    """The learner's own ladder on Shakespeare, with the reference where nothing is trained yet."""
    return the_ladder()


@router.get("/api/climbs/{name}")
def climb(name: str) -> Climb:
    """How a climb stands now."""
    return state_of(name)


@router.post("/api/climbs")
def begin(request: WantedClimb) -> BegunClimb:
    """Put a climb in the queue: the five presets, one after another."""
    from groundup.ladder.climb import ClimbPlan
    from groundup.training.budget import Budget
    from groundup.training.recipe import preset_names

    budget = str(Budget.parse(request.budget))
    plan = ClimbPlan(free_name("climb"), preset_names(), spec_of(request.text), budget)
    plan.recipes()
    plan.check_new(plan.models)
    plan.save()
    queue.add(plan.name, "climb")
    return BegunClimb(climb=plan.name)
