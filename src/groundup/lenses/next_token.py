"""Next token: from the model's scores to the die, through every filter, over the whole vocabulary.

These are the sampler's own numbers: each stage is one that `generation.sampling.stages` goes through, and the
last one is what `generate` draws from. What is not drawn (token 4,212 of 4,300) is here too.
"""

from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_count, make_printable
from groundup.generation.sampling import UNFILTERED, Sampling, draw, require_numbers, stages
from groundup.lenses.drawing import headline, machine, model_colour, new_figure, paper, style, token_axis
from groundup.lenses.hooked_model import ModelSource, hooked_model
from groundup.lenses.registry import Lens, Option
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    "model": "the model says",
    "repetition_penalty": "repetition penalty",
    "temperature": "temperature",
    "top_k": "top-k",
    "top_p": "top-p",
    "min_p": "min-p",
    "typical_p": "typical",
}


@dataclass
class Stage:
    """What is left after one filter. All arrays are over the whole vocabulary."""

    name: str
    """"model", or the setting of `Sampling` that made it."""
    title: str
    """As it is shown: "top-k 40"."""
    logits: np.ndarray
    """(vocab,), -inf for what is removed."""
    probabilities: np.ndarray
    """(vocab,), their softmax; sums to one."""
    kept: int
    """How many tokens can still be drawn."""
    removed: list[int]
    """The tokens that this filter took away, the likeliest first."""
    removed_probability: float
    """What they held together, before."""
    entropy: float
    """In bits: 0 is certain, and n bits are as open as a fair choice among 2^n."""


