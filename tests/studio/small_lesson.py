"""A lesson with one widget and nothing else, for what happens to the code behind it."""

from pathlib import Path

from groundup.course.lessons.items import Widget
from groundup.course.lessons.lesson import Lesson, load_lesson

LESSON = """+++
id = "9.1"
title = "T"
minutes = 1
question = "Q?"
concepts = ["c"]
+++
```widget
id = "only"
use = "nothing"
call = "{call}"
goal = "g"
caption = "c"
settings = {settings}
```
"""


def lesson_with(folder: Path, experiments: str, call: str, settings: str = "{}") -> tuple[Lesson, Widget]:
    """Written into a folder and read from there; `experiments`: its Python code."""
    (folder / "lesson.md").write_text(LESSON.format(call=call, settings=settings), encoding="utf-8")
    (folder / "experiments.py").write_text(experiments, encoding="utf-8")
    lesson = load_lesson(folder)
    (widget,) = lesson.of(Widget)
    return lesson, widget
