"""One attention layer as lenses need it, and its named activations: what the hook points of every model share."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from groundup.lenses.activations import Derived, HookPoint


@dataclass(frozen=True)
class AttentionLayer:
    """One attention layer, as lenses need it."""

    heads: int
    head_width: int
    scale: float
    """What the products q · k are multiplied by."""
    mask: Callable[[int], Tensor]
    """`mask(time)`: `(time, time)`, true where looking is allowed."""
    groups: int = 1
    """How many heads share each key and value; hook_k and hook_v have heads / groups of them."""
    score_vector: Tensor | None = None
    """(head_width,), where scores are additive, v · tanh(q + k), instead of products q · k."""
    out: Tensor | None = None
    """(heads, head_width, width): each head's part of the matrix that leads back to the residual path."""
    out_bias: Tensor | None = None
    """(width,)"""


def attention_points(
    number: int, qkv: nn.Module, out: nn.Module, layer: AttentionLayer
) -> dict[str, HookPoint | Derived]:
    """q, k and v lie side by side in what `qkv` gives; z is what `out` takes."""
    name, heads = f"blocks.{number}.attn", layer.heads

    def part(which: int, x: Tensor) -> Tensor:
        return x.unflatten(-1, (3, heads, layer.head_width))[:, :, which]

    parts = {
        f"{name}.hook_{letter}": HookPoint(qkv, "output", partial(part, which))
        for which, letter in enumerate("qkv")
    }
    return parts | {
        f"{name}.hook_z": HookPoint(out, "input", lambda x: x.unflatten(-1, (heads, layer.head_width))),
        **pattern_points(name, layer),
    }


def pattern_points(
    name: str, layer: AttentionLayer, q: str = "hook_q", k: str = "hook_k"
) -> dict[str, HookPoint | Derived]:
    """Scores and pattern, from the q and k of the given names beside them."""
    return {
        f"{name}.hook_attn_scores": Derived((f"{name}.{q}", f"{name}.{k}"), partial(masked_scores, layer)),
        f"{name}.hook_pattern": Derived((f"{name}.hook_attn_scores",), lambda x: x.softmax(dim=-1)),
    }


def masked_scores(layer: AttentionLayer, q: Tensor, k: Tensor) -> Tensor:
    """q `(batch, time, heads, head_width)` and k, of heads / groups, to scores `(batch, heads, time, time)`."""
    scores = products(layer, q, k).mul_(layer.scale)
    return scores.masked_fill_(~layer.mask(q.shape[1]).to(q.device), -math.inf)


def products(layer: AttentionLayer, q: Tensor, k: Tensor) -> Tensor:
    """How well each query fits each key, before scale and mask; shapes as in `masked_scores`."""
    q = q.transpose(1, 2)
    k = k.transpose(1, 2).repeat_interleave(layer.groups, dim=1) if layer.groups > 1 else k.transpose(1, 2)
    if layer.score_vector is None:
        return q @ k.transpose(2, 3)
    return torch.tanh(q.unsqueeze(3) + k.unsqueeze(2)) @ layer.score_vector
