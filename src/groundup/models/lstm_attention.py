"""The third rung: an LSTM that looks back at its own past instead of remembering all of it.

    token ── embedding ──► LSTM ──► h_t ──┬───────────────────┐
                                          │ query             ▼
    past outputs h_{t−window+1} … h_t ──► attention ──► tanh(W [h_t; context_t]) ── lm_head ──► logits

However wide its state, a recurrent network must squeeze the past into it before it knows what will be asked.
Attention keeps the past outputs and asks afterwards: a score for each, a softmax, and the weighted average of the
outputs is the context. Two scores are offered:

- "dot": score(h_t, h_s) = h_t · W h_s / √width. Luong et al. 2015, section 3.1, "general"; the root is from
  Vaswani et al. 2017, section 3.2.1, and keeps the softmax from starting at one-hot.
- "additive": score(h_t, h_s) = v · tanh(W h_t + U h_s). Bahdanau et al. 2015, appendix A.1.2.

The context joins the state as in Luong et al. 2015, equation 5. Both papers attend from a translation to its
source; here the text attends to itself, as in Cheng et al. 2016, and only backwards.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.cells import Recurrent
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import LanguageModel, Memory


@model_config
class LSTMAttentionConfig:
    kind: Literal["lstm-attention"] = "lstm-attention"
    attention: Literal["dot", "additive"] = "dot"
    """How a past output is scored: dot (Luong's "general"), which is faster, or additive (Bahdanau)."""
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

    def __post_init__(self) -> None:
        check_sizes(self)


class PastAttention(nn.Module):
    """The context of each output: a weighted average of the outputs up to it, at most `window` of them."""

    def __init__(self, config: LSTMAttentionConfig) -> None:
        super().__init__()
        self.config = config
        if config.attention == "dot":
            self.query = nn.Linear(config.width, config.width, bias=False)
        else:
            self.query = nn.Linear(config.width, config.score_width)
            self.key = nn.Linear(config.width, config.score_width, bias=False)
            self.score = nn.Linear(config.score_width, 1, bias=False)

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """A number for each query and key, `(batch, time, seen)`."""
        if self.config.attention == "dot":
            return self.query(queries) @ keys.transpose(1, 2) / self.config.width**0.5
        pairs = self.query(queries).unsqueeze(2) + self.key(keys).unsqueeze(1)
        return self.score(torch.tanh(pairs)).squeeze(-1)

    def forward(self, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts (batch, time, width) and attention weights (batch, time, seen), rows summing to one.

        queries (batch, time, width) are the last `time` of the outputs `keys` (batch, seen, width).
        """
        time, seen = queries.shape[1], keys.shape[1]
        own = seen - time  # the query in row 0 is the output in column `own`
        ones = queries.new_ones(time, seen, dtype=torch.bool)
        band = ones.tril(own) & ones.triu(own - self.config.window + 1)  # not later, not too long ago
        scores = self.scores(queries, keys).masked_fill(~band, float("-inf"))
        weights = scores.softmax(dim=-1)
        return weights @ keys, weights

    def flops(self, time: int) -> int:
        """Operations for a whole text of `time` tokens, window by window as in `LSTMAttention.forward`, with masked
        pairs.
        """
        config, pairs = self.config, 0
        for first in range(0, time, config.window):
            last = min(first + config.window, time)
            # The queries of this window times the keys that they are scored against.
            pairs += (last - first) * (last - max(0, first - config.window + 1))
        dot = config.attention == "dot"
        score_width = config.width if dot else config.score_width
        matrices = [self.query] if dot else [self.query, self.key]
        projections = sum(2 * matrix.weight.numel() for matrix in matrices)
        return time * projections + 2 * (score_width + config.width) * pairs


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
        self.attention = PastAttention(config)
        self.join = nn.Linear(2 * config.width, config.width)
        self.lm_head = nn.Linear(config.width, vocab_size)

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """tokens (batch, time) to logits (batch, time, vocab), and the memory after the last token."""
        if memory is None:
            state = self.cells.init_state(len(tokens), like=self.embedding.weight)
            memory = (*state, self.embedding.weight.new_zeros(len(tokens), 0, self.config.width))
        *h_and_c, past = memory
        x = F.dropout(self.embedding(tokens.t()), self.config.dropout, self.training)
        h, new_state = self.cells(x, tuple(h_and_c))  # (time, batch, width)
        h = h.transpose(0, 1)  # (batch, time, width)
        seen = torch.cat([past, h], dim=1)  # (batch, n + time, width)

        # Window by window, because `window` queries in a row can see at most 2·window − 1 outputs.
        contexts, window, n = [], self.config.window, past.shape[1]
        for first in range(0, h.shape[1], window):
            queries = h[:, first : first + window]
            last = n + first + queries.shape[1]
            keys = seen[:, max(0, n + first - window + 1) : last]
            contexts.append(self.attention(queries, keys)[0])
        joined = torch.tanh(self.join(torch.cat([h, torch.cat(contexts, dim=1)], dim=-1)))
        logits = self.lm_head(F.dropout(joined, self.config.dropout, self.training))
        return logits, (*new_state, seen[:, max(0, seen.shape[1] - window + 1) :])

    @property
    def context(self) -> None:
        """No limit to the text; the attention itself sees `window` outputs."""

    def flops_per_token(self, time: int) -> int:
        linear = 2 * (self.join.weight.numel() + self.lm_head.weight.numel())
        return self.cells.flops_per_token() + linear + self.attention.flops(time) // time

    def memory_per_token(self) -> int:
        """One output, until there are window − 1; then the oldest is dropped for each new one."""
        return self.config.width
