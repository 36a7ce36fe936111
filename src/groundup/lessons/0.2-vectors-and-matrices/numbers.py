"""The numbers of lesson 0.2, computed by the library."""

import numpy as np

from groundup.foundations.linear import dot, matrix_product, move, rotation, scaling

GIVEN = ("18.06",)  # a course's number
BASKETS = [[3, 1, 2], [1, 2, 0]]  # Ann and Ben: apples, loaves, cheeses
PRICES = [[2, 1], [3, 4], [5, 4]]  # the same goods in two shops


def numbers() -> dict[str, str]:
    bills = matrix_product(BASKETS, PRICES)
    stretch, turn = scaling(3, 1), rotation(90)
    stretch_first = matrix_product(turn, stretch)
    turn_first = matrix_product(stretch, turn)
    layer = (64, 1000, 1000)
    return {
        "ann": f"{bills[0, 0]:.0f}",
        "ben": f"{bills[1, 0]:.0f}",
        "ann_elsewhere": f"{bills[0, 1]:.0f}",
        "ben_elsewhere": f"{bills[1, 1]:.0f}",
        "agree": f"{dot([3, 1], [2, 2]):.0f}",
        "right_angle": f"{dot([3, 1], [-1, 3]):.0f}",
        "against": f"{dot([3, 1], [-2, -1]):.0f}".replace("-", "−"),
        "three_four": f"{dot([3, 4], [4, -3]):.0f}",
        "longer": f"{dot([3, 1], [20, 20]):.0f}",
        "moved_point": _point(move([[2, 1], [0, 1]], [3, 2])),
        "stretch_then_turn": _point(move(stretch_first, [1, 0])),
        "turn_then_stretch": _point(move(turn_first, [1, 0])),
        "stretch_first_matrix": _rows(stretch_first),
        "turn_first_matrix": _rows(turn_first),
        "multiplications_small": f"{2 * 3 * 2}",
        "multiplications_layer": f"{int(np.prod(layer)) // 10**6}",
    }


def _point(point: np.ndarray) -> str:
    return f"({point[0]:.0f}, {point[1]:.0f})"


def _rows(matrix: np.ndarray) -> str:
    """[0 −1] over [3 0], on one line."""
    whole = matrix.round().astype(int).tolist()
    return str(whole).replace("-", "−")
