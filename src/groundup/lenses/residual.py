"""Residual stream: what each part of a transformer adds, and what each says for or against a token.

What leaves the last layer is a plain sum: the token's vector, the position's, what every head of every layer added, and
what every feed-forward layer added. The read-out is linear, so a token's logit is a sum too, one term for each
part: its *direct contribution*. Only the norm on the way is not linear, and that is made linear below: FrozenNorm.

A head's direct contribution is what it says to the read-out itself. What it says to later layers, and they then
say, is counted as theirs.

In the post-norm transformer of 2017 a part passes through every later norm: each is frozen in the same way.

Source: Elhage et al. (2021), "A mathematical framework for transformer circuits".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.drawing import headline, machine, model_colour, new_figure, paper, style, token_labels
from groundup.lenses.hook_points import HookPoints
from groundup.lenses.hooked_model import ModelSource, hooked_model
from groundup.lenses.logit_lens import blocks_of, check_whole, require_residual
from groundup.lenses.next_token import in_line
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass
class Contribution:
    """One term of the sum."""

    name: str
    kind: str
    """token, position, head, attention bias, mlp, or norm bias."""
    layer: int | None
    """From 0; None for what belongs to no layer."""
    head: int | None
    norm: float
    """The length of what it adds to the stream."""
    cosine: float
    """With what leaves the last layer: 1 is the same direction, 0 across, -1 against it."""
    contribution: float
    """To the token's logit."""


@dataclass
class ResidualTrace(Trace):
    """Where one logit comes from. Made by `trace`."""

    model: str
    kind: str
    text: str
    tokens: list[str]
    position: int
    """The prediction looked at is the one after this token."""
    token: int
    token_label: str
    against: int | None
    """If not None, all contributions are to the logit of `token` minus the logit of this one."""
    against_label: str | None
    logit: float
    """As the model itself gives it; the contributions sum to it."""
    parts: list[Contribution]
    """In the order in which they are added."""
    stream: np.ndarray
    """(2 · layers + 1, time), the stream's length: at the start, then after each attention and feed-forward."""

    @property
    def heads(self) -> np.ndarray:
        """(layers, heads), each head's contribution."""
        parts = [part for part in self.parts if part.head is not None]
        layers = 1 + max(part.layer or 0 for part in parts)
        return np.array([part.contribution for part in parts]).reshape(layers, -1)

    def plot(self, *, dark: bool = False) -> "Figure":
        """A row for each part: its contribution left or right of zero, its length, its direction."""
        return _plot(self, dark)


def trace(
    what: ModelSource, text: str, *, token: str | None = None, against: str | None = None, position: int = -1
) -> ResidualTrace:
    """What each part adds at a position (the last, unless said), and says for the token that may follow.

    token: the likeliest, unless said. against: a second token; then all is about the difference of the two logits,
    which is what decides between them (a number added to all logits changes no probability).
    Raises GroundupError for a model without a residual stream, and for a text, token or position it lacks.
    """
    hooked = hooked_model(what)
    require_residual(hooked, "direct contributions")
    hooks = hooked.hook_points
    other = None if against is None else hooked.token(against)
    wanted = None if token is None else hooked.token(token)
    reading = hooked.read(text)
    time = len(reading.labels)
    if not -time <= position < time:
        raise GroundupError(f"There is no position {position} in {time} tokens.", f"Choose 0 to {time - 1}.")
    position %= time

    seen: list[Tensor] = []
    activations = record(hooks.points, _names(hooks), lambda: seen.append(hooks.run(reading.tokens)))
    logits = seen[0][0, position]
    wanted = int(logits.argmax()) if wanted is None else wanted
    assert hooks.unembedding is not None
    direction = hooks.unembedding[wanted].detach()
    logit = float(logits[wanted])
    if other is not None:
        direction, logit = direction - hooks.unembedding[other].detach(), logit - float(logits[other])

    with torch.no_grad():
        terms = _terms(hooks, {name: values[0] for name, values in activations.items()}, position)
        contributions = torch.stack([term.scored for term in terms]) @ direction
        arrived = torch.stack([term.arrived for term in terms])  # (parts, width)
        end = arrived.sum(0)
        lengths = arrived.norm(dim=1)
        cosines = arrived @ end / (lengths * end.norm()).clamp(min=1e-12)
        norms = torch.stack([term.added for term in terms]).norm(dim=1)
    check_whole(hooked, contributions.sum(), torch.tensor(logit, device=end.device))
    labels = hooked.vocabulary()
    steps = ["blocks.0.hook_resid_pre"]
    for layer in range(blocks_of(hooks)):
        steps += [f"blocks.{layer}.hook_resid_mid", f"blocks.{layer}.hook_resid_post"]
    return ResidualTrace(
        hooked.name, hooks.kind, text, reading.labels, position, wanted, labels[wanted],
        other, None if other is None else labels[other], logit,
        [
            Contribution(term.name, term.kind, term.layer, term.head, *numbers)
            for term, *numbers in zip(terms, norms.tolist(), cosines.tolist(), contributions.tolist(), strict=True)
        ],
        np.stack([activations[name][0].norm(dim=-1).cpu().numpy() for name in steps]),
    )  # fmt: skip


