"""What lenses know of a model: its named activations, its attention layers, its way in and its way out.

Shapes below: batch, time, width; heads h, head_width d; `past` does not occur, for a lens reads a text whole.
The names are TransformerLens's:

    hook_embed, hook_pos_embed            tokens and positions as vectors
    blocks.L.hook_resid_pre / _mid / _post  what runs along the residual path
    blocks.L.attn.hook_q / k / v          (batch, time, h, d)
    blocks.L.attn.hook_attn_scores        (batch, h, time, time), masked: -inf where looking is not allowed
    blocks.L.attn.hook_pattern            its softmax; rows sum to one
    blocks.L.attn.hook_z                  (batch, time, h, d): the values, mixed
    blocks.L.hook_attn_out / hook_mlp_out what each part adds
    blocks.L.mlp.hook_pre / hook_post     (batch, time, 4 · width), before and after the bend
    ln_final.hook_normalized              what the read-out scores
    cells.hook_in / hook_out              (batch, time, width): what recurrent layers read, what the top one gives
    cells.L.hook_h, hook_c, hook_r, ...   (batch, time, width): states and gates; see lenses/unrolled.py

A model with parts taken out (`models/ablations.py`) has the names of the parts that are left.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.lenses.activations import Derived, HookPoint, Points
from groundup.lenses.unrolled import PARTS, stacked
from groundup.models.ablations import NoPastAttention, NoResidualGPTBlock, NoResidualTransformerBlock
from groundup.models.attention import CausalSelfAttention, causal_mask
from groundup.models.contract import LanguageModel
from groundup.models.feed_forward import FeedForward
from groundup.models.gpt import GPT
from groundup.models.lstm_attention import LSTMAttention
from groundup.models.transformer import Transformer


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


@dataclass(frozen=True)
class HookPoints:
    """What lenses know of one model. Made by `hook_points(model)`."""

    kind: str
    """Which family: char-rnn, word-gru, lstm-attention, transformer, gpt; gpt2 or llama for transformers'."""
    run: Callable[[Tensor], Tensor]
    """Tokens (batch, time) to logits (batch, time, vocab)."""
    context: int | None
    """The most tokens it can read, or None."""
    points: Points
    embedding: Tensor
    """(vocab, width): the table of token vectors."""
    positions: Tensor | None = None
    """(context, width), where the model adds positions to the tokens."""
    attention: list[AttentionLayer] = field(default_factory=list)
    """One for each attention layer, from the lowest."""
    residual: bool = False
    """Whether there is a residual path, `blocks.L.hook_resid_*`."""
    final_norm: nn.Module | None = None
    """The norm before the read-out, where there is one."""
    unembedding: Tensor | None = None
    """(vocab, width): scores for each token what leaves the last layer (and the final norm)."""
    recurrent: nn.Module | None = None
    """The recurrent layers (`models.cells.Recurrent`), where there are any."""

    @property
    def layers(self) -> int:
        return len(self.attention)


def hook_points(model: nn.Module) -> HookPoints:
    """The hook points of one of our models. Raises GroundupError for a model it does not know.

    For transformers' models there is `lenses/hf.py`.
    """
    if isinstance(model, GPT):
        return _of_blocks(
            model,
            positions=model.position_embedding.weight,
            final_norm=model.norm,
            residual_points=_pre_norm_points,
        )
    if isinstance(model, Transformer):
        return _of_blocks(
            model, positions=model.positions, final_norm=None, residual_points=_post_norm_points
        )
    if isinstance(model, LSTMAttention) and not isinstance(model.attention, NoPastAttention):
        return _of_lstm_attention(model)
    if isinstance(model, LanguageModel) and hasattr(model, "cells"):
        return _of_recurrent(model)
    raise GroundupError(
        f"The lenses do not know a model of the class {type(model).__name__}.",
        "They know the five models of the ladder, and GPT-2 and Llama models of transformers.",
    )


# ---- transformers -------------------------------------------------------------------------------------------


def _of_blocks(
    model: GPT | Transformer,
    positions: Tensor,
    final_norm: nn.Module | None,
    residual_points: Callable[[int, Any], dict[str, HookPoint | Derived]],
) -> HookPoints:
    points: dict[str, HookPoint | Derived] = {"hook_embed": HookPoint(model.token_embedding, "output")}
    if isinstance(model, Transformer):  # scaled on the way in: what is added to the positions
        root = math.sqrt(model.config.width)
        points["hook_token_embed"] = points.pop("hook_embed")
        points["hook_embed"] = Derived(("hook_token_embed",), lambda x: x * root)
    points["hook_pos_embed"] = Derived(("hook_embed",), lambda x: positions[: x.shape[1]].expand_as(x))
    layers = []
    block: Any  # Block of gpt.py or of transformer.py
    for number, block in enumerate(model.blocks):
        points |= residual_points(number, block)
        if isinstance(block.attention, CausalSelfAttention):  # an ablation may have taken it out
            layer = _layer_of(block.attention)
            layers.append(layer)
            points |= attention_points(number, block.attention.qkv, block.attention.out, layer)
            points[f"blocks.{number}.hook_attn_out"] = HookPoint(block.attention.out, "output")
        if isinstance(block.feed_forward, FeedForward):
            points[f"blocks.{number}.mlp.hook_pre"] = HookPoint(block.feed_forward.up, "output")
            points[f"blocks.{number}.mlp.hook_post"] = HookPoint(block.feed_forward.down, "input")
            points[f"blocks.{number}.hook_mlp_out"] = HookPoint(block.feed_forward.down, "output")
    last = f"blocks.{len(model.blocks) - 1}.hook_resid_post"
    points["ln_final.hook_normalized"] = (
        HookPoint(final_norm, "output") if final_norm is not None else Derived((last,), lambda x: x)
    )
    return HookPoints(
        kind=model.name,
        run=lambda tokens: model(tokens)[0],
        context=model.context,
        points=points,
        # Two tables where an ablation untied them: one to read with, one to score with.
        embedding=getattr(model.token_embedding, "reading", model.token_embedding.weight),
        positions=positions,
        attention=layers,
        residual=not isinstance(model.blocks[0], NoResidualGPTBlock | NoResidualTransformerBlock),
        final_norm=final_norm,
        unembedding=model.token_embedding.weight,
    )


