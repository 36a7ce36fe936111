"""A widget as a notebook takes it: the text of one module, and a style sheet that keeps to the widget.

The studio serves the same files one by one. Each file becomes a function that is called once and gives what the file
exports; an import takes from that.
"""

import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[1] / "studio" / "static"
FOLDER = STATIC / "widgets"
LAYERS = ("tokens", "base", "layout", "components", "charts", "pages", "media")
"""The style sheets css/*.css, in the order in which they are loaded: one for each layer."""
_IMPORT = re.compile(
    r'^import (?:(\{[^}]*\})|\* as (\w+)|(\w+)) from "(\./|\.\./)([\w./]+\.js)";\n', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class)\*? (\w+)", re.MULTILINE)
_PASSED_ON = re.compile(r"^export \{ ([\w, ]+) \};\n", re.MULTILINE)


def file_of(name: str) -> Path:
    """The module of a widget, as lessons name it: "loss-live"."""
    return FOLDER / f"{name.replace('-', '_')}.js"


@cache
def module(name: str) -> str:
    """The widget's module and all that it imports, as one."""
    order: list[Path] = []
    _gather(file_of(name), order)
    parts = [_wrapped(file) for file in order]
    return "\n".join([*parts, f"export default {_called(order[-1])}.default;", ""])


def _gather(file: Path, order: list[Path]) -> None:
    """The files it imports, and then the file; each once. Ours import in no circle."""
    for match in _IMPORT.finditer(file.read_text(encoding="utf-8")):
        _gather((file.parent / (match[4] + match[5])).resolve(), order)
    if file.resolve() not in order:
        order.append(file.resolve())


def _wrapped(file: Path) -> str:
    def taken(match: re.Match[str]) -> str:
        source = _called((file.parent / (match[4] + match[5])).resolve())
        if match[1]:
            return f"const {match[1].replace(' as ', ': ')} = {source};\n"
        return f"const {match[2]} = {source};\n" if match[2] else f"const {match[3]} = {source}.default;\n"

    text = file.read_text(encoding="utf-8")
    texts = _EXPORT.findall(text) + [name for match in _PASSED_ON.findall(text) for name in match.split(", ")]
    body = _PASSED_ON.sub("", _IMPORT.sub(taken, text))
    body = re.sub(r"^export default ", "const __default = ", body, flags=re.MULTILINE)
    if "const __default = " in body:
        texts.append("default: __default")
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    return f"const {_called(file)} = (() => {{\n{body}return {{ {', '.join(texts)} }};\n}})();"


def _called(file: Path) -> str:
    return "_" + re.sub(r"\W", "_", str(file.relative_to(STATIC.resolve()).with_suffix("")))


HOSTS = """
[data-jp-theme-light='true'] .groundup-widget, .vscode-light .groundup-widget { color-scheme: light; }
[data-jp-theme-light='false'] .groundup-widget, .vscode-dark .groundup-widget { color-scheme: dark; }
.dark .groundup-widget { color-scheme: dark; }
.groundup-widget .widget progress { height: 6px; margin: 0; border-radius: 3px; background: var(--line); }
.groundup-widget .widget progress::-webkit-progress-bar { border-radius: 0; background: var(--line); }
.groundup-widget .widget progress::-webkit-progress-value { border-radius: 0; background: var(--m, var(--ink)); }
.groundup-widget .widget progress::-moz-progress-bar { border-radius: 0; background: var(--m, var(--ink)); }
"""
"""Notebooks choose light or dark themselves, whatever the system does; and marimo has bars of its own."""


@cache
def style() -> str:
    """The design system and what widgets add to it, for the widget alone: nothing else of the notebook changes."""
    files = [*(f"css/{layer}.css" for layer in LAYERS), "pages/widgets.css"]
    texts = [(STATIC / file).read_text(encoding="utf-8") for file in files]
    own = [text.replace(":root", ":scope").replace("color-scheme: light dark;", "") for text in texts]
    # The studio's page sets these on its body; here the widget's own frame has to.
    base = ":scope { background: none; color: var(--ink); font: 400 1rem/1.5 var(--sans); }"
    scoped = [f"@scope (.groundup-widget) {{\n{text}\n}}" for text in [*own, base]]
    return "\n".join([*scoped, HOSTS])
