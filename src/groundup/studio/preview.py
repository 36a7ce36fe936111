"""The preview beside the resume card: a small picture of the block that the learner left.

At an exercise it is the learner's own file; at library code, its first lines; anywhere else the last experiment that
was passed on the way there, as it begins. Where nothing of that can be drawn, there is no picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from groundup.common.places import workspace_folder
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.code import library_source
from groundup.course.lessons.items import Code, ExerciseItem, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.progress.resume import ResumeCard, heading_of
from groundup.studio.exercise import own_file
from groundup.studio.fixtures import fixture

WIDTH, HEIGHT = 180.0, 132.0  # units of the SVG
PAD = 6.0
LINES = 7  # of code
MOST_CELLS = 12  # along a side; more would be a carpet

Point = tuple[float, float]


@dataclass(frozen=True)
class Preview:
    """Code, or shapes of an SVG."""

    caption: str
    code: str = ""
    width: float = WIDTH
    height: float = HEIGHT
    cells: Sequence[tuple[float, float, float, int]] = ()
    """x, y, side, and a step of heat from 0 to 9."""
    paths: Sequence[str] = ()
    dots: Sequence[tuple[float, float, bool]] = ()
    """x, y, and whether it is full."""
    bars: Sequence[tuple[float, float, float, float]] = ()
    """x, y, width, height."""


def preview(course: Course, here: ResumeCard) -> Preview | None:
    """For the block in hand; None where nothing can be shown of it."""
    if here.lesson is None:
        return None
    block = here.lesson.items[here.index]
    if isinstance(block, ExerciseItem):
        return _file(course, f"{here.lesson.id}/{block.id}")
    if isinstance(block, Code):
        text = library_source(block.show).text
        return Preview(block.show.replace(":", "."), code="\n".join(text.split("\n")[:LINES]))
    return _experiment(here.lesson, here.index)


def _file(course: Course, identity: str) -> Preview | None:
    exercise = course.exercise(identity)
    found = own_file(exercise, Workspace(workspace_folder()))
    lines = found.text.rstrip().split("\n")
    if not found.stamp or found.text == exercise.code("starter.py"):
        return Preview("how the file begins", code="\n".join(lines[:LINES]))
    first = max(0, len(lines) - LINES)
    whole = "your file" if first == 0 else f"your file, from line {first + 1}"
    return Preview(whole, code="\n".join(lines[first:])) if any(lines) else None


def _experiment(lesson: Lesson, index: int) -> Preview | None:
    """The last experiment up to a block: what comes after it would give away what it shows."""
    for at in range(index, -1, -1):
        block = lesson.items[at]
        if isinstance(block, Widget):
            drawn = drawing(fixture(lesson, block)["state"])
            name = heading_of(lesson, at)
            caption = f"from “{name}”, as it begins" if name else "as it begins"
            return Preview(caption, **drawn) if drawn else None
    return None


# ---- what can be drawn of an experiment's state -----------------------------------------------------------------


def drawing(state: dict[str, Any]) -> dict[str, Any]:
    """The shapes of the first thing in a state that can be drawn small; empty where nothing can."""
    for name, draw in _DRAWN:
        if name in state and (shapes := draw(state[name], state)):
            return shapes
    return {}


def _cells(rows: Any, _state: dict[str, Any]) -> dict[str, Any]:
    """A square of shares, as heat."""
    if (
        not _is_matrix(rows)
        or len(rows) > MOST_CELLS
        or not all(0 <= one <= 1 for row in rows for one in row)
    ):
        return {}
    side = HEIGHT / len(rows)
    cells = [
        (round(x * side, 1), round(y * side, 1), round(side, 1), min(9, round(share * 9)))
        for y, row in enumerate(rows)
        for x, share in enumerate(row)
    ]
    return {"cells": cells, "width": round(side * len(rows[0]), 1)}


def _bars(shares: Any, state: dict[str, Any]) -> dict[str, Any]:
    """A few shares, each as high as it is large; a square of them, as heat."""
    if not _are_numbers(shares) or not 1 < len(shares) <= MOST_CELLS or min(shares) < 0 or not max(shares):
        return _cells(shares, state)
    each = WIDTH / len(shares)
    heights = [share / max(shares) * (HEIGHT - PAD) for share in shares]
    return {
        "bars": [
            (round(at * each + 2, 1), round(HEIGHT - high, 1), round(each - 4, 1), round(high, 1))
            for at, high in enumerate(heights)
        ]
    }


def _dots(points: Any, state: dict[str, Any]) -> dict[str, Any]:
    """Points of two kinds, full and hollow."""
    labels = state.get("labels")
    if not _are_points(points) or not isinstance(labels, list) or len(labels) != len(points):
        return {}
    place = _places([points])
    return {"dots": [(*place(point), bool(label)) for point, label in zip(points, labels, strict=True)]}


def _lines(lines: Any, _state: dict[str, Any]) -> dict[str, Any]:
    """Several lines on one sheet: a net that was turned or stretched."""
    if not isinstance(lines, list) or not lines or not all(map(_are_points, lines)):
        return {}
    place = _places(lines, square=True)
    return {"paths": [_path(line, place) for line in lines]}


def _curve(values: Any, state: dict[str, Any]) -> dict[str, Any]:
    """One line: of points from left to right, or of numbers one after the other. A point stands at its end."""
    points = list(enumerate(values)) if _are_numbers(values) else values
    if not _are_points(points) or len(points) < 3 or any(one[0] > two[0] for one, two in pairwise(points)):
        return {}
    place = _places([points])
    return {"paths": [_path(points, place)], "dots": [(*place(points[-1]), True)]}


def _path(points: Sequence[Point], place: Callable[[Point], Point]) -> str:
    return "M" + "L".join("{} {}".format(*place(point)) for point in points)


_DRAWN: tuple[tuple[str, Callable[[Any, dict[str, Any]], dict[str, Any]]], ...] = (
    ("moved_grid", _lines), ("weights", _cells), ("shares", _bars), ("points", _dots), ("curve", _curve),
    ("heights", _curve), ("losses", _curve), ("all_bits", _curve),
)  # fmt: skip


def _places(lines: Sequence[Sequence[Point]], *, square: bool = False) -> Callable[[Point], Point]:
    """Where a point lies on the sheet, which has room for all of them; `square`: a step is as long up as across."""
    across, up = ([point[axis] for line in lines for point in line] for axis in (0, 1))
    wide, high = (max(values) - min(values) or 1.0 for values in (across, up))
    by_x, by_y = (WIDTH - 2 * PAD) / wide, (HEIGHT - 2 * PAD) / high
    if square:
        by_x = by_y = min(by_x, by_y)
    left, bottom = (WIDTH - wide * by_x) / 2, (HEIGHT + high * by_y) / 2

    def place(point: Point) -> Point:
        return round(left + (point[0] - min(across)) * by_x, 1), round(
            bottom - (point[1] - min(up)) * by_y, 1
        )

    return place


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(one, int | float) for one in values)


def _are_points(values: Any) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(one, list | tuple) and len(one) == 2 and _are_numbers(list(one)) for one in values)
    )


def _is_matrix(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) > 1
        and all(_are_numbers(row) and len(row) == len(rows) for row in rows)
    )
