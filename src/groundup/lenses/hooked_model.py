"""What a lens looks at: a model with its tokenizer, and a text made ready for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.lenses import hf
from groundup.lenses.hook_points import HookPoints, hook_points
from groundup.lenses.registry import lenses
from groundup.text.tokenizer import Piece
from groundup.training.run import Run, Which


class Pieces(Protocol):
    """What a lens asks of a tokenizer: ours has it, and the adapter of `lenses/hf.py`."""

    @property
    def vocab_size(self) -> int: ...
    def encode(self, text: str) -> list[int]: ...
    def decode(self, ids: Sequence[int]) -> str: ...
    def tokens(self) -> list[str]: ...
    def pieces(self, text: str) -> list[Piece]: ...


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it."""

    text: str
    tokens: Tensor
    """(1, time)"""
    labels: list[str]
    """Each token as it is shown to a person."""


@dataclass(frozen=True)
class HookedModel:
    """A model, ready to be looked at. Made by `hooked_model`."""

    name: str
    model: nn.Module
    tokenizer: Pieces
    hook_points: HookPoints
    run: Run | None = None
    """Where it comes from, if it is the model of a run."""

    def read(self, text: str, *, least: int = 1) -> Reading:
        """The text as tokens. Raises GroundupError where the model cannot read it, or has fewer than `least`."""
        unknown = list(dict.fromkeys(self.lost(text)))
        if unknown and getattr(self.tokenizer, "kind", "") == "characters":
            raise GroundupError(
                f"{self.name} never saw {', '.join(map(repr, unknown[:10]))}.",
                "Leave that out, or train a model on bytes or byte pairs (bpe): they know all.",
            )
        ids = list(self.tokenizer.encode(text))
        if len(ids) < least:
            raise GroundupError(
                f"The text has {len(ids)} token{'s' * (len(ids) != 1)}, and this lens needs at least {least}.",
                "Give it a longer text.",
            )
        context = self.hook_points.context
        if context is not None and len(ids) > context:
            raise GroundupError(
                f"The text has {len(ids)} tokens, and {self.name} reads at most {context} at once.",
                "Give it a shorter text.",
            )
        names = self.tokenizer.tokens()
        device = self.hook_points.embedding.device
        return Reading(text, torch.tensor([ids], device=device), [make_printable(names[i]) for i in ids])

    def vocabulary(self) -> list[str]:
        """Every token as it is shown to a person, in order of id; a model may have room for more than there are."""
        names = [make_printable(token) for token in self.tokenizer.tokens()]
        return names + ["<unused>"] * (len(self.hook_points.embedding) - len(names))

    def token(self, word: str) -> int:
        """The id of one token. A word is first looked for as it stands in a text, with the space before it.

        So "king" is " king" where there is such a token, and else the "king" of "making".
        Raises GroundupError for what the model does not know, and for what it reads as several tokens.
        """
        tokens = self.tokenizer.tokens()
        forms = [f" {word}", word] if len(word) > 1 and word.isalpha() else [word, f" {word}"]
        several: list[int] = []
        for form in forms if word else []:
            if form in tokens:
                return tokens.index(form)
            ids = [] if self.lost(form) else list(self.tokenizer.encode(form))
            if len(ids) == 1:
                return ids[0]
            several = ids or several
        if several:
            parts = ", ".join(repr(make_printable(tokens[token])) for token in several)
            raise GroundupError(
                f"{self.name} reads {word!r} as {len(several)} tokens: {parts}.", "Name one token."
            )
        near = get_close_matches(f" {word}", tokens, n=3) or get_close_matches(word, tokens, n=3)
        hint = (
            f"Near it: {', '.join(repr(make_printable(token)) for token in near)}."
            if near
            else "Name another."
        )
        raise GroundupError(f"{self.name} has no token {word!r}.", hint)

    def lost(self, text: str) -> list[str]:
        """What the tokenizer does not know of a text; nothing for a tokenizer that knows all."""
        lost = getattr(self.tokenizer, "lost", None)
        return [] if lost is None else lost(text)

    def has(self) -> list[str]:
        """The commands of the lenses that this model can have."""
        parts = {
            "attention": bool(self.hook_points.attention),
            "recurrent": self.hook_points.recurrent is not None,
            "residual": self.hook_points.residual,
        }
        return [lens.name for lens in lenses() if lens.command and (lens.needs is None or parts[lens.needs])]

    def require_run(self) -> Run:
        """The run that it is the model of. Raises GroundupError where there is none."""
        if self.run is None:
            raise GroundupError(
                f"{self.name} was not trained by groundup: it has no run.", "Name a run of your own."
            )
        return self.run

    def check(self, layer: int, head: int | None = None) -> None:
        """Raises GroundupError for a layer or a head that the attention of this model does not have."""
        layers = self.hook_points.attention
        _check_number(self.name, "attention layer", layer, len(layers))
        if head is not None:
            _check_number(f"Layer {layer} of {self.name}", "head", head, layers[layer].heads)


def _check_number(whose: str, what: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        hint = "The only one is 0." if count == 1 else f"They are 0 to {count - 1}."
        raise GroundupError(f"{whose} has no {what} {number}.", hint)


ModelSource = HookedModel | Run | str | Path | tuple[nn.Module, Any]
"""What can be looked at: see `hooked_model`."""


def hooked_model(what: ModelSource, which: Which | None = None) -> HookedModel:
    """What to look at: a run, its name or folder; a model with its tokenizer; or one that is ready already.

    A model of transformers comes with its own tokenizer, `hooked_model((model, tokenizer))`, or is named: `hf:` and a
    folder, a .gguf file or a name. `which` is the checkpoint of a run: the best unless it says otherwise.
    """
    if isinstance(what, HookedModel):
        return what
    if isinstance(what, tuple):
        model, tokenizer = what
        if type(model).__module__.startswith("transformers."):
            return HookedModel(*hf.transformers_parts(model, tokenizer))
        return HookedModel(type(model).__name__, model.eval(), tokenizer, hook_points(model))
    if isinstance(what, str) and what.startswith("hf:"):
        return HookedModel(*hf.load(what.removeprefix("hf:")))
    run = what if isinstance(what, Run) else Run.open(what)
    model = run.model(which)
    return HookedModel(run.name, model, run.tokenizer, hook_points(model), run)


def lacks(hooked: HookedModel, lens: str, has: Sequence[str] | None = None) -> GroundupError:
    """The error for a lens that this kind of model cannot have, with those that it has."""
    return GroundupError(
        f"{hooked.name} is a {hooked.hook_points.kind} model: it has no {lens}.",
        f"Lenses for it: {', '.join(hooked.has() if has is None else has)}.",
    )
