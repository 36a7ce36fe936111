"""Python's errors, said as a colleague would: the learner's own line, and one sentence about what is wrong there.

Works on exceptions and on syntax trees alone. What a function computed wrongly is the business of compare.py.
"""

import ast
import builtins
import errno
import inspect
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

CUSTOMARY = {
    "np": "import numpy as np", "numpy": "import numpy", "math": "import math", "torch": "import torch",
    "random": "import random", "F": "import torch.nn.functional as F", "nn": "from torch import nn",
}  # fmt: skip
LARGEST_FILE = 16  # megabytes


class Refused(PermissionError):  # noqa: N818 (a learner reads the name)
    """What an exercise may not do. Its text is the sentence."""


class NotForThis(ImportError):  # noqa: N818
    """A module that an exercise may not import. Its text is the sentence."""


@dataclass(frozen=True)
class Mistake:
    """Where it stopped, and why."""

    kind: str
    says: str
    line: int | None = None
    """Of the learner's file."""
    column: int | None = None
    """Counted from 1; only of what cannot be read as Python."""


# ---- the text -----------------------------------------------------------------------------------------------


def unreadable(error: SyntaxError | ValueError | RecursionError | MemoryError, source: str) -> Mistake:
    """Why a text is not Python."""
    if not isinstance(error, SyntaxError):
        return Mistake(
            "syntax", f"This cannot be read as Python: {text_of(error)}. Is it nested very deeply?"
        )
    lines = source.split("\n")
    for number, text in enumerate(lines, start=1):
        if re.match(r"(<{7}|>{7}) ", text):
            says = f"Line {number} marks a merge conflict of git. Keep one of the two versions and delete the marks."
            return Mistake("syntax", says, number)
    line, column = error.lineno, error.offset
    if isinstance(error, TabError):
        return Mistake("syntax", f"Line {line} mixes tabs and spaces. Use four spaces for each step.", line)
    if isinstance(error, IndentationError):
        return Mistake("syntax", f"The indentation of line {line} is wrong: {error.msg}.", line)
    if line is not None and line > len(lines):
        line, column = len(lines), None
    return Mistake("syntax", f"Line {line} cannot be read as Python: {error.msg}.", line, column)


def missing(names: Iterable[str], module: dict[str, Any]) -> Mistake | None:
    """The first of the names that a file lacks; what is near is offered."""
    for name in names:
        if name in module:
            continue
        own = [n for n, value in module.items() if not n.startswith("__") and not inspect.ismodule(value)]
        near = get_close_matches(name, own, n=1, cutoff=0.6)
        hint = (
            f"You have `{near[0]}`: is it that one?" if near else "The exercise asks for it under this name."
        )
        return Mistake("missing", f"There is no `{name}` in your file. {hint}")
    return None


def signature(starter: ast.Module, name: str, value: Any) -> Mistake | None:
    """Whether a function (or each method of a class) can still be called as the starter's can."""
    node = next((n for n in starter.body if getattr(n, "name", None) == name), None)
    if isinstance(node, ast.ClassDef):
        if not inspect.isclass(value):
            return Mistake("signature", f"`{name}` is to be a class, and yours is {type(value).__name__}.")
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and (found := _changed(part, f"{name}.{part.name}", value)):
                return found
    elif isinstance(node, ast.FunctionDef):
        if not callable(value):
            says = (
                f"`{name}` is to be a function; in your file it is {text_of(value)} ({type(value).__name__})."
            )
            return Mistake("signature", says)
        return _changed(node, name, None, value)
    return None


def _changed(node: ast.FunctionDef, name: str, owner: Any, function: Any = None) -> Mistake | None:
    if owner is not None:
        if not hasattr(owner, node.name):
            return Mistake("missing", f"There is no `{name}` in your class.")
        function = inspect.getattr_static(owner, node.name)
        function = getattr(function, "__func__", function)  # of a static method or a class method
    try:
        yours = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    plain = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    needed = len(plain) - len(node.args.defaults)
    named = [argument.arg for argument in node.args.kwonlyargs]
    optional = dict.fromkeys((*plain[needed:], *named))
    always = {a: None for a, default in zip(named, node.args.kw_defaults, strict=True) if default is None}
    try:
        yours.bind(*plain[:needed], **always)
        yours.bind(*plain[:needed], **optional)
        yours.bind(*plain, **always)
    except TypeError:
        bare = yours.replace(
            parameters=[p.replace(annotation=inspect.Parameter.empty) for p in yours.parameters.values()],
            return_annotation=inspect.Signature.empty,
        )
        says = f"`{name}` is called as in the starter, with ({_bare(node.args)}). Yours takes {bare}."
        return Mistake(
            "signature", says, getattr(getattr(function, "__code__", None), "co_firstlineno", None)
        )
    return None


