"""The graph and the walk back, step by step; what is refused, and how. Each operation: test_operations.py."""

import doctest
import json

import numpy as np
import pytest

from groundup.foundations import autograd, operations
from groundup.foundations import record as record_module
from groundup.foundations.autograd import Tensor, graph
from groundup.foundations.operations import (
    binary_cross_entropy,
    cross_entropy,
    embedding,
    exp,
    layer_norm,
    softmax,
    tanh,
)
from groundup.foundations.record import record

# --- graphs ------------------------------------------------------------------------------------------------


def test_numbers_and_arrays_stand_on_either_side():
    for combine in (
        lambda a, c: (a + c, c + a),
        lambda a, c: (a * c, c * a),
        lambda a, c: (a - c, -(c - a)),
        lambda a, c: (a / c, 1 / (c / a)),
    ):
        for constant in (2.0, 3, np.array([2.0, 4.0]), np.float64(2.0), [1, 2]):
            item, other = combine(Tensor([3.0, 5.0]), constant)
            assert isinstance(item, Tensor)
            np.testing.assert_allclose(item.data, other.data)
    assert (np.ones((2, 3)) @ Tensor(np.ones((3, 2)))).shape == (2, 2)


def test_constants_get_no_gradient_and_no_work():
    x, w = Tensor([1.0, 2.0], requires_grad=False), Tensor([3.0, 4.0])
    steps = list((x * w).sum().steps())
    assert steps[1].passed[0] is None
    assert x.grad is None
    assert w.grad.tolist() == [1.0, 2.0]
    assert not (x * 2).requires_grad


def test_gradients_of_leaves_add_up_until_they_are_cleared():
    a = Tensor(3.0)
    loss = a * a * a
    for times in (1, 2, 3):
        loss.backward()  # between, the nodes start again
        assert a.grad.item() == 27.0 * times
    a.grad = None
    loss.backward()
    assert a.grad.item() == 27.0


def test_a_tensor_keeps_a_copy():
    mine = np.zeros(3)
    tensor = Tensor(mine)
    mine[0] = 7.0
    assert tensor.data.tolist() == [0.0, 0.0, 0.0]
    assert Tensor([1, 2]).data.dtype == np.float64


def test_a_very_long_graph():
    a = Tensor(1.0)
    total = a
    for _ in range(5000):
        total = total + a
    total.backward()
    assert a.grad.item() == 5001.0


def test_the_walk_goes_backwards_one_node_at_a_time():
    w, x, b = Tensor(2.0, "w"), Tensor(-3.0, "x"), Tensor(7.0, "b")
    result = tanh(w * x + b)
    walk = result.steps()
    first = next(walk)
    assert (first.node, first.arrived.item()) == (result, 1.0)
    local, passed = next(first.parts())
    assert local.formula == "d(tanh a)/da = 1 - tanh²a"
    assert local.derivative().item() == passed.item() == pytest.approx(1 - np.tanh(1) ** 2)
    assert local.input.operation == "add"
    assert b.grad is None  # that step was not asked for yet
    second = next(walk)
    assert second.node.operation == "add"
    assert second.arrived == passed
    assert b.grad == passed
    third = next(walk)
    assert [local.input.name for local, _ in third.parts()] == ["w", "x"]
    assert [float(local.derivative()) for local, _ in third.parts()] == [-3.0, 2.0]
    assert third.node.inputs == (w, x)
    assert list(walk) == []
    assert w.grad == -3.0 * passed


def test_no_step_comes_before_all_users_have_passed_their_part():
    a = Tensor(2.0)
    square = a * a
    result = square * exp(square) + square
    finished = set()
    for step in result.steps():
        users = [node for node in graph(result) if step.node in node.inputs]
        assert all(id(user) in finished for user in users)
        finished.add(id(step.node))
    s = 4.0
    assert a.grad.item() == pytest.approx(2 * 2.0 * (np.exp(s) + s * np.exp(s) + 1))


