"""Attention of a text over its own past, over all of itself, or over another text.

Shared by transformer.py and gpt.py, which look at the past alone, and by the models with an encoder.

Source: Vaswani et al. (2017), "Attention is all you need", section 3.2. `attention` is the equation as it
stands there. `fast_attention` is what the models call: the same numbers, by whichever way is quickest.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from groundup.common.errors import GroundupError
from groundup.models.affine import Affine
from groundup.models.contract import Memory


def causal_mask(time: int, past: int = 0, device: torch.device | None = None) -> Tensor:
    """Which position may look at which: `(time, past + time)`, true where looking is allowed.

    Row t is the token at position past + t; it sees itself and everything before it.

    >>> causal_mask(2, past=1).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(time, past + time, dtype=torch.bool, device=device).tril(diagonal=past)


def padding_mask(real: Tensor) -> Tensor:
    """Let every position look at the real tokens alone: from `(batch, seen)` to `(batch, 1, 1, seen)`.

    `real` is true where a token is part of the text and false where a short text was filled up.
    """
    return real[:, None, None, :]


def attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(Q K^T / sqrt(d) + mask) V, spelled out: section 3.2.1, equation 1.

    Queries are `(batch, heads, time, head_width)`; keys and values `(batch, heads, seen, head_width)`. The mask
    is true where looking is allowed, and of a shape that broadcasts to `(batch, heads, time, seen)`. Without
    one it is causal: the last `time` keys belong to the queries' own tokens, those before to the past.
    Returns the mixed values, shaped as the queries, and the weights `(batch, heads, time, seen)`, whose rows
    sum to one.
    """
    time, seen = queries.shape[2], keys.shape[2]
    if mask is None:
        mask = causal_mask(time, seen - time, queries.device)
    # The dot product of two random vectors of d numbers has variance d. Divided by sqrt(d) it has variance 1,
    # so the softmax starts soft, where its gradient is not yet zero.
    scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
    scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=3)  # exp(-inf) = 0: what may not be seen gets no weight
    return weights @ values, weights


def fast_attention(queries: Tensor, keys: Tensor, values: Tensor, dropout: float = 0.0) -> Tensor:
    """The mixed values of `attention` with the causal mask.

    `dropout` is the chance that a weight is set to zero; the caller passes 0 outside training.
    """
    time, seen = queries.shape[2], keys.shape[2]
    if time == 1:  # a single new token may look at everything: no mask
        return F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
    if time < seen:
        mask = causal_mask(time, seen - time, queries.device)
        return F.scaled_dot_product_attention(queries, keys, values, mask, dropout_p=dropout)
    if queries.requires_grad and dropout == 0.0 and on_plain_cpu(queries):
        return BlockwiseAttention.apply(queries, keys, values)
    return F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=True)


def on_plain_cpu(x: Tensor) -> bool:
    """Where our own kernels are the faster ones; torch.compile makes better ones from the standard calls."""
    return x.device.type == "cpu" and not torch.compiler.is_compiling()


class BlockwiseAttention(torch.autograd.Function):
    """`attention` without a past, for training on a CPU, where it takes less time than PyTorch's kernel:
    measured forward and backward, as fast or a fifth faster in float32 and 1.6 to 4 times as fast in bfloat16.
    """

    @staticmethod
    def forward(ctx, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        # (batch, heads, time, head_width) -> (batch * heads, time, head_width): one stack of matrices.
        stacks = [each.flatten(0, 1) for each in (queries, keys, values)]
        mixed, weights = mix_in_blocks(*stacks)
        ctx.shape = queries.shape
        ctx.save_for_backward(*stacks, *weights)
        return mixed.view(ctx.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, ...]:
        queries, keys, values, *weights = ctx.saved_tensors
        gradients = back_through_blocks(grad.flatten(0, 1), queries, keys, values, weights)
        return gradients.view(3, *ctx.shape).unbind(0)


BLOCK = 128  # tokens: smaller wastes less on the mask, larger makes better matrix products


def mix_in_blocks(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The mixed values of stacks of matrices `(matrices, time, head_width)`, and the weights of each block.

    A block of queries is compared only with the keys up to the block's end, so that much of what the mask
    would throw away is never computed.
    """
    time, scale = queries.shape[1], 1 / math.sqrt(queries.shape[2])
    mixed, all_weights = [], []
    for start in range(0, time, BLOCK):
        end = min(start + BLOCK, time)
        future = queries.new_full((end - start, end), -math.inf).triu(diagonal=start + 1)
        seen = keys[:, :end].transpose(1, 2)
        weights = torch.baddbmm(future, queries[:, start:end], seen, alpha=scale).softmax(dim=2)
        mixed.append(torch.bmm(weights, values[:, :end]))
        all_weights.append(weights)
    return mixed[0] if len(mixed) == 1 else torch.cat(mixed, dim=1), all_weights


