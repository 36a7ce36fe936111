"""Models with parts taken out. What a part is for shows when it is missing.

The models' own files know nothing of this one. A model is built as it is written there; then `ablate` puts other
modules into that one instance: `block.attention = NoAttention()`. A module that replaces another keeps its weights, so
everything that stays begins with the same numbers as in the whole model.
"""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError, did_you_mean
from groundup.models import gpt, transformer
from groundup.models.attention import CausalSelfAttention, causal_mask, join_heads
from groundup.models.cells import Recurrent
from groundup.models.contract import LanguageModel, Memory
from groundup.models.gpt import GPT, GPTConfig
from groundup.models.lstm_attention import LSTMAttentionConfig
from groundup.models.transformer import Transformer, TransformerConfig
from groundup.models.word_gru import WordGRUConfig

PARTS = {
    "positions": "Nothing says where a token stands: the vectors added for its position are zero.",
    "attention": "Nothing looks back: a block keeps its feed-forward layer alone, an LSTM its state.",
    "mask": "Each token may look at all others, also at those after it.",
    "scale": "The scores of the attention are not divided by the square root of the head's width.",
    "heads": "One head of the full width instead of several narrow ones. The number of weights is the same.",
    "residual": "Each sub-layer's output takes the place of its input, instead of being added to it.",
    "norm": "The layer norms let everything through as it is.",
    "feed-forward": "Each block keeps its attention alone.",
    "activation": "The feed-forward layer is linear: nothing bends between its two matrices.",
    "tied-weights": "Reading and scoring have a table each. Both begin with the same numbers.",
    "embedding": "The vectors that stand for tokens stay as chance drew them: they are not trained.",
    "recurrence": "The cell forgets: it reads each token from a state of zeros.",
    "gates": "The cell is a plain RNN, begun with the weights that propose what could be new.",
}


def parts_of(config: Any) -> list[str]:
    """What a model of this config can be without, in the order of `PARTS`."""
    if isinstance(config, GPTConfig | TransformerConfig):
        has = {"positions", "attention", "mask", "scale", "residual", "norm", "feed-forward", "activation"}
        has |= {"tied-weights"} | ({"heads"} if config.heads > 1 else set())
    elif isinstance(config, LSTMAttentionConfig):
        has = {"embedding", "recurrence", "gates", "attention"}
    elif isinstance(config, WordGRUConfig):
        has = {"recurrence", "tied-weights" if config.tie else "embedding"}
        has |= {"gates"} if config.cell != "rnn" else set()
    else:
        has = {"embedding", "recurrence"}
    return [part for part in PARTS if part in has]


def check_parts(config: Any, parts: Iterable[str]) -> tuple[str, ...]:
    """The parts as they are. Raises GroundupError for an unknown name, one the model lacks, or one given twice."""
    checked: list[str] = []
    for part in parts:
        if part not in PARTS:
            raise GroundupError(f"There is no part '{part}'.", did_you_mean(part, PARTS))
        has = parts_of(config)
        if part not in has:
            raise GroundupError(
                f"This {config.kind} has no {part} to take out.", f"It can be without: {', '.join(has)}."
            )
        if part in checked:
            raise GroundupError(f"The part '{part}' is given twice.", "Give it once.")
        checked.append(part)
    return tuple(checked)


def ablate(model: LanguageModel, parts: Iterable[str]) -> LanguageModel:
    """Take parts out of a model that was just built. Changes it in place, and returns it.

    Its state_dict fits a model of the same config without the same parts. Raises GroundupError as `check_parts`.
    """
    config: Any = model.config
    without = frozenset(check_parts(config, parts))
    if isinstance(model, GPT | Transformer):
        _ablate_transformer(model, without)
    else:
        _ablate_recurrent(model, without)
    return model


# ---- transformer and GPT -----------------------------------------------------------------------------------


def _ablate_transformer(model: Any, without: frozenset[str]) -> None:
    is_gpt = isinstance(model, GPT)
    if "positions" in without:
        if is_gpt:
            model.position_embedding = NoPositions(model.position_embedding.weight)
        else:
            model.positions.zero_()
    if "tied-weights" in without:
        model.token_embedding = TwoTables(model.token_embedding.weight)
    if "norm" in without and is_gpt:  # the one before the lm_head
        model.norm = nn.Identity()
    for layer, block in enumerate(model.blocks):
        _ablate_block(block, without)
        if "residual" in without:
            model.blocks[layer] = (NoResidualGPTBlock if is_gpt else NoResidualTransformerBlock)(block)


def _ablate_block(block: Any, without: frozenset[str]) -> None:
    if "heads" in without:
        block.attention.heads = 1
    if without & {"mask", "scale"}:
        block.attention = AblatedAttention(block.attention, "mask" not in without, "scale" not in without)
    if "activation" in without:
        block.feed_forward.activation = nn.Identity()
    if "attention" in without:
        block.attention = NoAttention(nothing(without))
    if "feed-forward" in without:
        block.feed_forward = nothing(without)
    if without & {"attention", "norm"}:  # the norm belongs to its sub-layer
        block.attention_norm = nn.Identity()
    if without & {"feed-forward", "norm"}:
        block.feed_forward_norm = nn.Identity()


