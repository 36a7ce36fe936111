"""The numbers of lesson 0.5, computed by the library."""

import math

import numpy as np

from groundup.course.grading.checks import CountedNumber
from groundup.foundations.autograd import Tensor
from groundup.foundations.calculus import gradient
from groundup.foundations.network import Network, yes_or_no
from groundup.foundations.operations import tanh
from groundup.foundations.points import corners

GIVEN = ("1.5", "1.51", "3.01", "0.75")  # inputs of the graphs, nudged, and 1 − 0.5²


def text(number: float, digits: int = 2) -> str:
    """With a real minus, and no minus before a zero."""
    return f"{round(float(number), digits) + 0.0:.{digits}f}".replace("-", "−")


def small_graph(c: float = 1.5) -> dict[str, Tensor]:
    """tanh(a·b + c), every node by name, walked back."""
    a, b, third = Tensor(2.0, name="a"), Tensor(-0.5, name="b"), Tensor(c, name="c")
    product = a * b
    total = product + third
    result = tanh(total)
    result.backward()
    return {"a": a, "b": b, "c": third, "product": product, "total": total, "result": result}


def agreement() -> float:
    """The largest difference between back-propagation and small steps, over all weights of a small network."""
    points, network = corners(), Network([2, 3, 1])
    yes_or_no(network(points.x), points.labels).backward()
    largest = 0.0
    for parameter in network.parameters():
        kept = parameter.data

        def loss(moved, parameter=parameter):
            parameter.data = moved
            return yes_or_no(network(points.x), points.labels).item()

        measured = gradient(loss, kept)
        parameter.data = kept
        largest = max(largest, float(np.abs(measured - parameter.grad).max()))
    return largest


def multiplications(n: int, k: int, m: int) -> tuple[int, int]:
    """How often A (n, k) @ B (k, m) multiplies, forward and backward, counted while it is done."""

    def matrix(*shape: int) -> np.ndarray:
        return np.array([CountedNumber(1.0) for _ in range(math.prod(shape))], dtype=object).reshape(shape)

    A, B, arrived = matrix(n, k), matrix(k, m), matrix(n, m)
    counts = []
    for work in (lambda: A @ B, lambda: (arrived @ B.T, A.T @ arrived)):
        CountedNumber.multiplications = 0
        work()
        counts.append(CountedNumber.multiplications)
    return counts[0], counts[1]


def numbers() -> dict[str, str]:
    node = small_graph()
    moved = small_graph(c=1.51)
    parameters = sum(tensor.data.size for tensor in Network([784, 100, 10]).parameters())
    a, b = Tensor(3.0), Tensor(4.0)
    twice = a * b + a
    twice.backward()
    A, B = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[5.0, 6.0], [7.0, 8.0]])
    (A @ B * np.array([[1.0, 0.0], [0.0, -1.0]])).sum().backward()
    forward, backward = multiplications(2, 3, 4)
    found = {
        "digits": f"{parameters:,}",
        "digits_passes": f"{2 * parameters:,}",
        "result": text(node["result"].item()),
        "squared": text(node["result"].item() ** 2),
        "not_squared": text(1 - node["result"].item()),
        "total": text(node["total"].item(), 1),
        "product": text(node["product"].item(), 0),
        "nudged_c": text((moved["result"].item() - node["result"].item()), 4),
        "twice": text(twice.item(), 0),
        "twice_moved": text(3.01 * 4 + 3.01, 2),
        "decimals": str(min(9, math.floor(-math.log10(agreement())))),
        "forward_count": str(forward),
        "backward_count": str(backward),
        "tanh_slope_3": text(1 - math.tanh(3.0) ** 2, 3),
    }
    for name in ("a", "b", "c", "total"):
        found[f"to_{name}"] = text(node[name].grad)
    for place, name in zip(np.ndindex(2, 2), ("11", "12", "21", "22"), strict=True):
        found[f"for_a_{name}"] = text(A.grad[place], 0)
        found[f"for_b_{name}"] = text(B.grad[place], 0)
    return found
