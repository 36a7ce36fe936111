"""What a lens looks at: a model with its tokenizer, and a text made ready for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.common.look import printable
from groundup.lenses.anatomy import Anatomy, anatomy
from groundup.training.run import Run


class Pieces(Protocol):
    """What a lens asks of a tokenizer: ours has it, and the adapter of `lenses/hf.py`."""

    @property
    def vocab_size(self) -> int: ...
    def encode(self, text: str) -> list[int]: ...
    def decode(self, ids: Sequence[int]) -> str: ...
    def tokens(self) -> list[str]: ...


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it."""

    text: str
    tokens: Tensor
    """(1, time)"""
    labels: list[str]
    """Each token as it is shown to a person."""


@dataclass(frozen=True)
class Subject:
    """A model, ready to be looked at. Made by `subject`."""

    name: str
    model: nn.Module
    tokenizer: Pieces
    anatomy: Anatomy

    def read(self, text: str, *, least: int = 1) -> Reading:
        """The text as tokens. Raises GroundupError where the model cannot read it, or has fewer than `least`."""
        ids = list(self.tokenizer.encode(text))
        if len(ids) < least:
            raise GroundupError(
                f"The text has {len(ids)} token{'s' * (len(ids) != 1)}, and this lens needs at least {least}.",
                "Give it a longer text.",
            )
        context = self.anatomy.context
        if context is not None and len(ids) > context:
            raise GroundupError(
                f"The text has {len(ids)} tokens, and {self.name} reads at most {context} at once.",
                "Give it a shorter text.",
            )
        shown = self.tokenizer.tokens()
        device = self.anatomy.embedding.device
        return Reading(text, torch.tensor([ids], device=device), [printable(shown[i]) for i in ids])


def subject(what: "Subject | Run | str | Path | tuple[nn.Module, Any]") -> Subject:
    """What to look at: a run, its name or folder; a model with its tokenizer; or one that is ready already.

    A model of transformers comes with its own tokenizer: `subject((model, tokenizer))`.
    """
    if isinstance(what, Subject):
        return what
    if isinstance(what, tuple):
        model, tokenizer = what
        if type(model).__module__.startswith("transformers."):
            from groundup.lenses.hf import subject_from_transformers

            return subject_from_transformers(model, tokenizer)
        return Subject(type(model).__name__, model.eval(), tokenizer, anatomy(model))
    run = what if isinstance(what, Run) else Run.open(what)
    model = run.model()
    return Subject(run.name, model, run.tokenizer, anatomy(model))


def lacks(looked_at: Subject, lens: str, has: Sequence[str]) -> GroundupError:
    """The error for a lens that this kind of model cannot have; `has` are lenses that it has."""
    return GroundupError(
        f"{looked_at.name} is a {looked_at.anatomy.kind} model: it has no {lens}.",
        f"Lenses for it: {', '.join(has)}.",
    )
