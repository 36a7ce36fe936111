"""Networks of neurons: layers, losses and the training loop, on the autograd of this folder.

A neuron weighs its inputs, adds a bias and bends the sum: activation(w·x + b). A layer is many neurons that
read the same inputs, so all their weights make one matrix. A network is layers one after another; the last one
is not bent, and gives scores. Training is one loop: guess, measure the loss, walk back, step downhill.

>>> from groundup.foundations.points import corners
>>> x, labels = corners()
>>> network = Network([2, 8, 1], seed=0)  # 2 inputs, 8 hidden neurons, 1 score
>>> for state in train(network, x, labels, steps=200, learning_rate=0.1):
...     pass
>>> network.classify(x).tolist()  # exclusive or, learnt
[0, 1, 1, 0]
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from groundup.foundations.autograd import Array, Tensor
from groundup.foundations.descent import Adam, Method
from groundup.foundations.operations import binary_cross_entropy, cross_entropy, relu, sigmoid, tanh

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid}
Batch = tuple[ArrayLike, ArrayLike]  # x and targets


# --- layers ------------------------------------------------------------------------------------------------


class Layer:
    """x (rows, inputs) -> activation(x @ weights + biases) (rows, neurons).

    The weights start at random, so that no two neurons are alike and stay so, and of a size that neither swells
    nor shrinks what goes through: deviation 1/√inputs (LeCun et al. 1998, "Efficient BackProp", section 4.6),
    for ReLU, which cuts half away, √2 times that (He et al. 2015, section 2.2). Biases start at 0.

    >>> layer = Layer(2, 1, "relu", np.random.default_rng(0))
    >>> layer.weights.data, layer.biases.data = np.array([[3.0], [-1.0]]), np.array([0.5])
    >>> layer(Tensor([[1.0, 2.0], [1.0, 9.0]])).data.tolist()  # 3 - 2 + 0.5, and 3 - 9 + 0.5 which is cut
    [[1.5], [0.0]]
    """

    def __init__(
        self, inputs: int, neurons: int, activation: str | None, random: np.random.Generator
    ) -> None:
        size = np.sqrt((2 if activation == "relu" else 1) / inputs)
        self.weights = Tensor(size * random.standard_normal((inputs, neurons)), name="weights")
        self.biases = Tensor(np.zeros(neurons), name="biases")
        self.activation = activation  # None: not bent

    def __call__(self, x: Tensor) -> Tensor:
        total = x @ self.weights + self.biases
        return ACTIVATIONS[self.activation](total) if self.activation else total


class Network:
    """Layers of the given widths: [2, 8, 1] reads 2 numbers, has 8 hidden neurons, and gives 1 score.

    >>> network = Network([2, 8, 1])
    >>> sum(parameter.data.size for parameter in network.parameters())  # 2·8 + 8 and 8·1 + 1
    33
    """

    def __init__(self, widths: Sequence[int], activation: str = "tanh", seed: int = 0) -> None:
        if len(widths) < 2 or min(widths) < 1:
            raise ValueError(
                f"widths is {list(widths)}; give the inputs, any hidden layers and the scores: [2, 8, 1]"
            )
        _known("activation", activation, ACTIVATIONS)
        random = np.random.default_rng(seed)
        bends = [activation] * (len(widths) - 2) + [None]
        self.layers = [
            Layer(inputs, neurons, bend, random)
            for inputs, neurons, bend in zip(widths, widths[1:], bends, strict=False)
        ]

    def parameters(self) -> list[Tensor]:
        return [tensor for layer in self.layers for tensor in (layer.weights, layer.biases)]

    def __call__(self, x: ArrayLike) -> Tensor:
        """x (rows, inputs) -> scores (rows, outputs)."""
        return self.every_layer(x)[-1]

    def every_layer(self, x: ArrayLike) -> list[Tensor]:
        """What each layer gives, (rows, its neurons), the scores last."""
        current = Tensor(x, name="x", requires_grad=False)
        inputs = self.layers[0].weights.shape[0]
        if current.data.ndim != 2 or current.shape[1] != inputs:
            raise ValueError(f"x has the shape {current.shape}; this network reads (rows, {inputs})")
        outputs = []
        for layer in self.layers:
            current = layer(current)
            outputs.append(current)
        return outputs

    def classify(self, x: ArrayLike) -> NDArray[np.int64]:
        """The class of each row, (rows,): the highest score; if there is but one, its sign, 1 for yes and 0 for no.

        >>> network = Network([1, 1])
        >>> network.layers[0].weights.data = np.array([[2.0]])
        >>> network.classify([[-1.0], [3.0]]).tolist()  # scores -2 and 6
        [0, 1]
        """
        scores = self(x).data
        return (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(axis=1)


# --- losses ------------------------------------------------------------------------------------------------


def squared_error(scores: Tensor, targets: ArrayLike) -> Tensor:
    """The mean of (score - target)², for targets that are numbers. For classes by `classify`, take -1 and 1.

    >>> squared_error(Tensor([[1.0], [3.0]]), [0.0, 1.0]).item()  # (1² + 2²) / 2
    2.5
    """
    return ((scores - _one_each(scores, targets)) ** 2).mean()


def yes_or_no(scores: Tensor, targets: ArrayLike) -> Tensor:
    """Binary cross-entropy of one score for each row, (rows, 1); targets (rows,), 0 or 1.

    >>> round(yes_or_no(Tensor([[0.0], [4.0]]), [0, 1]).item(), 4)  # (0.6931 + 0.0181) / 2
    0.3556
    """
    return binary_cross_entropy(scores, _one_each(scores, targets))


def _one_each(scores: Tensor, targets: ArrayLike) -> Array:
    """The targets in the shape of the scores. Beside (rows, 1), targets (rows,) would broadcast to (rows, rows)!"""
    values = np.array(targets, dtype=np.float64)
    if scores.shape == (*values.shape, 1):
        values = values[..., None]
    if scores.shape != values.shape:
        raise ValueError(
            f"scores of shape {scores.shape} need as many targets, and these have {values.shape}"
        )
    return values


LOSSES: dict[str, Callable[[Tensor, ArrayLike], Tensor]] = {
    "squared error": squared_error,
    "binary cross-entropy": yes_or_no,  # one score for each row
    "cross-entropy": cross_entropy,  # one score for each class
}


def _known(subject: str, name: str, known: dict) -> None:
    if name not in known:
        raise ValueError(f"there is no {subject} {name!r}; there are {', '.join(known)}")


# --- data --------------------------------------------------------------------------------------------------


def split(x: ArrayLike, targets: ArrayLike, held_out: float = 0.2, seed: int = 0) -> tuple[Batch, Batch]:
    """Shuffle, and part: (x, targets) to learn from, and (x, targets) held out to see what was really learnt.

    >>> (x, _), (held_x, _) = split(np.zeros((10, 2)), np.zeros(10), held_out=0.3)
    >>> len(x), len(held_x)
    (7, 3)
    """
    rows, values = _rows(x, targets)
    order = np.random.default_rng(seed).permutation(len(rows))
    held = round(held_out * len(rows))
    if not 0 < held < len(rows):
        raise ValueError(f"held_out is {held_out}: of {len(rows)} rows, it must leave some on both sides")
    return (rows[order[held:]], values[order[held:]]), (rows[order[:held]], values[order[:held]])


def batches(
    x: ArrayLike, targets: ArrayLike, size: int | None = None, seed: int = 0
) -> Iterator[tuple[int, Array, NDArray]]:
    """(epoch, x, targets) without end: each epoch takes every row once, in a new random order, `size` at a time.

    The last batch of an epoch may be smaller. With no size, every batch is the whole.

    >>> stream = batches(np.arange(10.0)[:, None], np.arange(10), size=4)
    >>> [(epoch, len(x)) for epoch, x, _ in (next(stream) for _ in range(4))]
    [(0, 4), (0, 4), (0, 2), (1, 4)]
    """
    rows, values = _rows(x, targets)
    if size is not None and size < 1:
        raise ValueError(f"the batch size is {size}; it must be 1 or more")
    random = np.random.default_rng(seed)
    epoch = 0
    while True:
        order = random.permutation(len(rows))
        for first in range(0, len(rows), size or len(rows)):
            chosen = order[first : first + (size or len(rows))]
            yield epoch, rows[chosen], values[chosen]
        epoch += 1


def _rows(x: ArrayLike, targets: ArrayLike) -> tuple[Array, NDArray]:
    rows, values = np.array(x, dtype=np.float64), np.array(targets)
    if rows.ndim != 2 or not len(rows) or len(rows) != len(values):
        raise ValueError(
            f"x of shape {rows.shape} and targets of shape {values.shape}: each row of x needs a target"
        )
    return rows, values


# --- training ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """After one step of training. The last two are None where `measure_every` passed the step by."""

    step: int  # from 1
    epoch: int  # from 0
    loss: float  # of the step's batch, before the step
    training_loss: float | None  # of all rows, after it
    validation_loss: (
        float | None
    )  # of the held-out rows, after it. Rising while the other falls: over-fitting


def train(
    network: Network,
    x: ArrayLike,
    targets: ArrayLike,
    *,
    loss: str = "binary cross-entropy",
    steps: int = 500,
    learning_rate: float = 0.03,
    batch_size: int | None = None,
    l2: float = 0.0,
    optimiser: Callable[[float], Method] = Adam,
    validation: Batch | None = None,
    measure_every: int = 1,
    seed: int = 0,
) -> Iterator[State]:
    """Train in place, one step for each state that is asked for; between two of them one can look and draw.

    l2: adds l2/2 · (sum of all squared weights) to what is made small, which keeps the network smooth; the
    losses in the states are without it. optimiser: a class of descent.py. The states end early if the loss is
    no longer a number, which a large learning rate can do.

    >>> network = Network([1, 1])
    >>> line = train(network, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], loss="squared error", learning_rate=0.1)
    >>> losses = [state.loss for state in line]
    >>> network.layers[0].weights.data.round(2).tolist(), network.layers[0].biases.data.round(2).tolist()  # 2x + 1
    ([[2.0]], [1.0])
    """
    _known("loss", loss, LOSSES)
    if steps < 1 or measure_every < 1:
        raise ValueError(f"steps is {steps} and measure_every {measure_every}; both must be 1 or more")
    measure = LOSSES[loss]
    parameters = network.parameters()
    optimisers = [optimiser(learning_rate) for _ in parameters]
    for step, (epoch, batch, answers) in zip(
        range(1, steps + 1), batches(x, targets, batch_size, seed), strict=False
    ):
        for parameter in parameters:
            parameter.grad = None
        data_loss = measure(network(batch), answers)
        objective = data_loss
        if l2 > 0:
            for layer in network.layers:
                objective = objective + l2 / 2 * (layer.weights**2).sum()
        objective.backward()
        for parameter, method in zip(parameters, optimisers, strict=True):
            assert parameter.grad is not None
            parameter.data = parameter.data + method.step(parameter.grad)
        look = step % measure_every == 0 or step == steps
        yield State(
            step,
            epoch,
            data_loss.item(),
            measure(network(x), targets).item() if look else None,
            measure(network(validation[0]), validation[1]).item() if look and validation else None,
        )
        if not np.isfinite(data_loss.item()):
            return


def neuron_maps(
    network: Network, extent: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0), resolution: int = 40
) -> list[Array]:
    """What every neuron computes over the plane: for each layer (neurons, resolution, resolution), [n, row, column].

    extent: left, right, bottom, top. Row 0 is the bottom, column 0 the left. The last map is the network's score:
    it is 0 along the boundary that it draws. Call it between two steps of `train` to watch neurons learn.

    >>> maps = neuron_maps(Network([2, 4, 1]), resolution=10)
    >>> [layer.shape for layer in maps]
    [(4, 10, 10), (1, 10, 10)]
    """
    left, right, bottom, top = extent
    across, up = np.meshgrid(np.linspace(left, right, resolution), np.linspace(bottom, top, resolution))
    plane = np.stack([across.ravel(), up.ravel()], axis=1)  # (resolution², 2)
    return [layer.data.T.reshape(-1, resolution, resolution) for layer in network.every_layer(plane)]
