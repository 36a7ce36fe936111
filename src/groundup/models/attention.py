"""Scaled dot-product attention over the past, and the layer made of it. Shared by transformer.py and gpt.py.

Source: Vaswani et al. (2017), "Attention is all you need", section 3.2.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def causal_mask(time: int, past: int, device: torch.device | None = None) -> Tensor:
    """Which position may look at which: `(time, past + time)`, true where looking is allowed.

    Row t is the token at position past + t; it sees itself and everything before it.

    >>> causal_mask(2, past=1).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(time, past + time, dtype=torch.bool, device=device).tril(diagonal=past)


def attention(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """softmax(Q K^T / sqrt(d) + mask) V, spelled out: section 3.2.1, equation 1.

    Queries are `(batch, heads, time, head_width)`; keys and values `(batch, heads, past + time, head_width)`,
    where the last `time` belong to the queries' own tokens. Returns the mixed values, shaped as the queries,
    and the weights `(batch, heads, time, past + time)`, whose rows sum to one.
    """
    time, seen = queries.shape[2], keys.shape[2]
    # The dot product of two random vectors of d numbers has variance d. Divided by sqrt(d) it has variance 1,
    # so the softmax starts soft, where it has a gradient.
    scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
    scores = scores.masked_fill(~causal_mask(time, seen - time, queries.device), -math.inf)
    weights = scores.softmax(dim=3)  # exp(-inf) = 0: the future gets no weight
    return weights @ values, weights


def fast_attention(queries: Tensor, keys: Tensor, values: Tensor, dropout: float = 0.0) -> Tensor:
    """The mixed values of `attention`, from PyTorch's kernel that never stores the weights.

    `dropout` is the chance that a weight is set to zero (the caller passes 0 outside training).
    """
    time, seen = queries.shape[2], keys.shape[2]
    if time == seen:
        return F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=True)
    # A single new token may look at everything, so it needs no mask.
    mask = None if time == 1 else causal_mask(time, seen - time, queries.device)
    return F.scaled_dot_product_attention(queries, keys, values, mask, dropout_p=dropout)


class CausalSelfAttention(nn.Module):
    """Multi-head attention of a text over its own past: section 3.2.2.

    Each head has its own queries, keys and values of `width / heads` numbers; one product makes those of all
    heads. `forward(x, past_keys, past_values)` takes x `(batch, time, width)` and the keys and values of the
    tokens before, `(batch, heads, past, head_width)` or None, and returns the output, shaped as x, and the
    keys and values with the new tokens joined on.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: Tensor, past_keys: Tensor | None, past_values: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, time, width = x.shape
        # (batch, time, 3 * width) -> three of (batch, heads, time, head_width)
        q, k, v = (
            part.view(batch, time, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(x).split(width, dim=2)
        )
        if past_keys is not None and past_values is not None:
            k = torch.cat((past_keys, k), dim=2)
            v = torch.cat((past_values, v), dim=2)
        mixed = fast_attention(q, k, v, self.dropout if self.training else 0.0)
        return self.out(mixed.transpose(1, 2).reshape(batch, time, width)), k, v
