"""The result of an ablation: a row for each variant, compared with the whole model's, and verdicts in words."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from rich.table import Table

from groundup.common.brand import rung_of
from groundup.common.formatting import format_or_dash
from groundup.ladder.compare import compare
from groundup.ladder.faults import FAULTS, STUDIES
from groundup.ladder.loss_curve import LossCurve, plot_limits, thin_out
from groundup.models.ablations import PARTS
from groundup.text.token_cache import tokenize
from groundup.training.budget import Budget
from groundup.training.run import Run

WHOLE = "whole"
OTHER_SEED = "other-seed"
MIN_DIFFERENCE_BPB = 0.02  # less means nothing. With other-seed, less than twice what that one changed.
WINDOW_COUNT = 64  # windows that are read both ways


@dataclass
class Ablation:
    """The result of `ablate`."""

    model: str
    variants: list[dict[str, Any]]
    """The whole model's row, then one for each change: the keys of `Run.summary`, and those of `_row` and `judge`."""
    curves: list[LossCurve]
    """For each row, its curves along `unit`."""
    unit: str
    """Of the budget: seconds, steps or tokens."""
    prompt: str
    seed: int
    floor: float | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def whole(self) -> dict[str, Any]:
        return self.variants[0]

    def sentence(self) -> str:
        """The finding in one sentence."""
        name = rung_of(self.model).title
        if self.whole["bpb"] is None:
            return f"The whole {name} {self.whole['verdict']}: there is nothing to compare with."
        opening = f"The whole {name} needs {self.whole['bpb']:.2f} bits a byte"
        rows = [row for row in self.variants if row["kind"] == "part" and row["difference"] is not None]
        rows = [row for row in rows if not row["cheats"]]
        if not rows:
            return f"{opening}."
        most = max(rows, key=lambda row: row["difference"])
        if most["difference"] < MIN_DIFFERENCE_BPB:
            return f"{opening}; under this budget it does no worse {most['title']}."
        if len(rows) == 1:
            return f"{opening}, and {most['difference']:.2f} more {most['title']}."
        part = most["variant"].removeprefix("without-")
        return f"{opening}. Of its parts it misses {part} most: {most['difference']:.2f} more."

    def plot_ranges(self) -> list[tuple[float, float, float, bool]]:
        """For each row, the part of the plane to draw: its right end, bottom and top; and whether the range is its own.

        All share one where they can, so that heights compare. A curve that would be squeezed by it, or squeeze
        the others, gets one of its own.
        """
        far = []
        for row in self.variants:
            apart = [row["difference"] or 0.0, (row["training_bpb"] or 0.0) - (row["bpb"] or 0.0)]
            far.append(row["difference"] is None or row["cheats"] or max(map(abs, apart)) > 1)
        near = [curve for curve, own in zip(self.curves[1:], far[1:], strict=True) if not own]
        shared = plot_limits([self.curves[0], *near], self.floor)
        return [
            (*(plot_limits([self.curves[0], curve], self.floor) if own else shared), own)
            for curve, own in zip(self.curves, [False, *far[1:]], strict=True)
        ]

    def table(self, width: int = 100) -> Table:
        """The rows as a rich table, with fewer columns where there is less room."""
        columns = {
            "bits/byte": [format_or_dash(row["bpb"], ".3f") for row in self.variants],
            "difference": [format_or_dash(row["difference"], "+.3f") for row in self.variants],
            "in training": [format_or_dash(row["training_bpb"], ".3f") for row in self.variants],
            "verdict": [row["verdict"] for row in self.variants],
        }
        for title in ("in training", "difference")[: (width < 90) + (width < 60)]:
            del columns[title]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(rung_of(self.model).title, no_wrap=True)
        for title in columns:
            words = title == "verdict"
            table.add_column(title, justify="left" if words else "right", no_wrap=not words)
        for number, row in enumerate(self.variants):
            style = "bold" if row is self.whole else ""
            table.add_row(row["title"], *(cells[number] for cells in columns.values()), style=style)
        return table

    def to_json(self) -> dict[str, Any]:
        """Plain data: all but the curves, which the runs have."""
        return {key: value for key, value in asdict(self).items() if key != "curves"}


