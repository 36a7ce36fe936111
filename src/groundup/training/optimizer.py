"""AdamW with decay groups, and a learning rate that warms up and then follows a cosine down."""

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
