"""A block of gpt.py as one function, for training on a CPU: the same numbers, sooner. Tests hold them equal.

autograd records each of a block's fifty small operations, and walks back over them one by one. For a narrow model
that takes a tenth of a step. Here the way back through the whole block is written out by hand, from the output
to the input. It takes three rules:

- affine, y = x W + b:    dx = dy Wᵀ,    dW = xᵀ dy,    db = the sum of dy's rows;
- a sum hands its gradient to each of its terms, unchanged: so the residual stream carries it down, and each of the
  two branches adds its own part;
- attention, layer norm and GELU: see `back_through_blocks`, PyTorch's own kernel, and `gelu_and_slope`.
"""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from groundup.models.affine import Affine, gradients, multiply
from groundup.models.attention import (
    CausalSelfAttention,
    back_through_blocks,
    heads_apart,
    mix_in_blocks,
    on_plain_cpu,
)
from groundup.models.gpt_fast import gelu_and_slope

if TYPE_CHECKING:
    from groundup.models.gpt import Block


def suits(block: "Block", x: Tensor) -> bool:
    """Whether a block may be read as one: in training on a CPU, without dropout.

    Not where somebody listens to its parts (a hook) or has put others in their place.
    """
    attention = block.attention
    norms, products = (
        (block.attention_norm, block.feed_forward_norm),
        (attention.qkv, attention.out, block.widen, block.narrow),
    )
    return (
        block.training
        and torch.is_grad_enabled()
        and x.requires_grad
        and on_plain_cpu(x)
        and block.dropout.p == 0.0
        and type(attention) is CausalSelfAttention
        and all(type(part) is Affine for part in products)
        and not any(
            part._forward_hooks or part._forward_pre_hooks or part._backward_hooks or part._backward_pre_hooks
            for part in (attention, block.dropout, *norms, *products)
        )
    )


def read(block: "Block", x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`Block.forward` without a past: the output, shaped as x, and the keys and values."""
    parts: tuple[Any, ...] = (
        block.attention_norm, block.attention.qkv, block.attention.out,
        block.feed_forward_norm, block.widen, block.narrow,
    )  # fmt: skip
    parameters = [parameter for part in parts for parameter in (part.weight, part.bias)]
    return WholeBlock.apply(x, block.attention.heads, block.attention_norm.eps, *parameters)


class WholeBlock(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, heads: int, eps: float, *parameters: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        norm, shift, qkv, qkv_bias, out, out_bias, norm2, shift2, widen, widen_bias, narrow, narrow_bias = (
            parameters
        )
        # Under autocast the products are made in bfloat16, and all else in x's own precision.
        low = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        qkv, qkv_bias, out, out_bias, widen, widen_bias, narrow, narrow_bias = (
            each.to(low) for each in (qkv, qkv_bias, out, out_bias, widen, widen_bias, narrow, narrow_bias)
        )
        batch, time, width = ctx.shape = x.shape
        split = (batch, heads, time, width // heads)
        x = x.reshape(-1, width)  # (rows, width): one row for each token of the batch
        normed, mean, inverse = torch.native_layer_norm(x, (width,), norm, shift, eps)
        normed = normed.to(low)
        joined = multiply(normed, qkv, qkv_bias).view(batch, time, -1)
        stacks = heads_apart(joined, heads, 3).flatten(1, 2)
        mixed, weights = mix_in_blocks(*stacks.unbind(0))
        mixed = mixed.view(split).transpose(1, 2).reshape(-1, width)
        middle = x + multiply(mixed, out, out_bias)
        normed2, mean2, inverse2 = torch.native_layer_norm(middle, (width,), norm2, shift2, eps)
        normed2 = normed2.to(low)
        hidden, slope = gelu_and_slope(multiply(normed2, widen, widen_bias))
        y = middle + multiply(hidden, narrow, narrow_bias)
        ctx.split = split
        ctx.save_for_backward(
            x, normed, mean, inverse, stacks, mixed, middle, normed2, mean2, inverse2, hidden, slope,
            norm, shift, qkv, out, norm2, shift2, widen, narrow, *weights,
        )  # fmt: skip
        ctx.set_materialize_grads(False)  # nobody may ask for the gradients of keys and values
        _, keys, values = stacks.unbind(0)
        return y.view(ctx.shape), keys.view(split), values.view(split)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, dy: Tensor, dkeys: Tensor | None, dvalues: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        (
            x, normed, mean, inverse, stacks, mixed, middle, normed2, mean2, inverse2, hidden, slope,
            norm, shift, qkv, out, norm2, shift2, widen, narrow, *weights,
        ) = ctx.saved_tensors  # fmt: skip
        batch, heads, time, _ = ctx.split
        dy = torch.zeros_like(x) if dy is None else dy.reshape(x.shape)

        # y = middle + narrow(gelu(widen(norm2(middle))))
        dhidden, dnarrow = through_affine(dy, hidden, narrow)
        dnormed2, dwiden = through_affine(dhidden.mul_(slope), normed2, widen)
        dmiddle, dnorm2 = through_norm(dnormed2, middle, mean2, inverse2, norm2, shift2)
        dmiddle += dy
        # middle = x + out(attention(qkv(norm(x))))
        dmixed, dout = through_affine(dmiddle, mixed, out)
        dmixed = dmixed.view(batch, time, heads, -1).transpose(1, 2).flatten(0, 1)
        queries, keys, values = stacks.unbind(0)
        dstacks = back_through_blocks(dmixed, queries, keys, values, weights)
        for which, more in ((1, dkeys), (2, dvalues)):
            if more is not None:
                dstacks[which] += more.flatten(0, 1)
        djoined = dstacks.view(3, *ctx.split).permute(1, 3, 0, 2, 4).reshape(len(x), -1)
        dnormed, dqkv = through_affine(djoined, normed, qkv)
        dx, dnorm = through_norm(dnormed, x, mean, inverse, norm, shift)
        dx += dmiddle
        return dx.view(ctx.shape), None, None, *dnorm, *dqkv, *dout, *dnorm2, *dwiden, *dnarrow


def through_affine(dy: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """dx; and dW and db. In the weight's precision, which under autocast is not always that of dy."""
    dx, *parameters = gradients(dy.to(weight.dtype), x, weight)
    return dx, tuple(parameters)


def through_norm(dy: Tensor, x: Tensor, *of: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """dx; and the gradients of the scale and the shift. `of`: the rows' means and 1 / deviations, scale, shift."""
    back = torch.ops.aten.native_layer_norm_backward
    dx, *parameters = back(dy.to(x.dtype), x, x.shape[1:], *of, [True, True, True])
    return dx, tuple(parameters)
