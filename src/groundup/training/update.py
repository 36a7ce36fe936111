"""How far one step moves the weights: the length of the change, over the length of what is changed.

A step of a thousandth or so of the weights' length is usual while a model learns well. A hundred times less hardly
teaches, and a hundred times more forgets what was learnt.
"""

import torch
from torch import Tensor, nn


class Update:
    """Made before a step of the optimiser; `ratios` after it.

    It copies the weights once, which a training step reads and writes many times over. Nothing of the training
    is changed by it.
    """

    def __init__(self, model: nn.Module) -> None:
        self.groups = matrices(model)
        self.before = {
            name: [matrix.detach().clone() for matrix in group] for name, group in self.groups.items()
        }

    @torch.no_grad()
    def ratios(self) -> dict[str, float]:
        """|w_after - w_before| / |w_before| for each group of matrices; a group of zeros is left out."""
        result = {}
        for name, group in self.groups.items():
            before = self.before[name]
            length = _length(before)
            if length > 0:
                result[name] = _length(torch._foreach_sub(group, before)) / length
        return result


def matrices(model: nn.Module) -> dict[str, list[Tensor]]:
    """The trained matrices of a model by the part they are in: token_embedding, blocks.0, blocks.1, cells, ...

    Biases and gains are left out: they begin at zero and at one, so their ratios say little.
    """
    groups: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() >= 2 and parameter.requires_grad:
            first, *rest = name.split(".")
            numbered = bool(rest) and rest[0].isdigit()
            groups.setdefault(f"{first}.{rest[0]}" if numbered else first, []).append(parameter)
    return groups


def _length(tensors: list[Tensor] | tuple[Tensor, ...]) -> float:
    """The norm of all numbers in them together."""
    return torch.stack(torch._foreach_norm(list(tensors))).norm().item()
