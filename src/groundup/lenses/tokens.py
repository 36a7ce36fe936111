"""One text under several tokenizers, side by side: where each cuts it, what that costs, and in which languages.

A token can be less than a character. An emoji is four bytes of UTF-8, and a vocabulary that has no token for all
four spends two, three or four tokens on it; each of them alone is no text at all. Such tokens stand one after the
other within the width of their character, and are shown as bytes: \\xf0.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.errors import GroundupError, did_you_mean
from groundup.lenses.drawing import (
    MONO,
    SANS,
    drawable,
    fonts,
    headline,
    heat,
    new_figure,
    paper,
    style,
    token_labels,
)
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace
from groundup.text.assets import where
from groundup.text.storyworld import stories
from groundup.text.tokenizer import TOKENIZER_FILE, Tokenizer, utf8
from groundup.text.tokenizers import TOKENIZERS, load_tokenizer, train_tokenizer
from groundup.text.vocabularies import VOCABULARIES, load_vocabulary
from groundup.training.run import Run
from groundup.training.run_folder import run_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNKNOWN = frozenset({"<unk>", "[UNK]"})
MOSTLY_READ = 0.95  # of a language's characters; a tokenizer that knows fewer of them is not cheap, but blind


@dataclass
class Cut:
    """How one tokenizer cuts the text. Lists have an entry for each token."""

    name: str
    kind: str
    vocab_size: int
    ids: list[int]
    shown: list[str]
    starts: np.ndarray
    """(tokens,) the first character that the token stands for, or a part of."""
    ends: np.ndarray
    """(tokens,) the character after the last."""
    bytes: list[str]
    """In hexadecimal: "c3 a9"."""
    partial: list[bool]
    """True for a token that begins or ends within a character."""
    lost: list[str]
    """Parts of the text that the ids do not say."""
    per_word: list[int]
    """Tokens that each word of the text, with the space before it, is cut into."""
    bytes_per_token: float
    cost: float | None = None
    """What reading the text costs, at the price that was given."""


@dataclass
class TokensTrace(Trace):
    """A text as several tokenizers see it."""

    text: str
    words: list[str]
    cuts: list[Cut]
    common: list[int]
    """Places (characters from the start) where all tokenizers cut."""
    prices: dict[str, float] = field(default_factory=dict)
    """For a million tokens, by tokenizer, in whatever money they were given."""
    languages: list[str] = field(default_factory=list)
    language_tokens: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    """(tokenizers, languages) tokens for the same three sentences."""
    language_known: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    """(tokenizers, languages) the share of their characters that is not in an unknown token."""

    def plot(self, *, dark: bool = False) -> "Figure":
        """The text cut by each tokenizer, aligned; the number of tokens; and the languages, if asked for."""
        return draw(self, dark)

    def against_english(self) -> np.ndarray:
        """(tokenizers, languages) how many times the tokens of English; nan where it mostly reads unknown tokens."""
        ratios = self.language_tokens / self.language_tokens[:, [self.languages.index("English")]]
        return np.where(self.language_known < MOSTLY_READ, np.nan, ratios)


Named = Tokenizer | Run | str | Path


def trace(
    text: str, tokenizers: Sequence[Named] | Mapping[str, Named], *,
    price: float | Mapping[str, float] | None = None, languages: bool = False, learn_from: str | None = None,
) -> TokensTrace:  # fmt: skip
    """Cut a text with several tokenizers.

    tokenizers: tokenizers themselves, or what `tokenizer_named` knows; a dict gives them names of its own.
    price: for a million tokens, one for all or by tokenizer. There is none by default.
    languages: count tokens of the same sentences in fifteen languages, too.
    learn_from: the text that tokenizers such as "bpe:512" are learnt from, by default the text itself.
    """
    if not tokenizers:
        raise GroundupError("Which tokenizers?", "Name some, such as gpt2 or bytes.")
    named = tokenizers.items() if isinstance(tokenizers, Mapping) else ((None, one) for one in tokenizers)
    named_tokenizers = [
        (name or name_of(one), tokenizer_named(one, learn_from or text)) for name, one in named
    ]
    names = _unlike([name for name, _ in named_tokenizers])
    prices = _prices(price, names)
    spans = [match.span() for match in re.finditer(r"\s*\S+", text)]
    cuts = [cut(name, one, text, spans) for name, (_, one) in zip(names, named_tokenizers, strict=True)]
    for one in cuts:
        if one.name in prices:
            one.cost = len(one.ids) * prices[one.name] / 1e6
    result = TokensTrace(text, [text[a:b].strip() for a, b in spans], cuts, _common(cuts, len(text)), prices)
    if languages:
        sentences = parallel_sentences()
        counted = [[one.encode(s) for s in sentences.values()] for _, one in named_tokenizers]
        result.languages = list(sentences)
        result.language_tokens = np.array([[len(ids) for ids in row] for row in counted])
        result.language_known = np.array(
            [[_known(one, s) for s in sentences.values()] for _, one in named_tokenizers]
        )
    return result


def cut(name: str, tokenizer: Tokenizer, text: str, words: Sequence[tuple[int, int]]) -> Cut:
    """The text as one tokenizer cuts it; `words` are the spans of its words."""
    pieces = tokenizer.pieces(text)
    starts = np.array([piece.start for piece in pieces], dtype=np.int64)
    ends = np.array([piece.end for piece in pieces], dtype=np.int64)
    known: list[bytes] | None = getattr(tokenizer, "token_bytes", None)
    written = [known[p.id] if known else utf8(text[p.start : p.end]) for p in pieces]
    return Cut(
        name=name, kind=tokenizer.kind, vocab_size=tokenizer.vocab_size,
        ids=[piece.id for piece in pieces], shown=[piece.token for piece in pieces], starts=starts, ends=ends,
        bytes=[data.hex(" ") for data in written], partial=[_is_partial(data) for data in written],
        lost=tokenizer.lost(text),
        per_word=[int(np.searchsorted(starts, b) - np.searchsorted(ends, a, "right")) for a, b in words],
        bytes_per_token=len(utf8(text)) / max(len(pieces), 1),
    )  # fmt: skip


def _known(tokenizer: Tokenizer, text: str) -> float:
    """The share of its characters that is not in an unknown token."""
    unknown = sum(piece.end - piece.start for piece in tokenizer.pieces(text) if piece.token in UNKNOWN)
    return 1 - unknown / len(text)


def _is_partial(data: bytes) -> bool:
    """Whether it begins or ends within a character.

    >>> _is_partial("é".encode()[:1]), _is_partial("é".encode()), _is_partial("aé".encode()[:2])
    (True, False, True)
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