def _layer_of(attention: Any) -> AttentionLayer:
    """Of a CausalSelfAttention, or of an AblatedAttention, which says whether it has a scale and a mask."""
    width = attention.out.weight.shape[1]
    head_width = attention.out.weight.shape[0] // attention.heads
    return AttentionLayer(
        attention.heads,
        head_width,
        1 / math.sqrt(head_width) if getattr(attention, "scale", True) else 1.0,
        causal_mask
        if getattr(attention, "mask", True)
        else lambda time: torch.ones(time, time, dtype=torch.bool),
        out=attention.out.weight.view(attention.heads, head_width, width),
        out_bias=attention.out.bias,
    )


def _pre_norm_points(number: int, block: Any) -> dict[str, HookPoint | Derived]:
    """x + attention(norm(x)), then x + mlp(norm(x)): the norms read the residual path as it is."""
    name = f"blocks.{number}"
    return {
        f"{name}.hook_resid_pre": HookPoint(block, "input"),
        f"{name}.ln1.hook_normalized": HookPoint(block.attention_norm, "output"),
        f"{name}.hook_resid_mid": HookPoint(block.feed_forward_norm, "input"),
        f"{name}.ln2.hook_normalized": HookPoint(block.feed_forward_norm, "output"),
        f"{name}.hook_resid_post": HookPoint(block, "output"),
    }


def _post_norm_points(number: int, block: Any) -> dict[str, HookPoint | Derived]:
    """norm(x + attention(x)), then norm(x + mlp(x)): here `mid` and `post` are what the norms give."""
    name = f"blocks.{number}"
    return {
        f"{name}.hook_resid_pre": HookPoint(block, "input"),
        f"{name}.ln1.hook_input": HookPoint(block.attention_norm, "input"),
        f"{name}.hook_resid_mid": HookPoint(block.attention_norm, "output"),
        f"{name}.ln2.hook_input": HookPoint(block.feed_forward_norm, "input"),
        f"{name}.hook_resid_post": HookPoint(block, "output"),
    }


# ---- recurrent models ---------------------------------------------------------------------------------------


def _time_second(x: Tensor) -> Tensor:
    """The cells put time first; everything named has the batch first."""
    return x.transpose(0, 1)


def _recurrent_points(model: Any) -> dict[str, HookPoint | Derived]:
    """What the cells read, the top layer's output, and every gate and state between."""
    points: dict[str, HookPoint | Derived] = {
        "hook_embed": HookPoint(model.embedding, "output", _time_second),
        "cells.hook_in": HookPoint(model.cells, "input", _time_second),
        "cells.hook_out": HookPoint(model.cells, "output", _time_second),
        "cells.hook_all": Derived(("cells.hook_in",), partial(stacked, model.cells)),
    }
    for layer in range(model.cells.layers):
        for number, part in enumerate(PARTS[model.cells.cell]):
            take = partial(lambda layer, number, x: x[layer, number], layer, number)
            points[f"cells.{layer}.hook_{part}"] = Derived(("cells.hook_all",), take)
    return points


def _of_recurrent(model: Any) -> HookPoints:
    return HookPoints(
        kind=model.name,
        run=lambda tokens: model(tokens)[0],
        context=None,
        points=_recurrent_points(model),
        embedding=model.embedding.weight,
        unembedding=model.lm_head.weight,
        recurrent=model.cells,
    )


def _of_lstm_attention(model: LSTMAttention) -> HookPoints:
    """One attention layer with one head: queries, keys and values are all made from the past outputs."""
    name, window = "blocks.0.attn", model.config.window

    def mask(time: int) -> Tensor:
        ones = torch.ones(time, time, dtype=torch.bool)
        return ones.tril() & ones.triu(1 - window)

    width = model.config.width
    points = _recurrent_points(model)
    points[f"{name}.hook_q"] = Derived(("cells.hook_out",), lambda h: model.attention.query(h).unsqueeze(2))
    points[f"{name}.hook_v"] = Derived(("cells.hook_out",), lambda h: h.unsqueeze(2))
    if model.config.attention == "dot":  # the keys are the outputs themselves
        points[f"{name}.hook_k"] = points[f"{name}.hook_v"]
        layer = AttentionLayer(1, width, 1 / math.sqrt(width), mask)
    else:
        points[f"{name}.hook_k"] = Derived(("cells.hook_out",), lambda h: model.attention.key(h).unsqueeze(2))
        score = model.attention.score.weight[0]
        layer = AttentionLayer(1, len(score), 1.0, mask, score_vector=score)
    points |= pattern_points(name, layer)
    # `join` takes the state and, beside it, the context.
    points[f"{name}.hook_z"] = HookPoint(model.join, "input", lambda x: x[..., width:].unsqueeze(2))
    return replace(_of_recurrent(model), points=points, attention=[layer])


def read_out(hooks: HookPoints, residual: Tensor) -> Tensor:
    """Logits (..., vocab) of what runs along the residual path (..., width), as after the last layer."""
    if hooks.unembedding is None:
        raise GroundupError(f"A {hooks.kind} model has no read-out that a lens can use.")
    if hooks.final_norm is not None:
        residual = hooks.final_norm(residual)
    return F.linear(residual, hooks.unembedding)
