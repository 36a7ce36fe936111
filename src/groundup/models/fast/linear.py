"""The linear layer of linear.py for training on a CPU in float32, where oneDNN multiplies faster than MKL.

Measured alone in a small GPT's training step (`benchmarks/bench_fast.py`). `multiply` and `linear_backward` are also
what the fused block and the fast cells are made of.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from groundup.models.fast import onednn
from groundup.models.linear import Linear

# With fewer multiplications in a product MKL is as fast or faster, because a call of oneDNN costs more at its start.
ONEDNN_MIN_MULTIPLICATIONS = 2**23


class OneDNNLinear(Linear):
    """`Linear`, with large float32 products of a training step sent to oneDNN, forward and backward."""

    def __init__(self, plain: Linear) -> None:
        vars(self).update(vars(plain))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, len(self.weight))
        trains = torch.is_grad_enabled() and self.weight.requires_grad
        if not trains or torch.is_autocast_enabled("cpu") or not prefers_onednn(rows, self.weight):
            return super().forward(x)
        return OneDNNProduct.apply(rows, self.weight, self.bias).view(*x.shape[:-1], -1)


class OneDNNProduct(torch.autograd.Function):
    """x W + b with its gradients, x `(rows, inputs)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return multiply(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return linear_backward(dy.contiguous(), *ctx.saved_tensors)


def prefers_onednn(x: Tensor, weight: Tensor) -> bool:
    large = len(x) * weight.numel() > ONEDNN_MIN_MULTIPLICATIONS
    return large and onednn.supports(x) and onednn.supports(weight)


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W + b, x `(rows, inputs)`, by the faster library. autograd does not record it."""
    if prefers_onednn(x, weight):
        return onednn.linear(x, weight.t(), bias)
    return torch.mm(x, weight) if bias is None else torch.addmm(bias, x, weight)


def linear_backward(dy: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of x, W and b, given dy, that of y = x W + b:  dx = dy Wᵀ;  dW = xᵀ dy;  db = dy summed over rows."""
    return multiply(dy, weight.t()), torch.mm(x.t(), dy), dy.sum(0)