# ---- tokenizers by name ------------------------------------------------------------------------------------


def tokenizer_named(what: Named, learn_from: str) -> Tokenizer:
    """A published vocabulary (gpt2), a kind to learn now (bpe:512, bytes), a run's, or a tokenizer.json's.

    Raises GroundupError for a name that is none of these, and for a vocabulary that was not fetched.
    """
    if isinstance(what, Tokenizer):
        return what
    if isinstance(what, Run):
        return what.tokenizer
    name = str(what)
    if name in VOCABULARIES:
        if where(name) is None:
            raise GroundupError(
                f"The vocabulary of {name} is not here.", f"Fetch it once: `groundup assets fetch {name}`."
            )
        return load_vocabulary(name)
    kind, colon, size = name.partition(":")
    if kind in TOKENIZERS and (not colon or size.isdigit()):
        return train_tokenizer(kind, [learn_from], **({"vocab_size": int(size)} if size else {}))
    if name in run_names():
        return Run.open(name).tokenizer
    if Path(name).is_file() or (Path(name) / TOKENIZER_FILE).is_file():
        return load_tokenizer(Path(name))
    known = [*VOCABULARIES, *TOKENIZERS, *run_names()]
    raise GroundupError(
        f"There is no tokenizer '{name}'.",
        f"{did_you_mean(kind, known)} It can also be a kind with a size, such as bpe:512, or a tokenizer.json.",
    )