def summarize_ablation(model: str, runs: dict[str, Run], prompt: str | None, seed: int) -> Ablation:
    """Rows and curves of runs that are trained, the whole model's first; each goes on from the same prompt."""
    scored = {variant: run for variant, run in runs.items() if next(run.events("evaluation"), None)}
    compared = compare(list(scored.values()), prompt, seed=seed) if scored else None
    samples = dict(zip(scored, compared.models, strict=True)) if compared else {}
    # What a nat per token is in bits per byte: the same for all, for they have one tokenizer.
    worth = next((row["bpb"] / row["loss"] for row in samples.values() if row["loss"]), 0.0)
    unit = Budget.parse(next(iter(runs.values())).recipe.budget).unit
    curves = [curve_of(run, unit, worth) for run in runs.values()]
    rows = [
        _row(variant, run, samples.get(variant, {}).get("sample"), curve, worth)
        for (variant, run), curve in zip(runs.items(), curves, strict=True)
    ]
    scores = {row["variant"]: row["bpb"] for row in rows}
    chance = abs(scores[OTHER_SEED] - scores[WHOLE]) if scores.get(OTHER_SEED) and scores[WHOLE] else 0.0
    for row in rows:
        judge(row, rows[0], max(MIN_DIFFERENCE_BPB, 2 * chance))
    if compared is None:
        return Ablation(model, rows, curves, unit, "", seed)
    return Ablation(model, rows, curves, unit, compared.prompt, seed, compared.floor, compared.warnings)


def curve_of(run: Run, unit: str, worth: float) -> LossCurve:
    """The run's curves along seconds, steps or tokens; `worth` is what a nat per token is in bits per byte."""
    along = "step" if unit == "steps" else unit
    losses = [(event[along], event["loss"] * worth) for event in run.events("step")]
    return LossCurve([(event[along], event["bpb"]) for event in run.events("evaluation")], thin_out(losses))


def diverged_at(run: Run) -> int | None:
    """The step at which the run's loss was no longer a number, or None."""
    return next((event["step"] for event in run.events("diverged")), None)


