"""Attention of a text over its own past, over all of itself, or over another text.

transformer.py and gpt.py attend to the past alone; the models with an encoder use all three.

Source: Vaswani et al. (2017), "Attention is all you need", section 3.2. `attention` is the paper's equation, line by
line. The self-attention modules below it call PyTorch's `scaled_dot_product_attention`, which computes the same
equation in one call (a test holds the two equal) and does not return the weights.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.linear import Linear


def causal_mask(time: int, past: int = 0, device: torch.device | None = None) -> Tensor:
    """Which position may attend to which: `(time, past + time)`, true where attention is allowed.

    Row t is the token at position past + t; it sees itself and everything before it.

    >>> causal_mask(2, past=1).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(time, past + time, dtype=torch.bool, device=device).tril(diagonal=past)


def padding_mask(is_token: Tensor) -> Tensor:
    """Let every position attend to the real tokens alone: from `(batch, seen)` to `(batch, 1, 1, seen)`.

    `is_token` is true where a token is part of the text and false where a short text was padded.
    """
    return is_token[:, None, None, :]


def attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(Q K^T / sqrt(d)) V, with masked scores set to -inf: section 3.2.1, equation 1.

    Queries are `(batch, heads, time, head_width)`; keys and values `(batch, heads, seen, head_width)`. The mask
    is true where attention is allowed, and of a shape that broadcasts to `(batch, heads, time, seen)`. Without a
    mask attention is causal: the last `time` keys belong to the queries' own tokens, those before to the past.
    Returns the attention output, shaped as the queries, and the weights `(batch, heads, time, seen)`, whose rows
    sum to one.
    """
    time, seen = queries.shape[2], keys.shape[2]
    if mask is None:
        mask = causal_mask(time, seen - time, queries.device)
    # The dot product of two vectors of d independent numbers, of mean 0 and variance 1, has variance d. Divided by
    # sqrt(d) it has variance 1, so the softmax starts soft, where its gradient is not yet zero.
    scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
    scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=3)  # exp(-inf) = 0: a masked position gets no weight
    return weights @ values, weights


def split_heads(x: Tensor, heads: int, parts: int) -> Tensor:
    """From `(batch, time, parts * width)` to `(parts, batch, heads, time, head_width)`."""
    batch, time, _ = x.shape
    return x.view(batch, time, parts, heads, -1).permute(2, 0, 3, 1, 4).contiguous()


def join_heads(x: Tensor) -> Tensor:
    """From `(batch, heads, time, head_width)` back to `(batch, time, width)`."""
    return x.transpose(1, 2).flatten(2)


class MultiHeadAttention(nn.Module):
    """What causal and bidirectional self-attention share, weights and products: section 3.2.2.

    Each head has its own queries, keys and values of `width / heads` numbers. One matrix product makes them all.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout  # the probability that an attention weight is set to zero in training
        self.qkv = Linear(width, 3 * width)
        self.out = Linear(width, width)

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, ...]:
        """From x `(batch, time, width)`, three tensors of `(batch, heads, time, head_width)`."""
        return split_heads(self.qkv(x), self.heads, 3).unbind(0)

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        """The equation with dropout on its weights, and the heads joined: `(batch, time, width)`."""
        dropout = self.dropout if self.training else 0.0
        return join_heads(F.scaled_dot_product_attention(queries, keys, values, mask, dropout_p=dropout))


class CausalSelfAttention(MultiHeadAttention):
    """Multi-head attention of a text over its past: a decoder's, section 3.2.3, third use.

    `forward(x, past)` takes x `(batch, time, width)` and the keys and values of the tokens before, each
    `(batch, heads, past, head_width)`, or None. It returns the output, shaped as x, and the keys and values of
    the past and the new tokens together.
    """

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = self.queries_keys_values(x)
        if past is not None:
            keys = torch.cat((past[0], keys), dim=2)
            values = torch.cat((past[1], values), dim=2)
        time, seen = queries.shape[2], keys.shape[2]
        # Not PyTorch's is_causal=True: where there is a past, it would align the mask with the oldest keys.
        mask = causal_mask(time, seen - time, x.device)
        return self.out(self.attend(queries, keys, values, mask)), keys, values


class SelfAttention(MultiHeadAttention):
    """Multi-head attention of a text over all of itself: an encoder's, section 3.2.3, second use.

    `forward(x, mask)` takes x `(batch, time, width)` and a mask, or None where every token may attend to every other
    (unlike in `attention`, where no mask means the causal one); it returns the output, shaped as x.
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        queries, keys, values = self.queries_keys_values(x)
        return self.out(self.attend(queries, keys, values, mask))


class CrossAttention(nn.Module):
    """Multi-head attention of one text over another: section 3.2.3, first use.

    Queries come from the target, keys and values from the source. The source does not change while the target is
    generated: `keys_values` computes its keys and values once.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, width)
        self.key_value = Linear(width, 2 * width)
        self.out = Linear(width, width)

    def keys_values(self, source: Tensor) -> tuple[Tensor, ...]:
        """From source `(batch, seen, width)`, two tensors of `(batch, heads, seen, head_width)`."""
        return split_heads(self.key_value(source), self.heads, 2).unbind(0)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x `(batch, time, width)` to the output, shaped as x, and the weights `(batch, heads, time, seen)`.

        The mask is as in `attention`: here a `padding_mask` of the source.
        """
        (queries,) = split_heads(self.query(x), self.heads, 1)
        attention_output, weights = attention(queries, keys, values, mask)
        return self.out(join_heads(attention_output)), weights
