"""How long a recipe trains on this machine and how much memory it takes, measured in a process of its own."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.process import ChildError, ChildProcess, serve

MAX_SECONDS = 90.0


@lru_cache(maxsize=64)
def measured_estimate(recipe: str) -> dict[str, Any]:
    """The estimate for a recipe as JSON. Raises GroundupError where it does not fit into memory, say."""
    try:
        with ChildProcess("groundup.studio.estimate_process") as child:
            (estimate,) = child.ask(recipe, seconds=MAX_SECONDS)
    except ChildError as error:
        raise GroundupError(
            f"One step of this recipe takes longer than {MAX_SECONDS:.0f} s here."
            if error.reason == "time"
            else "This recipe does not fit into the memory of this machine.",
            "Choose a smaller model or batch.",
        ) from None
    return estimate


def main() -> None:
    serve(_measure)


def _measure(recipe_json: str) -> Iterator[dict[str, Any]]:
    """Take some steps of a recipe on random tokens; yields what that took."""
    import torch

    from groundup.doctor.estimates import estimate
    from groundup.training.machine import choose_device
    from groundup.training.recipe import Recipe

    try:
        recipe = Recipe.from_dict(json.loads(recipe_json))
        result = estimate(recipe, choose_device(recipe.training.device))
    except (MemoryError, RuntimeError) as error:  # torch has one error for all its troubles
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "memory" not in str(error):
            raise
        raise GroundupError(
            "This model is too large for the memory of this machine.", "Choose a smaller width or batch."
        ) from None
    names = ("parameters", "memory", "tokens_per_second", "seconds", "steps", "tokens")
    yield {name: getattr(result, name) for name in names}
