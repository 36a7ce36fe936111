"""GPT-2: the transformer that is still, in outline, today's language model.

Sources: Radford et al. (2019), "Language models are unsupervised multitask learners", section 2.3; Radford et
al. (2018), section 4.1, for GELU and learned positions. What changed since transformer.py:

- the layer norm stands *before* each sub-layer, so that the sum x + f(norm(x)) runs untouched from the first
  layer to the last, and the gradient back along it; one more norm stands before the read-out;
- positions are learned, GELU replaces ReLU, and the starting weights are scaled for depth.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models import gpt_block
from groundup.models.affine import Affine
from groundup.models.attention import (
    CausalSelfAttention,
    check_sizes,
    flops_per_token,
    on_plain_cpu,
    tokens_before,
)
from groundup.models.contract import LanguageModel, Memory
from groundup.models.gpt_fast import SigmoidGELU, Writer


@dataclass(frozen=True)
class GPTConfig:
    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012
    kind: Literal["gpt"] = "gpt"
    context: int = 128
    """The most tokens it can look back over."""
    layers: int = 4
    """Blocks, one upon the other; each is an attention layer and a feed-forward layer."""
    heads: int = 4
    """Attention patterns side by side in each layer. The width is divided among them."""
    width: int = 128
    """Numbers that stand for each token between the layers."""
    dropout: float = 0.0
    """The chance that a number is set to zero in training: helps where a text is read many times."""
    deviation: float = 0.02
    """Standard deviation of the starting weights. GPT-2's 0.02 was for widths of 768 and more; narrow models
    learn sooner from a larger one."""

    def __post_init__(self) -> None:
        check_sizes(self.context, self.layers, self.heads, self.width, self.dropout)
        if not 0 < self.deviation <= 1:
            raise ValueError(f"deviation is {self.deviation}: choose a number above 0 and at most 1")


def gelu(x: Tensor) -> Tensor:
    """GELU(x) = x Φ(x), Φ the normal distribution's cumulative function; Hendrycks & Gimpel (2016), section 2.

    GPT-2 has its approximation 0.5 x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))). Any shape.
    """
    if x.requires_grad and on_plain_cpu(x):
        return SigmoidGELU.apply(x)
    return F.gelu(x, approximate="tanh")


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)). Shapes as in attention.py."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        width = config.width
        self.attention_norm = nn.LayerNorm(width)
        self.attention = CausalSelfAttention(width, config.heads, config.dropout)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.widen = Affine(width, 4 * width)
        self.narrow = Affine(4 * width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        if past is None and gpt_block.suits(self, x):  # the same, sooner
            return gpt_block.read(self, x)
        mixed, keys, values = self.attention(self.attention_norm(x), past)
        x = x + self.dropout(mixed)
        hidden = gelu(self.widen(self.feed_forward_norm(x)))  # (batch, time, 4 * width)
        return x + self.dropout(self.narrow(hidden)), keys, values


class GPT(LanguageModel):
    """GPT-2, any size. The memory is `(keys, values)` of each layer, `(batch, heads, time, head_width)`."""

    name: ClassVar[str] = "gpt"
    recurrent: ClassVar[bool] = False

    def __init__(self, config: GPTConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = vocab_size
        self.token_embedding = nn.Embedding(vocab_size, config.width)
        self.position_embedding = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.writer: Writer | None = None
        self.initialise()

    def initialise(self) -> None:
        """GPT-2's start (section 2.3): normal with one deviation (there 0.02), biases zero.

        Two sums per layer add up along the residual path, so their last weights are divided by
        sqrt(2 * layers): the variance at the top then does not depend on the depth.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:  # the norms' weights stay at one
                into_residual = name.endswith(("attention.out.weight", "narrow.weight"))
                shrunk = math.sqrt(2 * self.config.layers) if into_residual else 1.0
                nn.init.normal_(parameter, std=self.config.deviation / shrunk)

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        time = tokens.shape[1]
        past = tokens_before(memory, time, self.config.context)
        if memory and time == 1 and torch.is_inference_mode_enabled() and not self.training:
            return self.next_token(tokens[:, 0], past, memory)
        # (batch, time, width); the positions are the same in every row
        x = self.token_embedding(tokens) + self.position_embedding.weight[past : past + time]
        x = self.dropout(x)
        new_memory: list[Tensor] = []
        for layer, block in enumerate(self.blocks):
            x, keys, values = block(x, memory[2 * layer : 2 * layer + 2] if memory else None)
            new_memory += (keys, values)
        # Tied weights: the vector that means a token on the way in is what scores it on the way out.
        return F.linear(self.norm(x), self.token_embedding.weight), tuple(new_memory)

    def next_token(self, token: Tensor, past: int, memory: Memory) -> tuple[Tensor, Memory]:
        """`forward` for one token a row, `(batch,)`, the short way: see gpt_fast.py."""
        self.writer = self.writer or Writer(self)
        return self.writer.next_token(token, past, memory)

    def train(self, mode: bool = True) -> "GPT":
        """As nn.Module's. What the writer remembers ends here: every generation begins with `eval()`."""
        self.writer = None
        return super().train(mode)

    @property
    def context(self) -> int:
        return self.config.context

    def flops_per_token(self, time: int) -> int:
        return flops_per_token(self.config.layers, self.config.width, self.vocab_size, time)

    def memory_per_token(self) -> int:
        return 2 * self.config.layers * self.config.width


# What each part is called in GPT-2's own files and in transformers. The last is the norm before the read-out.
GPT2_NAMES = {
    "token_embedding": "transformer.wte",
    "position_embedding": "transformer.wpe",
    "blocks": "transformer.h",
    "attention_norm": "ln_1",
    "attention.qkv": "attn.c_attn",
    "attention.out": "attn.c_proj",
    "feed_forward_norm": "ln_2",
    "widen": "mlp.c_fc",
    "narrow": "mlp.c_proj",
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
