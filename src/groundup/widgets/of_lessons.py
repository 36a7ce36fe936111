"""Widgets that show a lesson's experiment: what the browser can compute, it computes; for the rest Python is asked."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import Widget
from groundup.course.lessons.lesson import Lesson
from groundup.course.lessons.parts import run_experiment_steps
from groundup.course.progress.store import finite
from groundup.widgets.bundle import file_of


class Experiment:
    """An experiment of a lesson: the settings that it begins with, and the state that comes of settings."""

    def __init__(self, name: str, lesson: str, settings: dict[str, Any], run: Any = None) -> None:
        self._lesson, self._block = _chosen(name, lesson, settings)
        if run is not None and not self._block.source.startswith("run:"):
            raise GroundupError(f"The widget '{name}' shows no run.", "Leave `run` out.")
        self._run = None if run is None else str(getattr(run, "name", run))
        self.settings = self._block.settings | settings

    def states(self, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One that takes seconds shows how it stands on the way; the last is the whole.

        Raises GroundupError for settings that the experiment cannot work with.
        """
        for experiment_result in run_experiment_steps(self._lesson, self._block, settings, run=self._run):
            yield finite(experiment_result.state)


def used() -> list[str]:
    """The widgets that lessons use, by name."""
    return sorted({block.use for _, block in _blocks() if file_of(block.use).is_file()})


def _chosen(name: str, lesson: str, settings: dict[str, Any]) -> tuple[Lesson, Widget]:
    """The first experiment that uses the widget, is in that lesson (if one is named), and has all those settings."""
    of_name = [(item, block) for item, block in _blocks() if block.use == name]
    here = [pair for pair in of_name if lesson in ("", pair[0].id, f"{pair[0].id}.{pair[1].id}")]
    if not here:
        at = " and ".join(f"{item.id}.{block.id}" for item, block in of_name)
        raise GroundupError(
            f"The widget '{name}' is not in '{lesson}'.",
            f"It is in {at}." if at else "It is in no lesson yet.",
        )
    for entry, block in here:
        if set(settings) <= set(block.settings):
            return entry, block
    unknown = next(key for key in settings if all(key not in block.settings for _, block in here))
    known = list(dict.fromkeys(key for _, block in here for key in block.settings))
    raise GroundupError(
        f"The widget '{name}' has no setting '{unknown}'.",
        did_you_mean(unknown, known),
    )


@cache
def _blocks() -> list[tuple[Lesson, Widget]]:
    return [(lesson, block) for lesson in load_course().lessons for block in lesson.of(Widget)]
