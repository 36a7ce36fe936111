"""The transformer of 2017: attention alone, without recurrence.

Source: Vaswani et al. (2017), "Attention is all you need". This is the paper's decoder (section 3.1) for a
text on its own: there is no encoder to look at, so the middle sub-layer, cross-attention, is left out.
"""

import math
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.attention import CausalSelfAttention
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import LanguageModel, Memory, past_length
from groundup.models.feed_forward import FeedForward
from groundup.models.linear import Linear


@model_config
class TransformerConfig:
    kind: Literal["transformer"] = "transformer"
    context: int = 128
    """The most tokens it can look back over."""
    layers: int = 4
    """Blocks, one upon the other; each is an attention layer and a feed-forward layer."""
    heads: int = 4
    """Attention patterns side by side in each layer. The width is divided among them."""
    width: int = 128
    """Numbers that stand for each token between the layers."""
    dropout: float = 0.0
    """The chance that a number is set to zero in training. The paper has 0.1."""

    def __post_init__(self) -> None:
        check_sizes(self)
        if self.width % 2:
            raise ValueError(
                f"width {self.width} is odd: positions are pairs of sine and cosine, so choose an even width"
            )


def sinusoidal_positions(context: int, width: int) -> Tensor:
    """PE(p, 2i) = sin(p / 10000^(2i / width)), PE(p, 2i + 1) its cosine: section 3.5; `(context, width)`.

    Each pair is the hand of a clock. The first turns once in 2π tokens, the last takes nearly 10000 times as
    long. k tokens turn every hand by a fixed angle, so "k tokens ago" is one linear map at every position.

    >>> (sinusoidal_positions(2, 4) * 1000).round().int().tolist()
    [[0, 1000, 0, 1000], [841, 540, 10, 1000]]
    """
    position = torch.arange(context, dtype=torch.float64)[:, None]
    tokens_per_radian = 10000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = position / tokens_per_radian  # (context, width / 2)
    return torch.stack((angle.sin(), angle.cos()), dim=2).flatten(1).float()


class TransformerBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + feed_forward(x)): section 3.1. Shapes as in attention.py."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.width
        self.attention = CausalSelfAttention(width, config.heads)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, nn.ReLU())
        self.feed_forward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)  # on each sub-layer's output: section 5.4

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        attention_output, keys, values = self.attention(x, past)
        x = self.attention_norm(x + self.dropout(attention_output))
        x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        return x, keys, values


class Transformer(LanguageModel):
    """The 2017 decoder. The memory (KV cache) is flat: keys_0, values_0, keys_1, values_1, …, one pair for each layer,
    each `(batch, heads, past, head_width)`.
    """

    name: ClassVar[str] = "transformer"
    recurrent: ClassVar[bool] = False
    positions: Tensor

    def __init__(self, config: TransformerConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = vocab_size
        self.token_embedding = nn.Embedding(vocab_size, config.width)
        # Computed, not learned, so not saved with the weights.
        self.register_buffer(
            "positions", sinusoidal_positions(config.context, config.width), persistent=False
        )
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.layers))
        self.initialise()

    def initialise(self) -> None:
        """Glorot & Bengio (2010), equation 16, for the layers, qkv as one of 3 * width outputs; biases zero.

        The embeddings have standard deviation 1 / sqrt(width). Scaled by sqrt(width) on the way in they are as large
        as the positions; unscaled on the way out they give logits of variance 1.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:  # the norms' weights stay at one
                nn.init.xavier_uniform_(parameter)
        nn.init.normal_(self.token_embedding.weight, std=1 / math.sqrt(self.config.width))

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        time = tokens.shape[1]
        past = past_length(memory, time, self.config.context)
        # (batch, time, width); the positions are the same in every row
        x = self.token_embedding(tokens) * math.sqrt(self.config.width) + self.positions[past : past + time]
        x = self.dropout(x)
        new_memory: list[Tensor] = []
        for layer, block in enumerate(self.blocks):
            x, keys, values = block(x, memory[2 * layer : 2 * layer + 2] if memory else None)
            new_memory += (keys, values)
        # Section 3.4: the embeddings are also the weights before the softmax.
        return F.linear(x, self.token_embedding.weight), tuple(new_memory)

    @property
    def context(self) -> int:
        return self.config.context

    def flops_per_token(self, time: int) -> int:
        return transformer_flops(self, self.config.width, time)

    def memory_per_token(self) -> int:
        return 2 * attention_layers(self) * self.config.width  # a key and a value in each


def attention_layers(model: nn.Module) -> int:
    return sum(isinstance(part, CausalSelfAttention) for part in model.modules())


def transformer_flops(model: LanguageModel, width: int, time: int) -> int:
    """The contract's `flops_per_token` for this model and for gpt.py: matrix products only."""
    weights = sum(part.weight.numel() for part in model.modules() if isinstance(part, Linear))
    lm_head = width * model.vocab_size
    # Q K^T, and weights times V: each `width` multiplications for a key that the token sees, (time + 1) / 2 on average.
    # Masked pairs do not count.
    attention = 2 * width * (time + 1) // 2
    return 2 * (weights + attention_layers(model) * attention + lm_head)
