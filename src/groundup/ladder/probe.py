"""How long does each model remember? Five models of one size, one task, the same practice, and then a test at
every length: the length at which a model breaks is the first with fewer than nine of ten answers right.

All get the same budget and the same plan. A model begins with questions of length 2. As soon as it gets nine
of ten right they grow, up to `practised_to`; so no model is given up before it had its chance, and none is
drilled on what it cannot reach. What it reached is in the result: a model that breaks at a length where it
practised has forgotten, one that breaks only beyond was never shown so long a question.

An answer is exact or wrong. The model is given the right answer so far and must put every next token first:
that all of them are first is the same as writing the whole answer itself, greedily, without a mistake.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from random import Random
from typing import Any, NamedTuple

import psutil
import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.common.brand import RUNGS
from groundup.common.errors import GroundupError, did_you_mean
from groundup.ladder.probe_result import MIN_ACCURACY, MemoryProbe, row_title, wilson
from groundup.models import (
    CharRNNConfig,
    GPTConfig,
    LanguageModel,
    LSTMAttentionConfig,
    ModelConfig,
    TransformerConfig,
    WordGRUConfig,
    build,
)
from groundup.text.tasks import IGNORED, Task, questions, task, tensors
from groundup.training.budget import Budget
from groundup.training.fit import FitEvent, Scores, fit

DEFAULT_BUDGET = "30s"
BATCH_SIZE = 32
TEST_QUESTIONS = 200  # of each length
# What is measured. The shortest still have enough different questions for a test.
LENGTHS = {
    "copy": (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48),
    "reverse": (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48),
    "recall": (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128),
    "brackets": (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48),
    "addition": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16),
}

Watch = Callable[[str], AbstractContextManager[Callable[[FitEvent], None]]]


def unwatched(title: str) -> AbstractContextManager[Callable[[FitEvent], None]]:
    """Listens to nothing."""
    return nullcontext(lambda event: None)


def in_words(scores: Scores) -> str:
    """How far a model has come in its practice."""
    return f"practises up to {scores['reached']:.0f}"


# ---- who takes part ----------------------------------------------------------------------------------------


class Entrant(NamedTuple):
    """How a model takes part: about 25,000 parameters, and a learning rate that suits it."""

    config: Callable[[int], ModelConfig]
    """The config for texts of at most so many tokens."""
    learning_rate: float


def _cells(cell: Any, width: int) -> Callable[[int], ModelConfig]:
    return lambda context: WordGRUConfig(cell=cell, width=width, embedding=32, tie=False)


ENTRANTS = {
    "char-rnn": Entrant(lambda context: CharRNNConfig(width=128, embedding=32), 2e-3),
    "word-gru": Entrant(_cells("gru", 72), 4e-3),
    "lstm-attention": Entrant(
        lambda context: LSTMAttentionConfig(width=46, embedding=32, window=context), 4e-3
    ),
    "transformer": Entrant(
        lambda context: TransformerConfig(context=context, layers=2, heads=2, width=32), 3e-3
    ),
    "gpt": Entrant(
        lambda context: GPTConfig(context=context, layers=2, heads=2, width=32, init_std=0.1), 3e-3
    ),
    # The same model with another cell, and so many numbers that the parameters are as many.
    "word-gru:rnn": Entrant(_cells("rnn", 128), 2e-3),
    "word-gru:gru": Entrant(_cells("gru", 72), 4e-3),
    "word-gru:lstm": Entrant(_cells("lstm", 60), 4e-3),
}


def check_models(names: Sequence[str]) -> list[str]:
    """The names, each once. Raises GroundupError with the nearest name for one that cannot take part."""
    if not names:
        raise GroundupError("There is no model to probe.", did_you_mean("", ENTRANTS))
    for name in names:
        if name not in ENTRANTS:
            raise GroundupError(f"There is no model '{name}'.", did_you_mean(name, ENTRANTS))
    return list(dict.fromkeys(names))


# ---- practice ----------------------------------------------------------------------------------------------


class Curriculum:
    """The loss of each step of practice, on questions that grow with what the model can do."""

    def __init__(self, model: LanguageModel, task: Task, practised_to: int, seed: int) -> None:
        self.model, self.task, self.practised_to, self.seed = model, task, practised_to, seed
        self.reached = min(2, practised_to)
        """The longest questions that it practises on."""
        self.lately = 0.0
        """The share of right answers over the last few batches."""

    def loss(self, step: int) -> Tensor:
        """A batch of any length up to the one reached. All count alike: who forgets short questions over long
        ones is not given longer ones."""
        length = Random(f"{self.seed} {step}").randint(1, self.reached)
        asked = questions(self.task, length, BATCH_SIZE, "train", self.seed * 1_000_003 + step)
        tokens, targets = tensors(self.task, asked)  # (batch, time)
        logits, _ = self.model(tokens)  # (batch, time, vocab)
        self.lately += 0.1 * (exact(logits.detach(), targets).float().mean().item() - self.lately)
        if self.lately >= MIN_ACCURACY and self.reached < self.practised_to:
            self.reached = min(self.practised_to, self.reached + max(1, self.reached // 4))
            self.lately = 0.0
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)

    def scores(self) -> Scores:
        return {"reached": self.reached}


def exact(logits: Tensor, targets: Tensor) -> Tensor:
    """Which answers are right from the first token to the last; `(batch,)` of bool."""
    return ((logits.argmax(dim=-1) == targets) | (targets == IGNORED)).all(dim=1)


# ---- the test ----------------------------------------------------------------------------------------------


@torch.no_grad()
def accuracy_at(model: LanguageModel, task: Task, length: int, seed: int) -> dict[str, Any]:
    """Length, right, of (test questions, none of them practised on), accuracy, and low and high: where the
    true accuracy lies, with 95% confidence."""
    asked = questions(task, length, TEST_QUESTIONS, "test", seed)
    # So many at once that the scores of attention, one for each pair of tokens, stay few.
    rows = max(1, 2_000_000 // task.longest_text(length) ** 2)
    right = 0
    for first in range(0, len(asked), rows):
        tokens, targets = tensors(task, asked[first : first + rows])
        right += int(exact(model(tokens)[0], targets).sum())
    low, high = wilson(right, len(asked))
    return {
        "length": length,
        "right": right,
        "of": len(asked),
        "accuracy": right / len(asked),
        "low": low,
        "high": high,
    }


# ---- all of it ---------------------------------------------------------------------------------------------


def probe_memory(
    task_name: str = "recall",
    models: Sequence[str] | None = None,
    budget: str = DEFAULT_BUDGET,
    *,
    lengths: Sequence[int] | None = None,
    practised_to: int | None = None,
    seed: int = 1,
    watch: Watch = unwatched,
) -> MemoryProbe:
    """Let each model practise a task for `budget`, and measure it at each of `lengths`.

    models: of the five, or with another cell: `word-gru:rnn`, `word-gru:lstm`. practised_to: the longest
    questions to practise on; by default half of the longest that are measured, to see what happens beyond.
    `watch(title)` gives a listener to the events of `fit` for each model.

    Ctrl-C ends it with the models measured so far, and `stopped`. Raises GroundupError for a task, a model, a
    budget or a length that cannot be.
    """
    asked = task(task_name)
    names = check_models(models if models is not None else list(RUNGS))
    amount = Budget.parse(budget)
    if lengths is not None and not lengths:
        raise GroundupError("There is no length to measure.", "Give some, such as 1,2,4,8.")
    measured = sorted(set(lengths or LENGTHS[task_name]))
    longest = practised_to if practised_to is not None else max(1, measured[-1] // 2)
    for length in (measured[0], longest):
        questions(asked, length, 0, "train", seed)  # raises for a length below 1
    _check_room(asked, measured[-1], longest)
    context = asked.longest_text(max(measured[-1], longest))
    probe = MemoryProbe(asked.name, asked.example(), asked.counted, measured, longest, str(amount), seed)
    try:
        for number, name in enumerate(names, start=1):
            torch.manual_seed(seed)
            entrant = ENTRANTS[name]
            model = build(entrant.config(context), asked.vocab_size)
            curriculum = Curriculum(model, asked, longest, seed)
            row: dict[str, Any] = {"model": name, "name": model.name, "parameters": model.parameter_count()}
            with watch(f"{number} of {len(names)} {row_title(row):<16}") as listen:
                end = fit(
                    model,
                    curriculum.loss,
                    amount,
                    learning_rate=entrant.learning_rate,
                    seed=seed,
                    evaluate=curriculum.scores,
                    evaluations=20,
                    listen=listen,
                )
            if end.reason == "interrupted":  # it had less practice than the others
                probe.stopped = True
                break
            row |= {"steps": end.step, "seconds": end.seconds, "reached": curriculum.reached}
            probe.models.append(row | _measured(model, asked, measured, seed))
    except KeyboardInterrupt:  # while a model was measured
        probe.stopped = True
    return probe


def _measured(model: LanguageModel, asked: Task, lengths: Sequence[int], seed: int) -> dict[str, Any]:
    accuracies = [accuracy_at(model, asked, length, seed) for length in lengths]
    breaks = next((at["length"] for at in accuracies if at["accuracy"] < MIN_ACCURACY), None)
    holds = max((length for length in lengths if breaks is None or length < breaks), default=None)
    return {"accuracies": accuracies, "holds": holds, "breaks": breaks}


def _check_room(asked: Task, measured: int, practised: int) -> None:
    """Raise GroundupError where the scores of attention, one for each pair of tokens, would not fit in memory."""

    def needed(length: int, rows: int) -> int:
        # Two layers of two heads, each with scores and their softmax, of four bytes; in training both are kept.
        return rows * 2 * 2 * 2 * 4 * asked.longest_text(length) ** 2

    free = psutil.virtual_memory().available
    for length, rows, verb in ((measured, 1, "measure"), (practised, BATCH_SIZE, "practise on")):
        if needed(length, rows) > free:
            most = int(length * math.sqrt(free / needed(length, rows)) * 0.9)
            raise GroundupError(
                f"To {verb} a length of {length:,} takes about {needed(length, rows) / 1e9:,.0f} GB of memory, "
                f"and {free / 1e9:.1f} GB are free.",
                f"Choose at most {max(1, most):,}.",
            )
