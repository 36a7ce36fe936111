"""The contract of every language model here: tokens and a memory in, logits and a memory out.

Five models, one interface. Training, sampling, evaluation and export use this interface alone.
"""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from groundup.common.errors import GroundupError

# What a model carries from the tokens it has read: an RNN's hidden state, an LSTM's cell and past outputs,
# a transformer's keys and values (its KV cache). A flat tuple of tensors, each with the batch first, so that other
# code can pick rows from it, detach it or save it without knowing which model it belongs to.
Memory = tuple[Tensor, ...]


class LanguageModel(nn.Module):
    """A next-token predictor.

    `model(tokens, memory)` reads tokens `(batch, time)` and returns logits `(batch, time, vocab)`, where
    `logits[:, t]` scores the token that follows `tokens[:, t]`, and the memory after the last token.
    `memory=None` is the start of a text. In eval mode, and up to rounding, two properties hold for every model; tests
    check them:

    - no logit depends on a later token (causality);
    - reading a text whole equals reading it in pieces with the memory passed on.
    """

    name: ClassVar[str]
    # True: the memory is worth carrying from one training batch to the next (truncated back-propagation).
    recurrent: ClassVar[bool]
    vocab_size: int

    @abstractmethod
    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]: ...

    @property
    @abstractmethod
    def context(self) -> int | None:
        """The most tokens the model can hold in memory, or None where there is no limit."""

    @abstractmethod
    def flops_per_token(self, time: int) -> int:
        """Floating-point operations to read one token forward, on average over a text of `time` tokens.

        Multiply and add count as two. Training costs three times this: forward once, backward twice.
        """

    @abstractmethod
    def memory_per_token(self) -> int:
        """How many numbers each token that is read adds to the memory of one text (0 for a plain RNN)."""

    def parameter_count(self) -> int:
        """Trained numbers; tied weights count once."""
        return sum(p.numel() for p in self.parameters())


def detach(memory: Memory) -> Memory:
    """The same memory with no gradient to its past: where truncated back-propagation through time cuts."""
    return tuple(part.detach() for part in memory)


def pick_rows(memory: Memory, rows: Tensor) -> Memory:
    """The memory of the given batch rows, in that order; a row may be picked more than once."""
    return tuple(part.index_select(0, rows) for part in memory)


def past_length(memory: Memory | None, new: int, context: int) -> int:
    """How many tokens a transformer's memory holds.

    Raises GroundupError where `new` more tokens would not fit into the context.
    """
    past = memory[0].shape[2] if memory else 0
    if past + new > context:
        raise GroundupError(
            f"The model was to read {past + new} tokens, but its context is {context}.",
            f"Give it at most the last {context} tokens, with no memory of the ones before.",
        )
    return past
