"""Bits per byte: how many bits a model needs for a text it has not seen, over the bytes of that text.

Loss per token cannot compare two models whose tokens differ: a token of one may be a letter, of the other a
word. The bytes of the text are the same for both. So

    bpb = (sum over tokens of -log2 P(token | tokens before) + bits to spell what was lost) / bytes in UTF-8

A lossy tokenizer pays for what it lost. Each unknown word is charged the bits to spell it (`byte_model.py`),
for "unknown" alone does not say which word it was. With all that is charged the exact text could be decoded,
so models of words and of characters compare fairly.

Worked example: the text "to be" with the tokens "to", " ", "<unknown>", to which a model gives the
probabilities 1/4, 1/2 and 1/8. Those cost 2 + 1 + 3 = 6 bits. If spelling "be" costs 14 bits, then
bpb = (6 + 14) / 5 = 4. Had "unknown" been free, it would be 1.2, and lower still the fewer words are known.

The whole split is scored, each token exactly once, with no random batches: two evaluations of the same
weights give the same number. The first token has nothing before it, and is charged log2(vocabulary).
"""

import math
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from groundup.common.errors import GroundupError
from groundup.evaluation.byte_model import ByteModel
from groundup.models.contract import LanguageModel, Memory
from groundup.models.fast import accelerate
from groundup.text.corpora import Corpus
from groundup.text.token_cache import tokenize
from groundup.text.tokenizer import Tokenizer

Progress = Callable[[int, int], object]  # (tokens scored, tokens in all)

WARM_UP = 128  # tokens that a stretch of a text reads unscored, where the model's memory has no limit
STRETCHES = 128  # at most so many in parallel; fewer where the warm-up would be over 1/8 of what is read
TOKENS_AT_ONCE = 1024
LOGITS_AT_ONCE = 2**23  # numbers: 32 MB, and as much again for their softmax


@dataclass(frozen=True)
class Evaluation:
    """A model's score on a whole split."""

    bpb: float
    """Bits per byte of the text, what was lost included."""
    loss: float
    """Nats per token, on average over all tokens. Compare it only between models with the same tokens."""
    perplexity: float
    """exp(loss): the model is as unsure as if it chose among so many tokens at random."""
    tokens: int
    bytes: int
    lost_bits: float
    """The part of the bits that went into spelling what the tokenizer lost."""
    coverage: float
    """The share of tokens that lost nothing, 0 to 1: for words, the share of words that are known."""
    seconds: float
    """Time to score; preparing the text does not count."""


class Validation:
    """A split of a corpus, made ready once (tokens, bytes, what was lost) and scored as often as you like.

    Raises GroundupError when the split is empty.
    """

    def __init__(
        self, corpus: Corpus, tokenizer: Tokenizer, split: str = "validation", folder: Path | None = None
    ) -> None:
        self.ids = tokenize(corpus, split, tokenizer, folder)
        self.bytes = corpus.size(split)
        if not len(self.ids) or not self.bytes:
            raise GroundupError(
                f"The {split} part of {corpus.name} is empty, so there is nothing to score.", "Use more text."
            )
        lost: Counter[str] = Counter()
        if not tokenizer.lossless:
            for piece in corpus.pieces(split):
                lost.update(tokenizer.lost(piece))
        self.coverage = max(0.0, 1 - lost.total() / len(self.ids))
        self.lost_bits = 0.0
        if lost:
            byte_model = ByteModel(
                word for word in tokenizer.tokens() if word not in tokenizer.special_tokens
            )
            self.lost_bits = sum(byte_model.bits(word) * times for word, times in lost.items())

    def evaluate(
        self,
        model: LanguageModel,
        *,
        batch: int | None = None,
        autocast: torch.dtype | None = None,
        progress: Progress | None = None,
    ) -> Evaluation:
        """Score the whole split; see `nats`."""
        started = time.perf_counter()
        total = nats(model, self.ids, batch=batch, autocast=autocast, progress=progress)
        loss = total / len(self.ids)
        return Evaluation(
            bpb=(total / math.log(2) + self.lost_bits) / self.bytes,
            loss=loss,
            perplexity=math.exp(loss) if loss < 700 else math.inf,
            tokens=len(self.ids),
            bytes=self.bytes,
            lost_bits=self.lost_bits,
            coverage=self.coverage,
            seconds=time.perf_counter() - started,
        )


