"""The recurrent encoder-decoder with attention: the model for which attention was invented.

    source ──► GRU read forwards ──►┐
           ──► GRU read backwards ─►┴► annotations h_1 … h_n ◄── attention ◄── state s_{i-1}
                                                                     │
                            token y_{i-1} ──► GRU ◄── context c_i ◄──┘
                                               └─► state s_i ──► deep output ──► logits of y_i

Before it, the encoder's last state had to hold the whole source, however long. Here every source position keeps
an annotation, and the decoder chooses at each step which of them to look at.

Source: Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning to align and translate",
section 3 and appendix A. Two differences from the paper: the GRU's reset gate acts after the matrix
product (cells.py), and the deep output reads s_i, as equation 4 has it, where appendix A.2.2 has s_{i-1}.
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from groundup.models.cells import Recurrent, gru_step
from groundup.models.config import check_sizes, model_config
from groundup.models.contract import Memory
from groundup.models.seq2seq import Seq2Seq, token_mask


@model_config
class RNNSeq2SeqConfig:
    kind: Literal["seq2seq"] = "seq2seq"
    width: int = 96
    """Numbers in the state of the decoder, and of each direction of the encoder."""
    embedding: int = 32
    """Numbers that stand for a token when it is read."""
    score_width: int = 64
    """Numbers in which a state and an annotation are compared."""

    def __post_init__(self) -> None:
        check_sizes(self)


class RNNSeq2Seq(Seq2Seq):
    """The memory is `(annotations, keys, is_token, state)`: annotations `(batch, source, 2 * width)`; U_a h_j for
    each, `(batch, source, score_width)`; which of them are not padding, `(batch, source)`; and s, `(batch, width)`.
    """

    name: ClassVar[str] = "seq2seq"

    def __init__(self, config: RNNSeq2SeqConfig, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        width, embedding = config.width, config.embedding
        self.source_embedding = nn.Embedding(vocab_size, embedding)
        self.forward_encoder = Recurrent("gru", embedding, width)
        self.backward_encoder = Recurrent("gru", embedding, width)
        self.initial_state = nn.Linear(width, width)
        self.query = nn.Linear(width, config.score_width)
        self.key = nn.Linear(2 * width, config.score_width, bias=False)
        self.score = nn.Linear(config.score_width, 1, bias=False)
        self.target_embedding = nn.Embedding(vocab_size, embedding)
        self.cell = Recurrent("gru", embedding + 2 * width, width)
        self.deep_output = nn.Linear(width + embedding + 2 * width, 2 * width)
        self.lm_head = nn.Linear(width, vocab_size)

    def encode(self, source: Tensor) -> Memory:
        """Section 3.2: each annotation is a word with its past, from one GRU, and its future, from the other."""
        is_token = token_mask(source)
        x = self.source_embedding(source)  # (batch, source, embedding)
        order = reverse_padded(is_token)[:, :, None]
        past = self.states(self.forward_encoder, x)
        future = self.states(self.backward_encoder, x.take_along_dim(order, dim=1)).take_along_dim(
            order, dim=1
        )
        annotations = torch.cat((past, future), dim=2)
        state = torch.tanh(
            self.initial_state(future[:, 0])
        )  # s_0 = tanh(W_s h_1 read backwards): appendix A.2.2
        return annotations, self.key(annotations), is_token, state

    def states(self, cells: Recurrent, x: Tensor) -> Tensor:
        """All states of a GRU along x `(batch, source, embedding)`: `(batch, source, width)`."""
        states, _ = cells(x.transpose(0, 1), cells.init_state(len(x), like=x))
        return states.transpose(0, 1)

    def decode(self, target: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Section 3.1, token by token: each attends with the state that the one before it left."""
        annotations, keys, is_token, state = memory
        x = self.target_embedding(target)  # (batch, time, embedding)
        states, contexts, alignment = [], [], []
        for token in x.unbind(1):
            context, weights = self.attend(state, annotations, keys, is_token)
            (state,) = gru_step(torch.cat((token, context), dim=1), (state,), self.cell.weights(0))
            states.append(state)
            contexts.append(context)
            alignment.append(weights)
        # Appendix A.2.2: a layer that keeps the larger of each two sums (maxout), then the softmax's weights.
        maxout_pairs = self.deep_output(
            torch.cat((torch.stack(states, 1), x, torch.stack(contexts, 1)), dim=2)
        )
        logits = self.lm_head(maxout_pairs.unflatten(2, (-1, 2)).amax(dim=3))
        weights = torch.stack(alignment, dim=1)[:, None, None]  # one layer, one head
        return logits, weights, (annotations, keys, is_token, state)

    def attend(
        self, state: Tensor, annotations: Tensor, keys: Tensor, is_token: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Additive attention: e_j = v · tanh(W s + U h_j), softmax, weighted mean; equations 5 and 6, A.1.2.

        Returns the context `(batch, 2 * width)` and the weights `(batch, source)`.
        """
        scores = self.score(torch.tanh(self.query(state)[:, None] + keys)).squeeze(2)  # (batch, source)
        weights = scores.masked_fill(~is_token, float("-inf")).softmax(dim=1)
        return (weights[:, None] @ annotations).squeeze(1), weights


def reverse_padded(is_token: Tensor) -> Tensor:
    """The order that reverses each text and leaves its padding at the end: `(batch, source)`.

    Reversing twice changes nothing, so the same order also restores the original.

    >>> reverse_padded(torch.tensor([[True, True, True, False]])).tolist()
    [[2, 1, 0, 3]]
    """
    position = torch.arange(is_token.shape[1], device=is_token.device)
    length = is_token.sum(dim=1, keepdim=True)
    return torch.where(position < length, length - 1 - position, position)
