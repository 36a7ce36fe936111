"""The registry of lenses: what the command line, the studio and notebooks know of each.

A file of this package with `LENS = Lens(...)` at its top level is a lens; there is no other list. An entry is read from
the file's text without importing the file, because importing torch takes a second and the studio's server and `--help`
do without it (setuptools reads a version in this way). An entry therefore holds literals, and names functions of
its file; `Lens.see` imports the file.

    lens_named("tree").see(hooked_model("my-gpt"), "The cat", {"breadth": 2})     # the JSON of its trace
"""

import ast
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from groundup.common.errors import GroundupError, did_you_mean

Part = Literal["attention", "recurrent", "residual"]
"""What a model can have that a lens needs."""

KINDS_WITH: dict[str, tuple[str, ...]] = {
    "attention": ("lstm-attention", "transformer", "gpt", "gpt2", "llama"),
    "recurrent": ("char-rnn", "word-gru", "lstm-attention"),
    "residual": ("transformer", "gpt", "gpt2", "llama"),
}
"""The kinds of models that have each part, complete ones."""

GENERIC_WIDGET = "figure"


@dataclass(frozen=True)
class Option:
    """A setting of a lens: a parameter of its trace, an option of its command, a setting of its page and widget."""

    name: str
    default: Any
    help: str = ""
    type: Any = None
    """Where the default is None, the type of the others."""
    least: float | None = None
    most: float | None = None
    """Of a number the largest, of a text the most characters."""
    choices: tuple[str, ...] = ()

    @property
    def value_type(self) -> Any:
        return self.type or type(self.default)


@dataclass(frozen=True)
class Lens:
    """An entry of the registry. A lens with a title has a page in the studio; others serve the pages of these."""

    name: str
    title: str = ""
    question: str = ""
    order: int = 99
    """Its place among the others."""
    trace: str = "trace"
    """The function of its file: `trace(model, text, **options)`; without `text` where the lens reads none."""
    options: tuple[Option, ...] = ()
    needs: Part | None = None
    reads: bool = True
    """Whether it looks at a text."""
    command: bool = True
    chooses: str = ""
    """What a token of the text is chosen for, if it can be."""
    real: bool = True
    """Whether a model that was not trained here has it."""
    reference: str = "gpt"
    """The kind of the reference run."""
    max_tokens: int | None = None
    """The longest text that its picture has room for; a longer one would be a grey cloud, and slow to send."""
    widgets: tuple[tuple[str, str, str], ...] = ()
    """Of its page, each: the widget's file, the lens that it draws, and its width. By default the generic one."""
    views: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Its widgets for notebooks by name, each with the settings that only say where one looks."""
    module: str = ""
    """Its file; the registry fills it in."""

    @property
    def generic(self) -> bool:
        """Whether the generic widget draws it: it has a page and no widget of its own."""
        return bool(self.title) and not self.widgets

    def suits(self, kind: str) -> bool:
        """Whether a complete model of that kind can have it."""
        return self.needs is None or kind in KINDS_WITH[self.needs]

    def columns(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """The widgets of its page: those of one width that follow each other stand in one column."""
        widgets = self.widgets or ((GENERIC_WIDGET, self.name, "c12"),)
        return [(width, list(column)) for width, column in groupby(widgets, key=lambda widget: widget[2])]

    def run(self, model: Any, text: str = "", **options: Any) -> Any:
        """Its trace. Imports its file."""
        function = getattr(importlib.import_module(self.module), self.trace)
        return function(model, text, **options) if self.reads else function(model, **options)

    def see(self, model: Any, text: str = "", settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Its trace of a HookedModel as JSON, with the ids of the text. Settings that it does not have are ignored.

        Raises GroundupError for a text that is too long for its picture, and for what the lens itself refuses.
        """
        if self.max_tokens is not None:
            check_length(len(model.tokenizer.encode(text)), self.max_tokens)
        known = {option.name for option in self.options}
        trace = self.run(
            model, text, **{key: value for key, value in (settings or {}).items() if key in known}
        )
        state = trace.to_json()
        if self.generic:
            state |= {"figure": trace.figures(), "table": trace.table()}
        if self.reads:
            reading = model.read(text)
            state |= {"ids": reading.tokens[0].tolist()}
            if self.generic:  # its own labels may be those of some of the tokens
                state |= {"text_labels": reading.labels}
        return state


def check_length(count: int, most: int) -> None:
    """Raise GroundupError for a text of more than `most` tokens."""
    if count > most:
        raise GroundupError(
            f"The text has {count} tokens, and this picture has room for {most}.", "Give it a shorter text."
        )


@cache
def lenses() -> tuple[Lens, ...]:
    """Every lens, in order."""
    entries = [entry for file in sorted(Path(__file__).parent.glob("*.py")) for entry in _entries(file)]
    return tuple(sorted(entries, key=lambda lens: lens.order))


def lens_named(name: str) -> Lens:
    """Raises GroundupError for a name that no lens has."""
    for lens in lenses():
        if lens.name == name:
            return lens
    raise GroundupError(f"There is no lens '{name}'.", did_you_mean(name, [lens.name for lens in lenses()]))


def _entries(file: Path) -> list[Lens]:
    """What a file assigns at its top level that is a call of Lens."""
    text = file.read_text(encoding="utf-8")
    if "= Lens(" not in text:
        return []
    calls = [
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "Lens"
    ]
    known = {"Lens": Lens, "Option": Option}
    entries = [eval(compile(ast.Expression(call), str(file), "eval"), known) for call in calls]
    return [replace(entry, module=f"groundup.lenses.{file.stem}") for entry in entries]
