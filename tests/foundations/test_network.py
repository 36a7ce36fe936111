"""Networks that learn what they must, the loop against torch, and what a widget is given."""

import doctest

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from groundup.foundations import network as network_module
from groundup.foundations import points as points_module
from groundup.foundations.autograd import Tensor
from groundup.foundations.descent import GradientDescent, Momentum
from groundup.foundations.network import Network, batches, neuron_maps, split, squared_error, train, yes_or_no
from groundup.foundations.points import POINTS, corners


def finish(*arguments, **dials):
    """Train to the end: all states."""
    return list(train(*arguments, **dials))


@pytest.mark.parametrize("seed", range(20))
def test_xor_is_learnt_from_any_seed(seed):
    x, labels = corners()
    network = Network([2, 8, 1], seed=seed)
    finish(network, x, labels, steps=300, learning_rate=0.1, measure_every=300)
    assert network.classify(x).tolist() == labels.tolist()


@pytest.mark.parametrize("name", POINTS)
def test_points_that_no_line_divides_are_told_apart(name):
    learn, (held_x, held_labels) = split(*POINTS[name](400, seed=1), held_out=0.25)
    straight = Network([2, 1])
    finish(straight, *learn, steps=200, learning_rate=0.1, measure_every=200)
    assert (straight.classify(held_x) == held_labels).mean() < 0.95
    network = Network([2, 16, 16, 1])
    finish(network, *learn, steps=1000, learning_rate=0.03, measure_every=1000)
    assert (network.classify(held_x) == held_labels).mean() >= 0.98


def test_handwritten_digits_to_97_percent():
    digits = load_digits()
    learn, (held_x, held_labels) = split(digits.data / 16, digits.target, held_out=0.2)
    network = Network([64, 256, 10], "relu")
    finish(
        network,
        *learn,
        loss="cross-entropy",
        steps=1000,
        learning_rate=0.003,
        batch_size=64,
        measure_every=1000,
    )
    assert (network.classify(held_x) == held_labels).mean() >= 0.97


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize(
    ("loss", "outputs"), [("squared error", 1), ("binary cross-entropy", 1), ("cross-entropy", 3)]
)
def test_every_step_is_that_of_torch(activation, loss, outputs):
    random = np.random.default_rng(0)
    x = random.standard_normal((12, 2))
    targets = random.integers(0, max(outputs, 2), 12)
    ours = Network([2, 5, 4, outputs], activation, seed=3)
    bend = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}[activation]
    peer = torch.nn.Sequential(
        torch.nn.Linear(2, 5), bend(), torch.nn.Linear(5, 4), bend(), torch.nn.Linear(4, outputs)
    ).double()
    with torch.no_grad():
        for parameter, value in zip(peer.parameters(), ours.parameters(), strict=True):
            parameter.copy_(torch.tensor(value.data.T))
    y = torch.tensor(targets) if outputs > 1 else torch.tensor(targets)[:, None].double()
    measure = {
        "squared error": torch.nn.functional.mse_loss,
        "binary cross-entropy": torch.nn.functional.binary_cross_entropy_with_logits,
        "cross-entropy": torch.nn.functional.cross_entropy,
    }[loss]
    # torch's weight_decay is ours, when only weights decay: l2/2·w² has the slope l2·w.
    weights = [parameter for parameter in peer.parameters() if parameter.dim() == 2]
    biases = [parameter for parameter in peer.parameters() if parameter.dim() == 1]
    optimiser = torch.optim.SGD(
        [{"params": weights, "weight_decay": 0.01}, {"params": biases}], lr=0.1, momentum=0.9
    )
    states = train(ours, x, targets, loss=loss, steps=20, learning_rate=0.1, l2=0.01, optimiser=Momentum)
    for state in states:
        theirs = measure(peer(torch.tensor(x)), y)
        assert state.loss == pytest.approx(theirs.item(), abs=1e-9)
        optimiser.zero_grad()
        theirs.backward()
        optimiser.step()
        assert state.training_loss == pytest.approx(measure(peer(torch.tensor(x)), y).item(), abs=1e-9)
    for parameter, value in zip(peer.parameters(), ours.parameters(), strict=True):
        np.testing.assert_allclose(value.data.T, parameter.detach().numpy(), atol=1e-9)