def _bare(arguments: ast.arguments) -> str:
    """Arguments as code, without their types."""
    copy = ast.parse(f"def f({ast.unparse(arguments)}): ...").body[0]
    for node in ast.walk(copy):
        if isinstance(node, ast.arg):
            node.annotation = None
    assert isinstance(copy, ast.FunctionDef)
    return ast.unparse(copy.args)


# ---- while it runs ------------------------------------------------------------------------------------------


def raised(error: BaseException, file: str, megabytes: int) -> Mistake | None:
    """An exception that passed through the learner's file; None for one that did not."""
    frames = [
        frame for frame in traceback.walk_tb(error.__traceback__) if frame[0].f_code.co_filename == file
    ]
    if not frames:
        return None
    frame, line = frames[-1]
    kind, message = _said(error, frame, megabytes)
    return Mistake(kind, message.replace("LINE", f"Line {line}", 1), line)


def _said(error: BaseException, frame: Any, megabytes: int) -> tuple[str, str]:  # noqa: PLR0911, PLR0912
    """The kind and the sentence."""
    text, name = text_of(error), str(getattr(error, "name", "") or "")
    function = frame.f_code.co_name
    match error:
        case Refused() | NotForThis():
            return "refused", f"LINE: {text}{'' if text.endswith('?') else '.'}"
        case SystemExit():
            return "ended", "LINE ends Python. Let the function return its result instead."
        case KeyboardInterrupt() | GeneratorExit():
            return "error", f"LINE raises {type(error).__name__}, which belongs to Python itself."
        case MemoryError():
            return (
                "memory",
                f"LINE needs more than the {megabytes:,} MB of memory that this exercise may take.",
            )
        case RuntimeError() if "allocate memory" in text:
            return (
                "memory",
                f"LINE needs more than the {megabytes:,} MB of memory that this exercise may take.",
            )
        case RuntimeError() if "start new thread" in text:
            return "refused", "LINE starts more threads than there is memory for."
        case RecursionError():
            return (
                "error",
                f"`{function}` calls itself again and again (line {frame.f_lineno}). When is it done?",
            )
        case UnboundLocalError():
            quoted = re.search(r"'(\w+)'", text)
            return (
                "error",
                f"LINE uses `{quoted[1] if quoted else text}` before it has a value in `{function}`.",
            )
        case NameError():
            return "error", f"LINE: there is no name `{name}`. {_near_name(name, frame)}".strip()
        case ModuleNotFoundError():
            return "refused", f"LINE: there is no module `{name}`."
        case NotImplementedError():
            return (
                "untouched",
                f"LINE still says that it is not implemented: `{function}` is not written yet.",
            )
        case ZeroDivisionError():
            return "error", "LINE divides by zero."
        case IndexError():
            return "error", f"LINE reaches beyond the end: {text}."
        case KeyError():
            return "error", f"LINE looks up the key {text}, which is not there."
        case AttributeError():
            return "error", f"LINE: {text}.{_near_attribute(error)}"
        case AssertionError():
            return "error", f"LINE: your own assert does not hold{f' ({text})' if text else ''}."
        case OSError() if error.errno == errno.EFBIG:
            return "refused", f"LINE: a file may have {LARGEST_FILE} MB, and this one grew larger."
        case OSError() if error.errno == errno.EMFILE:
            return "refused", "LINE: too many files are open at once."
        case OSError() if error.errno in (errno.EPERM, errno.EACCES) and text:
            return "refused", f"LINE tries what an exercise may not do ({text})."
    return "error", f"LINE stops with {type(error).__name__}{f': {text}' if text else ''}."


def _near_name(name: str, frame: Any) -> str:
    if name in CUSTOMARY:
        return f"Put `{CUSTOMARY[name]}` at the top of the file."
    if hasattr(builtins, name):
        return "It is one of Python's own, and your file has taken it away."
    known = [
        candidate
        for candidate in (*frame.f_locals, *frame.f_globals, *dir(builtins))
        if not candidate.startswith("_")
    ]
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else ""


def _near_attribute(error: AttributeError) -> str:
    try:
        near = get_close_matches(error.name or "", dir(error.obj), n=1, cutoff=0.7)
    except Exception:  # a stranger's __dir__
        return ""
    return f" Did you mean `{near[0]}`?" if near else ""


def text_of(error: Any) -> str:
    """The first line of what an error says, without its full stop; a stranger's __str__ may itself fail."""
    try:
        text = str(error).strip().split("\n")[0].rstrip(".")
    except Exception:
        return "its text cannot be shown"
    return text if len(text) <= 200 else f"{text[:197]}..."