@dataclass
class NextTokenTrace(Trace):
    """What comes after a text, stage by stage. Made by `trace`."""

    model: str
    kind: str
    text: str
    tokens: list[str]
    """The text, as the model reads it, as far as the position."""
    vocabulary: list[str]
    """Every token, as it is shown; index is id."""
    sampling: dict[str, Any]
    stages: list[Stage]
    """First what the model says, last what is drawn from."""
    order: np.ndarray
    """(vocab,), ids from the likeliest to the least likely, by the model's own scores."""
    drawn: np.ndarray | None = None
    """(vocab,), how often each token came in the draws that were asked for."""

    @property
    def probabilities(self) -> np.ndarray:
        """(vocab,), what the sampler draws from."""
        return self.stages[-1].probabilities

    @property
    def entropy(self) -> float:
        """Of what the sampler draws from, in bits."""
        return self.stages[-1].entropy

    def rank(self, token: int) -> int:
        """1 for the token that the model finds likeliest."""
        return int(np.flatnonzero(self.order == token)[0]) + 1

    def draws(self, n: int = 1000, seed: int = 0) -> np.ndarray:
        """(vocab,), how often each token comes in n draws by the sampler, with one die.

        Raises GroundupError for fewer than one draw.
        """
        if n < 1:
            raise GroundupError(f"{n} draws draw nothing.", "Ask for 1 or more, such as 1000.")
        die = Random(seed)
        # float32, as the sampler has them: a die that lands on an edge lands on the same side.
        shares = torch.from_numpy(self.probabilities)[None]
        counts = np.zeros(len(self.probabilities), dtype=np.int64)
        at_once = max(1, 2_000_000 // len(counts))  # bounds the memory
        for first in range(0, n, at_once):
            throws = [die.random() for _ in range(min(at_once, n - first))]
            np.add.at(counts, draw(shares.expand(len(throws), -1), throws), 1)
        return counts

    def shown(self, n: int = 20) -> list[int]:
        """The n tokens that are likeliest at any stage, in the model's order."""
        most = np.max([stage.probabilities for stage in self.stages], axis=0)
        chosen = set(np.argsort(-most, kind="stable")[:n].tolist())
        return [int(token) for token in self.order if int(token) in chosen]

    def plot(self, *, dark: bool = False) -> "Figure":
        """The likeliest 20 tokens, a column for each stage; what a filter removes is hatched."""
        return _plot(self, dark)


def trace(
    what: ModelSource,
    text: str,
    sampling: Sampling = UNFILTERED,
    *,
    draws: int = 0,
    position: int | None = None,
) -> NextTokenTrace:
    """How the token after the text is chosen. `draws` of them are drawn and counted, with `sampling.seed`.

    position: the token of the text after which it comes; the last one, if none is named.
    Raises GroundupError for a text that the model cannot read or that has no such position, and for scores that are
    not numbers.
    """
    hooked = hooked_model(what)
    reading = hooked.read(text)
    time = reading.tokens.shape[1]
    if position is not None and not 0 <= position < time:
        raise GroundupError(
            f"There is no token {position} in the text.", f"It has the tokens 0 to {time - 1}."
        )
    read = reading.tokens[:, : time if position is None else position + 1]
    with torch.no_grad():
        logits = hooked.hook_points.run(read)[:, -1]
    require_numbers(logits.amax(-1))
    stage_list: list[Stage] = []
    for name, left in stages(logits, sampling, read):
        stage_list.append(_stage(name, sampling, left[0], stage_list[-1] if stage_list else None))
    scores = stage_list[0].logits
    result = NextTokenTrace(
        hooked.name, hooked.hook_points.kind, text, reading.labels[: read.shape[1]], hooked.vocabulary(),
        asdict(sampling), stage_list, np.argsort(-scores, kind="stable"),
    )  # fmt: skip
    result.drawn = result.draws(draws, sampling.seed) if draws else None
    return result


def _stage(name: str, sampling: Sampling, logits: Tensor, before: Stage | None) -> Stage:
    scores, held = logits.cpu().numpy(), logits.softmax(-1).cpu().numpy()
    removed: list[int] = []
    lost = 0.0
    if before is not None:
        gone = np.flatnonzero((before.probabilities > 0) & np.isneginf(scores))
        removed = gone[np.argsort(-before.probabilities[gone], kind="stable")].tolist()
        lost = float(before.probabilities[gone].sum())
    title = TITLES[name] if name == "model" else f"{TITLES[name]} {getattr(sampling, name):g}"
    if name == "temperature" and sampling.temperature == 0:
        title = "greedy"
    some = held[held > 0].astype(np.float64)
    entropy = max(0.0, float(-(some * np.log2(some)).sum()))  # certainty is 0, not -0
    kept = int(np.isfinite(scores).sum())
    return Stage(name, title, scores, held, kept, removed, lost, entropy)


# ---- the picture --------------------------------------------------------------------------------------------


def _plot(trace: NextTokenTrace, dark: bool) -> "Figure":
    colours, colour = paper(dark), model_colour(trace.kind, dark)
    rows = trace.shown()
    places = np.arange(len(rows))
    figure = new_figure(3.6 + 2.35 * len(trace.stages), 2.0 + 0.27 * len(rows), dark=dark)
    widths = [0.55, *(1 for _ in trace.stages)]
    scores, *axes = figure.subplots(1, len(widths), sharey=True, width_ratios=widths)
    _logits(scores, trace, rows, dark)
    most = max(float(stage.probabilities[rows].max()) for stage in trace.stages)
    drawn = None if trace.drawn is None else trace.drawn / trace.drawn.sum()
    for number, (axis, stage) in enumerate(zip(axes, trace.stages, strict=True)):
        style(axis, dark=dark, title=f"{stage.title}\n", grid=False)
        axis.set(xlim=(0, 1.32 * most), xticks=[])
        axis.spines["bottom"].set_visible(False)
        axis.axvline(0, color=colours.edge, linewidth=1)
        _subtitle(axis, stage, colours.ink_3)
        axis.barh(places, stage.probabilities[rows], height=0.62, color=colour)
        last = stage is trace.stages[-1]
        for place, token in enumerate(rows):
            if np.isfinite(stage.logits[token]):
                share = stage.probabilities[token]
                length = share if drawn is None or not last else max(share, drawn[token] + 0.03 * most)
                _number(axis, place, length, percent(share), colours.ink)
                if drawn is not None and last:
                    axis.plot(drawn[token], place, marker="D", markersize=5, markerfacecolor=colours.sheet,
                              markeredgecolor=colours.ink, clip_on=False)  # fmt: skip
            elif token in stage.removed:  # here it goes: as long as it was just before
                was = trace.stages[number - 1].probabilities[token]
                axis.barh(place, was, height=0.62, facecolor="none", edgecolor=colours.ink_3,
                          hatch="////", linewidth=0.6)  # fmt: skip
                _number(axis, place, was, "removed", colours.ink_3)
    if trace.drawn is not None:
        axes[-1].set_xlabel(f"◇ share of {trace.drawn.sum():,} draws", loc="left")
    title = f"{trace.model}: what comes after “{in_line(trace.text)}”"
    headline(
        figure,
        title,
        dark=dark,
        under=f"Of {format_count(len(trace.order))} tokens, the likeliest {len(rows)}.",
    )
    return figure


def _logits(axis: Any, trace: NextTokenTrace, rows: list[int], dark: bool) -> None:
    """The scores: dots, for only the distances between them mean something. And the names of the tokens."""
    colours, scores = paper(dark), trace.stages[0].logits[rows]
    style(axis, dark=dark, title="logit\n", grid=False)
    low, high = float(scores.min()), float(scores.max())
    room = max(high - low, 1.0)
    axis.set(xlim=(low - 0.2 * room, high + 0.9 * room), ylim=(len(rows) - 0.4, -0.6), xticks=[])
    axis.spines["bottom"].set_visible(False)
    axis.plot(scores, range(len(rows)), "o", color=colours.ink_2, markersize=4)
    for place, score in enumerate(scores):
        _number(axis, place, score, f" {score:.2f}", colours.ink)
    token_axis(axis.yaxis, [trace.vocabulary[token] for token in rows], dark=dark, size=10)


def _subtitle(axis: Any, stage: Stage, colour: str) -> None:
    words = f"{format_count(stage.kept)} token{'s' * (stage.kept != 1)}, {stage.entropy:.2f} bits"
    if stage.removed:
        words += f"; {percent(stage.removed_probability)} cut"
    axis.text(0, 1.0, words, transform=axis.transAxes, color=colour, fontsize=8.5, va="bottom")


def _number(axis: Any, place: int, length: float, words: str, colour: str) -> None:
    axis.annotate(words, (length, place), xytext=(4, 0), textcoords="offset points", fontsize=8.5,
                  color=colour, va="center_baseline", family=machine())  # fmt: skip


def percent(share: float) -> str:
    """A probability for people, always readable: 34%, 3.4%, 0.03%, under 0.01%.

    >>> [percent(p) for p in (0, 0.344, 0.0344, 0.000344, 0.00000344, 1)]
    ['0%', '34%', '3.4%', '0.034%', '<0.01%', '100%']
    """
    percentage = 100 * float(share)
    if 0 < percentage < 0.01:
        return "<0.01%"
    return f"{percentage:.0f}%" if percentage >= 9.95 or percentage == 0 else f"{percentage:#.2g}%"


def in_line(text: str, most: int = 50) -> str:
    """The end of a text on one line of a title.

    >>> in_line("To be,\\nor not", 9)
    '…,⏎or not'
    """
    text = make_printable(text).replace("\n", "⏎")
    return text if len(text) <= most else "…" + text[1 - most :]


LENS = Lens(
    "next",
    title="Next token",
    question="What comes next?",
    order=40,
    chooses="after which it comes",
    options=(
        Option("position", None, "The token after which it comes, from 0.", type=int, least=0, most=10_000),
    ),
    widgets=(("sampler", "next", "c12"),),
    views={
        # The filters of a sampler are computed where the sliders are.
        "sampler": {
            "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0,
            "rank": 0,
        }
    },
)  # fmt: skip
