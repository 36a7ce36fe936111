"""Models with parts taken out. What a part is for shows when it is missing.

The files of the models are texts to read, and know nothing of this one. A model is built as it is written there;
then `ablate` changes that one instance. Where a part is a module of its own, another takes its place. Where it is
a line inside a `forward`, the module gets another class with that line left out, and keeps its weights. So all
that is left begins with the same numbers as in the whole model.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError, did_you_mean
from groundup.models import gpt, transformer
from groundup.models.affine import Affine
from groundup.models.attention import CausalSelfAttention, fast_attention
from groundup.models.contract import LanguageModel, Memory
from groundup.models.gpt import GPT, GPTConfig, gelu
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.models.recurrent import Recurrent
from groundup.models.transformer import Transformer, TransformerConfig
from groundup.models.word_gru import WordGRUConfig

if TYPE_CHECKING:
    from groundup.models import ModelConfig

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


def parts_of(config: "ModelConfig") -> list[str]:
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


def check_parts(config: "ModelConfig", parts: Iterable[str]) -> tuple[str, ...]:
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
    if not without:
        return model
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
    if "norm" in without and is_gpt:  # the one before the read-out
        model.norm = nn.Identity()
    for block in model.blocks:
        if "norm" in without:
            block.attention_norm, block.feed_forward_norm = nn.Identity(), nn.Identity()
        block.attention.__class__ = AblatedAttention
        block.attention.without = without
        if "heads" in without:
            block.attention.heads = 1
        block.__class__ = AblatedGPTBlock if is_gpt else AblatedTransformerBlock
        block.without = without
        if "attention" in without:
            del block.attention, block.attention_norm
        if "feed-forward" in without:
            del block.widen, block.narrow, block.feed_forward_norm
    model.__class__ = AblatedGPT if is_gpt else AblatedTransformer


class AblatedAttention(CausalSelfAttention):
    """CausalSelfAttention, with the scale and the mask as things that can be left out. Shapes as there."""

    without: frozenset[str]

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = self.queries_keys_values(x)
        if "scale" in self.without:
            queries = queries * math.sqrt(queries.shape[3])  # by which the attention will divide
        if past is not None:
            keys = torch.cat((past[0], keys), dim=2)
            values = torch.cat((past[1], values), dim=2)
        dropout = self.dropout if self.training else 0.0
        if "mask" in self.without:
            mixed = F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
        else:
            mixed = fast_attention(queries, keys, values, dropout)
        return self.out(mixed.transpose(1, 2).reshape(x.shape)), keys, values


class AblatedGPTBlock(gpt.Block):
    """x + attention(norm(x)), then x + feed_forward(norm(x)), with parts that can be left out."""

    without: frozenset[str]

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        if "attention" in self.without:
            keys = values = _no_keys(x, past)
        else:
            mixed, keys, values = self.attention(self.attention_norm(x), past)
            x = _joined(x, self.dropout(mixed), self.without)
        if "feed-forward" in self.without:
            return x, keys, values
        hidden = self.widen(self.feed_forward_norm(x))
        hidden = hidden if "activation" in self.without else gelu(hidden)
        return _joined(x, self.dropout(self.narrow(hidden)), self.without), keys, values


class AblatedTransformerBlock(transformer.Block):
    """norm(x + attention(x)), then norm(x + feed_forward(x)), with parts that can be left out."""

    without: frozenset[str]

    def forward(self, x: Tensor, past: tuple[Tensor, ...] | None) -> tuple[Tensor, Tensor, Tensor]:
        if "attention" in self.without:
            keys = values = _no_keys(x, past)
        else:
            mixed, keys, values = self.attention(x, past)
            x = self.attention_norm(_joined(x, self.dropout(mixed), self.without))
        if "feed-forward" in self.without:
            return x, keys, values
        hidden = self.widen(x)
        hidden = hidden if "activation" in self.without else F.relu(hidden)
        x = self.feed_forward_norm(_joined(x, self.dropout(self.narrow(hidden)), self.without))
        return x, keys, values


def _joined(x: Tensor, part: Tensor, without: frozenset[str]) -> Tensor:
    return part if "residual" in without else x + part


def _no_keys(x: Tensor, past: tuple[Tensor, ...] | None) -> Tensor:
    """Keys of no numbers, `(batch, 1, past + time, 0)`: their length still says how many tokens were read."""
    seen = x.shape[1] + (past[0].shape[2] if past else 0)
    return x.new_zeros(len(x), 1, seen, 0)


class _Counted(LanguageModel):
    """What an ablated transformer says of its size: the contract's counts, by what is there."""

    config: Any

    def flops_per_token(self, time: int) -> int:
        attentions = [part for part in self.modules() if isinstance(part, CausalSelfAttention)]
        matrices = [part.weight for part in self.modules() if isinstance(part, Affine)]
        looking = 2 * self.config.width * (time + 1) // 2 * len(attentions)
        return 2 * (sum(map(Tensor.numel, matrices)) + looking + self.config.width * self.vocab_size)

    def memory_per_token(self) -> int:
        return 2 * self.config.width * sum(isinstance(part, CausalSelfAttention) for part in self.modules())