# ---- the sum ------------------------------------------------------------------------------------------------


@dataclass
class _Term:
    name: str
    kind: str
    layer: int | None
    head: int | None
    added: Tensor
    """(width,), as it is added."""
    arrived: Tensor
    """(width,), what the later norms make of it, before the final one."""
    scored: Tensor
    """(width,), after the final norm: what the read-out scores."""


def _names(hooks: HookPoints) -> list[str]:
    """The activations that the sum is made of; a model that lacks one of them has nothing to add there."""
    names = ["hook_embed", "hook_pos_embed"]
    for layer in range(blocks_of(hooks)):
        block = f"blocks.{layer}"
        names += [f"{block}.hook_{place}" for place in ("resid_pre", "resid_mid", "resid_post", "mlp_out")]
        names += [f"{block}.attn.hook_z", f"{block}.ln1.hook_input", f"{block}.ln2.hook_input"]
    return [name for name in names if name in hooks.points]


def _terms(hooks: HookPoints, activations: dict[str, Tensor], at: int) -> list[_Term]:
    """All that is added at one position, in order. `activations` are the recorded ones, (time, ...) each."""
    terms: list[_Term] = []

    def add(name: str, kind: str, vector: Tensor, layer: int | None = None, head: int | None = None) -> None:
        terms.append(_Term(name, kind, layer, head, vector, vector, vector))

    def through(norm: str, title: str, layer: int) -> None:
        """The whole stream passes a norm that stands after the sum: the post-norm transformer's."""
        if norm not in activations:
            return
        frozen = FrozenNorm(hooks.points[norm].module, activations[norm][at])  # type: ignore[union-attr]
        for term in terms:
            term.arrived = term.scored = frozen(term.arrived)
        if frozen.shift is not None:
            add(f"layer {layer} {title} shift", "norm bias", frozen.shift, layer)

    add("token", "token", activations["hook_embed"][at])
    if "hook_pos_embed" in activations:
        add("position", "position", activations["hook_pos_embed"][at])
    for layer in range(blocks_of(hooks)):
        block = f"blocks.{layer}"
        if f"{block}.attn.hook_z" in activations:
            attention = hooks.attention[layer]
            assert attention.out is not None
            # (heads, head_width) and (heads, head_width, width): each head's own way back to the stream
            mixed = torch.einsum("hd,hdw->hw", activations[f"{block}.attn.hook_z"][at], attention.out)
            for head, vector in enumerate(mixed):
                add(f"layer {layer} head {head}", "head", vector, layer, head)
            if attention.out_bias is not None:
                add(f"layer {layer} attention bias", "attention bias", attention.out_bias, layer)
        through(f"{block}.ln1.hook_input", "first norm's", layer)
        if f"{block}.hook_mlp_out" in activations:
            add(f"layer {layer} feed-forward", "mlp", activations[f"{block}.hook_mlp_out"][at], layer)
        through(f"{block}.ln2.hook_input", "second norm's", layer)
    if hooks.final_norm is not None:
        last = activations[f"blocks.{blocks_of(hooks) - 1}.hook_resid_post"][at]
        frozen = FrozenNorm(hooks.final_norm, last)
        for term in terms:
            term.scored = frozen(term.arrived)
        if frozen.shift is not None:  # it joins after the norm: nothing of it arrives before
            nothing = torch.zeros_like(frozen.shift)
            terms.append(
                _Term("final norm's shift", "norm bias", None, None, frozen.shift, nothing, frozen.shift)
            )
    return terms


# ---- the picture --------------------------------------------------------------------------------------------

MOST_ROWS = 40


def largest(parts: list[Contribution], most: int) -> tuple[list[Contribution], list[Contribution]]:
    """The parts with the largest contributions, in order, and the rest."""
    ranked = sorted(parts, key=lambda part: -abs(part.contribution))
    keep = {id(part) for part in (parts if len(parts) <= most else ranked[: most - 1])}
    return [part for part in parts if id(part) in keep], [part for part in parts if id(part) not in keep]


