"""What a training step runs on: the device, the precision, torch.compile, and the memory it takes.

A bfloat16 number has the range of a float32 in half the bits, with 8 bits of precision instead of 24. Some
processors multiply it five times as fast; on others it is slower than float32. So we try both for a moment.
Weights, optimiser and loss stay in float32 either way: only the products inside the model are rounded.
"""

import ctypes
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.models.contract import LanguageModel

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


# ---- torch.compile ------------------------------------------------------------------------------------------


def compiled(model: LanguageModel) -> Any:
    """The model's forward pass, which torch translates at its first call; the weights are the model's own.

    torch reads the model's Python once and writes C++ (or, for a GPU, Triton) that does several small operations in
    one pass over memory. That takes from seconds to minutes, and a compiler on the machine.

    Dropout draws from torch's own generator, as it does uncompiled, so that a seed means the same masks.
    """
    # What torch remembers of other models and their shapes would change the code for this one, and with it
    # the last bits of its numbers: a resumed run must not depend on what its process did before.
    torch.compiler.reset()
    with explained():
        return torch.compile(model, options={"fallback_random": True})


@contextmanager
def explained() -> Iterator[None]:
    """Turn what torch raises when it cannot translate a model into a GroundupError."""
    try:
        yield
    except RuntimeError as error:  # the parent of everything it raises
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise GroundupError(
            f"torch.compile could not translate the model: {lines[0].rstrip('.') if lines else error!r}.",
            "It needs a C++ compiler and Python's header files (Linux: g++ and python3-dev; macOS: "
            "`xcode-select --install`; Windows: Visual Studio Build Tools). "
            "To train without: --set training.compile=false.",
        ) from None


# ---- memory ------------------------------------------------------------------------------------------------

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the numbers of mallopt(3)
KEPT_BYTES = 2**30  # and the largest array that comes from the memory that is kept


@cache
def keep_freed_memory() -> bool:
    """Keep memory that a step frees for the next one. Asks once in a process; returns whether the system agreed.

    A training step makes and drops the same large arrays again and again. The C library's allocator returns each of
    them to the system, and the system hands out fresh memory page by page, cleared, at the first touch of each page:
    a tenth to a quarter of a small model's step. Two settings of glibc end that. (Other systems keep memory by
    themselves.)
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(MMAP_THRESHOLD, KEPT_BYTES), mallopt(TRIM_THRESHOLD, KEPT_BYTES)])
