"""Two parts of `gpt.py` again, for a CPU: the same numbers, sooner. Tests hold them equal.

- GELU for training, by way of the sigmoid.
- One token at a time, for writing text.
"""

import math
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from groundup.models.affine import Affine
from groundup.models.attention import on_plain_cpu
from groundup.models.contract import Memory

if TYPE_CHECKING:
    from groundup.models.gpt import GPT

# The two numbers of GPT-2's GELU, 0.5 x (1 + tanh(SLOPE x + BEND x³)).
SLOPE = math.sqrt(2 / math.pi)
BEND = SLOPE * 0.044715


class SigmoidGELU(torch.autograd.Function):
    """The same GELU for training on a CPU, where PyTorch's sigmoid takes a third of its tanh's time or less."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        y, slope = gelu_and_slope(x)
        ctx.save_for_backward(slope)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> Tensor:
        (slope,) = ctx.saved_tensors
        return slope * grad


def gelu_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """GELU(x) and its derivative there, any shape. The derivative is all that the way back needs.

    Since 0.5 (1 + tanh z) = sigmoid(2z), GELU(x) = x s with s = sigmoid(u) and u = 2 (SLOPE x + BEND x³).
    Its slope is s + x u' s (1 - s), with x u' = 2 (SLOPE x + 3 BEND x³) = 3u - 4 SLOPE x.
    """
    start = torch.tensor(2 * SLOPE, dtype=x.dtype)
    u = torch.addcmul(start, x, x, value=2 * BEND).mul_(x)
    s = torch.sigmoid(u)
    slope = u.add_(x, alpha=-4 / 3 * SLOPE)  # x u' / 3
    slope.addcmul_(slope, s, value=-1)
    torch.addcmul(s, s, slope, value=3, out=slope)
    return s.mul_(x), slope


class Writer:
    """`GPT.forward` for one token a row, only for writing text: no dropout, no gradients, no module hooks.

    With one token the arithmetic takes less time than Python's calls of modules in modules, so here they are
    written out. It holds the weights as they are when it is made.
    """

    def __init__(self, model: "GPT") -> None:
        self.config, self.norm = model.config, model.norm
        self.tokens, self.positions = model.token_embedding.weight, model.position_embedding.weight
        blocks: Any = model.blocks  # of gpt.Block
        self.blocks = [
            (
                (block.attention_norm.weight, block.attention_norm.bias),
                Product(block.attention.qkv),
                Product(block.attention.out),
                (block.feed_forward_norm.weight, block.feed_forward_norm.bias),
                Product(block.widen),
                Product(block.narrow),
            )
            for block in blocks
        ]
        self.room: tuple[list[Tensor], int] | None = None  # see room_for_one_more

    def next_token(self, token: Tensor, past: int, memory: Memory) -> tuple[Tensor, Memory]:
        """Logits `(batch, 1, vocab)` and memory after one more token a row, `(batch,)`, the `past`-th."""
        batch, heads = len(token), self.config.heads
        width = (self.config.width,)
        room = self.room_for_one_more(memory, past)
        x = F.embedding(token, self.tokens) + self.positions[past]
        new_memory: list[Tensor] = []
        for (norm, qkv, out, norm2, widen, narrow), storage in zip(self.blocks, room, strict=True):
            read = qkv(torch.layer_norm(x, width, *norm)).view(batch, 3, heads, 1, -1)
            storage.narrow(3, past, 1).copy_(read.narrow(1, 1, 2))
            keys, values = storage.narrow(3, 0, past + 1).unbind(1)  # (batch, heads, past + 1, head_width)
            mixed = F.scaled_dot_product_attention(read.select(1, 0), keys, values).view(batch, -1)
            x = out(mixed).add_(x)
            hidden = F.gelu(widen(torch.layer_norm(x, width, *norm2)), approximate="tanh")
            x = narrow(hidden).add_(x)
            new_memory += (keys, values)
        self.room = room, past + 1
        logits = F.linear(self.norm(x), self.tokens)
        return logits.unsqueeze(1), tuple(new_memory)

    def room_for_one_more(self, memory: Memory, past: int) -> list[Tensor]:
        """For each block, storage `(batch, 2, heads, longer, head_width)` that begins with its keys and values.

        To join one token to a memory by copying would cost more than to read the token. So `next_token` writes
        it behind the memory, in storage that has room, and gives out that storage's beginning. What was given
        out is never written again: storage is gone on with only from where it is filled to, and only once.
        """
        # Taken out in one step, so that of two threads only one has it.
        room: list[Tensor]
        room, filled = self.__dict__.pop("room", None) or ([], -1)
        if filled == past < room[0].shape[3] and all(
            keys.data_ptr() == storage.data_ptr() and len(keys) == len(storage)
            for keys, storage in zip(memory[::2], room, strict=True)
        ):
            return room
        longer = min(2 * (past + 1), self.config.context)
        room = []
        for keys, values in zip(memory[::2], memory[1::2], strict=True):
            batch, heads, _, head_width = keys.shape
            storage = keys.new_empty(batch, 2, heads, longer, head_width)
            storage[:, 0, :, :past], storage[:, 1, :, :past] = keys, values
            room.append(storage)
        return room


class Product:
    """x W + b of an Affine, without a gradient, x `(batch, inputs)`.

    PyTorch multiplies a single row by a matrix on one core. As two products, of half the row with half the
    matrix, it takes both cores, and with large weights two thirds of the time.
    """

    def __init__(self, affine: Affine) -> None:
        self.weight, self.bias = affine.weight, affine.bias
        inputs, outputs = self.weight.shape
        self.halves = None
        if inputs % 2 == 0 and on_plain_cpu(self.weight):
            self.halves = self.weight.detach().view(2, inputs // 2, outputs)
            self.biases = torch.stack([self.bias, torch.zeros_like(self.bias)]).unsqueeze(1).detach()

    def __call__(self, x: Tensor) -> Tensor:
        if len(x) == 1 and self.halves is not None:
            return torch.baddbmm(self.biases, x.view(2, 1, -1), self.halves).sum(0)
        return torch.addmm(self.bias, x, self.weight)
