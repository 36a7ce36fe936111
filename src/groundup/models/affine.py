"""The layer that everything else is made of: y = x W + b."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from groundup.models import onednn

# Multiplications in a product: with fewer, MKL is as quick or quicker, for a call of oneDNN costs more at its start.
MANY = 2**23


class Affine(nn.Module):
    """y = x W + b, from x `(..., inputs)` to y `(..., outputs)`.

    W is `(inputs, outputs)`, as in the equation and in GPT-2's own files; nn.Linear stores its transpose. The
    matrix products of a small GPT's training step, measured in float32 on two cores, take a tenth less so.
    It starts as zero: whoever uses it says how its weights begin.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        inputs, outputs = self.weight.shape
        # All leading dimensions become one, so that it is a single matrix product.
        rows = x.reshape(-1, inputs)
        if trains_in_float32(rows, self.weight):
            y = OneDNNAffine.apply(rows, self.weight, self.bias)
        else:
            y = torch.addmm(self.bias, rows, self.weight)
        return y.view(*x.shape[:-1], outputs)


def trains_in_float32(x: Tensor, weight: Tensor) -> bool:
    """Whether a product, x `(rows, inputs)`, is part of a training step that oneDNN does sooner."""
    gradients = torch.is_grad_enabled() and weight.requires_grad
    return gradients and for_onednn(x, weight) and not torch.is_autocast_enabled("cpu")


def for_onednn(x: Tensor, weight: Tensor) -> bool:
    large = len(x) * weight.numel() > MANY
    return large and onednn.suits_onednn(x) and onednn.suits_onednn(weight)


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W + b, x `(rows, inputs)`, by the library that takes less time. For use where autograd does not look."""
    if for_onednn(x, weight):
        return onednn.linear(x, weight.t(), bias)
    return torch.mm(x, weight) if bias is None else torch.addmm(bias, x, weight)


def gradients(dy: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Those of x, W and b, from that of y = x W + b:  dx = dy Wᵀ;  dW = xᵀ dy;  db = the sum of dy's rows."""
    return multiply(dy, weight.t()), torch.mm(x.t(), dy), dy.sum(0)


class OneDNNAffine(torch.autograd.Function):
    """x W + b for training on a CPU in float32, x `(rows, inputs)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return multiply(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return gradients(dy.contiguous(), *ctx.saved_tensors)
