"""How long a recipe trains on this machine and how much memory it takes, measured in a process of its own.

python -m groundup.studio.estimating < recipe.json
"""

import json
import subprocess
import sys
from functools import lru_cache
from typing import Any

from groundup.common.errors import GroundupError

PATIENCE = 90  # seconds


@lru_cache(maxsize=64)
def measured_here(recipe: str) -> dict[str, Any]:
    """The estimate for a recipe as JSON. Raises GroundupError where it does not fit into memory, say."""
    command = [sys.executable, "-m", "groundup.studio.estimating"]
    try:
        ended = subprocess.run(
            command, input=recipe.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise GroundupError(
            f"One step of this recipe takes longer than {PATIENCE} s here.",
            "Choose a smaller model or batch.",
        ) from None
    try:
        found = json.loads(ended.stdout.decode("utf-8", errors="replace").strip().rsplit("\n", 1)[-1])
    except ValueError:
        raise GroundupError(
            "This recipe does not fit into the memory of this machine.", "Choose a smaller model or batch."
        ) from None
    if "error" in found:
        raise GroundupError(found["error"], found["hint"])
    return found


def main() -> None:
    """Read a recipe from standard input, take some of its steps on random tokens, and print what that took."""
    import torch

    from groundup.doctor.estimates import estimate
    from groundup.training.precision import choose_device
    from groundup.training.recipe import Recipe

    try:
        recipe = Recipe.from_dict(json.loads(sys.stdin.read()))
        found = estimate(recipe, choose_device(recipe.training.device))
        answer: dict[str, Any] = {
            "parameters": found.parameters,
            "memory": found.memory,
            "tokens_per_second": found.tokens_per_second,
            "seconds": found.seconds,
            "steps": found.steps,
            "tokens": found.tokens,
        }
    except GroundupError as error:
        answer = {"error": error.what, "hint": error.hint}
    except (MemoryError, RuntimeError) as error:  # torch has one error for all its troubles
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "memory" not in str(error):
            raise
        answer = {
            "error": "This model is too large for the memory of this machine.",
            "hint": "Choose a smaller width or batch.",
        }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
