"""GPT-2."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.models.attention import CausalSelfAttention
from groundup.models.contract import LanguageModel, Memory


@dataclass(frozen=True)
class GPTConfig:
    kind: Literal["gpt"] = "gpt"
    context: int = 128
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        w = config.width
        self.norm1 = nn.LayerNorm(w)
        self.attention = CausalSelfAttention(w, config.heads, config.dropout)
        self.norm2 = nn.LayerNorm(w)
        self.expand = nn.Linear(w, 4 * w)
        self.contract = nn.Linear(4 * w, w)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x, pk, pv):
        a, k, v = self.attention(self.norm1(x), pk, pv)
        x = x + self.dropout(a)
        h = F.gelu(self.expand(self.norm2(x)), approximate="tanh")
        return x + self.dropout(self.contract(h)), k, v


class GPT(LanguageModel):
    name: ClassVar[str] = "gpt"
    recurrent: ClassVar[bool] = False

    def __init__(self, config, vocab_size):
        super().__init__()
        self.config = config
        self.vocab_size = vocab_size
        self.token_embedding = nn.Embedding(vocab_size, config.width)
        self.position_embedding = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        for n, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, tokens, memory=None):
        time = tokens.shape[1]
        past = memory[0].shape[2] if memory else 0
        x = self.token_embedding(tokens) + self.position_embedding.weight[past : past + time]
        x = self.dropout(x)
        new = []
        for i, block in enumerate(self.blocks):
            pk, pv = memory[2 * i : 2 * i + 2] if memory else (None, None)
            x, k, v = block(x, pk, pv)
            new += (k, v)
        return F.linear(self.norm(x), self.token_embedding.weight), tuple(new)

    @property
    def context(self):
        return self.config.context
