"""What is generated, made again and compared: the numbers of the text and the fixtures. `--write` keeps them."""

import ast
import json
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from groundup.common.atomic import write_bytes, write_text
from groundup.common.errors import GroundupError
from groundup.course.authoring.order import over_budget
from groundup.course.authoring.targets import LessonFault, line_of
from groundup.course.lessons.lesson import LESSON_FILE, load_numbers
from groundup.course.lessons.parts import load_part

LARGE = 1_000_000  # bytes of fixtures beyond which a lesson is heavy to install
WRITE = "`groundup course check --write` writes it."


def check_numbers(folder: Path, write: bool) -> Iterator[LessonFault]:
    """numbers.py gives what numbers.toml holds, and nothing that no text uses."""
    source, numbers_file = folder / "numbers.py", folder / "numbers.toml"
    if not source.exists():
        if numbers_file.exists():
            yield LessonFault(
                numbers_file,
                "there is no numbers.py that computes these. Every number comes from running the library.",
            )
        return
    began = time.process_time()
    numbers = _called(source, "numbers")
    yield from over_budget(folder, source, "numbers()", time.process_time() - began)
    if not isinstance(numbers, dict) or not all(
        isinstance(name, str) and isinstance(value, str) for name, value in numbers.items()
    ):
        yield LessonFault(
            source,
            "numbers() returns a dict of names and texts: {'slope': f'{slope:.2f}'}.",
            _at(source, "numbers"),
        )
        return
    for name in numbers:
        if not name.isidentifier() or not name.isascii() or name[0].isupper():
            says = f"'{name}' cannot stand between {{{{ and }}}}: small letters, digits and _ only."
            yield LessonFault(source, says, _at(source, "numbers"))
    text = "".join(
        file.read_text(encoding="utf-8")
        for file in folder.glob("*.*")
        if file.suffix in (".md", ".toml") and file != numbers_file
    )
    unused = [name for name in sorted(numbers) if f"{{{{{name}}}}}" not in text.replace(" ", "")]
    if unused and (folder / LESSON_FILE).exists():
        says = f"computed and never used in a text: {', '.join(unused)}. Take them out."
        yield LessonFault(source, says, warning=True)
    if write:
        toml = tomli_w.dumps(dict(sorted(numbers.items())))
        if not numbers_file.exists() or numbers_file.read_text(encoding="utf-8") != toml:
            write_text(numbers_file, toml)
        return
    before = load_numbers(numbers_file)
    lines = numbers_file.read_text(encoding="utf-8") if numbers_file.exists() else ""
    for name in sorted({*before, *numbers}):
        if before.get(name) != numbers.get(name):
            was, now = before.get(name, "not there"), numbers.get(name, "not there")
            yield LessonFault(
                numbers_file,
                f"{name} is {was}, and numbers.py gives {now}. {WRITE}",
                line_of(lines, f"{name} ="),
            )


def check_fixtures(folder: Path, write: bool) -> Iterator[LessonFault]:
    """fixtures.py makes what lies in `fixtures/`."""
    fixtures, source = folder / "fixtures", folder / "fixtures.py"
    there = {path.relative_to(fixtures).as_posix(): path for path in _files(fixtures)}
    if not source.exists():
        if there:
            yield LessonFault(
                fixtures, "there is no fixtures.py with `def make(folder: Path)` that makes these again."
            )
        return
    if (size := sum(path.stat().st_size for path in there.values())) > LARGE:
        yield LessonFault(
            fixtures,
            f"its fixtures take {size / 1e6:.1f} MB. Keep what is shown, not the whole run.",
            warning=True,
        )
    with tempfile.TemporaryDirectory(prefix="groundup-fixtures-") as aside:
        began = time.process_time()
        _called(source, "make", Path(aside))
        yield from over_budget(folder, source, "make()", time.process_time() - began)
        fresh = {path.relative_to(aside).as_posix(): path for path in _files(Path(aside))}
        for name in sorted({*there, *fresh}):
            if name not in fresh:
                yield LessonFault(
                    there[name], f"{source.name} does not make this file. Delete it, or make it."
                )
                continue
            differs = _differs(there[name], fresh[name]) if name in there else "it is not there"
            if differs and write:
                write_bytes(fixtures / name, fresh[name].read_bytes())
            elif differs:
                yield LessonFault(fixtures / name, f"{source.name} makes something else: {differs}. {WRITE}")


def _files(folder: Path) -> list[Path]:
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [path for path in paths if path.suffix != ".py" and path.name[0] != "."]


def _differs(old: Path, new: Path) -> str:
    """What is different, in words; nothing where the same, but for the last digits of numbers."""
    if old.read_bytes() == new.read_bytes():
        return ""
    try:
        if old.suffix == ".json":
            return _json_differs(json.loads(old.read_bytes()), json.loads(new.read_bytes()), "")
        if old.suffix == ".safetensors":
            return _arrays_differ(old, new)
    except ValueError as error:
        return f"it cannot be read ({error})"
    return "the bytes differ"


def _json_differs(old: Any, new: Any, where: str) -> str:
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    if numbers and not isinstance(old, bool):
        same = math.isclose(old, new, rel_tol=1e-6, abs_tol=1e-9) or (math.isnan(old) and math.isnan(new))
        return "" if same else f"{where or 'it'} is {old}, now {new}"
    if type(old) is not type(new):
        return f"{where or 'it'} is another kind of thing"
    if isinstance(old, dict):
        if set(old) != set(new):
            return f"{where or 'it'} has other names: {', '.join(sorted(set(old) ^ set(new)))}"
        pairs = [(old[name], new[name], f"{where}.{name}".lstrip(".")) for name in old]
    elif isinstance(old, list):
        if len(old) != len(new):
            return f"{where or 'it'} has {len(old)} entries, now {len(new)}"
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(old, new, strict=True))]
    else:
        return "" if old == new else f"{where or 'it'} is {old!r}, now {new!r}"
    return next((differs for pair in pairs if (differs := _json_differs(*pair))), "")


def _arrays_differ(old: Path, new: Path) -> str:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        before, after = load_file(old), load_file(new)
    except SafetensorError as error:
        return f"it cannot be read ({error})"
    if set(before) != set(after):
        return f"it has other arrays: {', '.join(sorted(set(before) ^ set(after)))}"
    for name, array in before.items():
        if array.shape != after[name].shape or array.dtype != after[name].dtype:
            return f"{name} is {array.dtype} {array.shape}, now {after[name].dtype} {after[name].shape}"
        if not np.allclose(array, after[name], rtol=1e-5, atol=1e-5, equal_nan=True):
            off = np.nanmax(np.abs(array.astype(np.float64) - after[name].astype(np.float64)))
            return f"{name} is off by {off:.3g}"
    return ""


def _called(source: Path, name: str, *arguments: Any) -> Any:
    """A function of one of the lesson's files, called. Raises GroundupError."""
    function = getattr(load_part(source), name, None)
    if not callable(function):
        raise GroundupError(
            f"{source}: it has no function {name}.", "`groundup course new` shows what it looks like."
        )
    try:
        return function(*arguments)
    except Exception as error:
        frames, at = error.__traceback__, 0
        while frames is not None:
            at = frames.tb_lineno if frames.tb_frame.f_code.co_filename == str(source) else at
            frames = frames.tb_next
        what = f"{source}, line {at or 1}: {name}() stopped: {type(error).__name__}: {error}."
        raise GroundupError(what, "Mend that line.") from error


def _at(source: Path, name: str) -> int:
    """The line on which a function begins."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return next(
        (part.lineno for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == name), 1
    )
