"""Widgets that show a run, or a text cut into tokens: their numbers are those of the lenses.

Where no run is named, they show the sample that comes with groundup, from a small model.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.lenses.registry import GENERIC_WIDGET, lens_named, lenses
from groundup.widgets.bundle import FOLDER, file_of

if TYPE_CHECKING:
    from groundup.training.run import Run

SENTENCE = "The queen told her son that she would wait"
TOKENIZERS = ("characters", "bytes", "words", "bpe:1000")


@dataclass(frozen=True)
class RunView:
    """What a widget is drawn from: a lens, by its name, and where one looks in what the lens saw."""

    lens: str
    looks: dict[str, Any] = field(default_factory=dict)
    reads: bool = True
    """Whether it looks at a text."""


VIEWS = {
    widget: RunView(lens.name, dict(looks), lens.reads)
    for lens in lenses()
    for widget, looks in (lens.views or ({lens.name: {}} if lens.generic else {})).items()
} | {"loss-live": RunView("losses", {"at": -1}, reads=False)}


def widget_file(name: str) -> str:
    """The widget that draws a view: its own, or the generic one."""
    return name if file_of(name).is_file() else GENERIC_WIDGET


def source_of(name: str, run: Any, text: str | None, tokenizers: Any, settings: dict[str, Any]) -> "Source":
    """What the widget of that name shows. Raises GroundupError for what it cannot be shown."""
    view = VIEWS[name]
    if text is not None and not view.reads:
        raise GroundupError(f"The widget '{name}' reads no text.", "Leave `text` out.")
    if not isinstance(text, str | None):
        raise GroundupError(f"The text is {text!r}, which is none.", "Write it in quotes.")
    if tokenizers is not None and view.lens not in CUTS:
        raise GroundupError(f"The widget '{name}' has no tokenizers to compare.", 'Show "tokens".')
    if view.lens in CUTS and (text is not None or tokenizers is not None or run is not None):
        return CUTS[view.lens](name, view, settings, text=text, tokenizers=tokenizers, run=run)
    if run is None:
        if text is not None:
            raise GroundupError(
                f"The widget '{name}' reads a text with a run's model, and no run is named.",
                'Say which: run="my-gpt". `gu.runs()` lists those that there are.',
            )
        return SampleSource(name, view, settings)
    if view.lens == "losses":
        return LossesSource(name, view, settings, run)
    return LensSource(name, view, settings, run, text)


class Source:
    """The settings that a widget begins with, and the state that comes of settings."""

    def __init__(self, name: str, view: RunView, settings: dict[str, Any]) -> None:
        self.name, self.view = name, view
        self._known = self.asks() | view.looks
        for key in settings:
            if key not in self._known:
                raise GroundupError(
                    f"The widget '{name}' has no setting '{key}'.", did_you_mean(key, self._known)
                )
        self.settings = self._known | settings

    def asks(self) -> dict[str, Any]:
        """The settings whose change Python has to answer, as they begin."""
        return {}

    def states(self, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One: a lens answers at once. Raises GroundupError for settings that it cannot work with."""
        for key, first in self._known.items():
            value = settings.get(key, first)
            if not _alike(value, first):
                kind = {str: "a text", int: "a whole number", float: "a number"}[type(first)]
                raise GroundupError(
                    f"The setting '{key}' is {kind}, and {value!r} is none.", f"It began as {first!r}."
                )
        yield self._seen(self._known | settings)

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class LensSource(Source):
    """A lens on the model of a run; kept, so that another setting is answered quickly."""

    def __init__(
        self, name: str, view: RunView, settings: dict[str, Any], run: Any, text: str | None
    ) -> None:
        from groundup.lenses.hooked_model import hooked_model

        super().__init__(name, view, settings)
        self._at = hooked_model(run)
        self._text = SENTENCE if text is None and view.reads else text or ""
        self._last: tuple[dict[str, Any], dict[str, Any]] | None = None

    def asks(self) -> dict[str, Any]:
        options = lens_named(self.view.lens).options
        return {option.name: option.default for option in options if option.default is not None}

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        asked = {name: settings[name] for name in self.asks()}
        first = self._last is None
        if self._last and self._last[1].get("additive") and settings["token"] >= 0:
            asked["position"] = settings["token"]  # additive scores are taken apart for one token at a time
        if not self._last or self._last[0] != asked:
            self._last = asked, lens_named(self.view.lens).see(self._at, self._text, asked)
        return self._seen(settings) if first else self._last[1]


class TokensSource(Source):
    """One text under several tokenizers."""

    def __init__(
        self,
        name: str,
        view: RunView,
        settings: dict[str, Any],
        *,
        text: str | None,
        tokenizers: Any,
        run: Any,
    ) -> None:
        from groundup.lenses import tokens

        super().__init__(name, view, settings)
        if isinstance(tokenizers, str):
            tokenizers = [tokenizers]
        if tokenizers is None:
            tokenizers = TOKENIZERS
        if run is not None and isinstance(tokenizers, dict):
            raise GroundupError(
                "Tokenizers that have names of their own stand beside no run.", "Put the run among them."
            )
        if run is not None:
            tokenizers = [*tokenizers, _run(run)]
        self._state = tokens.trace(
            SENTENCE if text is None else text, tokenizers, learn_from=tokens.stories_to_learn_from()
        ).to_json()

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        return self._state


