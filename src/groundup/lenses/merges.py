"""Byte pairs at work: the merges that turn a text into tokens, one after the other.

A text begins as bytes. Of all neighbours that are a token together, those that were learnt first are joined,
everywhere; then the next; until no two neighbours are a token. On a word it shows why a word is cut as it is; on
a corpus, how much each merge saves. On the corpus that the merges were learnt from, the counts are those that
decided the learning (Sennrich, Haddow and Birch 2016, section 3.2).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.lenses.drawing import MONO, drawable, fonts, headline, new_figure, paper, style, token_labels
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace
from groundup.text.bpe_tokenizer import BPE
from groundup.text.pre_tokenization import pre_tokenize
from groundup.text.tokenizer import Tokenizer, utf8

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pair = tuple[bytes, bytes]
SHORT = 60  # characters of a text that is shown whole at every step
STEPS_SHOWN = 18


@dataclass
class Merge:
    """One step: a pair of neighbours becomes one token, wherever it stands."""

    left: str
    right: str
    token: str
    id: int
    count: int
    """Pairs that were joined."""
    tokens: int
    """Tokens of the whole text after it."""
    before: list[str]
    """The text's tokens before; of a long text, the most frequent chunk's that the pair is in."""
    after: list[str]
    whole: bool = False
    """True where no pair leads to the token: the tokenizer looks a whole chunk up first."""


@dataclass
class MergesTrace(Trace):
    """How byte pairs cut a text."""

    name: str
    text: str
    short: bool
    """Whether `before` and `after` show all of the text."""
    start: list[str]
    """The bytes that it begins with (of a long text, its beginning)."""
    bytes: int
    steps: list[Merge]
    ids: list[int]
    """The tokenizer's own encoding, which the last step leaves."""

    @property
    def tokens(self) -> np.ndarray:
        """(steps + 1,) how many tokens the text has at first, and after each step."""
        return np.array([self.bytes, *(step.tokens for step in self.steps)])

    def plot(self, *, dark: bool = False) -> "Figure":
        """Of a short text the rows of tokens, step by step; of a long one, its length and what saves most."""
        return _draw_steps(self, dark) if self.short else _draw_corpus(self, dark)


def trace(text: str, tokenizer: Tokenizer, *, name: str = "", limit: int | None = None) -> MergesTrace:
    """Replay the merges of a byte-pair tokenizer on a word, a sentence or a corpus.

    `limit` keeps only so many steps, the first ones. Raises GroundupError for a tokenizer that has no merges,
    and for an empty text.
    """
    if not isinstance(tokenizer, BPE):
        raise GroundupError(
            f"A tokenizer of the kind '{tokenizer.kind}' has no byte pairs to replay.",
            "Take one of the kind bpe, or gpt2, cl100k, o200k, mistral.",
        )
    if not text:
        raise GroundupError("There is no text to merge.", "Give it a word, or a corpus.")
    corpus = _Corpus(text, tokenizer)
    start = [_shown(part) for part in (corpus.whole() if corpus.short else corpus.parts[0])]
    steps = list(corpus.replay())
    return MergesTrace(
        name or tokenizer.kind,
        text,
        corpus.short,
        start,
        len(utf8(text)),
        steps[:limit],
        tokenizer.encode(text),
    )


class _Corpus:
    """The chunks of a text, each once, with how often it occurs and the parts it is in by now."""

    def __init__(self, text: str, tokenizer: BPE) -> None:
        self.ranks, self.short = tokenizer.ranks, len(text) <= SHORT
        self.order = pre_tokenize(text, tokenizer.pattern)
        self.often = Counter(self.order)
        self.number = {chunk: place for place, chunk in enumerate(self.often)}
        self.chunks = list(self.often)
        self.parts = [[bytes([value]) for value in utf8(chunk)] for chunk in self.often]
        self.total = len(utf8(text))
        self.found_in: dict[Pair, set[int]] = defaultdict(set)
        self.queue: list[tuple[int, Pair]] = []  # rank first: the earliest learnt is the smallest
        for place in range(len(self.parts)):
            self.note_pairs(place)

    def note_pairs(self, place: int) -> None:
        """Remember where each pair that is a token stands."""
        for pair in pairwise(self.parts[place]):
            rank = self.ranks.get(pair[0] + pair[1])
            if rank is not None:
                if place not in self.found_in[pair]:
                    heapq.heappush(self.queue, (rank, pair))
                self.found_in[pair].add(place)

    def replay(self) -> "list[Merge]":
        steps = []
        while self.queue:
            rank, pair = heapq.heappop(self.queue)
            places = [place for place in self.found_in.pop(pair, ()) if pair in pairwise(self.parts[place])]
            if places:
                steps.append(self.join(pair, rank, places))
        return steps + self.whole_chunks()

    def join(self, pair: Pair, rank: int, places: Sequence[int]) -> Merge:
        example = max(places, key=lambda place: self.often[self.chunks[place]])
        before, count = self.view(example), 0
        for place in places:
            joined = _joined(self.parts[place], pair)
            count += (len(self.parts[place]) - len(joined)) * self.often[self.chunks[place]]
            self.parts[place] = joined
            self.note_pairs(place)
        self.total -= count
        left, right = pair
        return Merge(_shown(left), _shown(right), _shown(left + right), rank, count, self.total, before,
                     self.view(example))  # fmt: skip

    def whole_chunks(self) -> list[Merge]:
        """Chunks that are tokens which no pair leads to, as a few are in GPT-4's vocabulary."""
        steps = []
        for place, chunk in enumerate(self.chunks):
            data, parts = utf8(chunk), self.parts[place]
            if len(parts) > 1 and data in self.ranks:
                before = self.view(place)
                self.total -= (len(parts) - 1) * self.often[chunk]
                self.parts[place] = [data]
                steps.append(Merge("", "", _shown(data), self.ranks[data], self.often[chunk], self.total, before,
                                   self.view(place), whole=True))  # fmt: skip
        return steps

    def view(self, place: int) -> list[str]:
        return [_shown(part) for part in (self.whole() if self.short else self.parts[place])]

    def whole(self) -> list[bytes]:
        return [part for chunk in self.order for part in self.parts[self.number[chunk]]]


