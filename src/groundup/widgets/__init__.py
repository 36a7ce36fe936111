"""The studio's widgets in a notebook: the same modules in Jupyter and in marimo.

    import groundup as gu
    gu.widgets.show("slope", x=-2.0, h=0.5)                                      an experiment of a lesson
    gu.widgets.show("attention-heads", run="my-gpt", text="The queen told her")  a run, seen through a lens

What the browser can compute, it computes; for the rest a lesson's function or a lens is called here.
"""

from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.widgets import bundle, of_lessons, of_runs

__all__ = ["names", "show"]


def names() -> list[str]:
    """What `show` can show: the widgets of the lessons, and those that show a run."""
    return sorted({*of_lessons.used(), *(name for name in of_runs.VIEWS)})


def show(name: str, lesson: str = "", *, run: Any = None, **settings: Any) -> Any:
    """A widget, an anywidget.AnyWidget for a notebook: its traits `settings` and `state` are plain JSON.

    name: as in `names()`, such as "slope" or "attention-heads".
    lesson: "0.4" or "0.4.xor-by-hand", where a widget is used by several; else the first whose settings have all the
        names that are given is taken. A widget that lessons use and that can show a run does so if `run` is given.
    run: its name, its folder, a `Run`, or "hf:" and the folder of a model of transformers. For "tokens" and
        "bpe-replay", whose tokenizer it is. Without one, a widget that shows a run shows a sample.
    settings: those to start with. Widgets that read have `text`; "tokens" has `tokenizers`, a list of names, runs or
        tokenizers, and "bpe-replay" one of them.

    Raises GroundupError for a name, a run or a setting that is not there, for a lens that the model does not have,
    for a text that it cannot read, and where anywidget is not installed.
    """
    name = name.replace("_", "-")
    if name not in names():
        raise GroundupError(f"There is no widget '{name}'.", did_you_mean(name, names()))
    shown_by_lesson = name in of_lessons.used()
    source: of_lessons.Experiment | of_runs.Source
    if lesson or (shown_by_lesson and (run is None or name not in of_runs.VIEWS)):
        source = of_lessons.Experiment(name, lesson, settings, run)
    else:
        own = {key: settings.pop(key, None) for key in ("text", "tokenizers")}
        source = of_runs.source_of(name, run, own["text"], own["tokenizers"], settings)
    return _widget(name, source)


def _widget(name: str, source: of_lessons.Experiment | of_runs.Source) -> Any:
    anywidget, traitlets = _anywidget()
    base: Any = anywidget.AnyWidget

    class NotebookWidget(base):
        _esm = bundle.module(of_runs.widget_file(name))
        _css = bundle.style()
        settings = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)
        wrong = traitlets.Unicode().tag(sync=True)
        busy = traitlets.Bool().tag(sync=True)
        # A widget that wants to know what is new counts its questions in `asked`, and waits until `answered` follows.
        asked = traitlets.Int().tag(sync=True)
        answered = traitlets.Int().tag(sync=True)

        @traitlets.observe("settings", "asked")
        def _changed(self, change: Any) -> None:
            self.busy = True
            try:
                for state in source.states(self.settings):
                    self.state = state
                    self.wrong = ""
            except GroundupError as error:
                self.wrong = f"{error.what} {error.hint}".strip()
            finally:
                self.busy = False
                self.answered = self.asked

    *_, whole = source.states(source.settings)
    return NotebookWidget(settings=source.settings, state=whole)


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