def test_the_record_is_json_and_says_the_same():
    w, x = Tensor([[1.0, 2.0]], "w"), Tensor([[3.0], [4.0]], "x", requires_grad=False)
    nodes = record((w @ x).sum())
    assert json.loads(json.dumps(nodes)) == nodes
    assert [node["operation"] or node["name"] for node in nodes] == ["w", "x", "matmul", "sum"]
    assert [node["id"] for node in nodes] == [0, 1, 2, 3]
    product = nodes[2]
    assert (product["value"], product["gradient"]) == ([[11.0]], [[1.0]])
    assert product["inputs"] == [
        {
            "node": 0,
            "formula": "d(A @ B)/dA = Bᵀ",
            "derivative": [[3.0, 4.0]],
            "chain": "arrived @ derivative",
            "passed": [[3.0, 4.0]],
        },
        {
            "node": 1,
            "formula": "d(A @ B)/dB = Aᵀ",
            "derivative": [[1.0], [2.0]],
            "chain": "derivative @ arrived",
            "passed": None,
        },
    ]
    assert (nodes[0]["gradient"], nodes[1]["gradient"]) == ([[3.0, 4.0]], None)


# --- mistakes ----------------------------------------------------------------------------------------------


def test_mistakes_are_explained():
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 4)))
    for wrong, message in (
        (lambda: a + b, r"add: shapes \(2, 3\) and \(2, 4\) do not fit"),
        (lambda: a - b, r"subtract: shapes \(2, 3\) and \(2, 4\)"),
        (lambda: a * b, r"multiply: shapes \(2, 3\) and \(2, 4\)"),
        (lambda: a / b, r"divide: shapes \(2, 3\) and \(2, 4\)"),
        (lambda: a @ b, r"matmul: shapes \(2, 3\) and \(2, 4\) do not fit"),
        (lambda: a @ 2.0, r"matmul: shapes \(2, 3\) and \(\)"),
        (lambda: Tensor(np.ones((2, 3, 4))) @ np.ones((5, 4, 3)), r"matmul: shapes \(2,\) and \(5,\)"),
        (lambda: a.reshape(4, 2), r"reshape: 6 numbers, of shape \(2, 3\), do not fill \(4, 2\)"),
        (lambda: a.transpose(0, 0), r"transpose: \(0, 0\) does not name each axis"),
        (lambda: a**b, "power: the exponent must be a plain number"),
        (a.backward, r"single number.*shape \(2, 3\): take its sum\(\) or mean\(\)"),
        (lambda: list(a.steps()), "single number"),
        ((Tensor(1.0, requires_grad=False) * 2).backward, "constants"),
        (lambda: embedding(a, [0, 2]), "embedding: among the ids is 2; they go from 0 to 1"),
        (lambda: embedding(a, [-1]), "among the ids is -1"),
        (lambda: embedding(a, [0.5]), "whole numbers, and are float64"),
        (lambda: embedding(Tensor([1.0]), [0]), r"must be \(vocab, width\)"),
        (lambda: softmax(1.0), "softmax: one score alone"),
        (lambda: cross_entropy(a, [0]), r"need targets of shape \(2,\).*these have \(1,\)"),
        (lambda: cross_entropy(a, [0, 3]), "targets is 3; they go from 0 to 2"),
        (lambda: cross_entropy(1.0, 0), "the scores are one number"),
        (lambda: cross_entropy(np.ones((0, 3)), []), "there are no targets"),
        (lambda: binary_cross_entropy([0.0, 1.0], [1]), "need as many targets"),
        (lambda: layer_norm(a, np.ones(2), np.ones(3)), r"gain and shift of shape \(3,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()


@pytest.mark.parametrize("module", [autograd, operations, record_module])
def test_the_worked_numbers(module):
    result = doctest.testmod(module)
    assert result.attempted >= 2
    assert result.failed == 0
