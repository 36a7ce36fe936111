"""Code that a lesson shows: from the library by name, in fences, and as the worked example of a starter."""

import ast
import contextlib
import doctest
import importlib
import inspect
import io
import re
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.authoring.targets import LessonFault, fault_of, line_of
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import Code, Prose
from groundup.course.lessons.lesson import LESSON_FILE, Lesson

_PYTHON = re.compile(r"^(`{3,}|~{3,})python[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


# ---- shown from the library -----------------------------------------------------------------------------------


def check_code(lesson: Lesson) -> Iterator[LessonFault]:
    """The name exists, every note finds its line, and running it prints what the lesson says."""
    file = lesson.folder / LESSON_FILE
    text = file.read_text(encoding="utf-8-sig")
    for block in lesson.of(Code):
        try:
            thing = _named(block.show)
            source = inspect.getsource(thing)
        except GroundupError as error:
            yield LessonFault(file, str(error), line_of(text, "show", block.line))
            continue
        except (TypeError, OSError):
            says = f"{block.show} has no source to show: name a function, a class or a module."
            yield LessonFault(file, says, line_of(text, "show", block.line))
            continue
        for note in block.notes:
            if note.at not in source:
                says = f"the note's `{note.at}` is not in the source of {block.show}."
                yield LessonFault(file, says, line_of(text, note.at.split("\n")[0], block.line))
        if block.run:
            yield from _prints(block, thing, file, line_of(text, "prints", block.line))


def _named(show: str) -> Any:
    """What `package.module:name` is. Raises GroundupError."""
    module_name, _, name = show.partition(":")
    try:
        thing: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise GroundupError(f"there is no module {module_name} ({error}).") from None
    for part in filter(None, name.split(".")):
        if not hasattr(thing, part):
            raise GroundupError(f"{module_name} has no {name}.", did_you_mean(part, vars(thing)))
        thing = getattr(thing, part)
    return thing


def _prints(block: Code, thing: Any, file: Path, line: int) -> Iterator[LessonFault]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(
                compile(block.run, "run", "exec"),
                {"__name__": "run", re.split("[.:]", block.show)[-1]: thing},
            )
    except Exception as error:
        yield LessonFault(file, f"running the code stops: {type(error).__name__}: {error}.", line)
        return
    got = printed.getvalue().rstrip()
    if got != block.prints.rstrip():
        yield LessonFault(file, f"running the code prints:\n{got}\nPut that into `prints`.", line)


# ---- in fences ------------------------------------------------------------------------------------------------


def check_fences(lesson: Lesson) -> Iterator[LessonFault]:
    """```python with >>> runs as it is shown, one after another in the same session; the rest is Python at least."""
    file = lesson.folder / LESSON_FILE
    session: dict[str, Any] = {"__name__": "lesson"}
    for block in lesson.of(Prose):
        for fence in _PYTHON.finditer(block.text):
            line = block.line + block.text[: fence.start(2)].count("\n")
            if ">>>" in fence[2]:
                yield from _doctest(fence[2], session, file, line)
                continue
            try:
                compile(fence[2], "lesson", "exec")
            except SyntaxError as error:
                yield LessonFault(file, f"this is not Python: {error.msg}.", line + (error.lineno or 1) - 1)


# ---- the worked example of a starter ----------------------------------------------------------------------------


def check_starters(exercises: Sequence[Exercise]) -> Iterator[LessonFault]:
    """What the starter promises is what the solution gives."""
    for exercise in exercises:
        file = exercise.folder / "starter.py"
        try:
            promised = list(_examples(exercise.code("starter.py")))
            names = dict(_solution(exercise)) if promised else {}
        except GroundupError as error:
            yield fault_of(error, file)
            continue
        except SyntaxError:
            continue  # said by the check of the exercise itself
        except Exception as error:
            says = f"it stops when it is run: {type(error).__name__}: {error}."
            yield LessonFault(exercise.folder / "solution.py", says)
            continue
        if not promised and not re.search(r"\d", exercise.code("starter.py")):
            yield LessonFault(
                file, "it has no worked example: put one into the docstring, with >>>.", warning=True
            )
        for line, text in promised:
            yield from _doctest(text, names, file, line)


def _examples(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings with examples in them, and the lines on which they begin."""
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Module | ast.FunctionDef | ast.ClassDef):
            text = ast.get_docstring(part, clean=False)
            if text and ">>>" in text:
                yield part.body[0].lineno, text


def _solution(exercise: Exercise, name: str = "solution") -> dict[str, Any]:
    """The solution, run as a module; what it builds on stands ready under `earlier`."""
    sys.modules.setdefault("earlier", types.ModuleType("earlier")).__dict__.setdefault("__path__", [])
    for dependency in exercise.earlier():
        _solution(dependency, f"earlier.{dependency.file_name.removesuffix('.py')}")
    module = sys.modules[name] = types.ModuleType(name)
    code = compile(exercise.code("solution.py"), str(exercise.folder / "solution.py"), "exec")
    exec(code, module.__dict__)
    return module.__dict__


# ---- running an example -----------------------------------------------------------------------------------------


class _Same(doctest.OutputChecker):
    """A number of NumPy is shown as a number: what matters is what it is."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        plain = re.sub(r"np\.(?:float|int|bool|str)\d*_?\(([^()]*)\)", r"\1", got)
        return super().check_output(want, got, optionflags) or super().check_output(want, plain, optionflags)


class _Told(doctest.DocTestRunner):
    """Keeps what is wrong in place of printing it."""

    def __init__(self) -> None:
        super().__init__(_Same(), verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        self.wrong: list[tuple[int, str]] = []

    def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        outputs = f"gives {got.strip() or 'nothing'}, not {example.want.strip() or 'nothing'}"
        message = f"`{example.source.strip()}` {outputs}."
        self.wrong.append((example.lineno, message))

    def report_unexpected_exception(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        message = f"`{example.source.strip()}` stops: {exc_info[0].__name__}: {exc_info[1]}."
        self.wrong.append((example.lineno, message))


def _doctest(text: str, names: dict[str, Any], file: Path, line: int) -> Iterator[LessonFault]:
    """Run the examples in a text, which leave their names behind. `line` is where it begins."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError as error:
        yield LessonFault(file, f"the example cannot be read ({error}).", line)
        return
    runner = _Told()
    test = doctest.DocTest(examples, names, file.name, str(file), 0, text)
    runner.run(test, out=lambda text: None, clear_globs=False)
    names |= test.globs
    for offset, says in runner.wrong:
        yield LessonFault(file, says, line + offset)