def back_through_blocks(
    grad: Tensor, queries: Tensor, keys: Tensor, values: Tensor, all_weights: list[Tensor]
) -> Tensor:
    """The gradients of queries, keys and values, `(3, matrices, time, head_width)`. P: weights, S: scores.

    dV = Pᵀ dO      dP = dO Vᵀ      dS = P * (dP - rowsum(dP * P))      dQ = dS K / √d      dK = dSᵀ Q / √d
    """
    gradients = queries.new_empty(3, *queries.shape)
    scale = 1 / math.sqrt(queries.shape[2])
    end = last = queries.shape[1]
    for weights in reversed(all_weights):  # the last block first: it has seen all keys
        start = end - weights.shape[1]
        now, grad_now = queries[:, start:end], grad[:, start:end]
        to_queries, to_keys, to_values = (
            gradients[0, :, start:end],
            gradients[1, :, :end],
            gradients[2, :, :end],
        )
        grad_weights = torch.bmm(grad_now, values[:, :end].transpose(1, 2))
        # P * (dP - rowsum(dP * P)), in one pass
        grad_scores = torch._softmax_backward_data(grad_weights, weights, 2, weights.dtype)
        torch.baddbmm(to_queries, grad_scores, keys[:, :end], beta=0, alpha=scale, out=to_queries)
        more = 0 if end == last else 1  # whether something stands there, to which this block adds
        torch.baddbmm(to_keys, grad_scores.transpose(1, 2), now, beta=more, alpha=scale, out=to_keys)
        torch.baddbmm(to_values, weights.transpose(1, 2), grad_now, beta=more, out=to_values)
        end = start
    return gradients


def heads_apart(x: Tensor, heads: int, parts: int) -> Tensor:
    """From `(batch, time, parts * width)` to `(parts, batch, heads, time, head_width)`, laid out in that order."""
    batch, time, _ = x.shape
    return x.view(batch, time, parts, heads, -1).permute(2, 0, 3, 1, 4).contiguous()


class _SelfAttention(nn.Module):
    """The weights of multi-head self-attention: section 3.2.2.

    Each head has its own queries, keys and values of `width / heads` numbers; one product makes them all.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = Affine(width, 3 * width)
        self.out = Affine(width, width)

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, ...]:
        """From x `(batch, time, width)`, three of `(batch, heads, time, head_width)`."""
        return heads_apart(self.qkv(x), self.heads, 3).unbind(0)


class CausalSelfAttention(_SelfAttention):
    """Multi-head attention of a text over its past: a decoder's, section 3.2.3, third use.

    `forward(x, past)` takes x `(batch, time, width)` and the keys and values of the tokens before, each
    `(batch, heads, past, head_width)`, or None. It returns the output, shaped as x, and the keys and values
    with the new tokens joined on.
    """

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = self.queries_keys_values(x)
        if past is not None:
            keys = torch.cat((past[0], keys), dim=2)
            values = torch.cat((past[1], values), dim=2)
        mixed = fast_attention(queries, keys, values, self.dropout if self.training else 0.0)
        return self.out(mixed.transpose(1, 2).reshape(x.shape)), keys, values


class SelfAttention(_SelfAttention):
    """Multi-head attention of a text over all of itself: an encoder's, section 3.2.3, second use.

    `forward(x, mask)` takes x `(batch, time, width)` and a mask as in `attention`, or None where every token
    may look at every other; it returns the output, shaped as x.
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        queries, keys, values = self.queries_keys_values(x)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(queries, keys, values, mask, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class CrossAttention(nn.Module):
    """Multi-head attention of one text over another: section 3.2.3, first use.

    Queries come from the text that is being written, keys and values from the one that was read. The latter
    stay as they are while the writing goes on: `keys_values` makes them once.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Affine(width, width)
        self.key_value = Affine(width, 2 * width)
        self.out = Affine(width, width)

    def keys_values(self, source: Tensor) -> tuple[Tensor, ...]:
        """From source `(batch, seen, width)`, two of `(batch, heads, seen, head_width)`."""
        return heads_apart(self.key_value(source), self.heads, 2).unbind(0)

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """x `(batch, time, width)` to the output, shaped as x, and the weights `(batch, heads, time, seen)`.

        The mask is as in `attention`; None lets every token of x look at the whole source.
        """
        (queries,) = heads_apart(self.query(x), self.heads, 1)
        everywhere = torch.ones((), dtype=torch.bool, device=x.device)
        mixed, weights = attention(queries, keys, values, everywhere if mask is None else mask)
        return self.out(mixed.transpose(1, 2).reshape(x.shape)), weights


def flops_per_token(layers: int, width: int, vocab_size: int, time: int) -> int:
    """The contract's count, where feed-forward layers are four times as wide; matrix products only."""
    # The weights of queries, keys, values and output; then of widening and narrowing.
    products = 4 * width * width + 8 * width * width
    # Token t compares its query with t + 1 keys and mixes as many values: (time + 1) / 2 of them on average.
    looking = 2 * width * (time + 1) // 2
    return 2 * (layers * (products + looking) + width * vocab_size)


def check_sizes(context: int, layers: int, heads: int, width: int, dropout: float) -> None:
    """Raises ValueError, with what to choose instead, for sizes that no model can have."""
    for name, size in {"context": context, "layers": layers, "heads": heads, "width": width}.items():
        if size < 1:
            raise ValueError(f"{name} is {size}: choose at least 1")
    if width % heads:
        below, above = width // heads * heads, (width // heads + 1) * heads
        near = f"{below} or {above}" if below else f"{above}"
        raise ValueError(
            f"width {width} cannot be split over {heads} heads: "
            f"choose a width divisible by heads, such as {near}"
        )
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}: choose a chance from 0 up to, but not with, 1")


def tokens_before(memory: Memory | None, new: int, context: int) -> int:
    """How many tokens the memory holds. Raises GroundupError where `new` more would not fit the context."""
    past = memory[0].shape[2] if memory else 0
    if past + new > context:
        raise GroundupError(
            f"The model was to read {past + new} tokens, but its context is {context}.",
            f"Give it at most the last {context} tokens, with no memory of the ones before.",
        )
    return past
