"""Products by loops against one call, and what matrices do to the plane against NumPy's own answers."""

import doctest

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groundup.foundations import linear
from groundup.foundations.linear import (
    determinant,
    dot,
    dot_by_loop,
    eigenvectors,
    matrix_product,
    matrix_product_by_loops,
    move,
    move_plane,
    rotation,
    scaling,
    shear,
)

NUMBERS = st.floats(-100, 100)
SIZES = st.integers(1, 5)
MATRIX = arrays(np.float64, (2, 2), elements=st.floats(-3, 3).map(lambda x: round(x, 2)))


@given(st.data(), st.integers(0, 8))
def test_the_loop_gives_the_dot_product(data, n):
    a, b = (data.draw(arrays(np.float64, n, elements=NUMBERS)) for _ in range(2))
    assert dot_by_loop(a, b) == pytest.approx(dot(a, b), abs=1e-9)
    assert dot(a, b) == pytest.approx(float(np.sum(a * b)), abs=1e-9)


@given(st.data(), SIZES, SIZES, SIZES)
def test_the_loops_give_the_matrix_product(data, rows, inner, columns):
    A = data.draw(arrays(np.float64, (rows, inner), elements=NUMBERS))
    B = data.draw(arrays(np.float64, (inner, columns), elements=NUMBERS))
    product = matrix_product_by_loops(A, B)
    assert product.shape == (rows, columns)
    np.testing.assert_allclose(product, matrix_product(A, B), atol=1e-9)
    np.testing.assert_allclose(product, np.einsum("ik,kj->ij", A, B), atol=1e-9)


@pytest.mark.parametrize("product", [matrix_product, matrix_product_by_loops])
def test_matrices_that_do_not_fit_are_explained(product):
    with pytest.raises(ValueError, match=r"\(2, 3\) times \(2, 4\) does not fit.*has 3 numbers.*has 2"):
        product(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"two matrices.*\(3,\)"):
        product(np.ones((2, 3)), np.ones(3))


@pytest.mark.parametrize("product", [dot, dot_by_loop])
def test_vectors_that_do_not_fit_are_explained(product):
    with pytest.raises(ValueError, match=r"one length.*\(2,\) and \(3,\)"):
        product([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        product([[1, 2]], [[1, 2]])


@given(MATRIX, MATRIX)
def test_two_moves_are_one_product(A, B):
    points = np.array([[1.0, 0.0], [0.0, 1.0], [-2.0, 3.0]])
    np.testing.assert_allclose(move(A, move(B, points)), move(matrix_product(A, B), points), atol=1e-9)


@given(MATRIX)
def test_the_determinant_is_the_area(M):
    moved = move_plane(M)
    corners = moved.unit_square
    x, y = corners[:-1].T
    next_x, next_y = corners[1:].T
    assert determinant(M) == pytest.approx(np.linalg.det(M), abs=1e-9)
    assert determinant(M) == pytest.approx(
        np.sum(x * next_y - next_x * y) / 2, abs=1e-9
    )  # the shoelace formula


@given(MATRIX, st.integers(1, 4), st.integers(2, 5))
def test_the_moved_grid_is_the_matrix_times_every_point(M, reach, points):
    plane = move_plane(M, reach, points)
    assert plane.grid.shape == plane.moved_grid.shape == (2 * (2 * reach + 1), points, 2)
    for before, after in zip(plane.grid.reshape(-1, 2), plane.moved_grid.reshape(-1, 2), strict=True):
        np.testing.assert_allclose(after, M @ before, atol=1e-9)
    np.testing.assert_array_equal(plane.unit_vectors, M.T)
    assert np.abs(plane.grid).max() == reach
    uprights, levels = plane.grid[: 2 * reach + 1], plane.grid[2 * reach + 1 :]
    assert (np.ptp(uprights[..., 0], axis=1) == 0).all()
    assert (np.ptp(levels[..., 1], axis=1) == 0).all()


@given(MATRIX)
def test_eigenvectors_are_stretched_and_not_turned(M):
    result = eigenvectors(M)
    values = np.linalg.eigvals(M)
    (a, b), (c, d) = M
    inside = (a - d) ** 2 / 4 + b * c
    assume(inside == 0 or abs(inside) > 1e-6)  # between, rounding decides which case it is
    for value, vector in result:
        assert np.hypot(*vector) == pytest.approx(1)
        np.testing.assert_allclose(M @ vector, value * vector, atol=1e-7)
    if inside > 0:
        np.testing.assert_allclose([value for value, _ in result], sorted(values, reverse=True), atol=1e-6)
    if inside < 0:
        assert result == []
        assert np.abs(values.imag).min() > 0


def test_the_named_matrices():
    for degrees in (0, 30, 90, 123, -45):
        R = rotation(degrees)
        np.testing.assert_allclose(R.T @ R, np.eye(2), atol=1e-12)
        assert determinant(R) == pytest.approx(1)
        x, y = move(R, [1.0, 0.0])
        assert np.degrees(np.arctan2(y, x)) == pytest.approx(degrees)
    np.testing.assert_array_equal(scaling(2, -3), [[2, 0], [0, -3]])
    assert determinant(shear(17.0)) == 1
    assert [value for value, _ in eigenvectors(scaling(2, 2))] == [2, 2]
    np.testing.assert_array_equal(eigenvectors(shear(1))[0][1], [1, 0])
    np.testing.assert_array_equal(eigenvectors([[0, 1e-200], [0, 0]])[0][1], [1, 0])


def test_only_the_plane_is_moved():
    with pytest.raises(ValueError, match=r"\(3, 3\)"):
        move_plane(np.eye(3))
    with pytest.raises(ValueError, match=r"\(2, 3\); the last size must be 2"):
        move(np.eye(2), np.ones((2, 3)))


def test_the_worked_numbers():
    result = doctest.testmod(linear)
    assert result.attempted > 12
    assert result.failed == 0
