"""The experiments of lesson 0.2: a matrix moves the plane; two moves, one after the other."""

import numpy as np

from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.linear import matrix_product, move, move_plane, rotation, scaling

ACROSS, UP = 4, 3  # the map goes so far from the middle; 4 columns and 2 rows of characters for each unit
QUARTER = np.array([[0.0, -1.0], [1.0, 0.0]])
STRETCH, TURN = scaling(3, 1), rotation(90)


def letter() -> np.ndarray:
    """Points along the letter F, (points, 2): its mirror image is no letter."""
    stem = [(0, y) for y in np.linspace(0, 2, 41)]
    arms = [(x, 2) for x in np.linspace(0, 1, 21)] + [(x, 1) for x in np.linspace(0, 0.75, 16)]
    return np.array(stem + arms, dtype=float)


def plane(a: float = 1.0, b: float = 0.0, c: float = 0.0, d: float = 1.0) -> ExperimentResult:
    """Move the plane, and the letter F in it, by the matrix [[a, b], [c, d]]; each from -99 to 99."""
    matrix = np.clip(np.nan_to_num(np.array([[a, b], [c, d]], dtype=float)), -99, 99)
    moved = move_plane(matrix)
    right, up = moved.unit_vectors
    beside = [
        "",
        "matrix",
        f"  [ {a:5.4g} {b:5.4g} ]",
        f"  [ {c:5.4g} {d:5.4g} ]",
        "",
        f"(1, 0) lands on ({right[0]:.4g}, {right[1]:.4g})",
        f"(0, 1) lands on ({up[0]:.4g}, {up[1]:.4g})",
        f"areas grow {abs(moved.determinant):.4g} times" + (", mirrored" if moved.determinant < 0 else ""),
        "",
        "░ before   █ after",
    ]
    rows = drawn(move(matrix, letter()))
    text = "\n".join(f"{row}   {beside[n] if n < len(beside) else ''}".rstrip() for n, row in enumerate(rows))
    gap = float(np.abs(matrix - QUARTER).max())
    state = {
        "matrix": matrix.tolist(), "gap": gap, "grid": moved.grid.tolist(), "moved_grid": moved.moved_grid.tolist(),
        "unit_vectors": moved.unit_vectors.tolist(), "unit_square": moved.unit_square.tolist(),
        "determinant": moved.determinant, "letter": letter().tolist(),
        "eigenvectors": [[value, *vector.tolist()] for value, vector in moved.eigenvectors],
    }  # fmt: skip
    return ExperimentResult(text.replace("-", "−"), state)


def two_moves(stretch_first: bool = False) -> ExperimentResult:
    """Stretch sideways three times, and turn a quarter: in either order."""
    names = {"stretch": STRETCH, "turn": TURN}
    first, then = ("stretch", "turn") if stretch_first else ("turn", "stretch")
    whole = matrix_product(names[then], names[first])
    between, end = move(names[first], [1.0, 0.0]), move(whole, [1.0, 0.0])
    rows = drawn(move(whole, letter()))
    beside = [
        "", f"1. {first}", f"2. {then}", "", "(1, 0) goes to",
        f"  {_point(between)}, then to", f"  {_point(end)}", "", f"{then} @ {first} =",
        *(f"  [ {row[0]:3.0f} {row[1]:3.0f} ]" for row in whole.round() + 0.0), "", "░ before   █ after",
    ]  # fmt: skip
    text = "\n".join(f"{row}   {beside[n] if n < len(beside) else ''}".rstrip() for n, row in enumerate(rows))
    state = {
        "first": first, "then": then, "matrix": (whole.round(12) + 0.0).tolist(), "end": (end.round(12) + 0.0).tolist(),
        "gap": float(np.abs(end - [0.0, 3.0]).max()),
        "moved_grid": move_plane(whole).moved_grid.round(12).tolist(), "letter": letter().tolist(),
    }  # fmt: skip
    return ExperimentResult(text.replace("-", "−"), state)


def drawn(points: np.ndarray) -> list[str]:
    """A map in characters, 33 wide and 13 high: the letter as it was, and where its points are now."""
    cells = [[" "] * (8 * ACROSS + 1) for _ in range(4 * UP + 1)]
    for row in cells:
        row[4 * ACROSS] = "│"
    cells[2 * UP] = ["─"] * len(cells[0])
    cells[2 * UP][4 * ACROSS] = "┼"
    for shape, mark in ((letter(), "░"), (points, "█")):
        for x, y in shape:
            if abs(x) <= ACROSS and abs(y) <= UP:
                cells[round(2 * (UP - y))][round(4 * (ACROSS + x))] = mark
    return ["".join(row) for row in cells]


def _point(point: np.ndarray) -> str:
    x, y = point.round(6) + 0.0
    return f"({x:.4g}, {y:.4g})"
