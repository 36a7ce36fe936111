"""Translating dates: the two encoder-decoders learn it, are saved, and show where they looked.

`train` takes a model from fresh weights to "3rd of March 1999" → "1999-03-03" on dates that it never saw in
any form; `rewrite` lets one of them work. The texts are those of text/dates.py, the loop that of fit.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.errors import GroundupError, did_you_mean
from groundup.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from groundup.models.fast import accelerate
from groundup.models.rnn_seq2seq import RNNSeq2Seq, RNNSeq2SeqConfig
from groundup.models.seq2seq import END, PAD, Seq2Seq
from groundup.text import dates
from groundup.training.budget import Budget
from groundup.training.fit import FitEvent, Scores, fit, load_practice, save_practice

Config = RNNSeq2SeqConfig | EncoderDecoderConfig


@dataclass(frozen=True)
class Preset:
    """How a model of that name is made and trained; measured, see docs/practice.md."""

    config: Config
    model: type[Seq2Seq] | type[EncoderDecoder]
    budget: Budget
    batch_size: int
    learning_rate: float
    warmup_ratio: float
    """As a share of the budget. Post-norm needs it (Xiong et al. 2020)."""


PRESETS = {
    "seq2seq": Preset(
        RNNSeq2SeqConfig(),
        RNNSeq2Seq,
        Budget(600, "steps"),
        batch_size=32,
        learning_rate=5e-3,
        warmup_ratio=0.05,
    ),
    "encoder-decoder": Preset(
        EncoderDecoderConfig(),
        EncoderDecoder,
        Budget(2000, "steps"),
        batch_size=32,
        learning_rate=3e-3,
        warmup_ratio=0.1,
    ),
}
EXAMINED = 500
"""Held-out dates that are rewritten at each evaluation; twice as many at the end, others than those."""


@dataclass(frozen=True)
class Rewritten:
    """What a model made of one text."""

    text: str
    result: str
    alignment: np.ndarray
    """`(layers, heads, written, source)`: where in the text it looked for each character of the result."""

    def mean_alignment(self) -> np.ndarray:
        """Over the heads of the last layer, which look most sharply: `(written, source)`, rows summing to one."""
        return self.alignment[-1].mean(axis=0)


def preset(name: str) -> Preset:
    """Raises GroundupError for a name that is not one of the two."""
    if name not in PRESETS:
        raise GroundupError(f"There is no model '{name}' that rewrites.", did_you_mean(name, PRESETS))
    return PRESETS[name]


def build(name: str, config: dict[str, Any] | None = None) -> Seq2Seq:
    """A model with fresh weights, drawn from torch's random state; with the preset's sizes, or others."""
    defaults = preset(name)
    sizes = defaults.config if config is None else type(defaults.config)(**config)
    return defaults.model(sizes, dates.VOCAB_SIZE)  # type: ignore[arg-type]


def train(
    name: str,
    budget: Budget | None = None,
    *,
    seed: int = 1,
    listen: Callable[[FitEvent], None] = lambda event: None,
) -> dict[str, Any]:
    """Train one of the two from fresh weights and keep it. Returns a summary for people and programs.

    The batch of each step depends on the seed and its number alone. Without a budget it is the preset's.
    Ctrl-C ends it, and what was learnt so far is saved (reason "interrupted").
    """
    defaults = preset(name)
    torch.manual_seed(seed)
    model = accelerate(build(name))

    def loss(step: int) -> Tensor:
        """Cross-entropy in nats per character, of the target after BEGIN."""
        source, target = dates.batch("train", seed, step, defaults.batch_size)
        logits = model(source, target[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())

    validation_dates = dates.batch("held out", seed, 0, EXAMINED)
    end = fit(
        model,
        loss,
        budget or defaults.budget,
        learning_rate=defaults.learning_rate,
        warmup_ratio=defaults.warmup_ratio,
        seed=seed,
        evaluate=lambda: {"exact": exact(model, *validation_dates)},
        listen=listen,
    )
    # On other held-out dates than those of the evaluations.
    scores: Scores = {"exact": exact(model, *dates.batch("held out", seed, 1, 2 * EXAMINED))}
    facts = {
        "steps": end.step, "seconds": round(end.seconds, 1), "reason": end.reason, "seed": seed,
        "batch_size": defaults.batch_size, "parameters": model.parameter_count(),
    }  # fmt: skip
    folder = save_practice(name, model, config=asdict(defaults.config), facts=facts, scores=scores)
    return {"model": name, **facts, **scores, "folder": folder}


def exact(model: Seq2Seq, source: Tensor, target: Tensor) -> float:
    """The share of sources that are rewritten without a single wrong character."""
    written, _ = model.translate(source, dates.LONGEST_TARGET)
    written = F.pad(written, (0, target.shape[1] - 1 - written.shape[1]), value=PAD)
    return (written == target[:, 1:]).all(dim=1).float().mean().item()


def load(name: str) -> tuple[Seq2Seq, dict[str, Any]]:
    """The trained model, and its practice.toml. Raises GroundupError if it is not there, or is damaged."""
    preset(name)
    return load_practice(name, lambda config: build(name, config), train=f"groundup translate train {name}")


def rewrite(model: Seq2Seq, texts: Sequence[str]) -> list[Rewritten]:
    """Rewrite texts, all at once. Raises GroundupError for a text that cannot be read (text/dates.py)."""
    written, alignment = model.translate(dates.encode(texts), dates.LONGEST_TARGET)
    result = []
    for text, row, looked in zip(texts, written.tolist(), alignment.numpy(), strict=True):
        end = row.index(END) if END in row else len(row)
        # One that has learnt little may write the special tokens too: they are not shown.
        positions = np.array([place for place in range(end) if row[place] > END], dtype=int)
        result.append(Rewritten(text, dates.decode(row), looked[:, :, positions, : len(text)]))
    return result
