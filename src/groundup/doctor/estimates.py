"""How long each preset takes here, and how much memory: from a moment of its real training steps."""

import statistics
import time
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

from groundup.training.budget import Budget
from groundup.training.machine import Precision
from groundup.training.recipe import Recipe
from groundup.training.trainer import Trainer, make_batches

SECONDS = 0.4  # of steps for each preset, after its precision was chosen
LEAST_STEPS = 3
FLOAT32 = 4  # bytes
COPIES = 4  # of each weight while training: itself, its gradient, and AdamW's two means
LOGITS = 2  # gradients as large as the logits that are there at once, of the softmax's both sides
SLACK = 1.3  # a process on the CPU takes 1.1 to 1.4 times what its tensors add up to: there are gaps between
# Tokenizers that no recipe gives a size: every byte, and about as many characters as an English text has.
VOCAB_SIZES = {"bytes": 256, "characters": 100}


@dataclass(frozen=True)
class PresetEstimate:
    """What training a preset takes on this machine. What was not measured is None."""

    model: str
    parameters: int
    vocab_size: int
    state_bytes: int
    """Weights, gradients and AdamW's two means."""
    activation_bytes: int
    """What the forward pass keeps for the backward pass, and the logits' gradients."""
    peak_bytes: int | None
    """On a CUDA device: the most that was really taken. It stands in place of the two above."""
    budget: str
    precision: Precision | None
    precision_why: str
    tokens_per_second: float | None
    seconds: float | None
    """Training alone: evaluating and saving come on top."""
    steps: int | None
    """Of the optimiser, within the budget."""
    tokens: int | None
    published: dict[str, Any] | None
    """What it reached where it was tuned: bpb, seconds, tokens_per_second, peak_memory_mb, machine."""

    @property
    def memory(self) -> int:
        """Bytes on the device, beside what Python and PyTorch take by themselves (`own_memory`)."""
        return self.peak_bytes or round(SLACK * (self.state_bytes + self.activation_bytes))

    @property
    def seconds_to_published(self) -> float | None:
        """How long this machine needs for as many tokens as stand behind the published bits per byte."""
        if not self.published or not self.tokens_per_second:
            return None
        return self.published["seconds"] * self.published["tokens_per_second"] / self.tokens_per_second


def estimate(recipe: Recipe, device: torch.device, *, measure: bool = True) -> PresetEstimate:
    """What training by this recipe takes. Without `measure` only the memory, which takes one forward pass."""
    recipe = recipe.override({"training.device": str(device)})
    with torch.random.fork_rng(devices=[]):
        trial = Trial(recipe)
        activations = kept_for_backward(trial)
        precision, why, rate = trial.measure() if measure else (None, "not measured", None)
    budget = Budget.parse(recipe.budget)
    per_step = trial.tokens_per_step
    seconds = steps = None
    if rate is not None:
        pace = {"seconds": 1.0, "steps": rate / per_step, "tokens": rate}[
            budget.unit
        ]  # of the unit, a second
        seconds = budget.amount / pace
        steps = max(1, round(seconds * rate / per_step))
    parameters = trial.model.parameter_count()
    return PresetEstimate(
        model=recipe.model.kind,
        parameters=parameters,
        vocab_size=trial.vocab_size,
        state_bytes=COPIES * FLOAT32 * parameters,
        activation_bytes=activations,
        peak_bytes=torch.cuda.max_memory_allocated(device) if measure and device.type == "cuda" else None,
        budget=recipe.budget,
        precision=precision,
        precision_why=why,
        tokens_per_second=rate,
        seconds=seconds,
        steps=steps,
        tokens=None if steps is None else steps * per_step,
        published=published().get(recipe.model.kind),
    )


class Trial(Trainer):
    """The trainer's own steps, on random tokens: without a text, a run or a file."""

    def __init__(self, recipe: Recipe) -> None:
        shape, kind = recipe.training, recipe.tokenizer.kind
        self.vocab_size = recipe.tokenizer.vocab_size or VOCAB_SIZES.get(kind, 8192)
        length = 20 * shape.batch_size * shape.sequence_length + 1
        data = np.random.default_rng(0).integers(self.vocab_size, size=length)
        super().__init__(recipe, self.vocab_size, make_batches(recipe, data))
        self.model.train()

    def measure(self) -> tuple[Precision, str, float]:
        """The precision that training would choose, why, and tokens per second in it."""
        precision, why = self.recipe.training.precision, "the recipe says so"
        if precision == "auto":
            precision, why = self.measure_precision()
        self.memory, self.precision = None, precision
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        self.step(0.0)  # makes the optimiser's state; with a rate of zero no weight changes
        took: list[float] = []
        while len(took) < LEAST_STEPS or sum(took) < SECONDS:
            self.position.step += 1
            started = time.perf_counter()
            self.step(0.0)
            took.append(time.perf_counter() - started)
        return precision, why, self.tokens_per_step / statistics.median(took)


def kept_for_backward(trial: Trial) -> int:
    """Bytes that a forward pass in float32 keeps for the backward pass, with the logits' gradients to come.

    PyTorch shows every tensor that it keeps; views of one storage count once, and weights are left out.
    """
    remaining: dict[int, Tensor] = {}  # holding the tensor, so that no address is given out twice

    def see(tensor: Tensor) -> Tensor:
        remaining[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(see, lambda tensor: tensor):
        loss = trial.loss(0)
    trial.memory = None
    for parameter in trial.model.parameters():
        remaining.pop(parameter.untyped_storage().data_ptr(), None)
    del loss
    shape = trial.recipe.training
    logits = shape.batch_size * shape.sequence_length * trial.vocab_size * FLOAT32
    return sum(tensor.untyped_storage().nbytes() for tensor in remaining.values()) + LOGITS * logits


def own_memory() -> int:
    """Bytes that Python and PyTorch take in training, whatever the model: seen after a step of a tiny one."""
    tiny = {
        "model.width": 8,
        "training.batch_size": 1,
        "training.sequence_length": 4,
        "training.device": "cpu",
    }
    with torch.random.fork_rng(devices=[]):
        Trial(Recipe.preset("char-rnn", tiny)).step(0.0)
    return psutil.Process().memory_info().rss


def published() -> dict[str, dict[str, Any]]:
    """What each preset reached where it was tuned; empty where nothing was measured yet."""
    file = resources.files("groundup.training") / "presets" / "measured.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
