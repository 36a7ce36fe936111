"""GPT-2: the decoder-only transformer on which today's language models are still modelled.

    tokens ── token embedding + position embedding ──► block ×N ──► norm ──► lm_head ──► logits

Sources: Radford et al. (2019), "Language models are unsupervised multitask learners", section 2.3; Radford et
al. (2018), section 4.1, for GELU and learned positions. What changed since transformer.py:

- pre-norm: the layer norm comes *before* each sub-layer, so only additions act on the residual stream x from the
  first block to the last, and the gradient flows back along it unchanged; one final norm precedes the lm_head;
- positions are learned, embeddings are not scaled by sqrt(width), GELU replaces ReLU, attention weights have dropout
  too, and the starting weights are normal, scaled for depth.
"""

import math
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.attention import CausalSelfAttention
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import LanguageModel, Memory, past_length
from groundup.models.feed_forward import FeedForward
from groundup.models.transformer import attention_layers, transformer_flops


@model_config
class GPTConfig:
    kind: Literal["gpt"] = "gpt"
    context: int = 128
    """The most tokens it can look back over."""
    layers: int = 4
    """Blocks, one upon the other; each is an attention layer and a feed-forward layer."""
    heads: int = 4
    """Attention patterns side by side in each layer. The width is divided among them."""
    width: int = 128
    """Numbers that stand for each token between the layers (d_model in papers)."""
    dropout: float = 0.0
    """The chance that a number is set to zero in training: helps where a text is read many times."""
    init_std: float = 0.02
    """Standard deviation of the starting weights. GPT-2's 0.02 was for widths of 768 and more; narrow models
    learn faster from a larger one."""

    def __post_init__(self) -> None:
        check_sizes(self)


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)). Shapes as in attention.py."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        width = config.width
        self.attention_norm = nn.LayerNorm(width)
        self.attention = CausalSelfAttention(width, config.heads, config.dropout)
        self.feed_forward_norm = nn.LayerNorm(width)
        # GELU(x) = x Φ(x), Φ the normal distribution's cumulative function (Hendrycks & Gimpel 2016, section 2).
        # GPT-2 uses its tanh approximation 0.5 x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))).
        self.feed_forward = FeedForward(width, nn.GELU(approximate="tanh"))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        attention_output, keys, values = self.attention(self.attention_norm(x), past)
        x = x + self.dropout(attention_output)
        x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        return x, keys, values


class GPT(LanguageModel):
    """GPT-2, any size. The memory (KV cache) is flat: keys_0, values_0, keys_1, values_1, …, one pair for each layer,
    each `(batch, heads, past, head_width)`.
    """

    name: ClassVar[str] = "gpt"
    recurrent: ClassVar[bool] = False

    def __init__(self, config: GPTConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.token_embedding = nn.Embedding(vocab_size, config.width)
        self.position_embedding = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.initialise()

    def initialise(self) -> None:
        """Normal with standard deviation `init_std` (0.02 in Radford et al. 2018, section 4.1); biases zero.

        Two sums per layer add up along the residual stream, so their last weights are divided by sqrt(2 * layers)
        (Radford et al. 2019, section 2.3): the variance at the top then does not depend on the depth.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:  # the norms' weights stay at one
                into_residual = name.endswith(("attention.out.weight", "feed_forward.down.weight"))
                shrink = math.sqrt(2 * self.config.layers) if into_residual else 1.0
                nn.init.normal_(parameter, std=self.config.init_std / shrink)

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        time = tokens.shape[1]
        past = past_length(memory, time, self.config.context)
        # (batch, time, width); the positions are the same in every row
        x = self.token_embedding(tokens) + self.position_embedding.weight[past : past + time]
        x = self.dropout(x)
        new_memory: list[Tensor] = []
        for layer, block in enumerate(self.blocks):
            x, keys, values = block(x, memory[2 * layer : 2 * layer + 2] if memory else None)
            new_memory += (keys, values)
        # The lm_head has no weights of its own (tied weights): the vector that means a token on the way in is what
        # scores it on the way out.
        return F.linear(self.norm(x), self.token_embedding.weight), tuple(new_memory)

    @property
    def context(self) -> int:
        return self.config.context

    def flops_per_token(self, time: int) -> int:
        return transformer_flops(self, self.config.width, time)

    def memory_per_token(self) -> int:
        return 2 * attention_layers(self) * self.config.width  # a key and a value in each


# Our names and those of Hugging Face's GPT2LMHeadModel. Longer names come first: `norm` is part of `attention_norm`.
GPT2_NAMES = {
    "token_embedding": "transformer.wte",
    "position_embedding": "transformer.wpe",
    "blocks": "transformer.h",
    "attention_norm": "ln_1",
    "attention.qkv": "attn.c_attn",
    "attention.out": "attn.c_proj",
    "feed_forward_norm": "ln_2",
    "feed_forward.up": "mlp.c_fc",
    "feed_forward.down": "mlp.c_proj",
    "norm": "transformer.ln_f",
}


def gpt2_name(name: str) -> str:
    """The name in transformers' GPT2LMHeadModel of one of our parameters; its shape is the same there.

    >>> gpt2_name("blocks.0.attention.qkv.weight")
    'transformer.h.0.attn.c_attn.weight'
    """
    for ours, theirs in GPT2_NAMES.items():
        name = name.replace(ours, theirs)
    return name
