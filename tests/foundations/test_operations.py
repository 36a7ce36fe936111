"""Every operation of autograd.py and operations.py against torch and finite differences, over many shapes."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from groundup.foundations.autograd import Tensor, unbroadcast
from groundup.foundations.calculus import gradient
from groundup.foundations.operations import (
    binary_cross_entropy,
    cross_entropy,
    embedding,
    exp,
    gelu,
    layer_norm,
    log,
    relu,
    sigmoid,
    softmax,
    tanh,
)

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = array_shapes(min_dims=0, max_dims=3, max_side=3)
ROWS = array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4)
few = settings(max_examples=25, deadline=None)


def values(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """No two alike and none near 0, so that no corner of relu or max lies within a finite difference."""
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    spaced = random.permutation(size) - (size - 1) // 2 + random.uniform(0.3, 0.7, size)
    return (spaced * 0.4).reshape(shape)


def prove(ours: Callable, theirs: Callable, *arrays: np.ndarray, axis: int = -1) -> None:
    """Same output and gradients as torch, same gradients as measured, and each step says truly what it does."""
    inputs = [Tensor(array) for array in arrays]
    peers = [torch.tensor(array, requires_grad=True) for array in arrays]
    output, peer = ours(*inputs), theirs(*peers)
    np.testing.assert_allclose(output.data, peer.detach().numpy(), rtol=1e-9, atol=1e-9)
    weights = np.random.default_rng(0).standard_normal(
        output.shape
    )  # so that each output number counts by itself
    (peer * torch.tensor(weights)).sum().backward()
    for step in (output * weights).sum().steps():
        if step.node is output and not (output.operation == "matmul" and 1 in map(np.ndim, arrays)):
            for local, passed in step.parts():
                check_chain(local.chain, np.asarray(local.derivative()), step.arrived, passed, axis)
    for number, (tensor, other) in enumerate(zip(inputs, peers, strict=True)):

        def loss(array: np.ndarray, number: int = number) -> float:
            moved = [array if other == number else each for other, each in enumerate(arrays)]
            return float((ours(*map(Tensor, moved)).data * weights).sum())

        assert tensor.grad.shape == tensor.shape
        np.testing.assert_allclose(tensor.grad, other.grad.numpy(), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(tensor.grad, gradient(loss, tensor.data), rtol=1e-6, atol=1e-6)


def check_chain(
    chain: str, derivative: np.ndarray, arrived: np.ndarray, passed: np.ndarray, axis: int
) -> None:
    """What was passed follows from what arrived and the derivative, in the way that the words say."""
    if chain == "arrived × derivative":
        array = unbroadcast(arrived * derivative, passed.shape)
    elif chain == "arrived row @ derivative matrix":
        rows = np.moveaxis(arrived, axis, -1)
        array = np.moveaxis(np.einsum("...i,...ij->...j", rows, derivative), -1, axis)
    elif chain in ("arrived @ derivative", "derivative @ arrived"):
        product = arrived @ derivative if chain.startswith("arrived") else derivative @ arrived
        array = unbroadcast(product, passed.shape)
    elif chain.startswith("arrived, copied"):
        assert derivative.shape == passed.shape
        assert ((passed == 0) == (derivative == 0)).all()
        return
    else:
        assert chain == "arrived, put back in its place"
        assert derivative.shape == passed.shape
        assert passed.sum() == pytest.approx(arrived.sum())
        assert (passed[derivative == 0] == 0).all()
        return
    np.testing.assert_allclose(passed, array, rtol=1e-9, atol=1e-9)


# --- every operation ---------------------------------------------------------------------------------------

PAIRS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", PAIRS)
@few
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), SEEDS)
def test_arithmetic_with_broadcasting(name, shapes, seed):
    a, b = (values(shape, seed + number) for number, shape in enumerate(shapes.input_shapes))
    prove(PAIRS[name], PAIRS[name], a, b)


EACH = {
    "negate": (lambda a: -a, lambda a: -a),
    "exp": (exp, torch.exp),
    "tanh": (tanh, torch.tanh),
    "sigmoid": (sigmoid, torch.sigmoid),
    "relu": (relu, torch.relu),
    "gelu": (gelu, lambda a: F.gelu(a, approximate="tanh")),
    "square": (lambda a: a**2, lambda a: a**2),
    "cube": (lambda a: a**3, lambda a: a**3),
    "reciprocal": (lambda a: a**-1, lambda a: a**-1),
    "power 0": (lambda a: a**0, lambda a: a**0),
    "power 1": (lambda a: a**1.0, lambda a: a**1.0),
    "transpose": (lambda a: a.T, lambda a: a.permute(tuple(range(a.dim()))[::-1])),
    "flatten": (lambda a: a.reshape(-1), lambda a: a.reshape(-1)),
}


@pytest.mark.parametrize("name", EACH)
@few
@given(SHAPES, SEEDS)
def test_operations_on_one_tensor(name, shape, seed):
    prove(*EACH[name], values(shape, seed))


@pytest.mark.parametrize("name", ["log", "power 2.5", "power -0.5"])
@few
@given(SHAPES, SEEDS)
def test_operations_on_positive_numbers(name, shape, seed):
    ours, theirs = {
        "log": (log, torch.log),
        "power 2.5": (lambda a: a**2.5, lambda a: a**2.5),
        "power -0.5": (lambda a: a**-0.5, lambda a: a**-0.5),
    }[name]
    prove(ours, theirs, np.abs(values(shape, seed)))


MATRICES = [
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((1, 2, 3), (5, 3, 1)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (3,)),
]


@pytest.mark.parametrize(("a", "b"), MATRICES)
def test_matrix_product(a, b):
    prove(lambda A, B: A @ B, lambda A, B: A @ B, values(a, 0), values(b, 1))


@few
@given(mutually_broadcastable_shapes(signature="(m,k),(k,n)->(m,n)", max_dims=2, max_side=3), SEEDS)
def test_matrix_product_with_broadcast_batches(shapes, seed):
    a, b = (values(shape, seed + number) for number, shape in enumerate(shapes.input_shapes))
    prove(lambda A, B: A @ B, lambda A, B: A @ B, a, b)


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@few
@given(array_shapes(min_dims=1, max_dims=3, max_side=3), SEEDS, st.data())
def test_many_into_one(name, shape, seed, data):
    dimensions = range(-len(shape), len(shape))
    item, some = (
        st.sampled_from(dimensions),
        st.sets(st.sampled_from(range(len(shape))), min_size=1).map(tuple),
    )
    axis = data.draw(st.none() | item | some)
    keepdims = data.draw(st.booleans())
    every = tuple(range(len(shape))) if axis is None else axis
    theirs = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}[name]
    prove(
        lambda a: getattr(a, name)(axis, keepdims),
        lambda a: theirs(a, dim=every, keepdim=keepdims),
        values(shape, seed),
    )


def test_the_largest_share_the_gradient():
    a = Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    a.max(axis=1).sum().backward()
    np.testing.assert_allclose(a.grad, [[0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]])
    peer = torch.tensor(a.data, requires_grad=True)
    peer.amax(dim=1).sum().backward()
    np.testing.assert_allclose(a.grad, peer.grad.numpy())


@few
@given(array_shapes(min_dims=2, max_dims=4, max_side=3), SEEDS, st.randoms(use_true_random=False))
def test_reshape_and_transpose(shape, seed, random):
    order = list(range(len(shape)))
    random.shuffle(order)
    prove(lambda a: a.transpose(*order), lambda a: a.permute(*order), values(shape, seed))
    new = (*shape[1:], 1, shape[0])
    prove(lambda a: a.reshape(*new), lambda a: a.reshape(*new), values(shape, seed))


@pytest.mark.parametrize(
    "where",
    [
        1,
        -1,
        (0, 2),
        slice(1, None),
        (slice(None), 1),
        (..., slice(0, 2)),
        [0, 2, 0, 0],  # one row three times
        ([0, 0, 2], [1, 1, 0]),
        (slice(None), None),
    ],
)
def test_index(where):
    prove(lambda a: a[where], lambda a: a[where], values((3, 4), 0))


def test_index_by_a_mask():
    mask = values((3, 4), 5) > 0
    prove(lambda a: a[mask], lambda a: a[torch.tensor(mask)], values((3, 4), 0))


@few
@given(st.integers(1, 5), st.integers(1, 4), SHAPES, SEEDS)
def test_embedding(vocab, width, shape, seed):
    ids = np.random.default_rng(seed).integers(0, vocab, shape)
    prove(
        lambda t: embedding(t, ids), lambda t: F.embedding(torch.tensor(ids), t), values((vocab, width), seed)
    )


@few
@given(ROWS, SEEDS, st.data())
def test_softmax(shape, seed, data):
    axis = data.draw(st.sampled_from(range(-len(shape), len(shape))))

    prove(lambda a: softmax(a, axis), lambda a: torch.softmax(a, axis), values(shape, seed), axis=axis)


@few
@given(ROWS, SEEDS)
def test_cross_entropy(shape, seed):
    targets = np.random.default_rng(seed).integers(0, shape[-1], shape[:-1])

    def theirs(scores):
        return F.cross_entropy(scores.reshape(-1, shape[-1]), torch.tensor(targets).reshape(-1))

    prove(lambda a: cross_entropy(a, targets), theirs, values(shape, seed))


@few
@given(SHAPES, SEEDS)
def test_binary_cross_entropy(shape, seed):
    targets = np.random.default_rng(seed).uniform(0, 1, shape).round(1)
    prove(
        lambda a: binary_cross_entropy(a, targets),
        lambda a: F.binary_cross_entropy_with_logits(a, torch.tensor(targets)),
        values(shape, seed),
    )


@few
@given(ROWS, SEEDS)
def test_layer_norm(shape, seed):
    n = shape[-1]
    prove(
        layer_norm,
        lambda x, gain, shift: F.layer_norm(x, (n,), gain, shift, eps=1e-5),
        values(shape, seed),
        values((n,), seed + 1),
        values((n,), seed + 2),
    )


def test_nothing_overflows_at_large_scores():
    scores = np.array([[1e4, -1e4, 0.0]])
    with np.errstate(all="raise", under="ignore"):
        assert softmax(scores).data.tolist() == [[1.0, 0.0, 0.0]]
        assert cross_entropy(scores, [1]).item() == 2e4
        assert binary_cross_entropy([1e4, -1e4], [0, 1]).item() == 1e4
        assert sigmoid([1e4, -1e4]).data.tolist() == [1.0, 0.0]
        assert gelu([1e4, -1e4]).data.tolist() == [1e4, 0.0]


def test_what_is_used_twice_gets_both_gradients():
    prove(lambda a: a * a + a, lambda a: a * a + a, values((2, 3), 0))
    prove(lambda a: a + a, lambda a: a + a, values((2, 3), 0))  # both parts are one array: they must not mix
    prove(
        lambda a: (a @ a.T).sum() * a.mean() - a[0, 0],
        lambda a: (a @ a.T).sum() * a.mean() - a[0, 0],
        values((2, 3), 0),
    )


def test_one_head_of_attention_is_that_of_torch():
    def ours(x, q, k, v):
        return softmax((x @ q) @ (x @ k).transpose(0, 2, 1) / 2.0) @ (x @ v)

    def theirs(x, q, k, v):
        return F.scaled_dot_product_attention(x @ q, x @ k, x @ v)

    prove(ours, theirs, values((2, 3, 4), 0) / 3, *(values((4, 4), seed) / 3 for seed in (1, 2, 3)))
