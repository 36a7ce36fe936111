"""The recurrent encoder-decoder with attention: the model for which attention was invented.

    source ──► GRU read forwards ──►┐
           ──► GRU read backwards ─►┴► annotations h_1 … h_n ◄── attention ◄── state s_{i-1}
                                                                     │
                            token y_{i-1} ──► GRU ◄── context c_i ◄──┘
                                               └─► state s_i ──► deep output ──► logits of y_i

Before it, the encoder's last state had to hold the whole source, however long. Here every source position keeps
an annotation, and the decoder chooses at each step which of them to look at.

Source: Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning to align and translate",
section 3 and appendix A. It differs from the paper in the GRU, whose reset gate acts after the product
(cells.py), in biases, and in one index: the deep output reads s_i, as equation 4 has it, and not s_{i-1}.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from groundup.models.cells import gru_step
from groundup.models.contract import Memory
from groundup.models.recurrent import Recurrent, check_sizes
from groundup.models.rewriter import Rewriter, real_tokens


@dataclass(frozen=True)
class Seq2SeqConfig:
    kind: Literal["seq2seq"] = "seq2seq"
    width: int = 96
    """Numbers in the state of the decoder, and of each direction of the encoder."""
    embedding: int = 32
    """Numbers that stand for a token when it is read."""
    score_width: int = 64
    """Numbers in which a state and an annotation are compared."""

    def __post_init__(self) -> None:
        check_sizes(self)


class Seq2Seq(Rewriter):
    """The memory is `(annotations, keys, real, state)`: annotations `(batch, source, 2 * width)`; U_a h_j for
    each, `(batch, source, score_width)`; which are no padding `(batch, source)`; and s `(batch, width)`.
    """

    name: ClassVar[str] = "seq2seq"

    def __init__(self, config: Seq2SeqConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        width, embedding = config.width, config.embedding
        self.source_embedding = nn.Embedding(vocab_size, embedding)
        self.forwards = Recurrent("gru", embedding, width)
        self.backwards = Recurrent("gru", embedding, width)
        self.start = nn.Linear(width, width)
        self.query = nn.Linear(width, config.score_width)
        self.key = nn.Linear(2 * width, config.score_width, bias=False)
        self.score = nn.Linear(config.score_width, 1, bias=False)
        self.target_embedding = nn.Embedding(vocab_size, embedding)
        self.cell = Recurrent("gru", embedding + 2 * width, width)
        self.deep = nn.Linear(width + embedding + 2 * width, 2 * width)
        self.readout = nn.Linear(width, vocab_size)

    def encode(self, source: Tensor) -> Memory:
        """Section 3.2: each annotation is a word with its past, from one GRU, and its future, from the other."""
        real = real_tokens(source)
        x = self.source_embedding(source)  # (batch, source, embedding)
        turned = turning(real)[:, :, None]
        past = self.read(self.forwards, x)
        future = self.read(self.backwards, x.take_along_dim(turned, dim=1)).take_along_dim(turned, dim=1)
        annotations = torch.cat((past, future), dim=2)
        state = torch.tanh(self.start(future[:, 0]))  # s_0 = tanh(W_s h_1 read backwards): appendix A.2.2
        return annotations, self.key(annotations), real, state

    def read(self, cells: Recurrent, x: Tensor) -> Tensor:
        """All states of a GRU along x `(batch, source, embedding)`: `(batch, source, width)`."""
        states, _ = cells(x.transpose(0, 1), cells.start(len(x), like=x))
        return states.transpose(0, 1)

    def decode(self, target: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Section 3.1, token by token: each looks with the state that the one before left."""
        annotations, keys, real, state = memory
        x = self.target_embedding(target)  # (batch, time, embedding)
        states, contexts, alignment = [], [], []
        for token in x.unbind(1):
            context, weights = self.look(state, annotations, keys, real)
            (state,) = gru_step(torch.cat((token, context), dim=1), (state,), self.cell.weights(0))
            states.append(state)
            contexts.append(context)
            alignment.append(weights)
        # Appendix A.2.2: a layer that keeps the larger of each two sums (maxout), then the softmax's weights.
        deep = self.deep(torch.cat((torch.stack(states, 1), x, torch.stack(contexts, 1)), dim=2))
        logits = self.readout(deep.unflatten(2, (-1, 2)).amax(dim=3))
        looked = torch.stack(alignment, dim=1)[:, None, None]  # one layer, one head
        return logits, looked, (annotations, keys, real, state)

    def look(self, state: Tensor, annotations: Tensor, keys: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Additive attention: e_j = v · tanh(W s + U h_j), softmax, weighted mean; equations 5 and 6, A.1.2.

        Returns the context `(batch, 2 * width)` and the weights `(batch, source)`.
        """
        scores = self.score(torch.tanh(self.query(state)[:, None] + keys)).squeeze(2)  # (batch, source)
        weights = scores.masked_fill(~real, float("-inf")).softmax(dim=1)
        return (weights[:, None] @ annotations).squeeze(1), weights


def turning(real: Tensor) -> Tensor:
    """The order that turns each text round and leaves its padding at the end: `(batch, source)`.

    Done twice it changes nothing, so that it also turns back what was read.

    >>> turning(torch.tensor([[True, True, True, False]])).tolist()
    [[2, 1, 0, 3]]
    """
    place = torch.arange(real.shape[1], device=real.device)
    length = real.sum(dim=1, keepdim=True)
    return torch.where(place < length, length - 1 - place, place)
