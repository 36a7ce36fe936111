"""The process in which the experiments and pictures of lessons run; lesson_runs.py starts it.

It is asked for {"widget": "drag", "folder": ".../0.1-slopes", "settings": ..., "run": ...}, or for a picture. A reply
has a `share`: below 1 it is an intermediate state of an experiment, and more follow.
"""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.common.process import serve
from groundup.course.lessons.items import Picture, Widget
from groundup.course.lessons.lesson import load_lesson
from groundup.course.lessons.parts import draw_picture, run_experiment_steps
from groundup.course.progress.answers import find_item
from groundup.course.progress.store import finite

DOTS_PER_INCH = 150  # nearly two for each of the screen's


def main() -> None:
    serve(_replies)


def _replies(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        for reply in _run(request):
            yield finite({"share": 1} | reply)
    except GroundupError:
        raise
    except Exception as error:
        raise GroundupError(
            f"It stopped: {type(error).__name__}: {error}.", "Other settings may do."
        ) from None


def _run(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lesson = load_lesson(Path(request["folder"]))
    if "picture" in request:
        block = find_item(lesson, request["picture"], Picture)
        yield {"png": _png(draw_picture(lesson, block, dark=request["dark"]))}
        return
    widget = find_item(lesson, request["widget"], Widget)
    for shown in run_experiment_steps(lesson, widget, request["settings"], run=request["run"]):
        png = _png(shown.figure) if shown.figure is not None else None
        yield {"text": make_printable(shown.text), "state": shown.state, "png": png, "share": shown.share}


def _png(figure: Any) -> str:
    from matplotlib import pyplot

    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH)
    pyplot.close(figure)
    return base64.b64encode(png.getvalue()).decode("ascii")
