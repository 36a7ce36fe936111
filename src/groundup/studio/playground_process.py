"""The process in which the playground trains, and what it is asked and answers; playground.py starts it.

It trains the network of `foundations/network.py` in the loop that lesson 0.6 uses, and shows it on the way.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from groundup.common.errors import GroundupError
from groundup.common.process import serve
from groundup.course.lessons.catalogue import LESSONS
from groundup.course.lessons.parts import load_part
from groundup.course.progress.store import finite
from groundup.foundations.autograd import Array, Tensor
from groundup.foundations.descent import METHODS, Method
from groundup.foundations.network import Batch, Network, split, train, yes_or_no
from groundup.foundations.points import POINTS, corners

OPTIMISER_STATE = (
    "speed",
    "mean",
    "square",
    "steps",
)  # what a method of descent.py carries from step to step
FRAME_INTERVAL_S = 0.06  # between frames, at least: the eye does not see more
FEATURES: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda a, b: a,
    "x2": lambda a, b: b,
    "x1^2": lambda a, b: a**2,
    "x2^2": lambda a, b: b**2,
    "x1*x2": lambda a, b: a * b,
    "sin x1": lambda a, b: np.sin(math.pi * a),
    "sin x2": lambda a, b: np.sin(math.pi * b),
}
"""What the network may read of a point. The sines have one period from -1 to 1."""

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Width = Annotated[int, Field(ge=1, le=8)]


class LayerWeights(BaseModel):
    """The weights of one layer."""

    weights: Annotated[list[Annotated[list[Finite], Field(max_length=8)]], Field(max_length=8)]
    """(inputs, neurons)"""
    biases: Annotated[list[Finite], Field(max_length=8)]


class TrainingRequest(BaseModel):
    """A network, the points it learns from, and how; its state, if it has begun; and how many steps to take."""

    data: Literal["corners", "xor", "circles", "moons", "spirals"] = "circles"
    noise: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.05
    held_out: Annotated[float, Field(ge=0, le=0.8, allow_inf_nan=False)] = 0.3
    """The share of the points that is held out, to measure what the network has learnt."""
    features: Annotated[
        list[Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin x1", "sin x2"]],
        Field(min_length=1, max_length=7),
    ] = ["x1", "x2"]
    layers: Annotated[list[Width], Field(max_length=4)] = [4]
    """Neurons of each hidden layer."""
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh"
    start: Literal["random", "zero", "same", "large"] = "random"
    optimiser: Literal["adam", "momentum", "gradient descent"] = "adam"
    rate: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 0.03
    l2: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    batch: Annotated[int, Field(ge=0, le=200)] = 0
    """Points in a step; 0 stands for all."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    points: Annotated[str, Field(max_length=20_000)] = ""

    step: Annotated[int, Field(ge=0, le=10**9)] = 0
    weights: Annotated[list[LayerWeights], Field(max_length=5)] | None = None
    """The weights after `step` steps; None begins with new ones."""
    memory: Annotated[list[dict[str, Any]], Field(max_length=10)] | None = None
    """The state of the optimiser, as a frame gave it."""
    steps: Annotated[int, Field(ge=0, le=5000)] = 0
    """Steps to take now."""
    pace: Annotated[int, Field(ge=1, le=1000)] = 10
    """Steps between two frames."""


class Frame(BaseModel):
    """A line of the stream: the state after `step` steps. The last line has all the steps, or an error."""

    step: int = 0
    loss: float | None = None
    """Of the points that it learns from, in bits; None where it is no longer a number."""
    held_loss: float | None = None
    """Of the points held out; None where there are none."""
    weights: list[LayerWeights] = []
    memory: list[dict[str, Any]] = []
    points: list[list[float]] = []
    """Only in the first line, like the next two."""
    labels: list[int] = []
    held: list[bool] = []
    """Which of the points are held out."""
    error: str = ""
    hint: str = ""


