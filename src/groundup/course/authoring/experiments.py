"""What a lesson shows: experiments run with their first settings, pictures draw on paper and on a dark page."""

import ast
import io
import json
import time
import unicodedata
import warnings
from collections.abc import Iterator

from groundup.common.errors import GroundupError
from groundup.course.authoring.order import over_budget
from groundup.course.authoring.targets import LessonFault, fault_of
from groundup.course.lessons.goals import is_reached
from groundup.course.lessons.items import Picture, Widget
from groundup.course.lessons.lesson import LESSON_FILE, Lesson
from groundup.course.lessons.parts import ExperimentResult, draw_picture, run_experiment

WIDTH, LINES = 76, 20
COMPARES = (ast.Compare, ast.BoolOp, ast.UnaryOp)


def check_experiments(lesson: Lesson) -> Iterator[LessonFault]:
    for widget in lesson.of(Widget):
        file = lesson.folder / LESSON_FILE
        if not (lesson.folder / "experiments.py").exists():
            yield LessonFault(file, f"there is no experiments.py with a function {widget.call}.", widget.line)
            continue
        began = time.process_time()
        try:
            result = run_experiment(lesson, widget)
        except GroundupError as error:
            yield fault_of(error, file, widget.line)
            continue
        taken = time.process_time() - began
        yield from over_budget(lesson.folder, file, f"the experiment {widget.call}", taken, widget.line)
        for says in _shown(result, widget):
            yield LessonFault(file, f"the experiment {widget.call}: {says}", widget.line)


def _shown(result: ExperimentResult, widget: Widget) -> Iterator[str]:
    lines = result.text.rstrip("\n").split("\n")
    widest = max(map(_width, lines))
    if not result.text.strip():
        yield "its text is empty. A reader with only a terminal sees nothing."
    if widest > WIDTH:
        yield f"its text is {widest} wide; a terminal shows {WIDTH}."
    if len(lines) > LINES:
        yield f"its text has {len(lines)} lines; {LINES} fit on a screen."
    try:
        json.dumps(result.state, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"its state is not plain numbers, text and lists ({error}). float() and .tolist() help."
        return
    if not widget.check:
        return
    try:
        compares = isinstance(ast.parse(widget.check.strip(), mode="eval").body, COMPARES)
    except SyntaxError:
        compares = True  # `reached` says what is wrong with it
    try:
        at_once = is_reached(widget.check, result.state)
    except GroundupError as error:
        yield str(error)
        return
    if not compares:
        yield f"its check `{widget.check}` is no comparison. Write one: loss < 0.1."
    elif at_once:
        yield f"its goal is reached before anything is done: `{widget.check}` is true with the first settings."


def _width(line: str) -> int:
    """In columns of a terminal: marks above a letter take none, wide characters two."""
    characters = [char for char in line if not unicodedata.combining(char)]
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in characters)


def check_pictures(lesson: Lesson) -> Iterator[LessonFault]:
    for block in lesson.of(Picture):
        file = lesson.folder / LESSON_FILE
        if not (lesson.folder / "pictures.py").exists():
            yield LessonFault(file, f"there is no pictures.py with a function {block.draw}.", block.line)
            continue
        began = time.process_time()
        for dark in (False, True):
            try:
                for says in _drawn(lesson, block, dark):
                    where = "on a dark page" if dark else "on paper"
                    yield LessonFault(file, f"the picture {block.draw} {where}: {says}", block.line)
            except GroundupError as error:
                yield fault_of(error, file, block.line)
                break
        taken = (time.process_time() - began) / 2
        yield from over_budget(lesson.folder, file, f"the picture {block.draw}", taken, block.line)


def _drawn(lesson: Lesson, block: Picture, dark: bool) -> Iterator[str]:
    """What is wrong with one drawing: no figure, an empty page, letters that the font lacks."""
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        figure = draw_picture(lesson, block, dark=dark)
        if not isinstance(figure, Figure):
            yield f"it returns {type(figure).__name__}, not a matplotlib figure."
            return
        drawn = io.BytesIO()
        try:
            figure.savefig(drawn, format="png", dpi=40)
        except Exception as error:
            yield f"it cannot be saved ({type(error).__name__}: {error})."
            return
    drawn.seek(0)
    pixels = pyplot.imread(drawn)
    pyplot.close(figure)
    if (pixels == pixels[0, 0]).all():
        yield "it is empty: one colour all over."
    for text in sorted({str(one.message) for one in said if "lyph" in str(one.message)}):
        yield f"its font lacks a letter ({text.split(' missing')[0]})."