def fetched_vocabularies() -> list[str]:
    """Those of the published vocabularies that are here."""
    return [name for name in VOCABULARIES if where(name) is not None]


@cache
def stories_to_learn_from() -> str:
    """What tokenizers without a text of their own, such as "bpe:1000", are learnt from: 200 kB of stories."""
    return "".join(stories(200_000, seed=1))


def parallel_sentences() -> dict[str, str]:
    """The same three sentences by language."""
    file = resources.files("groundup.lenses") / "sentences.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def name_of(what: Named) -> str:
    """A run's name, a tokenizer's kind, or the last part of what names one."""
    if isinstance(what, Run):
        return what.name
    return what.kind if isinstance(what, Tokenizer) else Path(what).name


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, with a number where one comes again.

    >>> _unlike(["bpe", "gpt2", "bpe"])
    ['bpe', 'gpt2', 'bpe 2']
    """
    return [
        name if name not in names[:at] else f"{name} {names[: at + 1].count(name)}"
        for at, name in enumerate(names)
    ]


def _prices(price: float | Mapping[str, float] | None, names: Sequence[str]) -> dict[str, float]:
    prices = (
        dict(price) if isinstance(price, Mapping) else {} if price is None else dict.fromkeys(names, price)
    )
    for name, amount in prices.items():
        if name not in names:
            raise GroundupError(
                f"There is a price for '{name}', which is not looked at.", did_you_mean(name, names)
            )
        if not 0 <= amount < float("inf"):
            raise GroundupError(
                f"{amount} is no price.", "Give a number of zero or more, for a million tokens."
            )
    return prices


def money(amount: float) -> str:
    """Three digits of it, and never an exponent.

    >>> money(0.00004251), money(12.0)
    ('0.0000425', '12')
    """
    return np.format_float_positional(amount, precision=3, unique=False, fractional=False, trim="-")


def _common(cuts: Sequence[Cut], length: int) -> list[int]:
    """Places in the text that no token of any tokenizer reaches across, both ends included."""
    crossed = np.zeros(length + 2, dtype=np.int64)
    for one in cuts:
        inside = one.ends > one.starts
        np.add.at(crossed, one.starts[inside] + 1, 1)
        np.add.at(crossed, one.ends[inside], -1)
    return np.flatnonzero(np.cumsum(crossed)[: length + 1] == 0).tolist()


# ---- laying out --------------------------------------------------------------------------------------------


def spread_out(cuts: Sequence[Cut], length: int, room: Sequence[Sequence[float]]) -> np.ndarray:
    """A width for each character (length,), such that each token gets the room it needs, in every tokenizer.

    room[i][j]: how wide token j of cut i must be at least. What stands one above the other is then the same
    piece of text.
    """
    widths = np.zeros(length)
    for _ in range(2):  # a later token's width can only help those before: the second round mends nothing big
        for one, needs in zip(cuts, room, strict=True):
            for number, need in enumerate(needs):
                left, right = place_of(one, number, widths)
                if right - left < need and one.ends[number] > one.starts[number]:
                    covered = slice(one.starts[number], one.ends[number])
                    shares = 1 / tokens_on(one, length)[covered]
                    widths[covered] += (need - (right - left)) / shares.sum()
    return widths


def tokens_on(one: Cut, length: int) -> np.ndarray:
    """(length,) how many tokens stand on each character: more than one where it is cut into bytes."""
    counts = np.zeros(length + 1, dtype=np.int64)
    np.add.at(counts, one.starts, 1)
    np.add.at(counts, one.ends, -1)
    return np.maximum(np.cumsum(counts)[:length], 1)


def place_of(one: Cut, number: int, widths: np.ndarray) -> tuple[float, float]:
    """Where a token begins and ends, when the characters are so wide. Tokens of one character share its width."""
    length = len(widths)
    edge = np.concatenate([[0.0], np.cumsum(widths)])
    start, end = int(one.starts[number]), int(one.ends[number])
    if start >= end:
        return float(edge[start]), float(edge[start])
    on = tokens_on(one, length)
    before = int((one.ends[:number] > start).sum())  # tokens that began earlier on the first character
    after = int((one.starts[number + 1 :] < end).sum())
    left = edge[start] + widths[start] * before / on[start]
    return float(left), float(edge[end] - widths[end - 1] * after / on[end - 1])


def lines(widths: np.ndarray, most: float, common: Sequence[int]) -> list[tuple[int, int]]:
    """The text cut into lines no wider than `most`: spans of characters. Where they can, at a common cut."""
    spans, start, length = [], 0, len(widths)
    while start < length:
        end = start + 1
        while end < length and widths[start : end + 1].sum() <= most:
            end += 1
        good = [place for place in common if start + (end - start) // 2 < place <= end]
        end = end if end == length or not good else good[-1]
        spans.append((start, end))
        start = end
    return spans


# ---- the picture -------------------------------------------------------------------------------------------


CHARACTER = 0.083  # inches that a character of the larger size is wide
WIDE = 8.2  # inches for the text
MOST_LINES = 3
ID_SIZE = 0.75  # of the tokens' size


def draw(trace: TokensTrace, dark: bool) -> "Figure":
    """The text's beginning, aligned by character; then how many tokens each needs; then the languages."""
    rows = len(trace.cuts)
    room = [
        [_room(shown, index) for shown, index in zip(one.shown, one.ids, strict=True)] for one in trace.cuts
    ]
    widths = spread_out(trace.cuts, len(trace.text), room)
    every_line = lines(widths, WIDE, trace.common)
    shown_lines = every_line[:MOST_LINES] or [(0, 0)]
    languages = bool(trace.languages)
    blocks = [0.5 * rows + 0.12 for _ in shown_lines]
    below = [0.24 * rows + 0.5] + [0.3 * rows + 0.95] * languages
    figure = new_figure(WIDE + 1.5, 0.75 + sum(blocks) + sum(below), dark=dark)
    headline(figure, _headline(trace), dark=dark, under=_under(trace, len(every_line) > MOST_LINES))
    every = figure.subplots(len(blocks) + len(below), 1, squeeze=False, height_ratios=[*blocks, *below])[:, 0]
    for axes, span in zip(every, shown_lines, strict=False):
        _draw_line(axes, trace, widths, span, dark)
    _draw_counts(every[len(blocks)], trace, dark)
    if languages:
        _draw_languages(every[-1], trace, dark)
    return figure


