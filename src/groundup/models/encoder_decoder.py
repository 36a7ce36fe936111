"""The whole transformer of 2017: an encoder, a decoder, and cross-attention between them.

    source ──► embedding ──► encoder block ×N ──────────────┐ keys, values
    target ──► embedding ──► decoder block ×N ◄─────────────┘
                               │  1. attention over its own past
                               │  2. cross-attention over the source
                               │  3. feed-forward
                               └──► the embeddings again ──► logits

Source: Vaswani et al. (2017), "Attention is all you need", section 3 and figure 1. transformer.py has the
decoder alone, for a text that goes on; here it has something to look at.
"""

import math
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.models.attention import (
    CausalSelfAttention,
    CrossAttention,
    SelfAttention,
    padding_mask,
)
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import Memory
from groundup.models.feed_forward import FeedForward
from groundup.models.seq2seq import Seq2Seq, token_mask
from groundup.models.transformer import sinusoidal_positions


@model_config
class EncoderDecoderConfig:
    kind: Literal["encoder-decoder"] = "encoder-decoder"
    context: int = 64
    """The most tokens that a source, or a target, can have."""
    layers: int = 2
    """Blocks in the encoder, and as many in the decoder. The paper has 6."""
    heads: int = 4
    """Attention patterns side by side in each layer. The width is divided among them. The paper has 8."""
    width: int = 64
    """Numbers that stand for each token between the layers. The paper has 512."""
    dropout: float = 0.0
    """The chance that a number is set to zero in training. The paper has 0.1."""

    def __post_init__(self) -> None:
        check_sizes(self)
        if self.width % 2:
            raise ValueError(f"width {self.width} is odd: positions are pairs of sine and cosine")


class EncoderBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + feed_forward(x)): section 3.1. Every token sees the whole source."""

    def __init__(self, config: EncoderDecoderConfig) -> None:
        super().__init__()
        width = config.width
        self.attention, self.attention_norm = SelfAttention(width, config.heads), nn.LayerNorm(width)
        self.feed_forward, self.feed_forward_norm = FeedForward(width, nn.ReLU()), nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)  # on each sub-layer's output: section 5.4

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x, mask)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))


class DecoderBlock(nn.Module):
    """The same with a third sub-layer in the middle, cross-attention: section 3.1, "Decoder".

    `memory` is four tensors: keys and values of the self-attention, `(batch, heads, past, head_width)`, and of the
    cross-attention, `(batch, heads, source, head_width)`. `forward` takes x `(batch, time, width)` and a padding mask
    of the source; it returns x, the cross-attention's weights `(batch, heads, time, source)` and the new memory.
    """

    def __init__(self, config: EncoderDecoderConfig) -> None:
        super().__init__()
        width = config.width
        self.attention, self.attention_norm = CausalSelfAttention(width, config.heads), nn.LayerNorm(width)
        self.cross, self.cross_norm = CrossAttention(width, config.heads), nn.LayerNorm(width)
        self.feed_forward, self.feed_forward_norm = FeedForward(width, nn.ReLU()), nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def init_memory(self, source: Tensor) -> Memory:
        """The memory before the first token of the target, from the encoder's output `(batch, source, width)`."""
        keys, values = self.cross.keys_values(source)
        return keys[:, :, :0], values[:, :, :0], keys, values  # no target token yet: an empty past

    def forward(self, x: Tensor, memory: Memory, mask: Tensor) -> tuple[Tensor, Tensor, Memory]:
        *past, keys, values = memory
        attention_output, *past = self.attention(x, tuple(past))
        x = self.attention_norm(x + self.dropout(attention_output))
        cross_output, weights = self.cross(x, keys, values, mask)
        x = self.cross_norm(x + self.dropout(cross_output))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x))), weights, (*past, keys, values)


class EncoderDecoder(Seq2Seq):
    """The memory is `is_token` `(batch, source)`, false where the source is padding, and then each decoder
    block's own: four tensors, as DecoderBlock says.
    """

    name: ClassVar[str] = "encoder-decoder"
    positions: Tensor

    def __init__(self, config: EncoderDecoderConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.token_embedding = nn.Embedding(vocab_size, config.width)
        # Computed, not learned, so not saved with the weights.
        self.register_buffer(
            "positions", sinusoidal_positions(config.context, config.width), persistent=False
        )
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config.layers))
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.initialise()

    def initialise(self) -> None:
        """As transformer.py does: Glorot and Bengio (2010) for the layers, 1 / sqrt(width) for embeddings."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:  # the norms' weights stay at one
                nn.init.xavier_uniform_(parameter)
        nn.init.normal_(self.token_embedding.weight, std=1 / math.sqrt(self.config.width))

    def embed(self, tokens: Tensor, past: int = 0) -> Tensor:
        """Embeddings, scaled, and positions: sections 3.4 and 3.5. One table serves source and target."""
        last, context = past + tokens.shape[1], self.config.context
        if last > context:
            raise GroundupError(
                f"The text has {last} tokens, and the model can hold {context}.", "Give it a shorter one."
            )
        x = self.token_embedding(tokens) * math.sqrt(self.config.width) + self.positions[past:last]
        return self.dropout(x)

    def encode(self, source: Tensor) -> Memory:
        is_token = token_mask(source)
        x = self.embed(source)  # (batch, source, width)
        for block in self.encoder:
            x = block(x, padding_mask(is_token))
        memory = [is_token]
        for block in self.decoder:
            assert isinstance(block, DecoderBlock)
            memory += block.init_memory(x)
        return tuple(memory)

    def decode(self, target: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        is_token, *parts = memory
        x = self.embed(target, past=parts[0].shape[2])
        new_memory, alignment = [is_token], []
        for layer, block in enumerate(self.decoder):
            x, weights, part = block(x, tuple(parts[4 * layer : 4 * layer + 4]), padding_mask(is_token))
            new_memory += part
            alignment.append(weights)
        # Section 3.4: the embeddings are also the weights before the softmax.
        return F.linear(x, self.token_embedding.weight), torch.stack(alignment, dim=1), tuple(new_memory)
