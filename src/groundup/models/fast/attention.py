"""Causal self-attention for training on a CPU: the causal half of the scores alone, tile by tile.

`scaled_dot_product_attention` computes every score and masks half of them. Here a tile of queries is compared only
with the keys up to the tile's end. The gradient is derived by hand.

Source of the method: Dao et al. (2022), "FlashAttention", section 3.1; a tile here holds whole rows, so that the
softmax is the plain one.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from groundup.models.attention import CausalSelfAttention, join_heads

TILE_TOKENS = 128  # smaller wastes less on the mask, larger makes better matrix products


class BlockwiseCausalSelfAttention(CausalSelfAttention):
    """`CausalSelfAttention`, for a text without a past by tiles, or on a GPU by PyTorch's causal kernel."""

    def __init__(self, plain: CausalSelfAttention) -> None:
        vars(self).update(vars(plain))

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        if past is not None:
            return super().forward(x, past)
        queries, keys, values = self.queries_keys_values(x)
        dropout = self.dropout if self.training else 0.0
        if queries.requires_grad and dropout == 0.0 and on_eager_cpu(queries):
            attention_output = BlockwiseAttention.apply(queries, keys, values)
        else:
            attention_output = F.scaled_dot_product_attention(
                queries, keys, values, dropout_p=dropout, is_causal=True
            )
        return self.out(join_heads(attention_output)), keys, values


def on_eager_cpu(x: Tensor) -> bool:
    """Where these kernels are the faster ones; torch.compile makes its own from the plain code."""
    return x.device.type == "cpu" and not torch.compiler.is_compiling()


class BlockwiseAttention(torch.autograd.Function):
    """`attention` with the causal mask and without a past; all `(batch, heads, time, head_width)`."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        # (batch, heads, time, head_width) -> (batch * heads, time, head_width): one stack of matrices.
        stacks = [each.flatten(0, 1) for each in (queries, keys, values)]
        attention_output, weights = blockwise_attention_forward(*stacks)
        ctx.shape = queries.shape
        ctx.save_for_backward(*stacks, *weights)
        return attention_output.view(ctx.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        queries, keys, values, *weights = ctx.saved_tensors
        gradients = blockwise_attention_backward(grad.flatten(0, 1), queries, keys, values, weights)
        return gradients.view(3, *ctx.shape).unbind(0)


def blockwise_attention_forward(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The attention output of stacks of matrices `(matrices, time, head_width)`, and the weights of each tile."""
    time, scale = queries.shape[1], 1 / math.sqrt(queries.shape[2])
    outputs, all_weights = [], []
    for start in range(0, time, TILE_TOKENS):
        end = min(start + TILE_TOKENS, time)
        future = queries.new_full((end - start, end), -math.inf).triu(diagonal=start + 1)
        seen = keys[:, :end].transpose(1, 2)
        weights = torch.baddbmm(future, queries[:, start:end], seen, alpha=scale).softmax(dim=2)
        outputs.append(torch.bmm(weights, values[:, :end]))
        all_weights.append(weights)
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1), all_weights


def blockwise_attention_backward(
    grad: Tensor, queries: Tensor, keys: Tensor, values: Tensor, all_weights: list[Tensor]
) -> Tensor:
    """The gradients of queries, keys and values, `(3, matrices, time, head_width)`. P: weights, S: scores.

    dV = Pᵀ dO      dP = dO Vᵀ      dS = P * (dP - rowsum(dP * P))      dQ = dS K / √d      dK = dSᵀ Q / √d
    """
    gradients = queries.new_empty(3, *queries.shape)
    scale = 1 / math.sqrt(queries.shape[2])
    end = time = queries.shape[1]
    for weights in reversed(all_weights):  # the last tile first: it has seen all keys
        start = end - weights.shape[1]
        tile_queries, tile_grad = queries[:, start:end], grad[:, start:end]
        d_queries = gradients[0, :, start:end]
        d_keys, d_values = gradients[1:, :, :end]
        d_weights = torch.bmm(tile_grad, values[:, :end].transpose(1, 2))
        # P * (dP - rowsum(dP * P)), in one pass
        d_scores = torch._softmax_backward_data(d_weights, weights, 2, weights.dtype)
        torch.baddbmm(d_queries, d_scores, keys[:, :end], beta=0, alpha=scale, out=d_queries)
        beta = 0 if end == time else 1  # whether a later tile has written there, to which this one adds
        torch.baddbmm(d_keys, d_scores.transpose(1, 2), tile_queries, beta=beta, alpha=scale, out=d_keys)
        torch.baddbmm(d_values, weights.transpose(1, 2), tile_grad, beta=beta, out=d_values)
        end = start
    return gradients
