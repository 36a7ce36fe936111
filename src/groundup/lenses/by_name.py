"""Lenses by name, with plain settings: what the studio's pages and the widgets of notebooks ask for.

seen(hooked_model("my-gpt"), "tree", "The cat", {"breadth": 2})     the JSON of its trace
settings_of("tree")                                            {"breadth": 3, "depth": 3}
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from math import isqrt
from typing import Any

from groundup.common.errors import GroundupError
from groundup.lenses import (
    ablation,
    attention,
    embeddings,
    gates,
    gradient_flow,
    logit_lens,
    next_token,
    training,
    tree,
    weights,
)
from groundup.lenses.head import trace as head_trace
from groundup.lenses.hooked_model import HookedModel
from groundup.lenses.trace import Trace
from groundup.text.storyworld import stories
from groundup.training.run import Run

READABLE = {
    "attention": 96,
    "head": 96,
    "gates": 256,
    "logits": 96,
    "gradient-flow": 512,
    "ablation": 96,
    "off": 96,
}
"""Tokens that a picture of each lens has room for; a longer text would only be a grey cloud, and slow to send."""
SHARES = 400_000  # numbers that the patterns of all heads have together: a large model's text is shorter
WITHOUT_TEXT = ("embeddings", "weights", "training")
LEARNT_FROM = 200_000  # bytes of stories


def seen(
    at: HookedModel, lens: str, text: str = "", settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a lens sees, as JSON, with the ids of the text. Settings that the lens does not have are passed over.

    Raises GroundupError for a text that is too long for its picture, and for what the lens itself refuses.
    """
    if lens in READABLE:
        count, most = len(at.tokenizer.encode(text)), READABLE[lens]
        if lens == "attention":
            most = min(most, isqrt(SHARES // max(1, sum(layer.heads for layer in at.hook_points.attention))))
        if count > most:
            raise GroundupError(
                f"The text has {count} tokens, and this picture has room for {most}.",
                "Give it a shorter text.",
            )
    own = {name: value for name, value in (settings or {}).items() if name in settings_of(lens)}
    trace = _LENSES[lens](at, text, **own)
    found = trace if isinstance(trace, dict) else trace.to_json()
    return found if lens in WITHOUT_TEXT else found | {"ids": at.read(text).tokens[0].tolist()}


@cache
def settings_of(lens: str) -> dict[str, Any]:
    """The settings that a lens itself answers, as it begins; a picture has others that only move in what was seen."""
    known = inspect.signature(_LENSES[lens]).parameters.values()
    return {one.name: one.default for one in known if one.kind is one.KEYWORD_ONLY}


@cache
def learnt_from() -> str:
    """What tokenizers without a text of their own, such as "bpe:1000", are learnt from."""
    return "".join(stories(LEARNT_FROM, seed=1))


# ---- each lens, with its settings as the pages name them ---------------------------------------------------


def _head(at: HookedModel, text: str, *, layer: int = 0, head: int = 0, position: int | None = None) -> Trace:
    return head_trace(at, text, layer, head, position)


def _next(at: HookedModel, text: str, *, position: int | None = None) -> Trace:
    """What the model says: the filters are computed where the sliders are."""
    return next_token.trace(at, text, position=position)


def _off(at: HookedModel, text: str, *, off: str = "") -> Trace:
    """Without the heads that are listed: "2.0,1.3" is layer 2's head 0 and layer 1's head 3."""
    named = [one.split(".") for one in off.split(",") if one]
    if not all(len(one) == 2 and all(part.isdecimal() and len(part) < 5 for part in one) for one in named):
        raise GroundupError(f"{off!r} is no list of heads.", "Write layer.head, as in 2.0,1.3.")
    return ablation.switch_off(at, text, [(int(layer), int(head)) for layer, head in named])


def _gradient_flow(at: HookedModel, text: str, *, of: str = "loss") -> Trace:
    return gradient_flow.trace(at, text, of=of)  # type: ignore[arg-type]


def _embeddings(
    at: HookedModel,
    text: str,
    *,
    count: int = 60,
    method: str = "pca",
    perplexity: float = 15.0,
    seed: int = 0,
) -> Trace:
    frequent_in = learnt_from() if at.run is None else None  # the first of a foreign vocabulary say nothing
    return embeddings.trace(at, frequent_in, tokens=count, method=method, perplexity=perplexity, seed=seed)  # type: ignore[arg-type]


def _logits(at: HookedModel, text: str, *, follow: str = "") -> Trace:
    return logit_lens.trace(at, text, token=follow or None)


def _tree(at: HookedModel, text: str, *, breadth: int = 3, depth: int = 3) -> Trace:
    return tree.trace(at, text, breadth=breadth, depth=depth)


def _run_of(at: HookedModel) -> Run:
    if at.run is None:
        raise GroundupError(
            f"{at.name} was not trained by groundup: it has no run.", "Name a run of your own."
        )
    return at.run


_LENSES: dict[str, Callable[..., Trace | dict[str, Any]]] = {
    "attention": attention.trace,
    "head": _head,
    "ablation": ablation.ablate_heads,
    "off": _off,
    "next": _next,
    "gates": gates.trace,
    "gradient-flow": _gradient_flow,
    "embeddings": _embeddings,
    "logits": _logits,
    "tree": _tree,
    "weights": lambda at, text: weights.trace(_run_of(at)),
    "training": lambda at, text: training.trace(_run_of(at)),
}
