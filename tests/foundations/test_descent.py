"""The methods against torch.optim, step by step; the surfaces against measured gradients; what diverges."""

import doctest

import numpy as np
import pytest
import torch

from groundup.foundations import descent
from groundup.foundations.calculus import gradient
from groundup.foundations.descent import (
    METHODS,
    SURFACES,
    Adam,
    GradientDescent,
    Momentum,
    RMSProp,
    descend,
)

PEERS = {
    "gradient descent": (lambda: GradientDescent(1e-3), lambda p: torch.optim.SGD(p, 1e-3)),
    "momentum": (lambda: Momentum(3e-4), lambda p: torch.optim.SGD(p, 3e-4, momentum=0.9)),
    "momentum 0.5": (lambda: Momentum(1e-3, keep=0.5), lambda p: torch.optim.SGD(p, 1e-3, momentum=0.5)),
    "rmsprop": (lambda: RMSProp(0.01), lambda p: torch.optim.RMSprop(p, 0.01)),
    "rmsprop 0.9": (lambda: RMSProp(0.01, keep=0.9), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
    "adam": (lambda: Adam(0.1), lambda p: torch.optim.Adam(p, 0.1)),
    "adam, other dials": (
        lambda: Adam(0.03, beta1=0.5, beta2=0.9, epsilon=1e-3),
        lambda p: torch.optim.Adam(p, 0.03, betas=(0.5, 0.9), eps=1e-3),
    ),
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_step_is_that_of_torch(name, surface):
    ours, theirs = PEERS[name]
    landscape = SURFACES[surface]
    path = descend(landscape, ours(), steps=200)
    point = torch.tensor(landscape.start, dtype=torch.float64, requires_grad=True)
    optimiser = theirs([point])
    walked = [point.detach().numpy().copy()]
    for here in path.points[:-1]:
        # The slopes where *we* stand: on Rosenbrock's slopes a difference in the last digit soon grows.
        point.grad = torch.tensor(np.array(landscape.gradient(*here)))
        optimiser.step()
        walked.append(point.detach().numpy().copy())
    assert path.points.shape == (201, 2)
    np.testing.assert_allclose(path.points, walked, rtol=0, atol=1e-12)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_gradient_of_each_surface_is_the_measured_one(surface):
    left, right, bottom, top = surface.extent
    random = np.random.default_rng(0)
    for point in random.uniform((left, bottom), (right, top), (50, 2)):
        measured = gradient(lambda p: surface.height(p[0], p[1]), point)
        np.testing.assert_allclose(surface.gradient(*point), measured, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_minimum_is_flat_the_lowest_and_on_the_map(surface):
    left, right, bottom, top = surface.extent
    x, y = np.meshgrid(np.linspace(left, right, 101), np.linspace(bottom, top, 101))
    heights = surface.height(x, y)
    assert heights.shape == x.shape
    assert surface.gradient(*surface.minimum) == (0.0, 0.0)
    assert surface.height(*surface.minimum) <= heights.min() + 1e-12
    for where in (surface.start, surface.minimum):
        assert left <= where[0] <= right
        assert bottom <= where[1] <= top


@pytest.mark.parametrize(
    ("surface", "method"),
    [
        ("bowl", GradientDescent(0.1)),
        ("valley", GradientDescent(0.09)),
        ("valley", Momentum(0.02)),
        ("saddle", GradientDescent(0.1)),
        ("saddle", Adam(0.1)),
        ("rosenbrock", Adam(0.1)),
    ],
)
def test_descents_arrive(surface, method):
    path = descend(surface, method, steps=1500)
    assert path.diverged is None
    assert path.points.shape == (1501, 2)
    np.testing.assert_array_equal(path.heights, SURFACES[surface].height(*path.points.T))
    np.testing.assert_allclose(path.points[-1], SURFACES[surface].minimum, atol=1e-3)


def test_a_walk_along_the_ridge_stays_on_the_saddle():
    path = descend("saddle", GradientDescent(0.1), 500, start=(-1.5, 0.0))
    assert (path.points[:, 1] == 0).all()
    np.testing.assert_allclose(path.points[-1], (0, 0), atol=1e-12)


def test_too_large_a_rate_diverges_and_says_when():
    # On the bowl each step multiplies by 1 - 2·1.5 = -2: from 1.6 past 400 takes 1.6·2⁸ = 409.6.
    path = descend("bowl", GradientDescent(1.5), steps=50)
    assert path.diverged == 8
    assert path.points.shape == (8, 2)
    np.testing.assert_allclose(path.points[-1], [-1.6 * (-2.0) ** 7, 1.2 * (-2.0) ** 7])


def test_a_step_to_nowhere_counts_as_diverged():
    with np.errstate(all="ignore"):
        path = descend("rosenbrock", GradientDescent(1e308), steps=5)
    assert path.diverged == 1
    assert np.isfinite(path.points).all()
    assert np.isfinite(path.heights).all()


def test_just_at_the_edge_it_neither_arrives_nor_diverges():
    path = descend("bowl", GradientDescent(1.0), steps=10)
    assert path.diverged is None
    np.testing.assert_allclose(np.abs(path.points), np.abs([SURFACES["bowl"].start] * 11))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no surface 'hill'; there are bowl, valley, saddle, rosenbrock"):
        descend("hill", Adam(0.1))
    with pytest.raises(ValueError, match="two numbers"):
        descend("bowl", Adam(0.1), start=[1.0, 2.0, 3.0])
    for method in METHODS.values():
        for rate in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match="learning rate"):
                method(rate)


def test_the_worked_numbers():
    result = doctest.testmod(descent)
    assert result.attempted > 5
    assert result.failed == 0
