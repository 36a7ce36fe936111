"""What charts of every kind need: round ticks on the axes, and labels that keep apart."""

import math
from collections.abc import Sequence


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` round numbers from low to high, evenly spaced.

    >>> ticks(0, 55)
    [0, 20, 40]
    """
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    for times in (1, 2, 5, 10, 20):
        step = size * times
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            break
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    marks = [round(number * step, digits) for number in range(first, last + 1)]
    return [int(mark) if digits == 0 else mark for mark in marks]


def tick_labels(marks: Sequence[float]) -> list[str]:
    """The marks in digits, all with as many decimals.

    >>> tick_labels([2.0, 2.5])
    ['2.0', '2.5']
    """
    digits = max((len(str(mark).partition(".")[2]) for mark in marks), default=0)
    return [f"{mark:,.{digits}f}" for mark in marks]


def spread_labels(places: Sequence[float], gap: float) -> list[float]:
    """Move places apart until neighbours are at least `gap` away, each as little as possible.

    Neighbours that would touch become one block around their mean place (the least-squares answer).

    >>> spread_labels([0.0, 0.2, 5.0], 1.0)
    [-0.4, 0.6, 5.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    blocks: list[list[float]] = []  # [mean of (place - gap * rank within block), size]
    for rank, i in enumerate(order):
        blocks.append([places[i] - gap * rank, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            blocks[-1][0] = (blocks[-1][0] * blocks[-1][1] + mean * size) / (blocks[-1][1] + size)
            blocks[-1][1] += size
    flat = [mean for mean, size in blocks for _ in range(int(size))]
    result = [0.0] * len(places)
    for rank, i in enumerate(order):
        result[i] = round(flat[rank] + gap * rank, 6)
    return result