def _row(variant: str, run: Run, sample: str | None, curve: LossCurve, worth: float) -> dict[str, Any]:
    """One variant's row, but for what can only be said beside the whole model's."""
    model = rung_of(run.recipe.model.kind).title
    part = variant.removeprefix("without-") if variant.startswith("without-") else None
    study = STUDIES.get(part or variant)
    norms = sorted(event["gradient_norm"] for event in run.events("step"))
    newest = [loss for _, loss in curve.losses[-max(1, len(curve.losses) // 10) :]]
    whole, one_by_one = read_both_ways(run, worth) if curve.scores else (None, None)
    return {
        **run.summary(),
        "variant": variant,
        "kind": "part" if part else "whole" if variant == WHOLE else "fault",
        "title": f"without {part}" if part else f"the whole {model}" if variant == WHOLE else variant,
        "changes": PARTS[part] if part else FAULTS[variant].changes if variant in FAULTS else "Nothing.",
        "curves": study.curves if study else "",
        "recognise": study.recognise if study else "",
        "practice": study.practice if study else "",
        "sample": sample,
        "diverged": diverged_at(run),
        "last_bpb": curve.scores[-1][1] if curve.scores else None,
        "training_bpb": sum(newest) / len(newest) if newest and worth else None,
        "gradient_norm": norms[len(norms) // 2] if norms else None,
        "read_whole": whole,
        "read_one_by_one": one_by_one,
    }


@torch.inference_mode()
def read_both_ways(run: Run, worth: float) -> tuple[float, float]:
    """Bits per byte on the same windows of the validation text: read whole, then one token at a time.

    Read one by one, no model can look ahead, as when it writes. For a causal model the two are equal; for one
    that cheats only the second is true. Each window begins with nothing before it, so both are a little more
    than the run's own bits per byte. `worth` is what a nat per token is in bits per byte.
    """
    model = run.model()
    ids = tokenize(run.corpus(), "validation", run.tokenizer)
    length = min(run.recipe.training.sequence_length, len(ids) - 1)
    starts = np.linspace(0, len(ids) - length - 1, WINDOW_COUNT).astype(np.int64)
    windows = torch.from_numpy(ids[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    inputs, targets = windows[:, :-1], windows[:, 1:].flatten()
    memory, pieces = None, []
    for token in inputs.split(1, dim=1):
        logits, memory = model(token, memory)
        pieces.append(logits)
    ways = (model(inputs)[0], torch.cat(pieces, dim=1))
    whole, one_by_one = (worth * F.cross_entropy(way.flatten(0, 1), targets).item() for way in ways)
    return whole, one_by_one


def judge(row: dict[str, Any], whole: dict[str, Any], noise: float) -> None:
    """Add what is said beside the whole model's: `difference` (bits per byte), `cheats`, `verdict`, `happened`."""
    known = row["bpb"] is not None and whole["bpb"] is not None and row is not whole
    row["difference"] = row["bpb"] - whole["bpb"] if known else None
    row["cheats"] = row["read_whole"] is not None and row["read_one_by_one"] > row["read_whole"] + 0.1
    row["verdict"] = _verdict(row, noise)
    row["happened"] = _happened(row, whole)


def _verdict(row: dict[str, Any], noise: float) -> str:
    if row["diverged"] is not None:
        verdict = f"diverged at step {row['diverged']:,}"
    elif row["bpb"] is None:
        verdict = "was not scored"
    elif row["cheats"]:
        verdict = f"cheats: needs {row['read_one_by_one']:.2f} where it cannot look ahead"
    elif row["training_bpb"] is not None and row["training_bpb"] < row["bpb"] - 1:
        verdict = "good on its training batches alone"
    elif row["difference"] is None:
        verdict = "what the others are compared with" if row["kind"] == "whole" else "nothing to compare with"
    elif row["variant"] == OTHER_SEED:
        verdict = "what chance alone changes"
    elif row["last_bpb"] > row["bpb"] + 0.1:
        verdict = f"got worse again: {row['last_bpb']:.2f} at the end"
    else:
        limits = {
            -noise: "better",
            noise: "no different, as far as this shows",
            0.1: "a little worse",
            0.5: "worse",
        }
        verdict = next((words for limit, words in limits.items() if row["difference"] <= limit), "much worse")
    return verdict


def _happened(row: dict[str, Any], whole: dict[str, Any]) -> str:
    """The numbers of this one run, in sentences."""
    sentences = []
    if row["diverged"] is not None:
        sentences.append(
            f"At step {row['diverged']:,} its loss was no longer a number, and training stopped."
        )
    if row["bpb"] is not None:
        more = ""
        if row["difference"] is not None:
            more = f", {abs(row['difference']):.3f} {'more' if row['difference'] > 0 else 'fewer'} than the whole model"
        sentences.append(f"It needs {row['bpb']:.3f} bits a byte on unseen text{more}.")
        if row["last_bpb"] > row["bpb"] + 0.02:
            sentences.append(f"That was its best moment; at the end it stood at {row['last_bpb']:.3f}.")
    if row["training_bpb"] is not None:
        sentences.append(f"On its training batches it ended at {row['training_bpb']:.3f}.")
    if row["cheats"]:
        sentences.append(
            f"The same windows, given one token at a time so that it cannot look ahead, cost it "
            f"{row['read_one_by_one']:.2f} instead of {row['read_whole']:.2f}."
        )
    if row["gradient_norm"] is not None and row is not whole and whole["gradient_norm"]:
        ratio = row["gradient_norm"] / whole["gradient_norm"]
        if ratio > 2 or ratio < 0.5:
            often = f"{ratio:.1f} times" if ratio > 1 else f"{ratio:.0%} of"
            sentences.append(
                f"Its gradients were {often} as long as the whole model's.".replace("of as long as", "of")
            )
    return " ".join(sentences)