def evaluate(
    model: LanguageModel,
    tokenizer: Tokenizer,
    corpus: Corpus,
    split: str = "validation",
    *,
    batch: int | None = None,
    autocast: torch.dtype | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Bits per byte, loss and perplexity of a model on a whole split of a corpus.

    To score the same split more than once, keep a `Validation`.
    """
    return Validation(corpus, tokenizer, split).evaluate(
        model, batch=batch, autocast=autocast, progress=progress
    )


@torch.inference_mode()
def nats(
    model: LanguageModel,
    ids: np.ndarray,
    *,
    batch: int | None = None,
    autocast: torch.dtype | None = None,
    progress: Progress | None = None,
) -> float:
    """The sum over `ids`, `(tokens,)`, of -ln P(token | tokens before). The first costs ln(vocabulary).

    A model with a context is read in windows of that length, each half a context further on. The first scores
    all its tokens, every other its new half, so that each has at least half a context before it.

    A model whose memory has no limit reads up to `STRETCHES` equal stretches side by side, since one pass
    over the text would leave the machine idle. Each but the first reads `WARM_UP` tokens before its own,
    unscored, to fill its memory. That differs from one pass by what a model remembers from further back:
    by less than 0.01 % for the small RNN, GRU and LSTM of the tests.

    `batch` is how many windows or stretches are read at once; by default as many as use the machine well.
    Logits are made in chunks of at most 32 MB (or one token of each row, if that is more).
    """
    if len(ids) and int(ids.max()) >= model.vocab_size:
        raise GroundupError(
            f"The text has the token {int(ids.max())}, but the model knows only {model.vocab_size}.",
            "Score a model with the tokenizer that it was trained with.",
        )
    targets = len(ids) - 1  # all but the first token
    total = math.log(model.vocab_size) * min(1, len(ids))
    if targets < 1:
        return total
    tokens_at_once = max(1, min(TOKENS_AT_ONCE, LOGITS_AT_ONCE // model.vocab_size))
    if model.context is None:
        rows = min(batch or STRETCHES, max(1, targets // (8 * WARM_UP)))
        stride = math.ceil(max(1, targets - WARM_UP) / rows)
        length = WARM_UP + stride
    else:
        length = model.context
        stride = max(1, length // 2)
        rows = batch or max(1, tokens_at_once // length)
    starts, skips = _windows(targets, length, stride)
    length = min(length, targets)

    device = next(model.parameters()).device.type
    precision = nullcontext() if autocast is None else torch.autocast(device, autocast)
    model = accelerate(model).eval()  # the caller's model stays in its mode
    for first in range(0, len(starts), rows):
        group = slice(first, first + rows)
        with precision:
            total += _read(
                model, ids, starts[group], skips[group], length=length, tokens_at_once=tokens_at_once
            )
        if progress is not None:
            progress(min(len(ids), int(starts[group][-1]) + length + 1), len(ids))
    return total


def _windows(targets: int, length: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Where windows start, and how many positions at the start of each were scored by the one before.

    >>> _windows(11, length=4, stride=2)        # the last is moved back to end with the text
    (array([0, 2, 4, 6, 7]), array([0, 2, 2, 2, 3]))
    """
    last = max(0, targets - length)
    starts = np.minimum(np.arange(0, last + stride, stride), last)
    skips = np.zeros_like(starts)
    skips[1:] = starts[:-1] + length - starts[1:]
    return starts, skips


def _read(
    model: LanguageModel,
    ids: np.ndarray,
    starts: np.ndarray,
    skips: np.ndarray,
    *,
    length: int,
    tokens_at_once: int,
) -> float:
    """Nats of windows side by side, read a few columns at a time, but for the first `skips` of each."""
    device = next(model.parameters()).device
    total = 0.0
    memory: Memory | None = None
    step = max(1, tokens_at_once // len(starts))
    for left in range(0, length, step):
        columns = np.arange(left, min(left + step, length))
        # (rows, columns + 1): each column's input, and the next one's as its target
        window = ids[starts[:, None] + np.arange(left, columns[-1] + 2)].astype(np.int64)
        inputs = torch.from_numpy(window[:, :-1]).to(device)
        logits, memory = model(inputs, memory)
        scored = torch.from_numpy(columns >= skips[:, None])  # (rows, columns)
        if not scored.any():
            continue
        targets = torch.from_numpy(window[:, 1:])[scored].to(device)
        logits = logits.flatten(0, 1) if scored.all() else logits[scored.to(device)]
        total += F.cross_entropy(logits.float(), targets, reduction="none").sum().item()
    return total