class AblatedTransformer(_Counted, Transformer):
    """A transformer whose parts were changed."""


class AblatedGPT(_Counted, GPT):
    """A GPT whose parts were changed."""

    def next_token(self, token: Tensor, past: int, memory: Memory) -> tuple[Tensor, Memory]:
        """The long way: `GPT.next_token` has the arithmetic of whole blocks written out, and these are not."""
        with (
            torch.inference_mode(mode=False),
            torch.no_grad(),
        ):  # outside inference mode `forward` asks each part
            return self(token[:, None], memory)


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
        model.cells.__class__ = Forgetful
    if "embedding" in without:
        drawn = model.embedding.weight.detach()
        del model.embedding.weight
        model.embedding.register_buffer("weight", drawn)  # saved with the weights, and never trained
    if "tied-weights" in without:
        model.readout.weight = nn.Parameter(model.readout.weight.detach().clone())
    if "attention" in without:
        model.__class__ = LSTMWithoutAttention
        for name in ("query", "key", "score"):
            if hasattr(model, name):
                delattr(model, name)


def plain_cells(cells: Recurrent) -> Recurrent:
    """A plain RNN from a GRU or an LSTM: h' = tanh(W x + U h + b), with the W, U and b of what could be new.

    It is what the GRU computes with its reset gate at 1 and its update gate at 0, and what the LSTM computes with
    the input gate at 1, the forget gate at 0 and the output gate and last tanh left out.
    """
    plain = Recurrent("rnn", cells.inputs, cells.width, cells.layers, cells.dropout).to(cells.weights(0).hh)
    third = slice(2 * cells.width, 3 * cells.width)  # n of (r, z, n), and g of (i, f, g, o)
    with torch.no_grad():
        for layer in range(cells.layers):
            for mine, theirs in zip(plain.weights(layer), cells.weights(layer), strict=True):
                mine.copy_(theirs[third])
    return plain


class Forgetful(Recurrent):
    """Cells that read every token as if it were the first. The memory goes through as it is."""

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        time, batch, inputs = x.shape
        alone = x.reshape(1, time * batch, inputs)  # one step for all tokens: none waits for another
        h, _ = super().forward(alone, self.start(time * batch, like=alone))
        return h.view(time, batch, self.width), memory


class LSTMWithoutAttention(LSTMAttention):
    """The context of every token is zero: what is known of the past is in the LSTM's state alone."""

    def attend(self, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        weights = queries.new_zeros(len(queries), queries.shape[1], keys.shape[1])
        return torch.zeros_like(queries), weights

    def flops_per_token(self, time: int) -> int:
        return self.cells.flops_per_token() + 2 * (self.join.weight.numel() + self.readout.weight.numel())
