"""The second rung: gates decide what to keep, so that the memory lasts longer; usually over words.

    token ── embedding ──► GRU ──► … ──► GRU ──► (projection) ──► lm_head ──► logits

A plain RNN rewrites its whole state at every step, and gradients shrink or grow with each rewriting. A GRU
has gates, numbers between 0 and 1 that say how much of the old state to keep; where a gate is near 1 the
state, and its gradient, pass unchanged. `cell` switches to the plain RNN or the LSTM, all else being equal.

Words are many, so that most of the weights are in the table of embeddings and in the lm_head. Both say what
a word means, and `tie` makes them one table.

Sources: Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder" (GRU); Inan et al. 2017
and Press and Wolf 2017 (tied embeddings).
"""

import math
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.cells import CellName, Recurrent
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import LanguageModel, Memory


@model_config
class WordGRUConfig:
    kind: Literal["word-gru"] = "word-gru"
    cell: CellName = "gru"
    """The recurrent cell: rnn, gru or lstm."""
    width: int = 256
    """Numbers in the hidden state, in each layer."""
    embedding: int = 128
    """Numbers that stand for a token."""
    layers: int = 1
    """Recurrent layers; each reads the hidden states of the one below."""
    dropout: float = 0.0
    """Share of the numbers between layers that is set to zero in training, against overfitting."""
    tie: bool = True
    """Read tokens in and score them with one table instead of two."""

    def __post_init__(self) -> None:
        check_sizes(self)


class WordGRU(LanguageModel):
    """Embedding, gated cells, lm_head. The memory is `(h,)`, or `(h, c)`: each `(batch, layers, width)`."""

    name: ClassVar[str] = "word-gru"
    recurrent: ClassVar[bool] = True

    def __init__(self, config: WordGRUConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        # Rows of length about 1, so that a tied lm_head starts with small scores; see `forward`.
        nn.init.normal_(self.embedding.weight, std=config.embedding**-0.5)
        self.cells = Recurrent(config.cell, config.embedding, config.width, config.layers, config.dropout)
        # A tied table scores vectors of the embedding's length, so that the state must be brought to it.
        fits = not config.tie or config.width == config.embedding
        self.projection = nn.Identity() if fits else nn.Linear(config.width, config.embedding, bias=False)
        self.lm_head = nn.Linear(config.embedding if config.tie else config.width, vocab_size)
        nn.init.zeros_(self.lm_head.bias)
        if config.tie:
            self.lm_head.weight = self.embedding.weight

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """tokens (batch, time) to logits (batch, time, vocab), and the memory after the last token."""
        if memory is None:
            memory = self.cells.init_state(len(tokens), like=self.embedding.weight)
        # Scaled to numbers of size about 1, which the cells want (as Vaswani et al. 2017, section 3.4).
        x = self.embedding(tokens.t()) * math.sqrt(self.config.embedding)  # (time, batch, embedding)
        x = F.dropout(x, self.config.dropout, self.training)
        h, memory = self.cells(x, memory)  # (time, batch, width)
        h = F.dropout(h.transpose(0, 1), self.config.dropout, self.training)  # (batch, time, width)
        return self.lm_head(self.projection(h)), memory

    @property
    def context(self) -> None:
        """No limit: the state has the same size however long the text is."""

    def flops_per_token(self, time: int) -> int:
        projection = sum(2 * matrix.numel() for matrix in self.projection.parameters())
        return self.cells.flops_per_token() + projection + 2 * self.lm_head.weight.numel()

    def memory_per_token(self) -> int:
        return 0
