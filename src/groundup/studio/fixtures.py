"""What a lesson's widget shows before anything was run: its function's answer for the settings it starts with, kept.

python -m groundup.studio.fixtures     # runs every lesson's experiments and writes static/widgets/fixtures/

A widget draws at once from this, however slow its function is. A test holds the files equal to the functions.
"""

import json
from pathlib import Path
from typing import Any

from groundup.course.lessons.catalogue import Course, load_course
from groundup.course.lessons.items import Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import run_experiment
from groundup.course.progress.store import finite
from groundup.studio.pages import STATIC

FOLDER = STATIC / "widgets" / "fixtures"


def file_of(lesson: str, block: str) -> Path:
    return FOLDER / f"{lesson}.{block}.json"


def made(lesson: Lesson, block: Widget) -> dict[str, Any]:
    """Settings and state, computed now."""
    shown = run_experiment(lesson, block)
    return json.loads(json.dumps(finite({"settings": block.settings, "state": shown.state})))


def fixture(lesson: Lesson, block: Widget) -> dict[str, Any]:
    """The kept one; without a state where there is none or the lesson begins with other settings by now."""
    try:
        stored = json.loads(file_of(lesson.id, block.id).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    return stored if stored.get("settings") == block.settings else {"settings": block.settings, "state": {}}


def widgets(course: Course) -> list[tuple[Lesson, Widget]]:
    """Every widget of every lesson, in order."""
    return [(lesson, block) for lesson in course.lessons for block in lesson.of(Widget)]


def write_all() -> None:
    FOLDER.mkdir(exist_ok=True)
    for lesson, block in widgets(load_course()):
        text = json.dumps(made(lesson, block), separators=(",", ":"), ensure_ascii=False)
        file_of(lesson.id, block.id).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_all()
