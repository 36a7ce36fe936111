"""Vectors and matrices: the two products that networks are made of, and what a matrix does to the plane.

A vector is a row of numbers. A matrix turns one vector into another: each number of the new one is a dot
product with the old one. A layer of a network is a matrix; so is a rotation. Here both products are written
out as loops, which is what they mean, beside the one call that does the same some thousand times faster.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


# --- products ----------------------------------------------------------------------------------------------


def dot_by_loop(a: ArrayLike, b: ArrayLike) -> float:
    """Multiply pair by pair, and add: a₁b₁ + a₂b₂ + ... Both of shape (n,).

    >>> dot_by_loop([1, 2, 3], [4, 5, 6])  # 4 + 10 + 18
    32.0
    """
    left, right = _vectors(a, b)
    total = 0.0
    for i in range(len(left)):
        total += float(left[i] * right[i])
    return total


def dot(a: ArrayLike, b: ArrayLike) -> float:
    """The same in one call. It measures agreement: large when two vectors point the same way, 0 at right angles.

    >>> dot([1, 2, 3], [4, 5, 6]), dot([1, 0], [0, 1])
    (32.0, 0.0)
    """
    left, right = _vectors(a, b)
    return float(left @ right)


def matrix_product_by_loops(A: ArrayLike, B: ArrayLike) -> Array:
    """(rows, inner) times (inner, columns) gives (rows, columns): three loops, one for each of these sizes.

    Entry (i, j) is the dot product of row i of A with column j of B.

    >>> matrix_product_by_loops([[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()  # 1·5 + 2·7 = 19, ...
    [[19.0, 22.0], [43.0, 50.0]]
    """
    left, right = _matrices(A, B)
    rows, inner = left.shape
    columns = right.shape[1]
    product = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                product[i, j] += left[i, k] * right[k, j]
    return product


def matrix_product(A: ArrayLike, B: ArrayLike) -> Array:
    """The same in one call, `A @ B`.

    >>> matrix_product([[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()
    [[19.0, 22.0], [43.0, 50.0]]
    """
    left, right = _matrices(A, B)
    return left @ right


def _vectors(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    left, right = np.array(a, dtype=np.float64), np.array(b, dtype=np.float64)
    if left.ndim != 1 or left.shape != right.shape:
        raise ValueError(
            f"a dot product needs two vectors of one length; these have the shapes {left.shape} and {right.shape}"
        )
    return left, right


def _matrices(A: ArrayLike, B: ArrayLike) -> tuple[Array, Array]:
    left, right = np.array(A, dtype=np.float64), np.array(B, dtype=np.float64)
    if left.ndim != 2 or right.ndim != 2:
        raise ValueError(
            f"a matrix product needs two matrices, with rows and columns; "
            f"these have the shapes {left.shape} and {right.shape}"
        )
    if left.shape[1] != right.shape[0]:
        raise ValueError(
            f"{left.shape} times {right.shape} does not fit: each row of the first has {left.shape[1]} numbers and "
            f"each column of the second has {right.shape[0]}, and they must be as many. The inner two sizes meet"
        )
    return left, right


# --- matrices that move the plane --------------------------------------------------------------------------


def rotation(degrees: float) -> Array:
    """Turn the plane about the origin, anticlockwise.

    >>> (rotation(90) @ [1, 0]).round(12).tolist()  # east becomes north
    [0.0, 1.0]
    """
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def scaling(x: float, y: float) -> Array:
    """Stretch by x along the first axis and by y along the second. A negative number mirrors.

    >>> (scaling(3, 0.5) @ [1, 1]).tolist()
    [3.0, 0.5]
    """
    return np.array([[x, 0.0], [0.0, y]], dtype=np.float64)


def shear(amount: float) -> Array:
    """Push what is higher further to the right, as one pushes a pile of cards. Areas stay.

    >>> (shear(2) @ [0, 1]).tolist(), (shear(2) @ [1, 0]).tolist()
    ([2.0, 1.0], [1.0, 0.0])
    """
    return np.array([[1.0, amount], [0.0, 1.0]], dtype=np.float64)


def move(matrix: ArrayLike, points: ArrayLike) -> Array:
    """Every point (..., 2) times the matrix (2, 2): the shape stays, the points move.

    Points are rows here, so the product is with the transpose: row @ Mᵀ is the column M @ column, lying down.

    >>> move([[0, -1], [1, 0]], [[1, 0], [0, 1], [2, 2]]).tolist()
    [[0.0, 1.0], [-1.0, 0.0], [-2.0, 2.0]]
    """
    where = np.array(points, dtype=np.float64)
    if where.ndim == 0 or where.shape[-1] != 2:
        raise ValueError(f"the points have the shape {where.shape}; the last size must be 2, for x and y")
    return where @ _two_by_two(matrix).T


def determinant(matrix: ArrayLike) -> float:
    """ad - bc for [[a, b], [c, d]]: by how much areas grow. Negative: mirrored. Zero: all squashed to a line.

    >>> determinant([[3, 0], [0, 2]]), determinant([[0, 1], [1, 0]]), determinant([[1, 2], [2, 4]])
    (6.0, -1.0, 0.0)
    """
    (a, b), (c, d) = _two_by_two(matrix)
    return float(a * d - b * c)


def eigenvectors(matrix: ArrayLike) -> list[tuple[float, Array]]:
    """The directions that a 2 by 2 matrix does not turn: (eigenvalue, unit vector) pairs, largest value first.

    Along such a direction the matrix only stretches, M v = λ v. The stretches solve λ² - (a + d) λ + (ad - bc) = 0.
    Three things can happen: two directions; none, where everything turns (a rotation); one, a shear.
    For a multiple of the identity every direction will do, and the two axes are given.

    >>> [(value, vector.tolist()) for value, vector in eigenvectors([[3, 0], [0, 2]])]
    [(3.0, [1.0, 0.0]), (2.0, [0.0, 1.0])]
    >>> eigenvectors(rotation(90)), len(eigenvectors(shear(1)))
    ([], 1)
    """
    M = _two_by_two(matrix)
    (a, b), (c, d) = M
    if b == 0 and c == 0 and a == d:
        return [(float(a), np.array([1.0, 0.0])), (float(a), np.array([0.0, 1.0]))]
    middle, half = (a + d) / 2, (a - d) / 2
    under_the_root = half**2 + b * c  # ((a + d) / 2)² - (ad - bc), without the loss of digits
    if under_the_root < 0:
        return []
    root = np.sqrt(under_the_root)
    values = [middle + root, middle - root] if root > 0 else [middle]
    return [(float(value), _still(M - value * np.eye(2))) for value in values]


def _still(N: Array) -> Array:
    """The unit vector that N, a matrix with determinant 0, sends to zero: at right angles to its longer row."""
    x, y = max(N, key=lambda row: np.hypot(*row))
    vector = np.array([y, -x]) / np.hypot(x, y)
    right_hand = vector if tuple(vector) > (0, 0) else -vector  # of the two opposite ones
    return right_hand + 0.0  # -0.0 becomes 0.0


def _two_by_two(matrix: ArrayLike) -> Array:
    M = np.array(matrix, dtype=np.float64)
    if M.shape != (2, 2):
        raise ValueError(f"the matrix has the shape {M.shape}; only a (2, 2) matrix moves the plane")
    return M


@dataclass(frozen=True)
class MovedPlane:
    """What a matrix does to the plane, ready to draw."""

    matrix: Array  # (2, 2)
    grid: Array  # (lines, points, 2): straight lines, upright ones first, then level ones
    moved_grid: Array  # (lines, points, 2): the same lines afterwards; still straight and evenly spaced
    unit_vectors: Array  # (2, 2): where (1, 0) and (0, 1) land, one a row. They are the matrix's columns
    unit_square: Array  # (5, 2): the outline of the square between them, moved; its area is |determinant|
    determinant: float
    eigenvectors: list[tuple[float, Array]]


def move_plane(matrix: ArrayLike, reach: int = 3, points: int = 13) -> MovedPlane:
    """Move a grid that goes from -reach to reach, `points` points to each line.

    >>> plane = move_plane(shear(1))
    >>> plane.unit_vectors.tolist(), plane.determinant
    ([[1.0, 0.0], [1.0, 1.0]], 1.0)
    >>> plane.grid.shape  # 7 lines upright and 7 level
    (14, 13, 2)
    """
    M = _two_by_two(matrix)
    along = np.linspace(-reach, reach, points)
    upright = [np.stack([np.full(points, float(x)), along], axis=1) for x in range(-reach, reach + 1)]
    level = [line[:, ::-1] for line in upright]
    grid = np.stack(upright + level)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    return MovedPlane(
        matrix=M,
        grid=grid,
        moved_grid=move(M, grid),
        unit_vectors=move(M, np.eye(2)),
        unit_square=move(M, square),
        determinant=determinant(M),
        eigenvectors=eigenvectors(M),
    )
