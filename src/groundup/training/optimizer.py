"""AdamW with decay groups, a learning rate that warms up and then follows a cosine down, and how far a step moves."""

import math

import torch
from torch import Tensor, nn

from groundup.training.recipe import TrainingRecipe


def make_optimizer(model: nn.Module, recipe: TrainingRecipe) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019, algorithm 2) over two groups of parameters.

    Matrices decay: a weight that is not needed shrinks. Vectors (biases, gains of norms) do not: pulling a
    gain towards zero would fight the normalisation itself.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), eps=1e-8, fused=True
    )


def learning_rate(spent: float, recipe: TrainingRecipe) -> float:
    """The learning rate after a share `spent` (0 to 1) of the budget.

    It rises in a straight line over the warm-up, because Adam's first estimates rest on few gradients, then
    follows half a cosine down to `min_lr_ratio` (Loshchilov and Hutter 2017, equation 5, no restarts).
    """
    if spent < recipe.warmup_ratio:
        # Never exactly zero: the first step should already teach something.
        return recipe.learning_rate * max(spent / recipe.warmup_ratio, 0.01)
    along = min((spent - recipe.warmup_ratio) / (1 - recipe.warmup_ratio), 1.0)
    lowest = recipe.learning_rate * recipe.min_lr_ratio
    return lowest + (recipe.learning_rate - lowest) * 0.5 * (1 + math.cos(math.pi * along))


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's memory as named tensors: `optimizer.3.exp_avg` belongs to its fourth parameter."""
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer.{index}.{name}": value for index, parts in state.items() for name, value in parts.items()
    }


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave. Learning rates are not part of it: the schedule sets them."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, part = name.split(".", 2)
            state.setdefault(int(index), {})[part] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


class Update:
    """How far one step moves the weights: the length of the change, over the length of what is changed.

    Build it before a step of the optimiser, and call `ratios` after the step. A step of a thousandth or so of the
    weights' length is usual while a model learns well. A hundred times less hardly teaches, and a hundred times more
    forgets what was learnt. It copies the weights once, which a training step reads and writes many times over. It
    changes nothing of the training.
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
