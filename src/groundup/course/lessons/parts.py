"""The Python that comes with a lesson: its experiments and pictures, loaded by path and called.

    shown = experiment(lesson, widget, {"h": 0.1})
    reached(widget.check, shown.state)

They are part of the course and run in this process; whatever the learner writes never does.
"""

import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.items import Picture, Widget
from groundup.course.lessons.lesson import Lesson
from groundup.training.run_folder import newest_run_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ExperimentResult:
    """What a function of a lesson's `experiments.py` returns for some settings.

    One that takes seconds is a generator instead: it yields how it stands, as often as it likes, and last the whole.
    """

    text: str
    """For the terminal: a small table or drawing in characters, at most 76 wide and 20 lines."""
    state: dict[str, Any] = field(default_factory=dict)
    """Plain numbers, text and lists: what a goal is checked against, and what the widget draws."""
    figure: "Figure | None" = None
    """A picture of the same."""
    share: float = 1.0
    """How much of the work is done: below 1 on the way, 1 in the end."""


Setting = float | int | bool | str


def load_part(file: Path) -> ModuleType:
    """`experiments.py`, `pictures.py`, `numbers.py`, ... of a lesson, as a module. Read again when it has changed."""
    try:
        return _load(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        raise GroundupError(f"There is no {file}.", "The lesson names a function in it.") from None
    except GroundupError:
        raise
    except Exception as error:
        raise GroundupError(
            f"{file} cannot be loaded ({type(error).__name__}: {error}).", "Mend that file."
        ) from error


@lru_cache(maxsize=64)
def _load(file: Path, _changed: int) -> ModuleType:
    words = re.sub(r"\W", "_", f"{file.parent.name}_{file.stem}")
    name = f"groundup_lesson_{words}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks its module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def run_experiment(
    lesson: Lesson, widget: Widget, settings: dict[str, Setting] | None = None, *, run: str | None = None
) -> ExperimentResult:
    """Call a widget's function with its settings, some of them changed.

    `run` is the name of a run of the learner's own; a function that can use one has an argument `run`.
    Raises GroundupError where the function is not there, or cannot work with these settings.
    """
    *_, last = run_experiment_steps(lesson, widget, settings, run=run)
    return last


def run_experiment_steps(
    lesson: Lesson, widget: Widget, settings: dict[str, Setting] | None = None, *, run: str | None = None
) -> Iterator[ExperimentResult]:
    """The same, with what it shows on the way; the last has share 1."""
    function = _function(lesson.folder / "experiments.py", widget.call)
    options: dict[str, Any] = widget.settings | (settings or {})
    if run is not None and "run" in inspect.signature(function).parameters:
        options["run"] = run
    share, result = 0.0, None
    with _in_sentences(function, options):
        output = function(**options)
        for result in output if inspect.isgenerator(output) else [output]:
            share = getattr(result, "share", 0.0)
            if not isinstance(result, ExperimentResult) or share >= 1:
                break
            yield result
    if not isinstance(result, ExperimentResult) or share < 1:
        problem = (
            "ends with a share below 1"
            if isinstance(result, ExperimentResult)
            else f"returns {type(result).__name__}"
        )
        raise GroundupError(
            f"{lesson.folder / 'experiments.py'}: {widget.call} {problem}.",
            "An experiment returns a ExperimentResult (groundup.course.lessons.parts), or yields some.",
        )
    yield result


def draw_picture(lesson: Lesson, block: Picture, *, dark: bool = False) -> "Figure":
    """Draw a picture of a lesson."""
    draw = _function(lesson.folder / "pictures.py", block.draw)
    with _in_sentences(draw, {"dark": dark}):
        figure: Figure = draw(dark=dark)
    return figure


def _function(file: Path, name: str) -> Any:
    module = load_part(file)
    function = getattr(module, name, None)
    if not callable(function):
        own = [
            member for member, value in vars(module).items() if inspect.isfunction(value) and member[0] != "_"
        ]
        raise GroundupError(f"{file} has no function {name}.", did_you_mean(name, own))
    return function


@contextmanager
def _in_sentences(function: Any, options: dict[str, Any]) -> Iterator[None]:
    """What a function cannot work with becomes a sentence."""
    try:
        yield
    except GroundupError:
        raise
    except Exception as error:
        arguments = ", ".join(f"{name}={value!r}" for name, value in options.items())
        raise GroundupError(
            f"{function.__name__}({arguments}) stopped: {type(error).__name__}: {error}.",
            "Other settings may do. If it stops with those of the lesson, the lesson is broken.",
        ) from error


def parse_setting(widget: Widget, line: str) -> tuple[str, Setting]:
    """What a learner typed, as `h = 0.1`: a name of the widget's settings and a value of the same type.

    Raises GroundupError.
    """
    name, equals, text = (part.strip() for part in line.partition("="))
    if not equals:
        raise GroundupError(f"'{line}' is no setting.", "Write it as name=value.")
    if name not in widget.settings:
        raise GroundupError(f"There is no setting '{name}'.", did_you_mean(name, widget.settings))
    before = widget.settings[name]
    if isinstance(before, str):
        return name, text.strip("\"'")
    if isinstance(before, bool):
        words = {"true": True, "yes": True, "on": True, "1": True,
                 "false": False, "no": False, "off": False, "0": False}  # fmt: skip
        if text.lower() not in words:
            raise GroundupError(f"{name} is yes or no, and '{text}' is neither.")
        return name, words[text.lower()]
    try:
        number = float(text.replace("−", "-").replace(",", "."))
    except ValueError:
        raise GroundupError(f"{name} is a number, and '{text}' is none.") from None
    if isinstance(before, int):
        if not number.is_integer():
            raise GroundupError(f"{name} is a whole number, and {text} is none.")
        return name, int(number)
    return name, number


def run_for(source: str) -> str | None:
    """The run that a widget with this `source` is drawn from; None where that is its fixture."""
    kind = source.removeprefix("run:")
    return newest_run_of(kind) if kind != source else None
