"""Does a device compute what the CPU computes? All five models, small, with the same weights and batch.

The reference is the CPU in float64, whose rounding is 500 million times finer than float32's. Every other way
to compute is held against it, forward (logits) and backward (the gradient of each weight):

    relative difference of a tensor a from its reference b = ‖a − b‖ / ‖b‖, the largest over all tensors
"""

import contextlib
import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.models import MODELS, build
from groundup.models.contract import LanguageModel
from groundup.models.fast import accelerate
from groundup.training.machine import Precision, autocast

VOCAB, BATCH, TIME = 97, 4, 32
SIZES = {
    "char-rnn": {"width": 64, "layers": 2},
    "word-gru": {"width": 64, "layers": 2},
    "lstm-attention": {"width": 64},
    "transformer": {"context": TIME, "layers": 2, "heads": 2, "width": 64},
    "gpt": {"context": TIME, "layers": 2, "heads": 2, "width": 64},
}

# The most that logits and gradients may differ. In float32 they differ by less than 1e-6 on a CPU; a GPU adds
# in another order. In bfloat16, with 8 bits of precision, logits are off by 0.4%, and gradients by up to 5%,
# where a ReLU's input is so near to zero that it goes to the other side.
TOLERANCE: dict[Precision, tuple[float, float]] = {"float32": (1e-4, 1e-4), "bfloat16": (0.02, 0.1)}


@dataclass(frozen=True)
class PrecisionCheck:
    """One model, computed in one way, against the CPU in float64."""

    model: str
    device: str
    precision: Precision
    logits: float
    """Relative difference."""
    gradients: float
    """The largest relative difference of a weight's gradient."""
    error: str = ""
    """Why it did not run at all."""

    @property
    def agrees(self) -> bool:
        logits, gradients = TOLERANCE[self.precision]
        return not self.error and self.logits <= logits and self.gradients <= gradients  # not-a-number: no


def compare(device: torch.device) -> list[PrecisionCheck]:
    """Every model as training computes it, in float32 and bfloat16, on the CPU and, where it is another, on `device`.
    The reference is the plain model in float64.
    """
    places = [torch.device("cpu")] + ([device] if device.type != "cpu" else [])
    checks = []
    with torch.random.fork_rng(devices=[]):
        for kind in MODELS:
            torch.manual_seed(0)
            config: Any = MODELS[kind][0]
            model = build(config(**SIZES[kind]), VOCAB)
            batch = torch.randint(VOCAB, (BATCH, TIME + 1))
            exact = _compute(copy.deepcopy(model).double(), batch, contextlib.nullcontext())
            for place in places:
                for precision in TOLERANCE:
                    try:
                        context = autocast(place, precision)
                        numbers = _compute(
                            accelerate(copy.deepcopy(model).to(place)), batch.to(place), context
                        )
                    except (RuntimeError, NotImplementedError) as error:
                        message = (str(error).splitlines() or [type(error).__name__])[0]
                        row = PrecisionCheck(kind, str(place), precision, math.nan, math.nan, error=message)
                    else:
                        logits, *gradients = map(_difference, numbers, exact)
                        row = PrecisionCheck(kind, str(place), precision, logits, worst(gradients))
                    checks.append(row)
    return checks


def worst(differences: Iterable[float]) -> float:
    """The largest, where not-a-number is worse than anything; plain max() may pass over it."""
    return max(differences, key=lambda difference: math.inf if math.isnan(difference) else difference)


def _compute(model: LanguageModel, batch: Tensor, context: contextlib.AbstractContextManager) -> list[Tensor]:
    """Logits, then the gradients of all weights."""
    inputs, targets = batch[:, :-1], batch[:, 1:]
    with context:
        logits, _ = model(inputs)
    # As in training, the loss is computed at least in float32.
    exact = logits if logits.dtype == torch.float64 else logits.float()
    F.cross_entropy(exact.flatten(0, 1), targets.flatten()).backward()
    gradients = (p.grad if p.grad is not None else torch.zeros_like(p) for p in model.parameters())
    return [logits.detach(), *gradients]


def _difference(result: Tensor, exact: Tensor) -> float:
    exact = exact.cpu()
    return ((result.cpu().double() - exact).norm() / exact.norm()).item()
