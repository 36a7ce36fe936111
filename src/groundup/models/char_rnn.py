"""The first rung: a plain recurrent network that predicts the next token, usually a character.

    token ── embedding ──► x_t ─┐
                                ├─► h_t = tanh(W_ih x_t + W_hh h_{t−1} + b) ── lm_head ──► logits
    memory ──────────► h_{t−1} ─┘

All that the model knows of the text so far is one vector of `width` numbers, h. It is trained by
back-propagation through time: the network is unrolled into as many layers as there are tokens, all with the
same weights, and the gradient walks back along them. `fast/cells.py` derives that gradient by hand.

Sources: Elman 1990, "Finding structure in time"; Mikolov et al. 2010, "Recurrent neural network based
language model".
"""

from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.cells import Recurrent
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import LanguageModel, Memory


@model_config
class CharRNNConfig:
    kind: Literal["char-rnn"] = "char-rnn"
    width: int = 256
    """Numbers in the hidden state, in each layer."""
    embedding: int = 64
    """Numbers that stand for a token when it is read."""
    layers: int = 1
    """Recurrent layers; each reads the hidden states of the one below."""
    dropout: float = 0.0
    """Share of the numbers between layers that is set to zero in training, against overfitting."""

    def __post_init__(self) -> None:
        check_sizes(self)


class CharRNN(LanguageModel):
    """Embedding, Elman cells, linear lm_head. The memory is `(h,)`, h `(batch, layers, width)`."""

    name: ClassVar[str] = "char-rnn"
    recurrent: ClassVar[bool] = True

    def __init__(self, config: CharRNNConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        self.cells = Recurrent("rnn", config.embedding, config.width, config.layers, config.dropout)
        # torch starts this with rows of length about 0.6: at first no token is much likelier than another.
        self.lm_head = nn.Linear(config.width, vocab_size)

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """tokens (batch, time) to logits (batch, time, vocab), and the memory after the last token."""
        if memory is None:
            memory = self.cells.init_state(len(tokens), like=self.embedding.weight)
        x = self.embedding(tokens.t())  # (time, batch, embedding): time first for the cells
        h, memory = self.cells(x, memory)  # (time, batch, width)
        h = F.dropout(h.transpose(0, 1), self.config.dropout, self.training)  # (batch, time, width)
        return self.lm_head(h), memory

    @property
    def context(self) -> None:
        """No limit: the state has the same size however long the text is."""

    def flops_per_token(self, time: int) -> int:
        return self.cells.flops_per_token() + 2 * self.lm_head.weight.numel()

    def memory_per_token(self) -> int:
        return 0
