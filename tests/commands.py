"""Commands as people are shown them, made small enough for a test; and what a command left behind."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from groundup.training.budget import Budget

# Small enough that a few steps of any preset take no time.
QUICK = ["--set", "training.batch_size=2", "--set", "training.sequence_length=16",
         "--set", "training.precision=float32",
         "--set", "training.evaluations=2", "--set", "model.width=32"]  # fmt: skip


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one object on standard output; fails if there is anything else."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def small_budget(output: str) -> str:
    """A budget of the same kind that is spent at once. Fails if what is shown is no budget."""
    return "100tokens" if Budget.parse(output.removeprefix("+")).unit == "tokens" else "1steps"


def shortened(command: Sequence[str]) -> list[str]:
    """The words of a command, with a small budget if it trains, and all else as shown."""
    words = list(command)
    if "--budget" in words:
        at = words.index("--budget") + 1
        small = small_budget(words[at])
        words[at] = f"+{small}" if words[0] == "resume" else small  # of a run that has had one already
    elif words[0] in ("train", "climb", "probe") and not {"--resume", "--keys"} & set(words):
        words += ["--budget", "1steps"]
    elif words[0] == "fill" and "--train" in words:
        at = words.index("--train") + 1
        words[at] = small_budget(words[at])
    elif words[0] == "fill":  # it would train where there is no model yet
        words += ["--train", "1steps"]
    return words
