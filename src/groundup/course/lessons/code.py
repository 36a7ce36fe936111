"""Code of the library, found by name and read from its file: nothing is imported, so nothing heavy is loaded.

found = library_source("groundup.foundations.calculus:derivative")
found.text, found.first      # the code as it stands there, and the line on which it begins
"""

import ast
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.process import run_program
from groundup.course.lessons.items import Code


@dataclass(frozen=True)
class LibrarySource:
    """A piece of a file."""

    file: Path
    first: int
    """The line of the file on which it begins."""
    text: str


def library_source(show: str) -> LibrarySource:
    """The source of `package.module:name`, of `package.module:Class.method`, or of a whole module.

    Raises GroundupError, with the nearest name, where there is none.
    """
    module, _, name = show.partition(":")
    file = _file_of(module)
    text = file.read_text(encoding="utf-8")
    if not name:
        return LibrarySource(file, 1, text.rstrip("\n"))
    body = _parsed(text)
    if elsewhere := _imported(body, name.split(".")[0]):
        return library_source(f"{elsewhere}:{name}")
    node: ast.stmt | None = None
    for part in name.split("."):
        names = _names(body)
        if part not in names:
            raise GroundupError(f"{module} has no '{name}'.", did_you_mean(part, names))
        node = names[part]
        body = getattr(node, "body", [])
    assert node is not None
    first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))])
    lines = text.split("\n")[first - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    return LibrarySource(file, first, "\n".join(line[indent:] for line in lines))


@lru_cache(maxsize=64)
def _parsed(text: str) -> list[ast.stmt]:
    return ast.parse(text).body


def _file_of(module: str) -> Path:
    """Where a module lies. Its packages are looked at in turn, and not imported."""
    places: list[str] | None = None
    origin: str | None = None
    for part in module.split("."):
        spec = PathFinder.find_spec(part, places)
        if spec is None or (places is not None and not places):
            raise GroundupError(f"There is no module '{module}'.", "It is written as groundup.models.gpt.")
        places, origin = list(spec.submodule_search_locations or []), spec.origin
    if origin is None or not origin.endswith(".py"):
        raise GroundupError(f"The module '{module}' has no source that can be shown.", "Name another.")
    return Path(origin)


def _imported(body: list[ast.stmt], name: str) -> str:
    """The module from which a name is passed on, if it is one of those."""
    for node in body:
        if isinstance(node, ast.ImportFrom) and name in [one.name for one in node.names if not one.asname]:
            return node.module or ""
    return ""


def _names(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Functions, classes and values, by name."""
    names: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return names


def runnable_program(show: str, run: str) -> str:
    """What runs when a learner runs a block of code: `run`, with the name shown imported before it."""
    module, _, name = show.partition(":")
    first, *parts = name.split(".")
    package, _, last = module.rpartition(".")
    if name:
        lines = [f"from {module} import {first}"]
    else:
        lines = [f"from {package} import {last}" if package else f"import {last}"]
    if parts:
        lines.append(f"{parts[-1]} = {name}")
    return "\n".join([*lines, run, ""])


MAX_RUN_SECONDS = 120.0


def run_code(block: Code, seconds: float = MAX_RUN_SECONDS) -> str:
    """What a block's code prints, errors included. It is stopped when its time is over, or when this is interrupted."""
    output = run_program(runnable_program(block.show, block.run), seconds)
    return f"After {seconds:g} s it was still running, and was stopped." if output is None else output
