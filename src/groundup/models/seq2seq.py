"""The contract of sequence-to-sequence models: an encoder reads the source, a decoder writes the target.

    source ── encode ──► memory ── decode ──► logits, alignment, memory
                            ▲        ▲                           │
                            └────────┼───────────────────────────┘
                         the target's tokens so far

Two models keep it, rnn_seq2seq.py and encoder_decoder.py. The decoder is a language model as in contract.py,
except that its memory does not start empty: it starts with the encoded source.
"""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.models.contract import Memory

# The first three tokens of every vocabulary here: padding of the shorter texts of a batch, what the decoder reads
# first, and what it writes after the last token of the target.
PAD, BEGIN, END = 0, 1, 2


class Seq2Seq(nn.Module):
    """From source tokens `(batch, source)`, short ones padded with PAD at the end, to a target."""

    name: ClassVar[str]
    vocab_size: int

    @abstractmethod
    def encode(self, source: Tensor) -> Memory:
        """Read the source. Returns the memory before the first token of the target; padding has no effect."""

    @abstractmethod
    def decode(self, target: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Read the next target tokens `(batch, time)`; the very first token of a target is BEGIN.

        Returns logits `(batch, time, vocab)`, where `logits[:, t]` scores the token after `target[:, t]`; the
        alignment `(batch, layers, heads, time, source)`, rows summing to one: where in the source each step
        attended; and the memory after the last token.
        """

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Teacher forcing: logits for every token of a target that is known, `(batch, time, vocab)`."""
        logits, _, _ = self.decode(target, self.encode(source))
        return logits

    @torch.no_grad()
    def translate(self, source: Tensor, max_tokens: int) -> tuple[Tensor, Tensor]:
        """Greedy decoding: write the likeliest token, read it, write the next, until END or `max_tokens` tokens.

        Call `eval()` first; `max_tokens` is at least 1.

        Returns the tokens `(batch, written)`, with END where it was written and PAD after it, and the
        alignment `(batch, layers, heads, written, source)`.
        """
        tokens = torch.full((len(source), 1), BEGIN, device=source.device)
        done = torch.zeros_like(tokens, dtype=torch.bool)
        memory = self.encode(source)
        written: list[Tensor] = []
        alignments: list[Tensor] = []
        while len(written) < max_tokens and not done.all():
            logits, alignment, memory = self.decode(tokens, memory)
            tokens = logits.argmax(dim=2).masked_fill(done, PAD)
            done |= tokens == END
            written.append(tokens)
            alignments.append(alignment)
        return torch.cat(written, dim=1), torch.cat(alignments, dim=3)

    def parameter_count(self) -> int:
        """Trained numbers; tied weights count once."""
        return sum(parameter.numel() for parameter in self.parameters())


def token_mask(source: Tensor) -> Tensor:
    """Where the source is text and not padding: `(batch, source)`, true or false.

    Raises GroundupError for a text without a token, because there would be nothing to attend to.
    """
    is_token = source != PAD
    if source.shape[1] == 0 or not is_token.any(dim=1).all():
        raise GroundupError(
            "There is nothing to translate: the text is empty.", "Give it at least one token."
        )
    return is_token
