"""The numbers of lesson 0.1, computed by the library."""

import numpy as np

from groundup.foundations.calculus import chain_rule, derivative, error_by_step, forward_derivative, gradient

GIVEN = ("3.1", "1.01", "5.7")  # places chosen, and a section of a book


def square(x):
    return x * x


def cube(x):
    return x * x * x


def numbers() -> dict[str, str]:
    at_step = square(3.1)
    errors = error_by_step(cube, slope=12.0, x=2.0, h=[1e-1, 1e-5, 1e-8])
    chain = chain_rule([lambda x: x * x + 1, cube], x=1.0)
    inner, outer = chain.values[1:]
    nudged_inner = 1.01 * 1.01 + 1
    nudged_outer = cube(nudged_inner)
    area = gradient(lambda sides: sides[0] * sides[1], [3.0, 5.0])
    found = {
        "square_at_step": f"{at_step:.2f}",
        "moved": f"{at_step - 9:.2f}",
        "slope_h_1": f"{forward_derivative(square, 3.0, 1.0):.0f}",
        "slope_h_01": f"{forward_derivative(square, 3.0, 0.1):.1f}",
        "slope_h_001": f"{forward_derivative(square, 3.0, 0.01):.2f}",
        "slope_h_0001": f"{forward_derivative(square, 3.0, 0.001):.3f}",
        "square_at_001": f"{square(3.01):.4f}",
        "moved_001": f"{square(3.01) - 9:.4f}",
        "square_at_0001": f"{square(3.001):.6f}",
        "moved_0001": f"{square(3.001) - 9:.6f}",
        "slope_minus_2": f"{derivative(square, -2.0):.0f}",
        "square_apart": f"{np.spacing(3.0):.0e}",
        "slope_of_sum": f"{derivative(lambda x: cube(x) + 4 * x, 1.0):.0f}",
        "tiny_step_slope": f"{forward_derivative(square, 3.0, 1e-16):.0f}",
        "small_step_slope": f"{forward_derivative(square, 3.0, 1e-15):.2f}",
        "error_one_side_long": f"{errors.forward[0]:.2f}",
        "error_both_sides_long": f"{errors.central[0]:.2f}",
        "error_both_sides_best": f"{errors.central[1]:.0e}",
        "right_slope": f"{forward_derivative(cube, 1.0, 0.5):.2f}",
        "left_slope": f"{(cube(1.0) - cube(0.5)) / 0.5:.2f}",
        "mean_slope": f"{derivative(cube, 1.0, 0.5):.2f}",
        "inner": f"{inner:.0f}",
        "outer": f"{outer:.0f}",
        "inner_slope": f"{chain.slopes[0]:.0f}",
        "outer_slope": f"{chain.slopes[1]:.0f}",
        "chain_slope": f"{chain.product:.0f}",
        "nudge_end": f"{0.01 * chain.product:.2f}",
        "nudged_inner": f"{nudged_inner:.4f}",
        "nudged_outer": f"{nudged_outer:.4f}",
        "outer_moved": f"{nudged_outer - outer:.4f}",
        "outer_moved_for_each": f"{(nudged_outer - outer) / 0.01:.1f}",
        "area_by_a": f"{area[0]:.0f}",
        "area_by_b": f"{area[1]:.0f}",
    }
    return found