def _joined(parts: Sequence[bytes], pair: Pair) -> list[bytes]:
    """The parts with every `pair` as one, from left to right.

    >>> _joined([b"a", b"a", b"a", b"b"], (b"a", b"a"))
    [b'aa', b'a', b'b']
    """
    tokens: list[bytes] = []
    place = 0
    while place < len(parts):
        both = tuple(parts[place : place + 2]) == pair
        tokens.append(pair[0] + pair[1] if both else parts[place])
        place += 2 if both else 1
    return tokens


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


# ---- drawing -----------------------------------------------------------------------------------------------


def _draw_steps(trace: MergesTrace, dark: bool) -> "Figure":
    """A row for each step, from bytes at the top to tokens; what was just joined is yellow."""
    steps, colours = trace.steps[:STEPS_SHOWN], paper(dark)
    rows: list[tuple[str, list[str], str]] = [("bytes", trace.start, "")]
    rows += [(f"{number}", step.after, step.token) for number, step in enumerate(steps, start=1)]
    letter = 0.1
    cells = [
        [len(drawable(token_labels([part])[0])) * letter + 0.05 for part in parts] for _, parts, _ in rows
    ]
    wide = max(sum(row) for row in cells)
    figure = new_figure(max(wide + 3.4, 6.0), 0.95 + 0.3 * len(rows), dark=dark)
    under = f"{trace.bytes:,} bytes become {len(trace.ids):,} tokens"
    under += f" · the first {len(steps)} of {len(trace.steps)} merges" * (len(steps) < len(trace.steps))
    headline(figure, f"The merges of {trace.name}, one after the other", dark=dark, under=under)
    axes = figure.subplots()
    axes.set(xlim=(-0.5, figure.get_figwidth() - 0.7), ylim=(len(rows), 0), facecolor=colours.sheet)
    axes.axis("off")
    mono = [*fonts(MONO), "DejaVu Sans"]
    for row, (title, parts, new) in enumerate(rows):
        axes.text(
            -0.12, row + 0.5, title, ha="right", va="center", fontsize=8.5, color=colours.ink_3, family=mono
        )
        left = 0.0
        for part, width in zip(parts, cells[row], strict=True):
            _draw_part(axes, part, (left, row, width), part == new, dark)
            left += width
        if row:
            step = steps[row - 1]
            told = f"{step.left} + {step.right}" if not step.whole else "looked up whole"
            words = (
                told.replace(" ", "␣").replace("␣+␣", " + ")
                + f"  → {step.id}"
                + f", {step.count}×" * (step.count > 1)
            )
            axes.text(
                wide + 0.25, row + 0.5, words, va="center", fontsize=8.5, color=colours.ink_2, family=mono
            )
    return figure


def _draw_part(axes: Any, part: str, box: tuple[float, float, float], new: bool, dark: bool) -> None:
    from matplotlib.patches import Rectangle

    colours, (left, row, width) = paper(dark), box
    ground = colours.ramp[1] if new else colours.line
    axes.add_patch(Rectangle((left + 0.015, row + 0.12), width - 0.03, 0.76, facecolor=ground, linewidth=0))
    label = drawable(token_labels([part])[0]).replace("$", r"\$")
    axes.text(left + width / 2, row + 0.5, label, ha="center", va="center", fontsize=9.5, color=colours.ink,
              family=[*fonts(MONO), "DejaVu Sans"])  # fmt: skip


def _draw_corpus(trace: MergesTrace, dark: bool) -> "Figure":
    """How the text shrinks, merge by merge, and the first ones with their counts."""
    colours = paper(dark)
    figure = new_figure(9.2, 4.6, dark=dark)
    words = f"{trace.bytes:,} bytes become {len(trace.ids):,} tokens in {len(trace.steps):,} merges"
    headline(figure, f"{trace.name}: {words}", dark=dark)
    curve, first = figure.subplots(1, 2, width_ratios=(1.5, 1))
    style(curve, dark=dark, title="bytes per token")
    curve.plot(np.arange(len(trace.tokens)), trace.bytes / trace.tokens, color=colours.ink_2, linewidth=1.8)
    curve.set(xlabel="merges done", xlim=(0, len(trace.steps) * 1.02), ylim=(0.9, None))
    shown = trace.steps[:STEPS_SHOWN]
    style(first, dark=dark, title=f"pairs joined by the first {len(shown)}", grid=False)
    first.barh(range(len(shown)), [step.count for step in shown], color=colours.ink_2, height=0.65)
    labels = [drawable(label) for label in token_labels([step.token for step in shown])]
    first.set_yticks(
        range(len(shown)), labels, family=[*fonts(MONO), "DejaVu Sans"], fontsize=9, color=colours.ink
    )
    first.set_ylim(len(shown) - 0.4, -0.6)
    return figure


LENS = Lens("merges", command=False, views={"bpe-replay": {"step": 0}})
