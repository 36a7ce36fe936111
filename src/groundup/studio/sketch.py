"""A guess that is drawn: where its axes, its ticks and its curves lie in the SVG."""

import math
from dataclasses import dataclass

from groundup.common.formatting import format_number
from groundup.course.lessons.items import Predict
from groundup.course.lessons.predictions import Points

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = (
    52,
    64,
    34,
    44,
)  # room for the numbers, the name at a curve's end, and the axes' names
TICKS = 4


@dataclass(frozen=True)
class Sketch:
    """An empty sheet for a sketch. Lengths are units of the SVG."""

    x: tuple[float, float]
    y: tuple[float, float]
    axes: tuple[str, str]

    width, height, left, top = WIDTH, HEIGHT, LEFT, TOP
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(self, x: float) -> float:
        return round(self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * (self.right - self.left), 2)

    def up(self, y: float) -> float:
        """Of a value; one beyond the axis stays at its edge."""
        part = min(1.0, max(0.0, (y - self.y[0]) / (self.y[1] - self.y[0])))
        return round(self.bottom - part * (self.bottom - self.top), 2)

    def path(self, points: Points) -> str:
        """The points joined by straight lines, as the `d` of a path."""
        return "M" + "L".join(f"{self.across(x)} {self.up(y)}" for x, y in sorted(points))

    def end(self, points: Points) -> float:
        """How high the last point lies: there the curve's name stands."""
        return self.up(max(points)[1])

    @property
    def ticks_x(self) -> list[tuple[float, str]]:
        return [(self.across(value), format_number(value)) for value in _even(self.x)]

    @property
    def ticks_y(self) -> list[tuple[float, str]]:
        return [(self.up(value), format_number(value)) for value in _even(self.y)]


def sketch_of(block: Predict) -> Sketch:
    assert block.x is not None
    assert block.y is not None
    assert block.axes is not None
    return Sketch(block.x, block.y, block.axes)


def _even(axis: tuple[float, float]) -> list[float]:
    """Round numbers along an axis: three to six of them."""
    low, high = axis
    size = 10.0 ** math.floor(math.log10((high - low) / TICKS))
    step = next(size * by for by in (1, 2, 2.5, 5, 10) if (high - low) / (size * by) <= TICKS + 1)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
