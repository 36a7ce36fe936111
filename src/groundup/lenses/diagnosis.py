"""What is wrong with a training, in words: what, since when, by which numbers, and what to try.

Each rule looks at the curves of a run and finds something or nothing. Their thresholds were set on runs that were
made to go wrong, with healthy runs of all five models beside them; each says how far apart the two lay.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from groundup.training.budget import Budget

MIN_STEPS = 8  # reported steps; fewer say nothing


@dataclass
class TrainingCurves:
    """The curves of one run. Arrays have an entry for each step that was reported, about four a second."""

    run: str
    kind: str
    budget: str
    state: str
    """budget, early, interrupted, unfinished, or diverged."""
    max_grad_norm: float
    vocab_size: int
    highest_rate: float
    """The learning rate after the warm-up, as the recipe has it."""
    steps: np.ndarray
    seconds: np.ndarray
    """Of training, since the start."""
    losses: np.ndarray
    """Training loss, nats per token."""
    learning_rates: np.ndarray
    gradient_norms: np.ndarray
    """Before they are shortened to `max_grad_norm`."""
    update_ratios: dict[str, np.ndarray]
    """For each part of the model, how far a step moved it, in lengths of itself; nan where it was not measured."""
    evaluation_steps: np.ndarray
    evaluation_spent: np.ndarray
    """The share of the budget, at each evaluation."""
    bpb: np.ndarray
    """Bits per byte of the validation text."""
    validation_losses: np.ndarray
    samples: list[str]
    """What the model wrote at each evaluation."""
    diverged_at: int | None
    last_loss: float
    last_gradient_norm: float
    """Of the last good step before it diverged; else 0."""
    dead: dict[str, float] = field(default_factory=dict)
    """The share of units that give the same for every token, by layer."""
    dead_tokens: int = 0

    def usual_ratios(self) -> dict[str, float]:
        """The median update of each part, over the steps in which the learning rate is at least half its highest."""
        high = self.learning_rates >= 0.5 * self.highest_rate
        known = {name: values[high & np.isfinite(values)] for name, values in self.update_ratios.items()}
        return {name: float(np.median(values)) for name, values in known.items() if len(values)}


@dataclass
class Diagnosis:
    """What one rule found."""

    name: str
    """diverged, leaked labels, learning rate too high, learning rate too low, over-fitting, plateau, dead units,
    budget too small, healthy."""
    what: str
    """In a sentence, with the step since when."""
    since: int | None
    evidence: str
    """The numbers."""
    advice: str


def diagnose(run: TrainingCurves) -> list[Diagnosis]:
    """All that the rules find, the gravest first; one that says "healthy" where they find nothing.

    A rule that explains the curves silences those after it that would name its symptoms.
    """
    findings: list[Diagnosis] = []
    for rule in (diverged, leaked, rate_too_high, rate_too_low, over_fitting, plateau, budget_too_small):
        finding = rule(run)
        if finding is not None:
            findings.append(finding)
            break
    dead = dead_units(run)
    if dead is not None:
        findings.append(dead)
    return findings or [healthy(run)]


# ---- the rules ---------------------------------------------------------------------------------------------


def diverged(run: TrainingCurves) -> Diagnosis | None:
    """The loss became no number; or more than half of what was learnt was lost again, and did not come back."""
    if run.diverged_at is not None:
        size = _longest_gradient(run, since=0.8 * run.diverged_at)
        return Diagnosis(
            "diverged", f"Training diverged at step {run.diverged_at:,}, after a gradient of length {size:.3g}.",
            run.diverged_at,
            f"The loss was {run.last_loss:.3g} and then no number. "
            f"Gradients are shortened to {run.max_grad_norm:g}.",
            f"A learning rate of {run.highest_rate / 10:.1g} instead of {run.highest_rate:.1g}; a longer warm-up; "
            "training.max_grad_norm=1.",
        )  # fmt: skip
    if len(run.losses) < MIN_STEPS:
        return None
    smooth = _smooth(run.losses)
    best = int(smooth.argmin())
    start, end = run.losses[0], smooth[-1]
    if end <= smooth[best] + 0.5 * max(start - smooth[best], 0.1):
        return None
    step = int(run.steps[best])
    size = _longest_gradient(run, since=step)
    return Diagnosis(
        "diverged", f"Training diverged after step {step:,}; the longest gradient since was {size:.3g}.", step,
        f"The training loss began at {start:.2f}, was down to {smooth[best]:.2f} at step {step:,}, and ends at "
        f"{end:.2f} nats a token.",
        f"A learning rate of {run.highest_rate / 10:.1g} instead of {run.highest_rate:.1g}, or a longer warm-up.",
    )  # fmt: skip


def leaked(run: TrainingCurves) -> Diagnosis | None:
    """The training loss falls, and on the validation text the model is no better than a guess among all tokens.

    Who learns by heart has learnt the frequencies first, and is far better than a guess on any text.
    """
    if len(run.losses) < MIN_STEPS or not len(run.bpb):
        return None
    guess, lowest, end = (
        math.log(max(run.vocab_size, 2)),
        run.validation_losses.min(),
        _smooth(run.losses)[-1],
    )
    if lowest < 0.9 * guess or end > 0.5 * guess:
        return None
    return Diagnosis(
        "leaked labels", "The loss is too good to be true: the model sees what it should foretell.", None,
        f"The training loss fell to {end:.2f}, the validation loss to {lowest:.2f}; a guess has {guess:.2f}.",
        "Print one batch, inputs over targets: the targets should be the inputs shifted by one token.",
    )  # fmt: skip


def rate_too_high(run: TrainingCurves) -> Diagnosis | None:
    """The loss first went up, or every part of the model moves by more than a fiftieth of its length in a step.

    Healthy runs rose by 2% at most in their first steps, and their slowest part moved by a hundredth or less. Who
    moves that far and yet falls by a tenth, to the lowest score at the end, upsets nothing.
    """
    if len(run.losses) < MIN_STEPS:
        return None
    start, peak = run.losses[0], int(run.losses.argmax())
    slowest = min(run.usual_ratios().values(), default=0.0)
    if run.losses[peak] > 1.1 * start:
        since = int(run.steps[peak])
        told = f"The training loss rose from {start:.2f} to {run.losses[peak]:.2f} at step {since:,}."
    elif slowest > 1 / 50 and not (len(run.bpb) > 1 and run.bpb[-1] == run.bpb.min() < 0.9 * run.bpb[0]):
        since = int(run.steps[0])
        told = f"In a step each part of the model moves by {slowest:.1%} of its length or more; 0.1% to 1% is usual."
    else:
        return None
    return Diagnosis(
        "learning rate too high", f"The learning rate is too high: what is learnt is upset, since step {since:,}.",
        since, told + f" The training loss ends at {_smooth(run.losses)[-1]:.2f} nats a token.",
        f"A learning rate of {run.highest_rate / 10:.1g} instead of {run.highest_rate:.1g}; or a longer warm-up.",
    )  # fmt: skip


def rate_too_low(run: TrainingCurves) -> Diagnosis | None:
    """Even the fastest part moves by less than a thousandth of its length in a step, and little was learnt.

    In healthy runs the fastest part moved by six thousandths or more, and the loss fell to two thirds or less.
    """
    ratios = run.usual_ratios()
    if len(run.losses) < MIN_STEPS or not ratios:
        return None
    name, fastest = max(ratios.items(), key=lambda item: item[1])
    start, end = run.losses[0], _smooth(run.losses)[-1]
    if fastest > 1e-3 or end < 0.7 * start:
        return None
    return Diagnosis(
        "learning rate too low", "The learning rate is too low: the weights hardly move.", int(run.steps[0]),
        f"In a step {name} moves by {fastest:.2%} of its length, all other parts by less; 0.1% to 1% is usual. "
        f"The training loss fell from {start:.2f} to {end:.2f} only.",
        f"A learning rate of {run.highest_rate * 10:.1g} instead of {run.highest_rate:.1g}.",
    )  # fmt: skip


def over_fitting(run: TrainingCurves) -> Diagnosis | None:
    """The validation text got harder by 2%, while the training text still got easier by 3%.

    Chance alone moves an evaluation by less: the whole validation text is scored each time.
    """
    if len(run.bpb) < 2:
        return None
    best = int(run.bpb.argmin())
    step = int(run.evaluation_steps[best])
    then, now = _level(run, step), _level(run, run.steps[-1] if len(run.steps) else 0)
    if then is None or now is None or run.bpb[-1] < 1.02 * run.bpb[best] or now > 0.97 * then:
        return None
    return Diagnosis(
        "over-fitting", f"Over-fitting since step {step:,}: it learns the training text by heart.", step,
        f"From there to the end the training loss fell from {then:.2f} to {now:.2f}, and the validation text went "
        f"from {run.bpb[best]:.3f} up to {run.bpb[-1]:.3f} bits per byte.",
        "More text; a smaller model; model.dropout=0.1 or more; or stop in time with training.patience=3. "
        "The best checkpoint is kept in any case.",
    )  # fmt: skip


def plateau(run: TrainingCurves) -> Diagnosis | None:
    """In the second half of the budget neither loss fell by more than 2%. Healthy runs gained 3.7% and more."""
    gain, halfway = _second_half(run)
    if gain is None or halfway is None or gain > 0.02 or len(run.losses) < MIN_STEPS:
        return None
    smooth = _smooth(run.losses)
    if smooth[-1] < 0.98 * smooth[len(smooth) // 2]:
        return None
    above = np.flatnonzero(smooth > 1.02 * smooth[-1])  # the last step that was clearly worse than the end
    since = int(run.steps[min(above[-1] + 1, len(smooth) - 1)]) if len(above) else int(run.steps[0])
    return Diagnosis(
        "plateau", f"A plateau since step {since:,}: nothing more is learnt.", since,
        f"The second half of the budget lowered bits per byte from {halfway:.3f} to {run.bpb[-1]:.3f} ({gain:.1%}); "
        f"the training loss stays at {smooth[-1]:.2f}.",
        "If the samples are good, this is all that the model can learn: take a larger one. If they are letters thrown "
        "together, it is stuck: try a third of the learning rate, and a longer warm-up.",
    )  # fmt: skip


def budget_too_small(run: TrainingCurves) -> Diagnosis | None:
    """The second half of the budget still lowered bits per byte by 10% or more: twice as much would help again.

    The presets, with their usual budget, gain some 7% in their second half.
    """
    gain, halfway = _second_half(run)
    if gain is None or halfway is None or gain < 0.10:
        return None
    return Diagnosis(
        "budget too small", "The budget is too small: the loss still falls steeply at the end.", None,
        f"The second half of the budget lowered bits per byte from {halfway:.3f} to {run.bpb[-1]:.3f} ({gain:.0%}).",
        f"Twice the budget of {Budget.parse(run.budget).words} or more.",
    )  # fmt: skip


def dead_units(run: TrainingCurves) -> Diagnosis | None:
    """A quarter of a layer's units give the same for every token: no gradient comes through them any more."""
    gone = {name: share for name, share in run.dead.items() if share >= 0.25}
    if not gone:
        return None
    told = ", ".join(f"{name} {share:.0%}" for name, share in gone.items())
    return Diagnosis(
        "dead units", "Units have died: they give the same for every token.", None,
        f"Share of units, on {run.dead_tokens:,} tokens of the validation text: {told}.",
        f"A learning rate of {run.highest_rate / 3:.1g} instead of {run.highest_rate:.1g}, and a longer warm-up: units "
        "die in steps that are too long.",
    )  # fmt: skip


