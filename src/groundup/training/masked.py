"""Masked words: BERT learns to fill blanks from a text, is saved, and fills them.

The questions come from the text itself. Take 15 words in a hundred, and ask for each what it
was. A mask stands where most of them were. But blanks that people ask about have a mask, and other texts have
none; so that the model keeps an eye on every word, some of those asked for are changed to another word, and
some are left as they are (Devlin et al. 2019, section 3.1 and appendix A.1):

    read       the [MASK] sat on king mat
    asked for      cat            the

The text is read in lower case, with single spaces: To and to are one word here, wherever the line ends.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.models.bert import Bert, BertConfig
from groundup.models.fast import accelerate
from groundup.text.batches import RandomWindows
from groundup.text.corpora import Corpus
from groundup.text.tokenizer import TOKENIZER_FILE
from groundup.text.tokenizers import load_tokenizer, save_tokenizer
from groundup.text.words import Words
from groundup.training.budget import Budget
from groundup.training.fit import (
    FitEvent,
    Scores,
    fit,
    load_practice,
    practice_folder,
    save_practice,
)

NAME = "bert"  # of its folder in practice/
TRAIN = "groundup fill --train 60s TEXT"

ASKED = 0.15
"""The share of words that are asked for."""
MASKED, CHANGED = 0.8, 0.1
"""Of those asked for, the shares that are masked, and that are another word, drawn at random."""

VOCABULARY = 4000  # words; what is rarer is unknown. In Shakespeare, one word in ten
BATCH = 1024  # tokens
SHORTEST = 4  # tokens in a window
LEARNING_RATE, WARMUP = 2e-3, 0.1
EXAMINED = 1024  # windows of the validation text

BLANK = re.compile(r"_{2,}")


# --- making questions of a text -----------------------------------------------------------------------------


def plain(text: str) -> str:
    """Lower case, single spaces, and one before the first word, as every other word has it.

    >>> plain("To be,\\n  or NOT")
    ' to be, or not'
    """
    return "".join(f" {word}" for word in text.lower().split())


def mask_tokens(
    tokens: Tensor, words: int, generator: torch.Generator, masked: float = MASKED, changed: float = CHANGED
) -> tuple[Tensor, Tensor]:
    """What the model reads instead of tokens `(batch, time)`, and which places are asked for; both like them.

    `words` is the size of the vocabulary; the mask is the token after the last word. In each row the same
    number of places is asked for, at least one: places of unknown words (token 0) only if there are no others,
    since the answer would be no word.
    """
    number = max(1, round(ASKED * tokens.shape[1]))
    draws = torch.rand(tokens.shape, generator=generator) - (tokens == 0).float()
    targets = torch.zeros_like(tokens, dtype=torch.bool).scatter(1, draws.topk(number, dim=1).indices, True)
    lot = torch.rand(tokens.shape, generator=generator)
    other = torch.randint(1, words, tokens.shape, generator=generator)
    inputs = torch.where(targets & (lot < masked), words, tokens)
    return torch.where(targets & (lot >= masked) & (lot < masked + changed), other, inputs), targets


def shares_of(data: np.ndarray, words: int) -> np.ndarray:
    """How common each token is in a text `(tokens,)`: shares `(words + 1,)` that sum to one.

    Each is counted once more than it came, so that none is impossible. Unknown words count as not there, since
    they are not asked for; and so does the mask.
    """
    counts = np.bincount(data[data != 0], minlength=words + 1) + 1
    return counts / counts.sum()


def examine(model: Bert, tokens: Tensor, common: np.ndarray) -> Scores:
    """How well a model fills masks in tokens `(windows, time)`, beside what needs no reading at all.

    accuracy: the share of masks where its likeliest token is right; loss: nats per mask. `common` is how common
    each token is (`shares_of`): common_accuracy is the share that the commonest token gets right by itself,
    common_loss the nats per mask of a model that knows `common` alone.
    """
    words = len(common) - 1
    generator = torch.Generator().manual_seed(0)  # the same questions every time
    right, nats, masked_tokens = 0, 0.0, []
    for part in tokens.split(64):
        inputs, targets = mask_tokens(part, words, generator, masked=1.0, changed=0.0)
        logits = model.predict(model.encode(inputs)[targets])
        right += int((logits.argmax(dim=1) == part[targets]).sum())
        nats += F.cross_entropy(logits, part[targets], reduction="sum").item()
        masked_tokens.append(part[targets])
    answers = torch.cat(masked_tokens).numpy()
    return {
        "accuracy": right / len(answers),
        "loss": nats / len(answers),
        "common_accuracy": float((answers == common.argmax()).mean()),
        "common_loss": float(-np.log(common[answers]).mean()),
    }


# --- training, and saving -----------------------------------------------------------------------------------


def loss(model: Bert, data: np.ndarray, context: int, seed: int, step: int) -> Tensor:
    """Nats per word that is asked for, over the batch of a step, which depends on the seed and the step alone.

    Windows are of any length from SHORTEST to the context, shorter ones more often: the texts to be filled
    are sentences, and where there are few words, the model soon finds out which matters.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    shortest = min(SHORTEST, context)
    time = round(shortest * (context / shortest) ** torch.rand((), generator=generator).item())
    tokens = RandomWindows(data, max(1, BATCH // time), time, seed).at(step)[0]
    inputs, targets = mask_tokens(tokens, model.vocab_size - 1, generator)
    return F.cross_entropy(model.predict(model.encode(inputs)[targets]), tokens[targets])


def train(
    corpus: Corpus,
    budget: Budget,
    *,
    seed: int = 1,
    config: BertConfig | None = None,
    vocabulary: int = VOCABULARY,
    learning_rate: float = LEARNING_RATE,
    listen: Callable[[FitEvent], None] = lambda event: None,
) -> dict[str, Any]:
    """Train BERT from fresh weights on a corpus, and save it. Returns a summary for people and programs.

    Ctrl-C ends the training, and what was learnt is saved (reason "interrupted").
    Raises GroundupError for a corpus that is too short.
    """
    config = config or BertConfig()
    texts = {split: plain(corpus.text(split)) for split in ("train", "validation")}
    words = Words.train([texts["train"]], vocab_size=vocabulary)
    if (known := int(_whole(words).sum())) < 5:
        raise GroundupError(
            f"The corpus has only {known} different words that come more than once.",
            "Train on more text: a megabyte or more teaches something.",
        )
    data, held_out = (words.encode_to_array(text) for text in texts.values())
    common = shares_of(data, words.vocab_size)
    validation_windows = RandomWindows(held_out, EXAMINED, config.context, seed=0).at(0)[0]
    torch.manual_seed(seed)
    model = accelerate(Bert(config, words.vocab_size + 1))  # and the mask
    with torch.no_grad():  # what counting can tell need not be learnt step by step
        model.head_bias.copy_(torch.from_numpy(common).log())

    end = fit(
        model,
        lambda step: loss(model, data, config.context, seed, step),
        budget,
        learning_rate=learning_rate,
        warmup_ratio=WARMUP,
        seed=seed,
        evaluate=lambda: examine(model, validation_windows, common),
        evaluations=5,
        listen=listen,
    )
    facts = {
        "corpus": corpus.spec, "steps": end.step, "seconds": round(end.seconds, 1),
        "reason": end.reason, "seed": seed, "parameters": sum(p.numel() for p in model.parameters()),
        "tokenizer": _fingerprint(words),
    }  # fmt: skip
    folder = practice_folder(NAME)
    save_tokenizer(words, folder / TOKENIZER_FILE)
    about = {**asdict(config), "vocab_size": model.vocab_size}
    save_practice(NAME, model, config=about, facts=facts, scores=end.scores)
    return {"model": NAME, **facts, **end.scores, "folder": folder}


def is_trained() -> bool:
    return (practice_folder(NAME) / "practice.toml").exists()


def load() -> tuple[Bert, Words, dict[str, Any]]:
    """The trained model, its words, and its practice.toml. Raises GroundupError if there is none or it is
    damaged."""

    def build(config: dict[str, Any]) -> Bert:
        sizes = dict(config)
        vocab_size = sizes.pop("vocab_size")
        return Bert(BertConfig(**sizes), vocab_size)

    model, about = load_practice(NAME, build, train=TRAIN)
    words = load_tokenizer(practice_folder(NAME))
    if not isinstance(words, Words) or _fingerprint(words) != about["facts"]["tokenizer"]:
        raise GroundupError(
            f"The tokenizer in {practice_folder(NAME)} is not that of the model beside it.",
            f"Train both again: `{TRAIN}`.",
        )
    return model, words, about


def _fingerprint(words: Words) -> str:
    return hashlib.sha256(json.dumps(words.to_json(), sort_keys=True).encode()).hexdigest()


# --- filling ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """A text with its blanks, and what could stand in them."""

    text: str
    blanks: list[list[tuple[str, float]]]
    """For each blank the likeliest words, with their probabilities among all tokens, the likeliest first."""
    unknown: list[str]
    """Words of the text that the model does not know."""

    def best(self) -> str:
        """The text with the likeliest word in each blank."""
        answers = iter(self.blanks)
        return BLANK.sub(lambda _: next(answers)[0][0], self.text)


def blanks_in(text: str) -> list[str]:
    """The parts of a text between its blanks, one more than there are blanks, as `plain` text.

    Raises GroundupError for a text without a blank, or with one that is part of a word.
    """
    parts = BLANK.split(plain(text))
    if len(parts) == 1:
        raise GroundupError("The text has no blank.", "Write ____ where a word is missing: 'to be or ____'.")
    if match := re.search(r"\w*[^\W_]_{2,}\w*|_{2,}[^\W_]\w*", text):
        raise GroundupError(
            f"The blank in '{match[0]}' is part of a word, and the model fills in whole words.",
            "Put a space before it and after it.",
        )
    return parts


def fill(model: Bert, words: Words, text: str, top: int = 5) -> Filled:
    """Fill every blank, two underscores or more, each for itself: one does not know what went into another.

    Only whole words are offered, no punctuation. Raises GroundupError as `blanks_in`, and for a text that is
    longer than the model's context.
    """
    parts = blanks_in(text)
    tokens: list[int] = []
    places = []
    for number, part in enumerate(parts):
        if number:
            places.append(len(tokens))
            tokens.append(words.vocab_size)  # the mask, which stands for a word and the space before it
        tokens += words.encode(part.rstrip(" "))
    with torch.no_grad():
        logits = model(torch.tensor([tokens]))[0, places]
    shares = logits.softmax(dim=1)[:, : words.vocab_size] * _whole(words)  # (blanks, words)
    likeliest = shares.topk(min(top, int(_whole(words).sum())), dim=1)
    names = words.tokens()
    blanks = [
        [(names[i].strip(), share) for i, share in zip(row, some, strict=True)]
        for row, some in zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
    ]
    unknown = [word.strip() for part in parts for word in words.lost(part.rstrip(" "))]
    return Filled(text, blanks, list(dict.fromkeys(unknown)))


def _whole(words: Words) -> Tensor:
    """Which tokens are whole words, `(vocab,)`: letters, with the space before them."""
    return torch.tensor([re.fullmatch(r" [^\W\d_]+", token) is not None for token in words.tokens()])
