"""A block of gpt.py as one function, for training on a CPU.

autograd records each of a block's fifty small operations, and walks back over them one by one. For a narrow model
that takes a tenth of a step. Here the gradient of the whole block is written out by hand, from the output to the
input. It takes three rules:

- linear, y = x W + b:    dx = dy Wᵀ,    dW = xᵀ dy,    db = dy summed over rows;
- a sum hands its gradient to each of its terms, unchanged: so the residual stream carries it down, and each of the
  two branches adds its own part;
- attention, layer norm and GELU: see `blockwise_attention_backward`, PyTorch's own kernel, and `gelu_and_slope`.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from groundup.models.attention import split_heads
from groundup.models.fast.attention import (
    BlockwiseCausalSelfAttention,
    blockwise_attention_backward,
    blockwise_attention_forward,
    on_eager_cpu,
)
from groundup.models.fast.linear import OneDNNLinear, linear_backward, multiply
from groundup.models.feed_forward import FeedForward
from groundup.models.gpt import Block

# The two numbers of GPT-2's GELU, 0.5 x (1 + tanh(SLOPE x + BEND x³)).
SLOPE = math.sqrt(2 / math.pi)
BEND = SLOPE * 0.044715


class FusedBlock(Block):
    """`gpt.Block`, computed by `BlockFunction` in training on a CPU without dropout, and by its parts elsewhere."""

    def __init__(self, plain: Block) -> None:
        vars(self).update(vars(plain))
        self.fusible = _has_plain_parts(self)

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        trains = self.training and torch.is_grad_enabled() and x.requires_grad
        if not trains or past is not None or self.dropout.p > 0 or not self.fusible or not on_eager_cpu(x):
            return super().forward(x, past)
        feed_forward: Any = self.feed_forward
        linear_and_norms: tuple[Any, ...] = (
            self.attention_norm, self.attention.qkv, self.attention.out,
            self.feed_forward_norm, feed_forward.up, feed_forward.down,
        )  # fmt: skip
        parameters = [parameter for part in linear_and_norms for parameter in (part.weight, part.bias)]
        return BlockFunction.apply(x, self.attention.heads, self.attention_norm.eps, *parameters)


def _has_plain_parts(block: Block) -> bool:
    """Whether the block computes what `BlockFunction` does: an ablation puts modules of other classes into it."""
    attention, feed_forward = block.attention, block.feed_forward
    if not isinstance(attention, BlockwiseCausalSelfAttention) or type(feed_forward) is not FeedForward:
        return False
    norms = (block.attention_norm, block.feed_forward_norm)
    linear = (attention.qkv, attention.out, feed_forward.up, feed_forward.down)
    return (
        type(feed_forward.activation) is nn.GELU
        and all(type(norm) is nn.LayerNorm for norm in norms)
        and all(type(part) is OneDNNLinear for part in linear)
    )


class BlockFunction(torch.autograd.Function):
    """The whole block, x `(batch, time, width)`: the output, shaped as x, and the keys and values."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, heads: int, eps: float, *parameters: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        norm, shift, qkv, qkv_bias, out, out_bias, norm2, shift2, up, up_bias, down, down_bias = parameters
        # Under autocast the products are computed in bfloat16, and all else in x's own precision.
        low = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        qkv, qkv_bias, out, out_bias, up, up_bias, down, down_bias = (
            each.to(low) for each in (qkv, qkv_bias, out, out_bias, up, up_bias, down, down_bias)
        )
        batch, time, width = ctx.shape = x.shape
        split = (batch, heads, time, width // heads)
        x = x.reshape(-1, width)  # (rows, width): one row for each token of the batch
        normed, mean, inverse = torch.native_layer_norm(x, (width,), norm, shift, eps)
        normed = normed.to(low)
        joined = multiply(normed, qkv, qkv_bias).view(batch, time, -1)
        stacks = split_heads(joined, heads, 3).flatten(1, 2)
        attended, weights = blockwise_attention_forward(*stacks.unbind(0))
        attended = attended.view(split).transpose(1, 2).reshape(-1, width)
        middle = x + multiply(attended, out, out_bias)
        normed2, mean2, inverse2 = torch.native_layer_norm(middle, (width,), norm2, shift2, eps)
        normed2 = normed2.to(low)
        hidden, slope = gelu_and_slope(multiply(normed2, up, up_bias))
        y = middle + multiply(hidden, down, down_bias)
        ctx.split = split
        ctx.save_for_backward(
            x, normed, mean, inverse, stacks, attended, middle, normed2, mean2, inverse2, hidden, slope,
            norm, shift, qkv, out, norm2, shift2, up, down, *weights,
        )  # fmt: skip
        ctx.set_materialize_grads(False)  # keys and values often have no gradient
        _, keys, values = stacks.unbind(0)
        return y.view(ctx.shape), keys.view(split), values.view(split)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, dy: Tensor, dkeys: Tensor | None, dvalues: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        (
            x, normed, mean, inverse, stacks, attended, middle, normed2, mean2, inverse2, hidden, slope,
            norm, shift, qkv, out, norm2, shift2, up, down, *weights,
        ) = ctx.saved_tensors  # fmt: skip
        batch, heads, time, _ = ctx.split
        dy = torch.zeros_like(x) if dy is None else dy.reshape(x.shape)

        # y = middle + down(gelu(up(norm2(middle))))
        dhidden, ddown = low_precision_linear_backward(dy, hidden, down)
        dnormed2, dup = low_precision_linear_backward(dhidden.mul_(slope), normed2, up)
        dmiddle, dnorm2 = layer_norm_backward(dnormed2, middle, mean2, inverse2, norm2, shift2)
        dmiddle += dy
        # middle = x + out(attention(qkv(norm(x))))
        dattended, dout = low_precision_linear_backward(dmiddle, attended, out)
        dattended = dattended.view(batch, time, heads, -1).transpose(1, 2).flatten(0, 1)
        queries, keys, values = stacks.unbind(0)
        dstacks = blockwise_attention_backward(dattended, queries, keys, values, weights)
        for part, extra in ((1, dkeys), (2, dvalues)):
            if extra is not None:
                dstacks[part] += extra.flatten(0, 1)
        djoined = dstacks.view(3, *ctx.split).permute(1, 3, 0, 2, 4).reshape(len(x), -1)
        dnormed, dqkv = low_precision_linear_backward(djoined, normed, qkv)
        dx, dnorm = layer_norm_backward(dnormed, x, mean, inverse, norm, shift)
        dx += dmiddle
        return dx.view(ctx.shape), None, None, *dnorm, *dqkv, *dout, *dnorm2, *dup, *ddown


def low_precision_linear_backward(dy: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """dx; and dW and db. In the weight's precision, which under autocast is not always that of dy."""
    dx, *parameters = linear_backward(dy.to(weight.dtype), x, weight)
    return dx, tuple(parameters)


def layer_norm_backward(dy: Tensor, x: Tensor, *saved: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """dx; and the gradients of scale and shift. `saved`: the rows' means and 1 / standard deviations, scale, shift."""
    back = torch.ops.aten.native_layer_norm_backward
    dx, *parameters = back(dy.to(x.dtype), x, x.shape[1:], *saved, [True, True, True])
    return dx, tuple(parameters)


def gelu_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """GELU(x) and its derivative there, any shape. The derivative is all that the way back needs.

    Since 0.5 (1 + tanh z) = sigmoid(2z), GELU(x) = x s with s = sigmoid(u) and u = 2 (SLOPE x + BEND x³).
    Its slope is s + x u' s (1 - s), with x u' = 2 (SLOPE x + 3 BEND x³) = 3u - 4 SLOPE x.
    """
    start = torch.tensor(2 * SLOPE, dtype=x.dtype)
    u = torch.addcmul(start, x, x, value=2 * BEND).mul_(x)
    s = torch.sigmoid(u)
    slope = u.add_(x, alpha=-4 / 3 * SLOPE)  # x u' / 3
    slope.addcmul_(slope, s, value=-1)
    torch.addcmul(s, s, slope, value=3, out=slope)
    return s.mul_(x), slope