def healthy(run: TrainingCurves) -> Diagnosis:
    if len(run.losses) < MIN_STEPS or not len(run.bpb):
        return Diagnosis(
            "too little to say", "There is too little to judge by.", None,
            f"{len(run.losses)} steps and {len(run.bpb)} evaluations were noted.", "Train it longer.",
        )  # fmt: skip
    return Diagnosis(
        "healthy", "Nothing is wrong.", None,
        f"The training loss fell from {run.losses[0]:.2f} to {_smooth(run.losses)[-1]:.2f}, the validation text costs "
        f"{run.bpb[-1]:.3f} bits per byte.",
        "A longer budget or a larger model lowers it further.",
    )  # fmt: skip


# ---- what the rules share ----------------------------------------------------------------------------------


def _smooth(values: np.ndarray) -> np.ndarray:
    """The running median over a tenth of the course (5 steps at least): batches differ, levels do not."""
    half = max(len(values) // 20, 2)
    return np.array([np.median(values[max(i - half, 0) : i + half + 1]) for i in range(len(values))])


def _level(run: TrainingCurves, step: float) -> float | None:
    """The smoothed training loss at a step; None before the first that was told of."""
    if not len(run.steps):
        return None
    return float(np.interp(step, run.steps, _smooth(run.losses)))


def _second_half(run: TrainingCurves) -> tuple[float | None, float | None]:
    """By which share bits per byte fell in the second half of the budget, and what they were halfway."""
    if len(run.bpb) < 3 or run.evaluation_spent[0] > 0.5 or run.evaluation_spent[-1] < 0.9:
        return None, None
    halfway = float(np.interp(0.5, run.evaluation_spent, run.bpb))
    return 1 - float(run.bpb[-1]) / halfway, halfway


def _longest_gradient(run: TrainingCurves, since: float) -> float:
    """The longest one after a step, before it was shortened."""
    late = run.gradient_norms[run.steps >= since]
    return float(max([*late, run.last_gradient_norm], default=0.0))