def frames(request: TrainingRequest, interval: float = FRAME_INTERVAL_S) -> Iterator[dict[str, Any]]:
    """The state before the first step, every `pace` steps, and after the last; at least `interval` seconds apart."""
    lesson = load_part(LESSONS / "0.6-xor-from-nothing" / "experiments.py")
    x, labels, held = points_of(
        request.data, request.noise, request.held_out, request.seed, lesson._own(request.points)
    )
    features = np.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in request.features], axis=1)
    training: Batch = (features[~held], labels[~held])
    validation: Batch | None = (features[held], labels[held]) if held.any() else None
    network = lesson.begun(
        [len(request.features), *request.layers, 1], request.activation, request.start, request.seed
    )
    methods = [METHODS[request.optimiser](request.rate) for _ in network.parameters()]
    if request.weights is not None:
        _set_weights(network, request.weights)
        if request.memory is not None:
            _set_optimiser_state(methods, network.parameters(), request.memory)

    def frame(step: int) -> dict[str, Any]:
        finite_weights = all(np.isfinite(parameter.data).all() for parameter in network.parameters())
        return {
            "step": step,
            "loss": _loss_in_bits(network, training),
            "held_loss": _loss_in_bits(network, validation) if validation else None,
            "weights": [
                {"weights": layer.weights.data.tolist(), "biases": layer.biases.data.tolist()}
                for layer in network.layers if finite_weights
            ],
            "memory": [
                {name: np.asarray(vars(method)[name]).tolist() for name in OPTIMISER_STATE if name in vars(method)}
                for method in methods
            ],
        }  # fmt: skip

    yield frame(request.step) | {"points": x.tolist(), "labels": labels.tolist(), "held": held.tolist()}
    if request.steps == 0:
        return
    remaining = iter(methods)
    frame_time, step, shown_step = time.monotonic(), request.step, request.step
    with np.errstate(over="ignore", invalid="ignore"):
        for state in train(
            network, *training, steps=request.steps, learning_rate=request.rate, batch_size=request.batch or None,
            l2=request.l2, optimiser=lambda _: next(remaining), measure_every=request.steps,
            seed=request.seed + request.step,
        ):  # fmt: skip
            step = request.step + state.step
            if state.step % request.pace == 0:
                time.sleep(max(0.0, frame_time + interval - time.monotonic()))
                frame_time, shown_step = time.monotonic(), step
                yield frame(step)
        if step != shown_step:
            yield frame(step)


def points_of(
    data: str, noise: float, held_out: float, seed: int, own: tuple[Array, Any]
) -> tuple[Array, Any, Any]:
    """Points (count, 2), their labels, and which are held out: some of the data, none of the learner's `own`."""
    x, labels = corners() if data == "corners" else POINTS[data](200, noise=noise, seed=seed)
    held = np.zeros(len(x), dtype=bool)
    if data != "corners" and 0 < round(held_out * len(x)) < len(x):
        _, (chosen, _) = split(np.arange(len(x))[:, None], labels, held_out=held_out, seed=seed)
        held[np.asarray(chosen)[:, 0].astype(int)] = True
    own_x, own_labels = own
    return (
        np.concatenate([x, own_x]),
        np.concatenate([labels, own_labels]),
        np.concatenate([held, np.zeros(len(own_x), dtype=bool)]),
    )


def _loss_in_bits(network: Network, batch: Batch) -> float:
    x, labels = batch
    return yes_or_no(network(x), labels).item() / math.log(2)


def _set_weights(network: Network, weights: list[LayerWeights]) -> None:
    shapes = [(layer.weights.shape, layer.biases.shape) for layer in network.layers]
    try:
        arrays = [(np.array(layer.weights, float), np.array(layer.biases, float)) for layer in weights]
    except ValueError:  # rows of different lengths
        arrays = []
    if [(matrix.shape, biases.shape) for matrix, biases in arrays] != shapes:
        raise GroundupError("These weights are of another network.", "Start again without them.")
    for layer, (matrix, biases) in zip(network.layers, arrays, strict=True):
        layer.weights.data, layer.biases.data = matrix, biases


def _set_optimiser_state(
    methods: list[Method], parameters: list[Tensor], states: list[dict[str, Any]]
) -> None:
    """Give each method its state back. A state of another shape is refused."""
    try:
        for method, parameter, state in zip(methods, parameters, states, strict=True):
            for name in OPTIMISER_STATE:
                if name not in vars(method):
                    continue
                value = np.array(state[name], dtype=float)
                if value.shape not in ((), parameter.shape) or not np.isfinite(value).all():
                    raise ValueError
                setattr(method, name, int(value) if name == "steps" else value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise GroundupError("The state of the optimiser cannot be read.", "Start again without it.") from None


def main() -> None:
    serve(lambda request: map(finite, frames(TrainingRequest.model_validate(request))))
