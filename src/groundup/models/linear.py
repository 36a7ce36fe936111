"""The layer that the transformers are made of: y = x W + b."""

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """y = x W + b, from x `(..., inputs)` to y `(..., outputs)`.

    W is `(inputs, outputs)`, as in the equation and as GPT-2's own files store it (Hugging Face calls this layer
    `Conv1D`); `nn.Linear` stores the transpose. Weights and bias start at zero: each model initialises them.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        inputs, outputs = self.weight.shape
        rows = x.reshape(-1, inputs)  # all leading dimensions become one: a single matrix product
        return torch.addmm(self.bias, rows, self.weight).view(*x.shape[:-1], outputs)
