"""The optimiser's groups and the learning rate's path."""

import math

import pytest
import torch

from groundup.training.optimizer import (
    learning_rate,
    load_optimizer_tensors,
    make_optimizer,
    optimizer_tensors,
)
from groundup.training.recipe import TrainingRecipe


def adamw_by_hand(weight, gradients, recipe, decay):
    """Loshchilov and Hutter 2019, algorithm 2, in double precision."""
    weight, mean, square = weight.double().clone(), 0.0, 0.0
    for count, gradient in enumerate(gradients, start=1):
        weight -= recipe.learning_rate * decay * weight
        mean = recipe.beta1 * mean + (1 - recipe.beta1) * gradient.double()
        square = recipe.beta2 * square + (1 - recipe.beta2) * gradient.double() ** 2
        step = (mean / (1 - recipe.beta1**count)) / ((square / (1 - recipe.beta2**count)).sqrt() + 1e-8)
        weight -= recipe.learning_rate * step
    return weight


def test_matrices_decay_and_vectors_do_not_as_in_the_paper():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    recipe = TrainingRecipe(learning_rate=0.1, weight_decay=0.5)
    before = [p.detach().clone() for p in (model.weight, model.bias)]
    optimizer = make_optimizer(model, recipe)
    gradients = [[torch.randn_like(p) for p in (model.weight, model.bias)] for _ in range(4)]
    for pair in gradients:
        model.weight.grad, model.bias.grad = (g.clone() for g in pair)
        optimizer.step()
    for place, (parameter, decay) in enumerate(((model.weight, 0.5), (model.bias, 0.0))):
        expected = adamw_by_hand(before[place], [pair[place] for pair in gradients], recipe, decay)
        torch.testing.assert_close(parameter.detach().double(), expected, rtol=1e-5, atol=1e-6)


def test_state_moves_to_another_optimizer():
    torch.manual_seed(0)
    recipe = TrainingRecipe()
    linear, two = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    two.load_state_dict(linear.state_dict())
    a, b = make_optimizer(linear, recipe), make_optimizer(two, recipe)
    linear(torch.ones(1, 3)).sum().backward()
    a.step()
    two.load_state_dict(linear.state_dict())
    load_optimizer_tensors(b, {name: value.clone() for name, value in optimizer_tensors(a).items()})
    for model, optimizer in ((linear, a), (two, b)):
        model.weight.grad = torch.full((2, 3), 0.3)
        model.bias.grad = torch.full((2,), 0.3)
        optimizer.step()
    assert torch.equal(linear.weight, two.weight)
    assert torch.equal(linear.bias, two.bias)


def test_the_learning_rate_rises_then_follows_a_cosine():
    recipe = TrainingRecipe(learning_rate=1.0, warmup_ratio=0.2, min_lr_ratio=0.1)
    assert learning_rate(0.1, recipe) == pytest.approx(0.5)
    assert learning_rate(0.2, recipe) == pytest.approx(1.0)
    assert learning_rate(0.6, recipe) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert learning_rate(1.0, recipe) == pytest.approx(0.1)
    assert learning_rate(1.3, recipe) == pytest.approx(0.1)
    assert 0 < learning_rate(0.0, recipe) < 0.1
    assert learning_rate(0.0, TrainingRecipe(learning_rate=1.0, warmup_ratio=0.0)) == pytest.approx(1.0)
