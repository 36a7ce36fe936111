"""The numbers of lesson 0.3, computed by the library."""

import numpy as np

from groundup.foundations.calculus import gradient
from groundup.foundations.descent import GradientDescent, Method, Momentum, descend

GIVEN = (
    "0.05",
    "0.09",
    "1.1",
    "0.92",
    "1.04",
    "0.95",
    "0.25",
    "1.9",
    "2.1",
    "3.6",
    "2.9",
)  # rates, and wrong answers


def numbers() -> dict[str, str]:
    steps = walk(3.0, lambda x: 2 * x, GradientDescent(0.1), 20)
    slopes = gradient(hill, [1.0, 1.0])
    along = slopes / np.hypot(*slopes)
    plain = [descend("valley", GradientDescent(rate / 1000), steps=40) for rate in range(10, 100)]
    valley = descend("valley", GradientDescent(0.09), steps=40)
    heavy = descend("valley", Momentum(0.1, keep=0.5), steps=40)
    speeds = pushed(0.9, [2.0] * 60)
    turns = pushed(0.9, [2.0, -2.0, 2.0, -2.0])
    return {
        "step_1": f"{steps[1]:.1f}",
        "slope_2": f"{2 * steps[1]:.1f}",
        "step_2": f"{steps[2]:.2f}",
        "step_3": f"{steps[3]:.3f}",
        "step_20": f"{steps[20]:.3f}",
        "bowl_factor": f"{1 - 0.1 * 2:.1f}",
        **{f"after_{name}": after(product) for name, product in PRODUCTS.items()},
        "slope_x": f"{slopes[0]:.0f}",
        "slope_y": f"{slopes[1]:.0f}",
        "rise_x": rise([1, 0]),
        "rise_y": rise([0, 1]),
        "rise_along": rise(along),
        "rise_against": rise(-along),
        "rise_level": rise([-along[1], along[0]]),
        "valley_factor": f"{1 - 0.09:.2f}",
        "valley_percent": f"{100 * (1 - 0.09):.0f}%",
        "keep_squared": f"{0.9 * 0.9:.2f}",
        "valley_x_left": f"{valley.points[-1][0] / valley.points[0][0] * 100:.0f}",
        "valley_y_left": f"{valley.points[-1][1] / valley.points[0][1] * 100:.2f}",
        "valley_start": f"{valley.heights[0]:.2f}",
        "plain_best": f"{min(path.heights[-1] for path in plain):.4f}",
        "heavy_height": f"{heavy.heights[-1]:.0e}",
        "speed_1": f"{speeds[0]:.0f}",
        "speed_2": f"{speeds[1]:.1f}",
        "speed_3": f"{speeds[2]:.2f}",
        "speed_last": f"{speeds[-1]:.0f}",
        "turn_2": f"{turns[1]:.1f}".replace("-", "−"),
        "turn_3": f"{turns[2]:.2f}",
        "turn_4": f"{turns[3]:.2f}".replace("-", "−"),
    }


PRODUCTS = {"01": 0.1, "05": 0.5, "10": 1.0, "19": 1.9, "20": 2.0, "21": 2.1}


def hill(point: np.ndarray) -> float:
    return float(point[0] ** 2 + 3 * point[1] ** 2)


def rise(direction: list[float] | np.ndarray) -> str:
    """How far the hill rises over a step of 0.1 from (1, 1)."""
    start = np.array([1.0, 1.0])
    moved = hill(start + 0.1 * np.array(direction)) - hill(start)
    return f"{moved:+.2f}".replace("-", "−")


def walk(x: float, slope, method: Method, steps: int) -> list[float]:
    """Places on a curve of one number."""
    places = [x]
    for _ in range(steps):
        places.append(places[-1] + float(method.step(np.array(slope(places[-1])))))
    return places


def after(product: float) -> str:
    """Where ten steps end that begin at 1 on a·x²/2, by rate times a."""
    end = walk(1.0, lambda x: x, GradientDescent(product), 10)[-1]
    return f"{end:.3f}"


def pushed(keep: float, gradients: list[float]) -> list[float]:
    """Speeds of a heavy ball that feels these slopes, one after another."""
    ball = Momentum(1.0, keep=keep)
    return [-float(ball.step(np.array(slope))) for slope in gradients]
