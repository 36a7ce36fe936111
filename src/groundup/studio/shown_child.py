"""The process in which the experiments and pictures of lessons run; shown.py starts it. A line of JSON is a message.

python -m groundup.studio.shown_child, then on its input {"widget": "drag", "folder": ".../0.1-slopes", ...}

Every answer has a `share`: below 1 it is how an experiment stands, and more follows.
"""

import base64
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.course.lessons.items import Picture, Widget
from groundup.course.lessons.lesson import load_lesson
from groundup.course.lessons.parts import as_it_goes, picture
from groundup.course.progress.answers import block_called
from groundup.course.progress.store import finite

DOTS = 150  # for each inch: two for each of a screen's, nearly


def main() -> None:
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a lesson prints is not a message
    for line in sys.stdin:
        for answer in _answers(json.loads(line)):
            messages.write(json.dumps(finite({"share": 1} | answer)) + "\n")


def _answers(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        yield from _done(job)
    except GroundupError as error:
        yield {"error": error.what, "hint": error.hint}
    except Exception as error:
        yield {"error": f"It stopped: {type(error).__name__}: {error}.", "hint": "Other settings may do."}


def _done(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lesson = load_lesson(Path(job["folder"]))
    if "picture" in job:
        block = block_called(lesson, job["picture"], Picture)
        yield {"png": _png(picture(lesson, block, dark=job["dark"]))}
        return
    widget = block_called(lesson, job["widget"], Widget)
    for shown in as_it_goes(lesson, widget, job["settings"], run=job["run"]):
        png = _png(shown.figure) if shown.figure is not None else None
        yield {"text": make_printable(shown.text), "state": shown.state, "png": png, "share": shown.share}


def _png(figure: Any) -> str:
    from matplotlib import pyplot

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS)
    pyplot.close(figure)
    return base64.b64encode(drawn.getvalue()).decode("ascii")


if __name__ == "__main__":
    main()
