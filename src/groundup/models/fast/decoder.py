"""GPT for one token at a time: generating text.

For a single token the arithmetic takes less time than Python's calls of modules in modules, and joining a token to a
memory by copying takes longer than reading it. So the calls are written out, and the memory grows in place.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.models.contract import Memory, past_length
from groundup.models.fast.attention import on_eager_cpu
from groundup.models.fast.block import FusedBlock
from groundup.models.gpt import GPT
from groundup.models.linear import Linear


class CachedDecoder(GPT):
    """`GPT`, with a short way for one more token a row, without gradients. All else it reads as `GPT` does."""

    def __init__(self, plain: GPT) -> None:
        vars(self).update(vars(plain))
        # A model with parts taken out or replaced has no short way.
        parts = (self.token_embedding, self.norm, *self.blocks)
        usual = {nn.Embedding, nn.LayerNorm, FusedBlock}
        self.short = {type(part) for part in parts} == usual and all(block.fusible for block in self.blocks)
        # Key and value storage of each block with room for more tokens, and how many tokens it is filled with.
        self.storage: tuple[list[Tensor], int] | None = None

    def forward(self, tokens: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        generates = self.short and not self.training and not torch.is_grad_enabled()
        if memory is None or tokens.shape[1] > 1 or not generates:
            return super().forward(tokens, memory)
        past = past_length(memory, 1, self.config.context)
        return self.next_token(tokens[:, 0], past, memory)

    def next_token(self, token: Tensor, past: int, memory: Memory) -> tuple[Tensor, Memory]:
        """Logits `(batch, 1, vocab)` and memory after one more token a row, `(batch,)`, the `past`-th."""
        blocks: Any = self.blocks
        all_storage = self.extend_memory(memory, past)
        x = F.embedding(token, self.token_embedding.weight) + self.position_embedding.weight[past]
        new_memory: list[Tensor] = []
        for block, storage in zip(blocks, all_storage, strict=True):
            attention, feed_forward = block.attention, block.feed_forward
            qkv = multiply_row(layer_norm(x, block.attention_norm), attention.qkv)
            qkv = qkv.view(len(x), 3, attention.heads, 1, -1)
            storage.narrow(3, past, 1).copy_(qkv.narrow(1, 1, 2))
            keys, values = storage.narrow(3, 0, past + 1).unbind(1)  # (batch, heads, past + 1, head_width)
            attended = F.scaled_dot_product_attention(qkv.select(1, 0), keys, values).view(len(x), -1)
            x = multiply_row(attended, attention.out).add_(x)
            hidden = multiply_row(layer_norm(x, block.feed_forward_norm), feed_forward.up)
            x = multiply_row(F.gelu(hidden, approximate="tanh"), feed_forward.down).add_(x)
            new_memory += (keys, values)
        self.storage = all_storage, past + 1
        logits = F.linear(layer_norm(x, self.norm), self.token_embedding.weight)
        return logits.unsqueeze(1), tuple(new_memory)

    def extend_memory(self, memory: Memory, past: int) -> list[Tensor]:
        """For each block, storage `(batch, 2, heads, capacity, head_width)` that begins with its keys and values.

        `next_token` writes a token behind the memory, in storage that has room, and returns that storage's beginning
        as the new memory. What was returned is never written again: storage is continued only from where it is filled
        to, and only once.
        """
        # Taken out in one step, so that of two threads only one has it.
        storages: list[Tensor]
        storages, filled = self.__dict__.pop("storage", None) or ([], -1)
        if filled == past < storages[0].shape[3] and all(
            keys.data_ptr() == storage.data_ptr() and len(keys) == len(storage)
            for keys, storage in zip(memory[::2], storages, strict=True)
        ):
            return storages
        capacity = min(2 * (past + 1), self.config.context)
        storages = []
        for keys, values in zip(memory[::2], memory[1::2], strict=True):
            batch, heads, _, head_width = keys.shape
            storage = keys.new_empty(batch, 2, heads, capacity, head_width)
            storage[:, 0, :, :past], storage[:, 1, :, :past] = keys, values
            storages.append(storage)
        return storages


def layer_norm(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    """What the module computes, without the cost of calling it."""
    return torch.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def multiply_row(x: Tensor, linear: Linear) -> Tensor:
    """x W + b, x `(batch, inputs)`, without a gradient.

    PyTorch multiplies a single row by a matrix on one core. As two products, of half the row with half the
    matrix, it takes both cores, and with large weights two thirds of the time.
    """
    inputs, outputs = linear.weight.shape
    if len(x) == 1 and inputs % 2 == 0 and on_eager_cpu(x):
        halves = torch.bmm(x.view(2, 1, -1), linear.weight.view(2, inputs // 2, outputs))
        return halves.sum(0).add_(linear.bias)
    return torch.addmm(linear.bias, x, linear.weight)
