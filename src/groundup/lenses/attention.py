"""Attention: which earlier tokens each head of each layer looks at, and what kind of head it is.

A pattern has a row for each token: shares that sum to one, spread over the tokens that it may look at. A model
of six layers with six heads has 36 patterns of one text. The summaries say in a few numbers what to look for:
how spread a pattern is, how far it looks, and how much of it goes to places that are known to be useful.

Sources: Vig (2019), "A multiscale visualization of attention in the transformer model", for the views; Olsson et
al. (2022), "In-context learning and induction heads", for the induction score.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.drawing import MONO, fonts, headline, heat, new_figure, paper, shorten
from groundup.lenses.hook_points import HookPoints
from groundup.lenses.hooked_model import HookedModel, ModelSource, hooked_model, lacks
from groundup.lenses.registry import Lens, check_length
from groundup.lenses.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLACES = {
    "previous": "the token before",
    "first": "the first token",
    "itself": "the token itself",
    "induction": "what came after the same token before",
}
"""The places that are scored, with their words. Each score is a mean share, from 0 to 1."""


@dataclass
class AttentionTrace(Trace):
    """Every attention pattern over one text, and a few numbers for each head.

    The numbers are means over the rows of a pattern. The first row is left out: it has only itself to look at.
    """

    name: str
    kind: str
    text: str
    labels: list[str]
    """Each token, as it is shown."""
    pattern: np.ndarray
    """(layers, heads, time, time): row t says how token t looks at each token. Rows sum to one."""
    entropy: np.ndarray
    """(layers, heads), in bits: 0 looks at one token; b looks as if at 2^b tokens evenly."""
    even: list[float]
    """For each layer, the entropy of a head that looks at all it may see evenly: the most that one can have."""
    distance: np.ndarray
    """(layers, heads), in tokens: how far away it looks."""
    previous: np.ndarray
    """(layers, heads): the share on the token before."""
    first: np.ndarray
    """(layers, heads): the share on the first token."""
    itself: np.ndarray
    """(layers, heads): the share on the token itself."""
    induction: np.ndarray
    """(layers, heads): where a token came before, the share on what followed it then; nan if none repeats."""

    def strongest(self) -> dict[str, tuple[int, int, float]]:
        """For each of PLACES, the head with the highest share on it: layer, head, share."""
        strongest_heads = {}
        for place in PLACES:
            scores = getattr(self, place)
            if not np.isnan(scores).all():
                layer, head = np.unravel_index(np.nanargmax(scores), scores.shape)
                strongest_heads[place] = (int(layer), int(head), float(scores[layer, head]))
        return strongest_heads

    def describe(self, layer: int, head: int) -> str:
        """In words, where most of a head's attention goes; empty where there is nothing to say."""
        shares = {place: float(getattr(self, place)[layer, head]) for place in PLACES}
        place = max(shares, key=lambda place: -1.0 if math.isnan(shares[place]) else shares[place])
        if shares[place] >= 0.5:
            return PLACES[place]
        return "all evenly" if self.entropy[layer, head] >= 0.95 * self.even[layer] else ""

    def sentences(self) -> list[str]:
        """The strongest heads, in words."""
        return [
            f"Most on {PLACES[place]}: L{layer} H{head}, {share:.0%}."
            for place, (layer, head, share) in self.strongest().items()
        ]

    def plot(self, *, dark: bool = False) -> "Figure":
        """A small picture of each head, layers from top to bottom; `lenses.head` draws one of them large."""
        layers, heads, time, _ = self.pattern.shape
        colours, strongest = paper(dark), self.strongest()
        sentences = self.sentences()
        under = "\n".join("   ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2))
        under += (
            "\nA row for each token, from the first at the top. The stronger a square, the larger its share."
        )
        cell = min(2.0, max(0.75, min(12 / heads, 30 / layers)))
        figure = new_figure(max(7.5, cell * heads), (cell + 0.36) * layers + 1.2, dark=dark)
        headline(
            figure, f"{self.name} reads “{shorten(self.text)}”: where each head looks", dark=dark, under=under
        )
        ramp = heat(dark).with_extremes(bad=colours.line)
        grid = figure.subplots(layers, heads, squeeze=False)
        places = np.arange(time)
        future = places[None, :] > places[:, None]
        for layer in range(layers):
            for head in range(heads):
                axes, pattern = grid[layer, head], self.pattern[layer, head]
                # The root makes small shares visible: a tenth of the attention has a third of the ink.
                axes.imshow(
                    np.where(future & (pattern == 0), np.nan, np.sqrt(pattern)), cmap=ramp, vmin=0, vmax=1
                )
                axes.set(xticks=[], yticks=[])
                marked = [place for place, (*where, _) in strongest.items() if where == [layer, head]]
                for spine in axes.spines.values():
                    spine.set(color=colours.ink if marked else colours.line, linewidth=1.4 if marked else 0.8)
                axes.set_title(f"L{layer} H{head}", loc="left", fontsize=min(9, 5.2 * cell), pad=3,
                               color=colours.ink if marked else colours.ink_3, family=fonts(MONO)[:1],
                               weight="bold" if marked else "normal")  # fmt: skip
                if marked and cell >= 1.2:
                    axes.set_xlabel(f"most: {', '.join(marked)}", fontsize=min(8.5, 4.6 * cell), labelpad=2,
                                    color=colours.ink, family=fonts(MONO)[:1])  # fmt: skip
        return figure


def trace(what: ModelSource, text: str) -> AttentionTrace:
    """Every attention pattern of a model over a text, with the summaries of each head.

    Raises GroundupError: a model without attention, a text of fewer than two tokens or longer than the context.
    """
    hooked = with_attention(what)
    hooks, reading = hooked.hook_points, hooked.read(text, least=2)
    activations = record(hooks.points, ["blocks.*.attn.hook_pattern"], lambda: hooks.run(reading.tokens))
    pattern = torch.stack(
        [activations[f"blocks.{layer}.attn.hook_pattern"][0] for layer in range(hooks.layers)]
    )
    return AttentionTrace(
        hooked.name,
        hooks.kind,
        text,
        reading.labels,
        pattern.cpu().numpy(),
        even=_even(hooks, len(reading.labels)),
        **{name: value.cpu().numpy() for name, value in summaries(pattern, reading.tokens[0]).items()},
    )


def with_attention(what: ModelSource) -> HookedModel:
    """The model to look at. Raises GroundupError if it has no attention."""
    hooked = hooked_model(what)
    if not hooked.hook_points.attention:
        raise lacks(hooked, "attention")
    return hooked


def summaries(pattern: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    """From patterns `(layers, heads, time, time)` of tokens `(time,)` to numbers `(layers, heads)`.

    A head that looks at the token before with 0.75 and at itself with 0.25:

    >>> pattern = torch.tensor([[1.0, 0.0], [0.75, 0.25]]).view(1, 1, 2, 2)
    >>> shares = summaries(pattern, torch.tensor([7, 8]))
    >>> [round(shares[name].item(), 3) for name in ("entropy", "distance", "previous", "itself")]
    [0.811, 0.75, 0.75, 0.25]
    """
    time = len(tokens)
    place = torch.arange(time, device=pattern.device)
    away = (place[:, None] - place[None, :]).abs().to(pattern.dtype)
    rows = pattern[:, :, 1:]
    return {
        "entropy": torch.special.entr(rows).sum(3).mean(2) / math.log(2),
        "distance": (rows * away[1:]).sum(3).mean(2),
        "previous": pattern.diagonal(-1, 2, 3).mean(2),
        "first": rows[..., 0].mean(2),
        "itself": pattern.diagonal(0, 2, 3)[..., 1:].mean(2),
        "induction": _induction(pattern, tokens),
    }


def _induction(pattern: Tensor, tokens: Tensor) -> Tensor:
    """The share on what followed the same token, summed over all its earlier places: the prefix-matching score.

    Olsson et al. 2022, "Model analysis table". The token itself is never counted as what followed.
    """
    same = (tokens[:, None] == tokens[None, :]).tril(
        -2
    )  # [t, s]: token t stood at s already, two back or more
    followed = same.roll(1, 1)  # so what came after it stands at s + 1
    rows = followed.any(1)
    if not rows.any():
        return pattern.new_full(pattern.shape[:2], math.nan)
    return (pattern[:, :, rows] * followed[rows]).sum(3).mean(2)


def _even(hooks: HookPoints, time: int) -> list[float]:
    """For each layer, the entropy in bits of a head that looks at all it may see evenly."""
    return [layer.mask(time)[1:].sum(1).double().log2().mean().item() for layer in hooks.attention]


def induction_scores(what: ModelSource, *, length: int = 32, rows: int = 4, seed: int = 0) -> np.ndarray:
    """(layers, heads): how much each head looks at what came after the same token, where nothing else can help it.

    The model reads `rows` sequences of `length` random tokens, each written twice. In the second half a head that
    induces looks at the token after the present one's first place, `length - 1` back: near 1 if it does so always,
    near 0 if by chance. Raises GroundupError for a model without attention, or whose attention sees too little.
    """
    hooked = with_attention(what)
    hooks, vocab = hooked.hook_points, hooked.hook_points.embedding.shape[0]
    # No longer than what the model, and every layer's attention, can see; each token once where there are enough.
    length = min(length, vocab, hooks.context // 2 if hooks.context is not None else length)
    while length > 2 and not all(layer.mask(2 * length)[-1, length] for layer in hooks.attention):
        length -= 1
    if length < 3:
        raise GroundupError(
            f"{hooked.name} sees or knows too few tokens to tell repetition from chance.",
            "It needs a context of at least 6 tokens and a vocabulary of at least 3.",
        )
    generator = torch.Generator().manual_seed(seed)
    once = torch.stack([torch.randperm(vocab, generator=generator)[:length] for _ in range(rows)])
    tokens = torch.cat((once, once), dim=1).to(hooks.embedding.device)
    activations = record(hooks.points, ["blocks.*.attn.hook_pattern"], lambda: hooks.run(tokens))
    scores = []
    for layer in range(hooks.layers):
        pattern = activations[f"blocks.{layer}.attn.hook_pattern"]  # (rows, heads, 2 · length, 2 · length)
        # The diagonal `length - 1` back runs from the last token of the first half on; that one is left out.
        scores.append(pattern.diagonal(1 - length, 2, 3)[..., 1:].mean((0, 2)))
    return torch.stack(scores).cpu().numpy()


MAX_SHARES = 400_000
"""Numbers that the patterns of all heads have together on a page: a large model's text is shorter."""


def trace_for_page(model: HookedModel, text: str) -> AttentionTrace:
    """As `trace`. Raises GroundupError also for a text whose patterns are too many to be sent."""
    heads = sum(layer.heads for layer in model.hook_points.attention)
    check_length(len(model.tokenizer.encode(text)), math.isqrt(MAX_SHARES // max(1, heads)))
    return trace(model, text)


LENS = Lens(
    "attention",
    title="Attention",
    question="What does it look at?",
    order=10,
    trace="trace_for_page",
    needs="attention",
    chooses="that looks",
    max_tokens=96,
    widgets=(
        ("attention_heads", "attention", "c8"),
        ("attention_neuron", "head", "c8"),
        ("attention_model", "attention", "c4"),
        ("sampler", "next", "c4"),
        ("attention_off", "off", "c12"),
    ),
    views={
        "attention-heads": {"layer": 0, "head": 0, "token": -1},
        "attention-model": {"layer": 0, "head": 0, "token": -1},
    },
)
