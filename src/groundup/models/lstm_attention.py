"""The third rung: an LSTM that looks back at its own past instead of remembering all of it.

    token ── embedding ──► LSTM ──► h_t ──┬───────────────────┐
                                          │ query             ▼
    past outputs h_{t−window+1} … h_t ──► attention ──► tanh(W [h_t; context_t]) ── read-out ──► logits

However wide its state, a recurrent network must squeeze the past into it before it knows what will be asked.
Attention keeps the past outputs and asks afterwards: a score for each, softmax, and the average of the
outputs weighted so is the context. Two scores are offered:

- "dot": score(h_t, h_s) = h_t · W h_s / √width. Luong et al. 2015, section 3.1, "general"; the root is from
  Vaswani et al. 2017, section 3.2.1, and keeps the softmax from starting at one-hot.
- "additive": score(h_t, h_s) = v · tanh(W h_t + U h_s). Bahdanau et al. 2015, appendix A.1.2.

The context joins the state as in Luong et al. 2015, equation 5. Both papers attend from a translation to its
source; here the text attends to itself, as in Cheng et al. 2016, and only backwards.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.contract import LanguageModel, Memory
from groundup.models.recurrent import Recurrent, check_sizes


@dataclass(frozen=True)
class LSTMAttentionConfig:
    kind: Literal["lstm-attention"] = "lstm-attention"
    attention: Literal["dot", "additive"] = "dot"
    """How a past output is scored: dot (Luong), which is quick, or additive (Bahdanau)."""
    width: int = 256
    """Numbers in the hidden state, in each layer."""
    embedding: int = 128
    """Numbers that stand for a token when it is read."""
    layers: int = 1
    """LSTM layers; each reads the hidden states of the one below."""
    window: int = 64
    """How many outputs the attention sees: the present one and window − 1 before it."""
    score_width: int = 64
    """Numbers in which the additive score compares two outputs; the dot score does not use it."""
    dropout: float = 0.0
    """Share of the numbers between layers that is set to zero in training, against overfitting."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012

    def __post_init__(self) -> None:
        check_sizes(self)


class LSTMAttention(LanguageModel):
    """LSTM layers and attention over their past outputs.

    The memory is `(h, c, past)`: h and c `(batch, layers, width)`; past `(batch, n, width)`, the last outputs
    that a coming token can still see, n at most window − 1.
    """

    name: ClassVar[str] = "lstm-attention"
    recurrent: ClassVar[bool] = True

    def __init__(self, config: LSTMAttentionConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        self.cells = Recurrent("lstm", config.embedding, config.width, config.layers, config.dropout)
        if config.attention == "dot":
            self.query = nn.Linear(config.width, config.width, bias=False)
        else:
            self.query = nn.Linear(config.width, config.score_width)
            self.key = nn.Linear(config.width, config.score_width, bias=False)
            self.score = nn.Linear(config.score_width, 1, bias=False)
        self.join = nn.Linear(2 * config.width, config.width)
        self.readout = nn.Linear(config.width, vocab_size)

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """tokens (batch, time) to logits (batch, time, vocab), and the memory after the last token."""
        if memory is None:
            start = self.cells.start(len(tokens), like=self.embedding.weight)
            memory = (*start, self.embedding.weight.new_zeros(len(tokens), 0, self.config.width))
        *state, past = memory
        x = F.dropout(self.embedding(tokens.t()), self.config.dropout, self.training)
        h, state = self.cells(x, tuple(state))  # (time, batch, width)
        h = h.transpose(0, 1)  # (batch, time, width)
        seen = torch.cat([past, h], dim=1)  # (batch, n + time, width)

        # Block by block, because a block of `window` queries can see at most 2·window − 1 outputs.
        contexts, window, n = [], self.config.window, past.shape[1]
        for first in range(0, h.shape[1], window):
            queries = h[:, first : first + window]
            last = n + first + queries.shape[1]
            keys = seen[:, max(0, n + first - window + 1) : last]
            contexts.append(self.attend(queries, keys)[0])
        joined = torch.tanh(self.join(torch.cat([h, torch.cat(contexts, dim=1)], dim=-1)))
        logits = self.readout(F.dropout(joined, self.config.dropout, self.training))
        return logits, (*state, seen[:, max(0, seen.shape[1] - window + 1) :])

    def attend(self, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts (batch, time, width) and attention weights (batch, time, seen), rows summing to one.

        queries (batch, time, width) are the last `time` of the outputs `keys` (batch, seen, width).
        """
        time, seen = queries.shape[1], keys.shape[1]
        if self.config.attention == "dot":
            scores = self.query(queries) @ keys.transpose(1, 2) / self.config.width**0.5
        else:
            pairs = self.query(queries).unsqueeze(2) + self.key(keys).unsqueeze(1)
            scores = self.score(torch.tanh(pairs)).squeeze(-1)  # (batch, time, seen)
        ones = scores.new_ones(time, seen, dtype=torch.bool)
        own = seen - time  # the query in row 0 is the output in column `own`
        band = ones.tril(own) & ones.triu(own - self.config.window + 1)  # not later, not too long ago
        weights = scores.masked_fill(~band, float("-inf")).softmax(dim=-1)
        return weights @ keys, weights

    @property
    def context(self) -> None:
        """No limit to the text; the attention itself sees `window` outputs."""

    def flops_per_token(self, time: int) -> int:
        config = self.config
        pairs = 0  # of a query and a key, as `forward` computes them: masked ones too
        for first in range(0, time, config.window):
            last = min(first + config.window, time)
            pairs += (last - first) * (last - max(0, first - config.window + 1))
        scored = config.width if config.attention == "dot" else config.score_width
        matrices = [self.query, self.join, self.readout] + ([] if config.attention == "dot" else [self.key])
        products = self.cells.flops_per_token() + sum(2 * m.weight.numel() for m in matrices)
        return products + 2 * (scored + config.width) * pairs // time

    def memory_per_token(self) -> int:
        """One output, until there are window − 1; then the oldest is dropped for each new one."""
        return self.config.width