def _plot(trace: ResidualTrace, dark: bool) -> "Figure":
    colours, colour = paper(dark), model_colour(trace.kind, dark)
    parts, rest = largest(trace.parts, MOST_ROWS)
    names = [part.name for part in parts] + ([f"the other {len(rest)}"] if rest else [])
    shares = [part.contribution for part in parts] + ([sum(p.contribution for p in rest)] if rest else [])
    rows = len(names)
    figure = new_figure(9.4, 2.0 + 0.235 * rows, dark=dark)
    ways, lengths, directions = figure.subplots(1, 3, sharey=True, width_ratios=[2.2, 1, 1])
    places = np.arange(rows)
    reach = 1.32 * max(*map(abs, shares), 1e-9)
    style(ways, dark=dark, title="direct contribution to the logit", grid=False)
    ways.set(xlim=(-reach, reach), ylim=(rows - 0.4, -0.6))
    ways.barh(places, shares, height=0.66, color=colour)
    for place, share in enumerate(shares):
        ways.annotate(signed_number(share), (share, place), xytext=(4 if share >= 0 else -4, 0), fontsize=8,
                      textcoords="offset points", ha="left" if share >= 0 else "right", color=colours.ink,
                      va="center_baseline", family=machine())  # fmt: skip
    ways.set_xlabel("◂ against it        for it ▸")
    style(lengths, dark=dark, title="length of what it adds", grid=False)
    lengths.barh(places[: len(parts)], [part.norm for part in parts], height=0.66, color=colours.ink_3)
    lengths.set_xlim(left=0)
    style(directions, dark=dark, title="cosine with the sum", grid=False)
    directions.plot(
        [part.cosine for part in parts], places[: len(parts)], "o", color=colours.ink_2, markersize=4
    )
    directions.set(xlim=(-1.05, 1.05), xticks=(-1, 0, 1))
    for axes in (ways, lengths, directions):
        axes.axvline(0, color=colours.edge, linewidth=1)
        axes.tick_params(axis="y", colors=colours.ink)
        _bands(axes, parts, colours.line)
    ways.set_yticks(places, names, fontsize=8.5, family=machine())
    before = in_line("".join(trace.tokens[: trace.position + 1]))
    headline(figure, f"{trace.model}: who says {asked(trace)} after “{before}”?", dark=dark,
             under=f"The parts sum to the {'logit' if trace.against is None else 'difference of the two logits'}, "
                   f"{trace.logit:.2f}.")  # fmt: skip
    return figure


def asked(trace: ResidualTrace) -> str:
    """The token, or the two, that the contributions are about."""
    words = f"“{token_labels([trace.token_label])[0]}”"
    return (
        words
        if trace.against_label is None
        else f"{words} rather than “{token_labels([trace.against_label])[0]}”"
    )


def signed_number(number: float) -> str:
    """With its sign, and zero without one."""
    return "0.00" if abs(number) < 0.005 else f"{number:+.2f}"


def _bands(axes: Any, parts: list[Contribution], colour: str) -> None:
    """A line wherever the next layer begins."""
    for place in range(1, len(parts)):
        if parts[place].layer != parts[place - 1].layer:
            axes.axhline(place - 0.5, color=colour, linewidth=0.8, zorder=0)


# ---- a norm, frozen ----------------------------------------------------------------------------------------


# A norm bends by its scale alone. At one position of one text that is one number, and with it held fixed the norm of a
# sum is a sum. LayerNorm, with s = 1 / sqrt(var(a + b) + eps):
#
#     norm(a + b) = s · (a - mean a) · gain  +  s · (b - mean b) · gain  +  shift
#
# RMSNorm (Zhang & Sennrich 2019) is the same without the means and without the shift. TransformerLens (Nanda and Bloom
# 2022) does this for its attributions. What it leaves out: a part that makes the whole longer makes all others smaller.


class FrozenNorm:
    """A norm with its scale fixed to what it was for one vector `(width,)`: a linear map, and a shift.

    `frozen(part)` is the linear map; norm(whole) = sum of frozen(part) over the parts of the whole, plus the shift.
    """

    def __init__(self, norm: nn.Module, whole: Tensor) -> None:
        self.centred = isinstance(norm, nn.LayerNorm)
        self.gain: Any = getattr(norm, "weight", None)
        self.shift: Tensor | None = getattr(norm, "bias", None)
        if isinstance(norm, nn.Identity):
            self.scale: Any = 1.0
            return
        if not self.centred and not type(norm).__name__.endswith("RMSNorm"):
            raise GroundupError(f"The lens does not know a norm of the class {type(norm).__name__}.")
        eps = getattr(norm, "eps", getattr(norm, "variance_epsilon", None))
        centred = whole - whole.mean() if self.centred else whole
        self.scale = torch.rsqrt((centred**2).mean() + (torch.finfo(whole.dtype).eps if eps is None else eps))

    def __call__(self, part: Tensor) -> Tensor:
        if self.centred:
            part = part - part.mean(-1, keepdim=True)
        part = part * self.scale
        return part if self.gain is None else part * self.gain


LENS = Lens("residual", order=65, needs="residual")
