"""torch.compile: the same numbers, translated before the clock starts, and a clear error where it cannot.

It reads the model's Python once and writes C++ (or, for a GPU, Triton) that does several small operations in
one pass over memory. That takes from seconds to minutes, and a compiler on the machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from groundup.common.errors import GroundupError
from groundup.models.contract import LanguageModel


def compiled(model: LanguageModel) -> Any:
    """The model's forward pass, to be translated when it is first called; the weights are the model's own.

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
