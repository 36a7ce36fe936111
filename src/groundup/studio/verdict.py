"""What can be said of a training in a headline and up to three remarks, each with its numbers.

The rules of lenses/diagnosis.py find what is wrong. Where nothing is, three questions are answered: does it learn the
training text by heart, what has it passed, and does the learning rate fit.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title, format_duration
from groundup.studio.processes import ACTIVE_STATES
from groundup.studio.status import measured, row, rows, run_folder, status

if TYPE_CHECKING:
    from groundup.lenses.training import TrainingTrace

MOST = 3
SOON = 0.55  # of the budget: an earlier forecast was often wrong by a tenth of a bit and more


class Remark(BaseModel):
    title: str
    text: str


class Forecast(BaseModel):
    """Where a training will end: about."""

    seconds: float
    bpb: float
    said: str
    """As exact as it is known: 2.3 at first, 2.27 near the end."""


class RunVerdict(BaseModel):
    headline: str
    """"" while there is nothing to say."""
    remarks: list[Remark]
    forecast: Forecast | None


class Other(BaseModel):
    """An earlier run on the same text, as a line beside this one's."""

    run: str
    name: str
    number: int
    scores: list[tuple[float, float]]


def others(name: str) -> list[Other]:
    """The best other run of each model on the same text, from the ground up."""
    mine = row(name)
    best: dict[str, dict[str, Any]] = {}
    for one in rows():
        fits = one["run"] != name and one["corpus"] == mine["corpus"] and one["bpb"] is not None
        if (
            fits
            and one["state"] not in ACTIVE_STATES
            and one["bpb"] < best.get(one["name"], {}).get("bpb", 99)
        ):
            best[one["name"]] = one
    return sorted(
        (
            Other(run=one["run"], number=rung_of(kind).number, scores=one["curve"],
                  name=one["run"] if kind == mine["name"] else rung_of(kind).title)
            for kind, one in best.items() if one["curve"]
        ),
        key=lambda one: one.number,
    )  # fmt: skip


def verdict(name: str) -> RunVerdict:
    """What the curves say by now. Nothing is computed by the model."""
    from groundup.lenses.training import trace
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    try:
        traced = trace(run, units=False)
    except GroundupError:  # it has no events yet
        return RunVerdict(headline="", remarks=[], forecast=None)
    going = status(name)["state"] in (*ACTIVE_STATES, "paused", "waiting")
    budgets = {event["budget"] for event in run.events() if "budget" in event}
    so_far = " so far" if going else ""
    ahead = forecast(traced) if going and len(budgets) == 1 else None
    gravest, *more = traced.findings
    if gravest.name == "too little to say":
        remarks = [Remark(title="The numbers", text=gravest.evidence)]
        if not going:
            remarks.append(
                Remark(title="What to try", text="Give it more time: a few scores say how it learns.")
            )
        headline = "It has only begun." if going else "It is too short to judge."
    elif gravest.name == "healthy":
        headline = _headline(traced, going)
        remarks = [
            one
            for one in (_by_heart(traced, going), _passed(name, traced, ahead, so_far), _rate(traced))
            if one
        ]
    else:
        headline = gravest.what
        remarks = [
            Remark(title="The numbers", text=gravest.evidence),
            Remark(title="What to try", text=gravest.advice),
        ]
        remarks += [Remark(title=one.what, text=one.evidence) for one in more]
        if gravest.name != "diverged" and (passed := _passed(name, traced, ahead, so_far)):
            remarks.append(passed)
    return RunVerdict(headline=headline, remarks=remarks[:MOST], forecast=ahead)


def _headline(run: "TrainingTrace", going: bool) -> str:
    """How it goes where no rule found anything."""
    if len(run.bpb) > 1 and run.bpb[-1] > run.bpb.min():
        return f"It was better before: {run.bpb.min():.2f} bits a byte, and {run.bpb[-1]:.2f} now."
    steady = all(b < a for a, b in pairwise(run.bpb[-3:])) and len(run.bpb) > 1
    return ("It is learning" if going else "It has learnt") + (", steadily." if steady else ".")


def _by_heart(run: "TrainingTrace", going: bool) -> Remark | None:
    """How far held-out text is behind training text, in bits a byte."""
    if len(run.bpb) < 2 or len(run.losses) < 8:
        return None
    gaps, levels, noise = _gaps(run)
    gap = gaps[-1]
    where, before = f"Held-out text costs {gap:.2f} bits a byte more than training text", max(gaps[0], 0.0)
    if gap > 0.15 and gap > 2 * max(before, 0.03) and gap - before > 2 * noise:
        text = f"{where}; at the first score it was {before:.2f}. More text or model.dropout=0.1 keeps it smaller."
        return Remark(title="It begins to learn by heart.", text=text)
    if gap < 0.005:
        where = "Held-out text costs no more than training text"
    fall = run.bpb[-1] < run.bpb[-2] and levels[-1] < levels[-2]
    both = ", and both still fall" if going else ", and both fell to the end"
    return Remark(title="No over-fitting.", text=f"{where}{both if fall else ''}.")


