"""The lessons' widgets in a notebook: the same modules as in the studio, in Jupyter and in marimo.

    import groundup.widgets
    groundup.widgets.show("slope", x=-2.0, h=0.5)

What the browser can compute, it computes; for the rest the lesson's function in `experiments.py` is called here.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.blocks import Widget
from groundup.course.catalogue import load_course
from groundup.course.lesson import Lesson
from groundup.course.lesson_code import experiment

STATIC = Path(__file__).parent / "studio" / "static"
FOLDER = STATIC / "widgets"
_IMPORT = re.compile(
    r'^import (?:(\{[^}]*\})|\* as (\w+)|(\w+)) from "(\./|\.\./)([\w./]+\.js)";\n', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class)\*? (\w+)", re.MULTILINE)


def names() -> list[str]:
    """What `show` can show, as lessons name it."""
    return sorted({block.use for _, block in _blocks() if _file(block.use).is_file()})


def show(name: str, lesson: str = "", **settings: Any) -> Any:
    """A widget of a lesson, an anywidget.AnyWidget for a notebook: its traits `settings` and `state` are plain JSON.

    name: as in `names()`, such as "slope". Where several experiments use it, the first whose settings have all the
    names that are given is taken; `lesson`, "0.4" or "0.4.xor-by-hand", chooses among them. `settings` are those to
    start with. Raises GroundupError for a name that is not there, and where anywidget is not installed.
    """
    anywidget, traitlets = _anywidget()
    found, block = _chosen(name, lesson, settings)

    base: Any = anywidget.AnyWidget

    class Shown(base):
        _esm = module(name)
        _css = style()
        settings = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)
        wrong = traitlets.Unicode().tag(sync=True)
        busy = traitlets.Bool().tag(sync=True)

        @traitlets.observe("settings")
        def _changed(self, change: Any) -> None:
            self.busy = True
            try:
                self.state = experiment(found, block, change["new"]).state
                self.wrong = ""
            except GroundupError as error:
                self.wrong = f"{error.what} {error.hint}".strip()
            finally:
                self.busy = False

    started = block.settings | settings
    return Shown(settings=started, state=experiment(found, block, started).state)


def _chosen(name: str, lesson: str, settings: dict[str, Any]) -> tuple[Lesson, Widget]:
    used = [(one, block) for one, block in _blocks() if block.use == name]
    if not used or not _file(name).is_file():
        raise GroundupError(f"There is no widget '{name}'.", did_you_mean(name, names()))
    here = [pair for pair in used if lesson in ("", pair[0].id, f"{pair[0].id}.{pair[1].id}")]
    if not here:
        at = " and ".join(f"{one.id}.{block.id}" for one, block in used)
        raise GroundupError(f"The widget '{name}' is not in '{lesson}'.", f"It is in {at}.")
    for one, block in here:
        if set(settings) <= set(block.settings):
            return one, block
    unknown = next(key for key in settings if all(key not in block.settings for _, block in here))
    raise GroundupError(
        f"The widget '{name}' has no setting '{unknown}'.", f"It has {', '.join(here[0][1].settings)}."
    )


@cache
def _blocks() -> list[tuple[Lesson, Widget]]:
    return [(lesson, block) for lesson in load_course().lessons for block in lesson.of(Widget)]


def _file(name: str) -> Path:
    return FOLDER / f"{name.replace('-', '_')}.js"


def _anywidget() -> Any:
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise GroundupError(
            "anywidget is not installed, which brings widgets into notebooks.",
            'Install "groundup[notebook]".',
        ) from None
    return anywidget, traitlets


# --- one file of many ----------------------------------------------------------------------------------------


@cache
def module(name: str) -> str:
    """The widget's module and all that it imports, as one: a notebook takes the text of one file.

    Each file becomes a function that is called once and gives what the file exports; an import takes from that.
    """
    order: list[Path] = []
    _gather(_file(name), order)
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
    given = _EXPORT.findall(text)
    body = re.sub(r"^export default ", "const __default = ", _IMPORT.sub(taken, text), flags=re.MULTILINE)
    if "const __default = " in body:
        given.append("default: __default")
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    return f"const {_called(file)} = (() => {{\n{body}return {{ {', '.join(given)} }};\n}})();"


def _called(file: Path) -> str:
    return "_" + re.sub(r"\W", "_", str(file.relative_to(FOLDER.resolve()).with_suffix("")))


@cache
def style() -> str:
    """The design system and what widgets add to it, for the widget alone: nothing else of the notebook changes."""
    texts = [(STATIC / name).read_text(encoding="utf-8") for name in ("groundup.css", "pages/widgets.css")]
    own = [text.replace(":root", ":scope") for text in texts]
    # The studio's page sets these on its body; here the widget's own frame has to.
    base = ":scope { background: none; color: var(--ink); font: 400 1rem/1.5 var(--sans); }"
    scoped = [f"@scope (.groundup-widget) {{\n{text}\n}}" for text in [*own, base]]
    notebooks = "[data-jp-theme-light='false'] .groundup-widget, .dark .groundup-widget"
    dark = f"{notebooks} {{ color-scheme: dark; }}"
    return "\n".join([*scoped, dark])