def overfit(l2):
    x, labels = POINTS["moons"](60, noise=0.25, seed=2)
    learn, held = split(x, labels, held_out=0.5)
    dials = {"steps": 600, "learning_rate": 0.02, "measure_every": 10}
    states = [
        state
        for state in train(Network([2, 32, 32, 1], seed=1), *learn, validation=held, l2=l2, **dials)
        if state.validation_loss is not None
    ]
    return [state.training_loss for state in states], [state.validation_loss for state in states]


def test_over_fitting_shows_and_l2_holds_it_back():
    training, validation = overfit(l2=0.0)
    best = int(np.argmin(validation))
    assert best < 30  # the first half
    assert validation[-1] > 1.5 * validation[best]
    assert training[-1] < 0.5 * training[best]
    calmer_training, calmer_validation = overfit(l2=0.02)
    assert calmer_validation[-1] < validation[-1] / 1.5
    assert calmer_training[-1] > training[-1]


def test_states_come_one_a_step_and_measure_when_asked():
    x, labels = POINTS["xor"](10)
    states = train(
        Network([2, 3, 1]), x, labels, steps=7, batch_size=4, measure_every=3, validation=(x, labels)
    )
    result = list(states)
    assert [state.step for state in result] == [1, 2, 3, 4, 5, 6, 7]
    assert [state.epoch for state in result] == [0, 0, 0, 1, 1, 1, 2]
    assert [state.step for state in result if state.training_loss is not None] == [3, 6, 7]
    assert all(state.training_loss == state.validation_loss for state in result)


def test_between_two_states_nothing_happens_and_each_takes_one_step():
    x, labels = corners()
    network = Network([2, 3, 1])
    states = train(network, x, labels, learning_rate=0.1)
    start = [parameter.data.copy() for parameter in network.parameters()]
    first = next(states)
    assert first.loss == yes_or_no(Network([2, 3, 1])(x), labels).item()
    after = [parameter.data.copy() for parameter in network.parameters()]
    assert all((a != b).any() for a, b in zip(start, after, strict=True))
    assert next(states).loss == first.training_loss