def nothing(without: frozenset[str]) -> nn.Module:
    """What a missing sub-layer puts out, so that x stays x: zeros, which are added to x; without the sum x itself."""
    return nn.Identity() if "residual" in without else Zeros()


class Zeros(nn.Module):
    """Zeros of the input's shape."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


class NoAttention(nn.Module):
    """Nothing is read from other tokens. The keys have no numbers, `(batch, 1, past + time, 0)`: their length still
    says how many tokens were read.
    """

    def __init__(self, output: nn.Module) -> None:
        super().__init__()
        self.output = output

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        seen = x.shape[1] + (past[0].shape[2] if past else 0)
        keys = x.new_zeros(len(x), 1, seen, 0)
        return self.output(x), keys, keys


class AblatedAttention(CausalSelfAttention):
    """CausalSelfAttention without the mask, without the scale, or without both. Shapes as there."""

    def __init__(self, attention: CausalSelfAttention, mask: bool, scale: bool) -> None:
        vars(self).update(vars(attention))
        self.mask, self.scale = mask, scale

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = self.queries_keys_values(x)
        if past is not None:
            keys = torch.cat((past[0], keys), dim=2)
            values = torch.cat((past[1], values), dim=2)
        time, seen = queries.shape[2], keys.shape[2]
        mask = causal_mask(time, seen - time, x.device) if self.mask else None
        scale = None if self.scale else 1.0  # None: 1 / sqrt(head_width)
        dropout = self.dropout if self.training else 0.0
        attention_output = F.scaled_dot_product_attention(
            queries, keys, values, mask, dropout_p=dropout, scale=scale
        )
        return self.out(join_heads(attention_output)), keys, values


class NoResidualGPTBlock(gpt.Block):
    """attention(norm(x)), then feed_forward(norm(x)): each takes the place of x."""

    def __init__(self, block: gpt.Block) -> None:
        vars(self).update(vars(block))

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        attention_output, keys, values = self.attention(self.attention_norm(x), past)
        x = self.dropout(attention_output)
        return self.dropout(self.feed_forward(self.feed_forward_norm(x))), keys, values


class NoResidualTransformerBlock(transformer.TransformerBlock):
    """norm(attention(x)), then norm(feed_forward(x)): each takes the place of x."""

    def __init__(self, block: transformer.TransformerBlock) -> None:
        vars(self).update(vars(block))

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        attention_output, keys, values = self.attention(x, past)
        x = self.attention_norm(self.dropout(attention_output))
        return self.feed_forward_norm(self.dropout(self.feed_forward(x))), keys, values


class NoPositions(nn.Module):
    """A table of positions that is all zeros, is not trained and not saved: `(context, width)`."""

    weight: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros_like(table.detach()), persistent=False)


class TwoTables(nn.Module):
    """Token vectors for reading beside those for scoring, `weight`; each `(vocab, width)`."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(table.detach().clone())
        self.reading = nn.Parameter(table.detach().clone())

    def forward(self, tokens: Tensor) -> Tensor:
        return F.embedding(tokens, self.reading)


# ---- the recurrent models ----------------------------------------------------------------------------------


def _ablate_recurrent(model: Any, without: frozenset[str]) -> None:
    if "gates" in without:
        model.cells = plain_cells(model.cells)
    if "recurrence" in without:
        model.cells = Forgetful(model.cells)
    if "embedding" in without:
        initial = model.embedding.weight.detach()
        del model.embedding.weight
        model.embedding.register_buffer("weight", initial)  # saved with the weights, and never trained
    if "tied-weights" in without:
        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    if "attention" in without:
        model.attention = NoPastAttention()


def plain_cells(cells: Recurrent) -> Recurrent:
    """A plain RNN from a GRU or an LSTM: h' = tanh(W x + U h + b), with the W, U and b of what could be new.

    It is what the GRU computes with its reset gate at 1 and its update gate at 0, and what the LSTM computes with
    the input gate at 1, the forget gate at 0 and the output gate and last tanh left out.
    """
    plain = Recurrent("rnn", cells.inputs, cells.width, cells.layers, cells.dropout).to(cells.weights(0).hh)
    third = slice(2 * cells.width, 3 * cells.width)  # n of (r, z, n), and g of (i, f, g, o)
    with torch.no_grad():
        for layer in range(cells.layers):
            for new, old in zip(plain.weights(layer), cells.weights(layer), strict=True):
                new.copy_(old[third])
    return plain


class Forgetful(Recurrent):
    """Cells that read every token as if it were the first. The memory passes through unchanged."""

    def __init__(self, cells: Recurrent) -> None:
        vars(self).update(vars(cells))

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        time, batch, inputs = x.shape
        rows = x.reshape(1, time * batch, inputs)  # one step for all tokens: none waits for another
        h, _ = super().forward(rows, self.init_state(time * batch, like=rows))
        return h.view(time, batch, self.width), memory


class NoPastAttention(nn.Module):
    """The context of every token is zero: what is known of the past is in the LSTM's state alone."""

    def forward(self, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        weights = queries.new_zeros(len(queries), queries.shape[1], keys.shape[1])
        return torch.zeros_like(queries), weights

    def flops(self, time: int) -> int:
        return 0
