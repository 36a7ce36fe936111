"""A graph and its walk back, written down as plain lists and numbers, for a picture to draw."""

from typing import Any

import numpy as np

from groundup.foundations.autograd import Tensor, graph


def record(result: Tensor) -> list[dict[str, Any]]:
    """Walk back, and write the graph down as plain lists and numbers, ready for JSON. For small graphs.

    Nodes come in the order of computing, so the walk back is the list from its end. Each has its id (its place),
    name, operation, value and gradient, and for each input: its id as `node`, formula, derivative, chain, and
    what was passed to it (None for a constant).

    >>> product = record(Tensor(3.0, name="w") * Tensor(2.0, name="x"))[2]
    >>> product["operation"], product["value"], product["gradient"], product["inputs"][0]["formula"]
    ('multiply', 6.0, 1.0, 'd(a·b)/da = b')
    """
    parts = {id(step.node): list(step.parts()) for step in result.steps()}
    nodes = graph(result)
    place = {id(tensor): number for number, tensor in enumerate(nodes)}
    return [
        {
            "id": place[id(tensor)],
            "name": tensor.name,
            "operation": tensor.operation,
            "value": tensor.data.tolist(),
            "gradient": None if tensor.grad is None else tensor.grad.tolist(),
            "inputs": [
                {
                    "node": place[id(local.input)],
                    "formula": local.formula,
                    "derivative": np.asarray(local.derivative()).tolist(),
                    "chain": local.chain,
                    "passed": None if part is None else part.tolist(),
                }
                for local, part in parts.get(id(tensor), [])
            ],
        }
        for tensor in nodes
    ]
