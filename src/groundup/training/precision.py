"""Which device, and which precision: decided by measuring, because processors differ.

A bfloat16 number has the range of a float32 in half the bits, with 8 bits of precision instead of 24. Some
processors multiply it five times as fast; on others it is slower than float32. So we try both for a moment.
Weights, optimiser and loss stay in float32 either way: only the products inside the model are rounded.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from groundup.common.errors import GroundupError

Precision = Literal["float32", "bfloat16"]

FASTER_BY = 1.1  # below ten per cent the gain is not worth the rounding
LOSS_WITHIN = 0.02  # relative difference of the loss that still counts as agreement


def choose_device(target: str = "auto") -> torch.device:
    """'auto' takes CUDA, then Apple's MPS, then the CPU. Raises GroundupError for a device that is not here."""
    if target == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(target)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):
        raise GroundupError(
            f"This machine has no device '{target}'.",
            "Leave it out (auto), or set training.device=cpu. `groundup doctor` lists what is here.",
        ) from None
    return device


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager:
    """The context in which a forward pass runs."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@dataclass(frozen=True)
class Measurement:
    """What a short trial of both precisions found."""

    precision: Precision
    why: str
    milliseconds: dict[str, float]
    """Forward and backward of one batch, the median of a few, per precision."""


def choose_precision(loss_of: Callable[[], Tensor], device: torch.device, rounds: int = 5) -> Measurement:
    """Measure one training batch in both precisions and take bfloat16 only where it is really better.

    `loss_of` runs the model on one batch and returns its loss. Gradients it leaves are the caller's to clear.
    """
    times: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    losses: dict[str, float] = {}
    for _ in range(rounds + 1):
        for name, outcome in times.items():
            started = time.perf_counter()
            try:
                with autocast(device, name):  # type: ignore[arg-type]
                    loss = loss_of()
                loss.backward()
            except RuntimeError as error:
                return Measurement(
                    "float32", f"bfloat16 does not run here ({str(error).splitlines()[0]})", {}
                )
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            outcome.append(time.perf_counter() - started)
            losses[name] = loss.item()
    # The first round warms up caches and is not counted.
    took = {name: sorted(result[1:])[rounds // 2] * 1000 for name, result in times.items()}
    ratio = took["float32"] / took["bfloat16"]
    apart = abs(losses["bfloat16"] - losses["float32"]) / abs(losses["float32"])
    if ratio < FASTER_BY:
        return Measurement("float32", f"bfloat16 is {ratio:.2f} times as fast here: not worth rounding", took)
    if not apart < LOSS_WITHIN:
        return Measurement("float32", f"the loss in bfloat16 is off by {apart:.1%}", took)
    return Measurement("bfloat16", f"{ratio:.2f} times as fast as float32, its loss within {apart:.2%}", took)
