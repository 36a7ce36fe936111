"""The experiments of lesson 0.1: drag a point along x², and choose a step."""

import math

from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.calculus import derivative, error_by_step, forward_derivative

WANTED = -4.0
FULL = 40  # characters of the longest bar
SIZES = [float(f"1e-{digits}") for digits in range(1, 17)]


def square(x: float) -> float:
    return x * x


def cube(x: float) -> float:
    return x * x * x


def drag(x: float = 3.0, h: float = 1.0) -> ExperimentResult:
    """Stand at x on the curve x², step h to the right, and divide. h: above 0."""
    x, h = max(-6.0, min(6.0, float(x))), max(1e-6, min(3.0, float(h)))
    slope = forward_derivative(square, x, h)
    gap = abs(slope - WANTED)
    wanted = f"Wanted: {WANTED:g}. " + ("That is it." if gap < 0.05 else f"You are {gap:.4g} away.")
    lines = ["place             x²", ""]
    highest = max(square(x), square(x + h), 1e-9)
    for name, place in (("x    ", x), ("x + h", x + h)):
        height = square(place)
        lines.append(f"{name} {place:9.4g} {height:9.5g}  {'█' * round(FULL * height / highest)}".rstrip())
    lines += ["", f"moved {square(x + h) - square(x):.5g}  over  {h:.4g}:  slope {slope:.5g}"]
    lines += ["", wanted]
    curve = [[place / 10, square(place / 10)] for place in range(-60, 61)]
    state = {"x": x, "h": h, "slope": slope, "gap": gap, "wanted": WANTED, "curve": curve}
    return ExperimentResult("\n".join(lines).replace(" -", " −"), state)


def step(digits: int = 1, both_sides: bool = False) -> ExperimentResult:
    """The slope of x³ at 2, which is 12, with the step h = 10 to the power of -digits (1 to 16)."""
    digits = max(1, min(len(SIZES), int(digits)))
    h = SIZES[digits - 1]
    measured = (derivative if both_sides else forward_derivative)(cube, 2.0, h)
    errors = error_by_step(cube, slope=12.0, x=2.0, h=SIZES)
    by_size = errors.central if both_sides else errors.forward
    lines = [
        f"slope of x³ at 2, {'a step to each side' if both_sides else 'one step to the right'}",
        "(a bar grows with each power of ten)",
        "",
    ]
    for number, (size, error) in enumerate(zip(SIZES, by_size, strict=True), start=1):
        bar = "█" * (max(0, round(2.5 * (14 + _log(error)))) if error else 0)
        lines.append(f"{'→' if number == digits else ' '} h = {size:.0e}   off by {error:7.1e}  {bar}")
    error = abs(measured - 12.0)
    lines += [f"With h = {h:.0e} the slope comes out as {measured:.12f}."]
    state = {
        "x": 2.0, "h": h, "digits": digits, "both_sides": bool(both_sides), "slope": measured, "error": error,
        "sizes": SIZES, "errors_one_side": errors.forward.tolist(), "errors_both_sides": errors.central.tolist(),
    }  # fmt: skip
    return ExperimentResult("\n".join(lines), state)


def _log(error: float) -> float:
    """The power of ten, down to the fourteenth."""
    return max(-14.0, math.log10(error))