def _headline(trace: TokensTrace) -> str:
    counts = [len(one.ids) for one in trace.cuts]
    if len(counts) == 1:
        return f"{counts[0]:,} tokens of {trace.cuts[0].name}"
    return f"One text, {min(counts):,} to {max(counts):,} tokens"


def _under(trace: TokensTrace, more: bool) -> str:
    partial = any(any(one.partial) for one in trace.cuts)
    notes = ["ids under the tokens"] + ["hatched: begins or ends within a character"] * partial
    return " · ".join(notes + ["the beginning of the text"] * more)


def _room(label: str, index: int) -> float:
    return CHARACTER * max(len(drawable(token_labels([label])[0])), ID_SIZE * len(str(index))) + 0.07


def _draw_line(axes: Any, trace: TokensTrace, widths: np.ndarray, span: tuple[int, int], dark: bool) -> None:
    colours = paper(dark)
    first, last = float(widths[: span[0]].sum()), float(widths[: span[1]].sum())
    axes.set(xlim=(0, WIDE), ylim=(len(trace.cuts), 0), facecolor=colours.sheet)
    axes.axis("off")
    for row, one in enumerate(trace.cuts):
        axes.text(-0.08, row + 0.36, one.name, ha="right", va="center", color=colours.ink, fontsize=9.5,
                  family=fonts(SANS))  # fmt: skip
        for number in range(len(one.ids)):
            left, right = place_of(one, number, widths)
            if one.starts[number] < span[1] and one.ends[number] > span[0]:
                box = max(left, first) - first, min(right, last) - first, row
                _draw_token(axes, one, number, box, dark)