def test_the_same_seed_gives_the_same_numbers():
    x, labels = POINTS["spirals"](50)
    losses = [
        [
            s.loss
            for s in train(Network([2, 4, 1], seed=seed), x, labels, steps=10, batch_size=7, seed=shuffle)
        ]
        for seed, shuffle in ((0, 0), (0, 0), (1, 0), (0, 1))
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    assert losses[0] != losses[3]


def test_too_large_a_rate_ends_early_with_a_loss_that_is_no_number():
    with np.errstate(all="ignore"):
        states = finish(
            Network([1, 1]),
            [[1.0], [2.0]],
            [1.0, 2.0],
            loss="squared error",
            steps=5000,
            learning_rate=10.0,
            optimiser=GradientDescent,
        )
    assert len(states) < 5000
    assert not np.isfinite(states[-1].loss)
    assert all(np.isfinite(state.loss) for state in states[:-1])


def test_maps_are_what_each_neuron_computes_at_each_place():
    network = Network([2, 3, 2, 1], "relu", seed=5)
    maps = neuron_maps(network, extent=(-2.0, 1.0, 0.0, 5.0), resolution=4)
    assert [layer.shape for layer in maps] == [(3, 4, 4), (2, 4, 4), (1, 4, 4)]
    for row, y in enumerate(np.linspace(0.0, 5.0, 4)):
        for column, x in enumerate(np.linspace(-2.0, 1.0, 4)):
            place = np.array([x, y])
            for number, layer in enumerate(network.layers):
                place = place @ layer.weights.data + layer.biases.data
                if number < 2:
                    place = np.maximum(place, 0)
                np.testing.assert_allclose(maps[number][:, row, column], place, atol=1e-12)


def test_every_epoch_takes_every_row_once_in_a_new_order():
    x = np.arange(10.0)[:, None]
    stream = batches(x, np.arange(10), size=3)
    epochs = [[next(stream) for _ in range(4)] for _ in range(3)]
    orders = []
    for number, epoch in enumerate(epochs):
        assert [(result, len(rows)) for result, rows, _ in epoch] == [(number, 3)] * 3 + [(number, 1)]
        assert all((rows[:, 0] == targets).all() for _, rows, targets in epoch)
        orders.append([int(target) for _, _, targets in epoch for target in targets])
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_a_split_keeps_every_row_with_its_target():
    x = np.arange(10.0)[:, None]
    (learn_x, learn_y), (held_x, held_y) = split(x, np.arange(10) * 2, held_out=0.3, seed=4)
    assert sorted([*learn_x[:, 0], *held_x[:, 0]]) == list(range(10))
    assert (learn_y == 2 * learn_x[:, 0]).all()
    assert (held_y == 2 * held_x[:, 0]).all()
    assert len(held_y) == 3


@pytest.mark.parametrize("name", POINTS)
def test_points_are_seeded_balanced_and_on_the_map(name):
    x, labels = POINTS[name](100, seed=3)
    again, _ = POINTS[name](100, seed=3)
    other, _ = POINTS[name](100, seed=4)
    noisy, _ = POINTS[name](100, noise=0.5, seed=3)
    assert x.shape == (100, 2)
    assert labels.sum() == 50
    assert np.abs(x).max() < 1.2
    assert (x == again).all()
    assert (x != other).any()
    assert np.std(noisy - POINTS[name](100, noise=0.0, seed=3).x) == pytest.approx(0.5, rel=0.15)
    if name != "xor":
        assert (POINTS[name](100, noise=0.0, seed=3).x != x).any()


def test_mistakes_are_explained():
    x, labels = corners()
    for wrong, message in (
        (lambda: Network([2]), "give the inputs, any hidden layers and the scores"),
        (lambda: Network([2, 0, 1]), r"widths is \[2, 0, 1\]"),
        (lambda: Network([2, 1], "bend"), "no activation 'bend'; there are tanh, relu, sigmoid"),
        (lambda: Network([3, 1])(x), r"x has the shape \(4, 2\); this network reads \(rows, 3\)"),
        (lambda: finish(Network([2, 1]), x, labels, loss="mse"), "no loss 'mse'; there are squared error"),
        (lambda: finish(Network([2, 1]), x, labels[:3]), "each row of x needs a target"),
        (lambda: finish(Network([2, 3]), x, labels), r"scores of shape \(4, 3\) need as many targets"),
        (lambda: finish(Network([2, 1]), x, [0, 1, 2, 1]), "between 0, for no, and 1, for yes"),
        (lambda: finish(Network([2, 3]), x, [0, 1, 2, 3], loss="cross-entropy"), "go from 0 to 2"),
        (lambda: finish(Network([2, 1]), x, labels, steps=0), "steps is 0"),
        (lambda: finish(Network([2, 1]), x, labels, batch_size=0), "batch size is 0"),
        (lambda: finish(Network([2, 1]), x, labels, learning_rate=-1.0), "learning rate is -1.0"),
        (lambda: split(x, labels, held_out=1.0), "must leave some on both sides"),
        (lambda: squared_error(Tensor(np.ones((4, 1))), np.ones((1, 4))), "need as many targets"),
        (lambda: POINTS["moons"](1), "2 points or more"),
        (lambda: POINTS["moons"](10, noise=-1.0), "noise is -1.0"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()


@pytest.mark.parametrize("module", [network_module, points_module])
def test_the_worked_numbers(module):
    result = doctest.testmod(module)
    assert result.attempted > 5
    assert result.failed == 0