class MergesSource(Source):
    """The merges that make the tokens of a text: of a run's tokenizer, of one by name, or of `bpe:1000`."""

    def __init__(
        self,
        name: str,
        view: RunView,
        settings: dict[str, Any],
        *,
        text: str | None,
        tokenizers: Any,
        run: Any,
    ) -> None:
        from groundup.lenses import merges, tokens

        super().__init__(name, view, settings)
        named = [run] if run is not None else []
        named += tokenizers if isinstance(tokenizers, list | tuple) else [tokenizers] if tokenizers else []
        if len(named) > 1:
            raise GroundupError(
                f"The widget '{name}' replays one tokenizer, and {len(named)} are named.", "Name one."
            )
        subject = named[0] if named else "bpe:1000"
        tokenizer = tokens.tokenizer_named(subject, tokens.stories_to_learn_from())
        self._state = merges.trace(
            SENTENCE if text is None else text, tokenizer, name=tokens.name_of(subject)
        ).to_json()

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        return self._state


CUTS: dict[str, Any] = {"tokens": TokensSource, "merges": MergesSource}


class LossesSource(Source):
    """A run's losses; the widget asks again while the run trains."""

    def __init__(self, name: str, view: RunView, settings: dict[str, Any], run: Any) -> None:
        super().__init__(name, view, settings)
        self._run = _run(run)
        self._read: tuple[tuple[int, int], dict[str, Any]] | None = None

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            file = self._run.metrics_file.stat()
            stamp = file.st_size, file.st_mtime_ns
        except FileNotFoundError:
            stamp = 0, 0
        if not self._read or self._read[0] != stamp:
            self._read = stamp, losses(self._run)
        return self._read[1]


class SampleSource(Source):
    """What comes with groundup, so that there is something to look at before anything is trained.

    The file has a state, and perhaps `answers`: what else can be asked, and what is then different.
    """

    def __init__(self, name: str, view: RunView, settings: dict[str, Any]) -> None:
        file = FOLDER / "fixtures" / file_of(name).with_suffix(".json").name
        if not file.is_file():
            raise GroundupError(
                f"The widget '{name}' shows a run, and none is named.",
                'Say which: run="my-gpt". `gu.runs()` lists those that there are.',
            )
        self._kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        super().__init__(name, view, settings)
        self.settings |= {key: value for key, value in self._kept["settings"].items() if key not in settings}

    def asks(self) -> dict[str, Any]:
        """Those that the sample was made with."""
        return {
            key: value for answer in reversed(self._answers()) for key, value in answer["for"].items()
        } | {key: value for key, value in self._kept["settings"].items() if key not in self.view.looks}

    def _answers(self) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self._kept.get("answers", [])
        return result

    def _seen(self, settings: dict[str, Any]) -> dict[str, Any]:
        for answer in self._answers():
            if all(settings.get(key) == value for key, value in answer["for"].items()):
                return self._kept["state"] | answer["state"]
        if self._answers():
            raise GroundupError(
                "This is the sample that comes with groundup, and a model would have to answer that.",
                f'Name a run: show("{self.name}", run="my-gpt").',
            )
        return self._kept["state"]


def _run(subject: Any) -> "Run":
    from groundup.training.run import Run

    return subject if isinstance(subject, Run) else Run.open(subject)


def _alike(value: Any, first: Any) -> bool:
    """Whether it is of the same kind; a whole number is a number, too."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) if isinstance(first, float) else isinstance(value, type(first))


MAX_POINTS = 400  # of a curve: as many as a picture can tell apart
END_EVENTS = ("end", "diverged")


def losses(run: "Run") -> dict[str, Any]:
    """Plain numbers: `steps` and their training `losses`, and `scores`, one for each evaluation.

    All losses are nats per token. `going` is whether the last that was heard of the run is not its end; a run that
    was only made is going, too. A curve of more than some 400 points is thinned; its last point stays.
    """
    from groundup.lenses.trace import plain

    events = list(run.events())
    steps = [event for event in events if event.get("event") == "step"]
    steps = [*steps[: -1 : max(1, len(steps) // MAX_POINTS)], *steps[-1:]]
    scores = [event for event in events if event.get("event") == "evaluation"]
    last = events[-1] if events else {}
    return plain(
        {
            "lens": "losses", "run": run.name, "kind": run.recipe.model.kind, "budget": run.recipe.budget,
            "going": last.get("event") not in END_EVENTS,
            "ended": last.get("reason", last.get("event")) if last.get("event") in END_EVENTS else "",
            "seconds": max((event.get("seconds", 0.0) for event in events), default=0.0),
            "steps": [event["step"] for event in steps], "losses": [event["loss"] for event in steps],
            "scores": [
                {name: event.get(name) for name in ("step", "seconds", "loss", "bpb", "sample")} for event in scores
            ],
        }
    )  # fmt: skip