def _draw_token(axes: Any, one: Cut, number: int, box: tuple[float, float, float], dark: bool) -> None:
    from matplotlib.patches import Rectangle

    colours, (left, right, row) = paper(dark), box
    ground = colours.ramp[1] if number % 2 else colours.line
    hatch = "////" if one.partial[number] else None
    axes.add_patch(Rectangle((left + 0.012, row + 0.08), right - left - 0.024, 0.5, facecolor=ground,
                             edgecolor=colours.sheet if hatch else ground, linewidth=0, hatch=hatch))  # fmt: skip
    shown = drawable(token_labels([one.shown[number]])[0]).replace("$", r"\$")
    middle, mono = (left + right) / 2, [*fonts(MONO), "DejaVu Sans"]
    axes.text(middle, row + 0.34, shown, ha="center", va="center", color=colours.ink, fontsize=9.5,
              family=mono)  # fmt: skip
    axes.text(middle, row + 0.78, str(one.ids[number]), ha="center", va="center", color=colours.ink_3, fontsize=7,
              family=mono)  # fmt: skip


def _draw_counts(axes: Any, trace: TokensTrace, dark: bool) -> None:
    """A bar for each tokenizer, from zero."""
    colours = paper(dark)
    counts = [len(one.ids) for one in trace.cuts]
    style(axes, dark=dark, title="tokens", grid=False)
    axes.barh(range(len(counts)), counts, height=0.6, color=colours.ink_2)
    axes.set(xlim=(0, max([*counts, 1]) * 1.35), ylim=(len(counts) - 0.4, -0.6))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_yticks(range(len(counts)), [one.name for one in trace.cuts], fontsize=9.5, color=colours.ink,
                    family=fonts(SANS))  # fmt: skip
    for row, one in enumerate(trace.cuts):
        words = f" {counts[row]:,}   {one.bytes_per_token:.2f} bytes each, vocabulary {one.vocab_size:,}"
        cost = "" if one.cost is None else f", costs {money(one.cost)}"
        axes.text(
            counts[row], row, words + cost, va="center", color=colours.ink_3, fontsize=8.5, family=fonts(SANS)
        )


def _draw_languages(axes: Any, trace: TokensTrace, dark: bool) -> None:
    """The same sentences in other languages: how many times as many tokens as in English."""
    from matplotlib.colors import LogNorm

    colours, ratios = paper(dark), trace.against_english()
    style(
        axes,
        dark=dark,
        title="tokens for the same three sentences, in English 1 (–: not in the vocabulary)",
        grid=False,
    )
    most = max(float(np.nanmax(ratios, initial=1.0)), 4.0)
    image = np.ma.masked_invalid(ratios)
    axes.imshow(image, aspect="auto", cmap=heat(dark), norm=LogNorm(0.5, 4 * most))
    axes.set_xticks(range(len(trace.languages)), trace.languages, rotation=35, ha="right", rotation_mode="anchor",
                    fontsize=9, color=colours.ink_2, family=fonts(SANS))  # fmt: skip
    axes.set_yticks(range(len(trace.cuts)), [one.name for one in trace.cuts], fontsize=9.5, color=colours.ink,
                    family=fonts(SANS))  # fmt: skip
    axes.spines["bottom"].set_visible(False)
    for row, column in np.ndindex(*ratios.shape):
        value = ratios[row, column]
        text = "–" if np.isnan(value) else f"{value:.1f}"
        axes.text(
            column, row, text, ha="center", va="center", fontsize=8.5, color=colours.ink, family=fonts(MONO)
        )


LENS = Lens(
    "tokens",
    title="Tokens",
    question="How is the text cut?",
    order=80,
    real=False,
    widgets=(("tokens", "tokens", "c12"), ("bpe_replay", "merges", "c12")),
    views={"tokens": {"cut": 0, "token": 0}},
)