def _gaps(run: "TrainingTrace") -> tuple[list[float], list[float], float]:
    """At each score: held-out minus training text in bits a byte, and the training text alone; and how far a usual
    step at the end lies from its neighbours, for one batch is harder than another.

    The training loss is the median of the steps before the score; what a nat is worth is taken from the score itself.
    """
    half = max(len(run.losses) // 20, 2)
    levels = []
    for step, bpb, loss in zip(run.evaluation_steps, run.bpb, run.validation_losses, strict=True):
        at = int(np.searchsorted(run.steps, step))
        levels.append(float(np.median(run.losses[max(at - 2 * half, 0) : at + 1])) * float(bpb / loss))
    late = run.losses[-4 * half :]
    noise = float(np.median(np.abs(late - np.median(late))) * run.bpb[-1] / run.validation_losses[-1])
    return [float(bpb) - level for bpb, level in zip(run.bpb, levels, strict=True)], levels, noise


def _passed(name: str, run: "TrainingTrace", ahead: Forecast | None, so_far: str) -> Remark | None:
    """The best of the other runs on this text that it has passed; else the nearest that is ahead of it."""
    if not len(run.bpb):
        return None
    expected = f" Expect it to end near {ahead.said}." if ahead else ""
    mine, times = float(run.bpb.min()), _times(run)
    rivals = [
        (min(bpb for _, bpb in one.scores), one.name if one.name == one.run else f"your {one.name}")
        for one in others(name)
    ]
    known = measured().get(run.kind)
    if known and corpus_title(row(name)["corpus"]) == "shakespeare":
        rivals.append(
            (
                known["bpb"],
                f"the {rung_of(run.kind).title} as it was tuned for {format_duration(known['seconds'])}",
            )
        )
    if behind := [one for one in rivals if one[0] > mine]:
        theirs, whose = min(behind)
        since = float(times[int(np.argmax(run.bpb < theirs))])
        text = f"By {format_duration(since)} it was better than its {theirs:.2f} bits a byte."
        return Remark(title=f"It has passed {whose}.", text=text + expected)
    if rivals:
        theirs, whose = max(rivals)
        text = f"It reached {theirs:.2f} bits a byte, {mine - theirs:.2f} fewer than this one{so_far}."
        return Remark(title=f"{whose.replace('your ', 'Your ')} is ahead.", text=text + expected)
    return Remark(title="Where it will end.", text=expected.strip()) if ahead else None


def _rate(run: "TrainingTrace") -> Remark | None:
    """Whether the learning rate fits, by how far a step moves each part of the model."""
    ratios = run.usual_ratios().values()
    if not ratios:
        return None
    slow, fast = min(ratios), max(ratios)
    span = f"{fast:.1%}" if f"{slow:.1%}" == f"{fast:.1%}" else f"{slow:.1%} to {fast:.1%}"
    text = f"A step moves the parts of the model by {span} of their length; 0.1% to 1% is usual."
    if fast < 0.003:
        return Remark(
            title="The rate could be higher.",
            text=f"{text} Try training.learning_rate={2 * run.highest_rate:.2g}.",
        )
    if slow > 0.01:
        return Remark(
            title="The rate is high.", text=f"{text} Try training.learning_rate={run.highest_rate / 2:.2g}."
        )
    return Remark(title="The learning rate fits.", text=text)


def _times(run: "TrainingTrace") -> np.ndarray:
    """Seconds of training at each score."""
    return (
        np.interp(run.evaluation_steps, run.steps, run.seconds)
        if len(run.steps)
        else 0 * run.evaluation_steps
    )


def forecast(run: "TrainingTrace") -> Forecast | None:
    """Where bits per byte will be at the end of the budget; None where that cannot be said honestly.

    Halfway between the last score and a power law through the last three. The power law alone promises too much, for
    the last gains are small. Of eight rules tried on 198 finished runs, this was among the nearest: it
    was wrong by 0.03 in the median after 60% of the budget (one in ten by 0.11 or more), and by 0.01 after 80% (one in
    ten by 0.04 or more). It was chosen on the same runs, so on new ones expect it to be a little worse.
    """
    if len(run.bpb) < MOST or run.state == "diverged":
        return None
    shares, last = run.evaluation_spent[-3:], run.bpb[-3:]
    if not SOON <= shares[-1] < 0.999 or len(set(shares)) < 3 or not last[0] > last[1] > last[2]:
        return None
    _, start = np.polyfit(np.log(shares), np.log(last), 1)  # the end is share 1, whose logarithm is 0
    bpb = float(last[-1] + np.exp(start)) / 2
    near = shares[-1] > 0.75
    return Forecast(
        seconds=float(_times(run)[-1] / shares[-1]),
        bpb=bpb,
        said=f"{bpb:.2f}" if near else f"about {bpb:.1f}",
    )
