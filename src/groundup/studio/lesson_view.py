"""What the page of a lesson shows: its blocks as steps, each with what the learner has said there before."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from groundup.common.formatting import format_number
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.code import library_source
from groundup.course.lessons.items import (
    Code,
    ExerciseItem,
    Explanation,
    Item,
    Picture,
    Prediction,
    Prose,
    Quiz,
    Recap,
    Widget,
)
from groundup.course.lessons.lesson import Lesson, sections
from groundup.course.lessons.parts import run_for
from groundup.course.lessons.predictions import Points, certainty_steps, prediction_error
from groundup.course.progress.answers import last_answer
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.store import Store
from groundup.studio.exercise import exercise_values
from groundup.studio.markdown import highlight, highlight_lines
from groundup.studio.markdown import html as markdown
from groundup.studio.pages import static_url, templates


@dataclass(frozen=True)
class Step:
    """A block, or a part of one that begins with a heading of its own."""

    block: int
    """Index of the block."""
    kind: str
    anchor: str
    """Its id on the page."""
    title: str = ""
    """Its heading, where it begins a section."""
    done: bool = False
    first: bool = True
    """Whether the block begins with it."""
    html: Markup | str = ""


@dataclass(frozen=True)
class LessonView:
    """A lesson, seen by a learner."""

    course: Course
    lesson: Lesson
    store: Store

    def steps(self) -> list[Step]:
        progress = CourseProgress(self.course, self.store)
        done = progress.items_done(self.lesson)
        all_steps: list[Step] = []
        for index, block in enumerate(self.lesson.items):
            if isinstance(block, Prose):
                all_steps += self._prose(index, block, index in done)
                continue
            title = "In one sentence" if isinstance(block, Recap) else ""
            html = self._html(index, progress)
            all_steps.append(Step(index, block.kind, f"block-{index}", title, index in done, html=html))
        return all_steps

    def _prose(self, index: int, block: Prose, done: bool) -> list[Step]:
        steps = []
        for part, text in enumerate(sections(block.text)):
            title, _, rest = text.partition("\n") if text.startswith("## ") else ("", "", text)
            anchor = f"block-{index}" + (f"-{part + 1}" if part else "")
            heading = title.removeprefix("## ").strip()
            steps.append(Step(index, "prose", anchor, heading, done, part == 0, markdown(rest)))
        return steps

    def html(self, index: int) -> str:
        """One block as it stands now: what the page puts in the place of what it shows."""
        return self._html(index, CourseProgress(self.course, self.store))

    def _html(self, index: int, progress: CourseProgress) -> Markup:
        template = templates.get_template(f"blocks/{self.lesson.items[index].kind}.html")
        return Markup(template.render(self._values(index, progress)))

    def _values(self, index: int, progress: CourseProgress) -> dict[str, Any]:
        """What a block's template needs."""
        block = self.lesson.items[index]
        kinds: dict[type[Item], Callable[[Any, CourseProgress], dict[str, Any]]] = {
            Prediction: self._predict, Quiz: self._quiz, Explanation: self._explain, Widget: self._widget,
            Code: self._code, Picture: self._picture, ExerciseItem: self._exercise,
        }  # fmt: skip
        of_kind = kinds.get(type(block))
        return {"lesson": self.lesson, "block": block, "index": index} | (
            of_kind(block, progress) if of_kind else {}
        )

    # ---- what is asked --------------------------------------------------------------------------------------

    def _predict(self, block: Prediction, progress: CourseProgress) -> dict[str, Any]:
        data = last_answer(self.store, "predicted", self.lesson, block.id)
        values: dict[str, Any] = {"said": data, "steps": certainty_steps(block), "so_far": ""}
        if data:
            values["so_far"] = progress.guess_summary(data.get("sure"))
        if block.form == "sketch":
            values["sheet"] = sketch_of(block)
            values["off"] = prediction_error(block, [(x, y) for x, y in data["given"]]) if data else None
        return values

    def _quiz(self, block: Quiz, progress: CourseProgress) -> dict[str, Any]:
        return {"said": last_answer(self.store, "answered", self.lesson, block.id)}

    def _explain(self, block: Explanation, progress: CourseProgress) -> dict[str, Any]:
        return {"said": last_answer(self.store, "explained", self.lesson, block.id)}

    # ---- what is tried --------------------------------------------------------------------------------------

    def _widget(self, block: Widget, progress: CourseProgress) -> dict[str, Any]:
        return {
            "reached": progress.answered(self.lesson.id, block.id) is not None,
            "module": static_url(f"widgets/{block.use.replace('-', '_')}.js"),
            "whole": [name for name, value in block.settings.items() if type(value) is int],
            "fixture": static_url(f"widgets/fixtures/{self.lesson.id}.{block.id}.json"),
            "own": block.source.removeprefix("run:") if block.source.startswith("run:") else "",
            "run": run_for(block.source),
        }

    def _picture(self, block: Picture, progress: CourseProgress) -> dict[str, Any]:
        at = f"/api/lesson/{self.lesson.id}/picture/{block.id}"
        return {"light": f"{at}/light.png?{self._stamp}", "dark": f"{at}/dark.png?{self._stamp}"}

    @cached_property
    def _stamp(self) -> int:
        return stamp(self.lesson.folder)

    def _code(self, block: Code, progress: CourseProgress) -> dict[str, Any]:
        source = library_source(block.show)
        plain = source.text.split("\n")
        notes: dict[int, list[str]] = {}
        for note in block.notes:
            # One about a line that is not there stands at the end: its text is not lost.
            at = next((at for at, line in enumerate(plain) if note.at in line), len(plain) - 1)
            notes.setdefault(at, []).append(note.text)
        lines = [
            (source.first + at, line, notes.get(at, []))
            for at, line in enumerate(highlight_lines(source.text))
        ]
        return {"lines": lines, "file": source.file.name, "run_code": highlight(block.run.strip())}

    # ---- what is written ------------------------------------------------------------------------------------

    def _exercise(self, block: ExerciseItem, progress: CourseProgress) -> dict[str, Any]:
        return exercise_values(progress, self.course.exercise(f"{self.lesson.id}/{block.id}"))


# ---- a guess that is drawn ------------------------------------------------------------------------------------

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


def sketch_of(block: Prediction) -> Sketch:
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


def stamp(folder: Path) -> int:
    """A number that changes with every file of a lesson."""
    files = [file for pattern in ("*.*", "fixtures/*") for file in folder.glob(pattern)]
    return max((file.stat().st_mtime_ns for file in files), default=0)
