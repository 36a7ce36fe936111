"""Back-propagation for whole arrays: compute as usual, then ask every number how it moved the result.

Each operation makes a new `Tensor` that remembers what it was made of, its *local derivative* (how it answers
to each of its inputs, the others held still), and how the chain rule carries a gradient back across it. So a
calculation leaves a graph behind. `backward()` walks the graph from the result to the start, and every node
passes its inputs their part of the gradient that arrived at it:

>>> w, x = Tensor(3.0, name="w"), Tensor(2.0, name="x")
>>> loss = (w * x + 1.0) ** 2  # (3·2 + 1)² = 49
>>> loss.backward()
>>> w.grad.item(), x.grad.item()  # 2·7 · x = 28 and 2·7 · w = 42
(28.0, 42.0)

`steps()` takes the same walk one node at a time, with everything there is to see; record.py writes it down for a
picture. Arithmetic is here; the functions that networks add (tanh, softmax, cross-entropy ...) are in
operations.py. All numbers are float64. Reverse-mode differentiation: Linnainmaa (1970); Rumelhart, Hinton and
Williams (1986). For single numbers the same idea takes a hundred lines: Karpathy's micrograd (2020), which this
follows.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Other: TypeAlias = "Tensor | ArrayLike"
Axis = int | tuple[int, ...] | None
Slope = Array | float
Rule = tuple[str, Callable[[Array, Array], Slope]]  # a local derivative, in writing and in numbers
PUT_BACK = "arrived, put back in its place"


class Local(NamedTuple):
    """How the output of an operation answers to one of its inputs."""

    input: "Tensor"
    formula: str  # the local derivative in writing, such as "d(a·b)/da = b"
    derivative: Callable[[], Slope]  # and in numbers, worked out only when they are asked for
    pull: Callable[[Array], Array]  # the chain rule: gradient of the output -> gradient of this input
    chain: str  # what `pull` does, in writing


class Tensor:
    """An array that remembers how it was made. `grad` is d(result)/d(this): of the same shape, or None.

    The operators broadcast as NumPy's do; a plain number or array beside a Tensor is a constant.
    """

    __slots__ = ("data", "grad", "locals", "name", "operation", "requires_grad")
    __array_ufunc__ = None  # so that `array * tensor` is ours to work out, not NumPy's

    def __init__(self, data: ArrayLike, name: str = "", requires_grad: bool = True) -> None:
        self.data: Array = np.array(data, dtype=np.float64)  # a copy of its own
        self.grad: Array | None = None
        self.name = name
        self.requires_grad = requires_grad  # False for a constant: no gradient is worked out for it
        self.operation = ""  # what made it; nothing, if a person wrote it down
        self.locals: tuple[Local, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def inputs(self) -> tuple["Tensor", ...]:
        return tuple(local.input for local in self.locals)

    def item(self) -> float:
        """The number in a tensor that has only one."""
        return self.data.item()

    def __repr__(self) -> str:
        text = f", made by {self.operation}" if self.operation else ""
        return f"Tensor({self.data.tolist()}{text})"

    def backward(self) -> None:
        """Give every tensor of the graph its `grad`.

        In the tensors that one wrote down oneself gradients add up from call to call: set their `grad` to None
        before the next. Raises ValueError unless this tensor is a single number that some variable went into.
        """
        for _ in self.steps():
            pass

    def steps(self) -> Iterator["BackwardStep"]:
        """The same, one node at a time, from the result backwards; each step is taken when it is asked for.

        >>> a, b = Tensor(3.0), Tensor(2.0)
        >>> for step in (a * b + a).steps():
        ...     print(step.node.operation, [(local.formula, float(part)) for local, part in step.parts()])
        add [('d(a+b)/da = 1', 1.0), ('d(a+b)/db = 1', 1.0)]
        multiply [('d(a·b)/da = b', 2.0), ('d(a·b)/db = a', 3.0)]
        >>> a.grad.item()  # used twice: 2 by the product, 1 by the sum
        3.0
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward starts from a single number, such as a loss, and this tensor has the shape {self.shape}: "
                "take its sum() or mean() first"
            )
        if not self.requires_grad:
            raise ValueError("backward has nowhere to go: all that this tensor was made from are constants")
        nodes = graph(self)
        for current in nodes:
            if current.locals:  # what lies between belongs to this walk alone; what one wrote down adds up
                current.grad = None
        self._receive(np.ones(self.shape))
        for current in reversed(nodes):  # a node comes after all of its users, so its gradient is complete
            if current.grad is None or not current.locals:  # a constant, or where the walk ends
                continue
            passed = tuple(
                local.pull(current.grad) if local.input.requires_grad else None for local in current.locals
            )
            for local, part in zip(current.locals, passed, strict=True):
                if part is not None:
                    local.input._receive(part)
            yield BackwardStep(current, current.grad, passed)

    def _receive(self, part: Array) -> None:
        # Used twice, a node moves the result in two ways, and these add. Not +=: nodes may share an array.
        self.grad = part if self.grad is None else self.grad + part

    # --- arithmetic, number by number -------------------------------------------------------------------

    def __add__(self, other: Other) -> "Tensor":
        to_a, to_b = ("d(a+b)/da = 1", lambda a, b: 1.0), ("d(a+b)/db = 1", lambda a, b: 1.0)
        return pairwise("add", np.add, self, other, to_a, to_b)

    def __sub__(self, other: Other) -> "Tensor":
        to_a, to_b = ("d(a-b)/da = 1", lambda a, b: 1.0), ("d(a-b)/db = -1", lambda a, b: -1.0)
        return pairwise("subtract", np.subtract, self, other, to_a, to_b)

    def __mul__(self, other: Other) -> "Tensor":
        to_a, to_b = ("d(a·b)/da = b", lambda a, b: b), ("d(a·b)/db = a", lambda a, b: a)
        return pairwise("multiply", np.multiply, self, other, to_a, to_b)

    def __truediv__(self, other: Other) -> "Tensor":
        to_a, to_b = ("d(a/b)/da = 1/b", lambda a, b: 1 / b), ("d(a/b)/db = -a/b²", lambda a, b: -a / b**2)
        return pairwise("divide", np.divide, self, other, to_a, to_b)

    def __neg__(self) -> "Tensor":
        return elementwise("negate", -self.data, (self, "d(-a)/da = -1", lambda: -1.0))

    def __pow__(self, n: float) -> "Tensor":
        if not isinstance(n, int | float):
            raise ValueError(
                f"power: the exponent must be a plain number, such as 2, and not {type(n).__name__}"
            )
        below = n - 1 if n != 0 else 0  # a⁰ is 1 everywhere, and has no slope at 0 either
        formula = f"d(a^{n:g})/da = {n:g}·a^{below:g}"
        return elementwise("power", self.data**n, (self, formula, lambda: n * self.data**below))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) - self

    def __rtruediv__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) / self

    def __rmatmul__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) @ self

    # --- many numbers into one ----------------------------------------------------------------------------

    def __matmul__(self, other: Other) -> "Tensor":
        """(..., rows, inner) @ (..., inner, columns). A vector is one row on the left, one column on the right.

        With C = A @ B, entry A[i, k] adds A[i, k]·B[k, j] to C[i, j], for every j. So it moves the result by
        arrived[i, j]·B[k, j] summed over j, and that is a matrix product again: arrived @ Bᵀ.

        >>> (Tensor([[1.0, 2.0]]) @ Tensor([[3.0], [4.0]])).data.tolist()  # 1·3 + 2·4
        [[11.0]]
        """
        a, b = self, as_tensor(other)
        A = a.data[None, :] if a.data.ndim == 1 else a.data
        B = b.data[:, None] if b.data.ndim == 1 else b.data
        if A.ndim == 0 or B.ndim == 0 or A.shape[-1] != B.shape[-2]:
            raise ValueError(
                f"matmul: shapes {a.shape} and {b.shape} do not fit. The rows of the first, as long as its last size, "
                "must be as long as the columns of the second, its last size but one"
            )
        check_broadcast("matmul", A.shape[:-2], B.shape[:-2])
        C = A @ B
        At, Bt = np.swapaxes(A, -1, -2), np.swapaxes(B, -1, -2)

        def to_a(arrived: Array) -> Array:
            return unbroadcast(arrived.reshape(C.shape) @ Bt, A.shape).reshape(a.shape)

        def to_b(arrived: Array) -> Array:
            return unbroadcast(At @ arrived.reshape(C.shape), B.shape).reshape(b.shape)

        vectors = (-2,) * (a.data.ndim == 1) + (-1,) * (b.data.ndim == 1)  # what was not there before
        return node(
            "matmul",
            C.squeeze(vectors),
            Local(a, "d(A @ B)/dA = Bᵀ", lambda: Bt, to_a, "arrived @ derivative"),
            Local(b, "d(A @ B)/dB = Aᵀ", lambda: At, to_b, "derivative @ arrived"),
        )

    def sum(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """All numbers, or those along an axis, added. Each counts once: the local derivative is 1.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0).data.tolist()
        [4.0, 6.0]
        """
        total = self.data.sum(axis, keepdims=True)
        return self._gathered("sum", "d(sum a)/da = 1", total, np.ones(self.shape), () if keepdims else axis)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """Their sum, divided by how many there are.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).mean().item()
        2.5
        """
        mean = self.data.mean(axis, keepdims=True)
        share = np.full(self.shape, mean.size / self.data.size)
        return self._gathered("mean", "d(mean a)/da = 1/n", mean, share, () if keepdims else axis)

    def max(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """The largest. It alone moves the result; if several are equal, they share.

        >>> Tensor([[1.0, 2.0], [4.0, 3.0]]).max(axis=1).data.tolist()
        [2.0, 4.0]
        """
        largest = self.data.max(axis, keepdims=True)
        wins = self.data == largest
        share = wins / wins.sum(axis, keepdims=True)
        formula = "d(max a)/da = 1 for the largest a, else 0"
        return self._gathered("max", formula, largest, share, () if keepdims else axis)

    def _gathered(self, operation: str, formula: str, remaining: Array, slope: Array, drop: Axis) -> "Tensor":
        """`kept` is what came out, each axis that was gathered still there with size 1; `drop` says which go."""

        def copy_back(arrived: Array) -> Array:
            return arrived.reshape(remaining.shape) * slope

        local = Local(self, formula, lambda: slope, copy_back, "arrived, copied to every term, × derivative")
        return node(operation, remaining.squeeze(drop), local)

    # --- moving numbers about -----------------------------------------------------------------------------

    def reshape(self, *shape: int) -> "Tensor":
        """The same numbers in the same order, in rows of another length.

        >>> Tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, 2).data.tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        if np.prod(shape) != self.data.size and -1 not in shape:
            raise ValueError(f"reshape: {self.data.size} numbers, of shape {self.shape}, do not fill {shape}")
        return self._moved("reshape", self.data.reshape(shape), lambda arrived: arrived.reshape(self.shape))

    def transpose(self, *axes: int) -> "Tensor":
        """The axes in a new order; with none given, in the opposite order.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).T.data.tolist()
        [[1.0, 3.0], [2.0, 4.0]]
        """
        order = axes or tuple(range(self.data.ndim))[::-1]
        if sorted(order) != list(range(self.data.ndim)):
            raise ValueError(f"transpose: {order} does not name each axis of the shape {self.shape} once")
        back = np.argsort(order)
        return self._moved("transpose", self.data.transpose(order), lambda arrived: arrived.transpose(back))

    T = property(transpose)

    def __getitem__(self, where: Any) -> "Tensor":
        """Whatever NumPy takes between brackets: numbers, slices, lists, masks.

        >>> Tensor([5.0, 6.0, 7.0])[[2, 2, 0]].data.tolist()
        [7.0, 7.0, 5.0]
        """
        return take("index", self, where, "d(a[i])/da = how often a number was taken")

    def _moved(self, operation: str, moved: Array, back: Callable[[Array], Array]) -> "Tensor":
        local = Local(self, "1: no number changes", lambda: np.ones(self.shape), back, PUT_BACK)
        return node(operation, moved, local)


# --- how operations are made -------------------------------------------------------------------------------


def node(operation: str, data: ArrayLike, *locals_: Local) -> Tensor:
    """The tensor that an operation gives. It wants a gradient if any of its inputs does."""
    tensor = Tensor(data, requires_grad=any(local.input.requires_grad for local in locals_))
    tensor.operation, tensor.locals = operation, locals_
    return tensor


def elementwise(operation: str, data: Array, *inputs: tuple[Tensor, str, Callable[[], Slope]]) -> Tensor:
    """An operation whose every number depends on one number of each input: (input, formula, derivative)."""

    chain = "arrived × derivative"
    return node(
        operation, data, *(Local(a, text, slope, _times(a, slope), chain) for a, text, slope in inputs)
    )


def _times(source: Tensor, derivative: Callable[[], Slope]) -> Callable[[Array], Array]:
    return lambda arrived: unbroadcast(arrived * derivative(), source.shape)


def pairwise(operation: str, compute: Callable, first: Tensor, second: Other, *rules: Rule) -> Tensor:
    """The same for two inputs that broadcast; the two rules are functions of both."""
    a, b = first, as_tensor(second)
    check_broadcast(operation, a.shape, b.shape)
    (text_a, slope_a), (text_b, slope_b) = rules
    to_a = (a, text_a, lambda: slope_a(a.data, b.data))
    to_b = (b, text_b, lambda: slope_b(a.data, b.data))
    return elementwise(operation, compute(a.data, b.data), to_a, to_b)


def take(operation: str, a: Tensor, where: Any, formula: str) -> Tensor:
    """Some of a's numbers. The gradient goes back to where they came from."""

    def put_back(arrived: ArrayLike) -> Array:
        whole = np.zeros(a.shape)
        np.add.at(whole, where, arrived)  # not whole[where] = ...: what was taken twice gets both parts
        return whole

    return node(operation, a.data[where], Local(a, formula, lambda: put_back(1.0), put_back, PUT_BACK))


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which broadcasting copied an input of this shape.

    A number that was copied moved the result through each of its copies, and these add:

    >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), (2, 1)).tolist()
    [[6.0], [15.0]]
    """
    if gradient.shape == shape:
        return gradient
    new = gradient.ndim - len(shape)  # axes that the input did not have
    copied = [new + axis for axis, size in enumerate(shape) if size == 1]
    return gradient.sum(axis=(*range(new), *copied)).reshape(shape)


def as_tensor(value: Other) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(value, requires_grad=False)


def check_broadcast(operation: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if any(m != n and 1 not in (m, n) for m, n in zip(reversed(a), reversed(b), strict=False)):
        raise ValueError(
            f"{operation}: shapes {a} and {b} do not fit. Compared from the right, two sizes must be equal, or one "
            "of them 1"
        )


# --- the walk back -----------------------------------------------------------------------------------------


class BackwardStep(NamedTuple):
    """One node of the walk back."""

    node: Tensor
    arrived: Array  # d(result)/d(node), complete: every user of the node has passed its part
    passed: tuple[Array | None, ...]  # this node's part of the gradient of each input; None for a constant

    def parts(self) -> Iterator[tuple[Local, Array | None]]:
        """Input by input: the local derivative, and what was passed."""
        return zip(self.node.locals, self.passed, strict=True)


def graph(result: Tensor) -> list[Tensor]:
    """Every node that `result` was made from, and itself last: each after all of its inputs.

    >>> a = Tensor(2.0, name="a")
    >>> [node.operation or node.name for node in graph(a * a + a)]
    ['a', 'multiply', 'add']
    """
    ordered: list[Tensor] = []
    seen: set[int] = set()
    waiting = [(result, False)]
    while waiting:  # not a function that calls itself: a long text makes a graph deeper than Python allows
        current, inputs_are_done = waiting.pop()
        if inputs_are_done:
            ordered.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            waiting.append((current, True))
            waiting.extend((local.input, False) for local in reversed(current.locals))
    return ordered
