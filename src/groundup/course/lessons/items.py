"""What a lesson is made of: the types of block, each checked when it is read.

In `lesson.md` everything is Markdown, but for fences whose first word is one of these kinds. What is inside
such a fence is TOML:

    ```predict
    id = "slope-at-three"
    ask = "How steep is x² at x = 3?"
    form = "number"
    answer = 6.0
    near = 0.3
    why = "The slope of x² is 2x. The tempting answer is 9: that is the height, not the slope."
    ```
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Text = Annotated[str, Field(min_length=1)]


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    line: int = 0
    """Where it begins in the lesson's file; set by the parser."""


class Prose(Item):
    """Markdown, shown as it is."""

    kind: Literal["prose"] = "prose"
    text: Text


class AnswerOption(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    text: Text
    why: Text
    """Why it is right, or what it confuses."""
    right: bool = False


def check_one_right(options: list[AnswerOption]) -> None:
    if len(options) < 2:
        raise ValueError("options: give at least two")
    if sum(option.right for option in options) != 1:
        raise ValueError("options: exactly one must have right = true")


class Prediction(Item):
    """A guess before an experiment. It is stored, then the answer is shown."""

    kind: Literal["predict"] = "predict"
    id: Id
    ask: Text
    form: Literal["number", "choice", "sketch"]
    why: str = ""
    """Why the answer is what it is, and why the wrong ones tempt (number and sketch)."""
    answer: float | list[tuple[float, float]] | None = None
    """The number; or the points of the true curve, for a sketch."""
    near: float | None = Field(None, gt=0)
    """How far from the answer still counts as right; for a sketch, on average over the curve."""
    unit: str = ""
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None
    axes: tuple[str, str] | None = None
    """Names of the axes with units (sketch)."""
    options: list[AnswerOption] = []

    @model_validator(mode="after")
    def _fits_its_form(self) -> "Prediction":
        if self.form == "choice":
            check_one_right(self.options)
        else:
            if self.options:
                raise ValueError(f"options: a {self.form} has none")
            for name in ("answer", "near", "why"):
                if not getattr(self, name):
                    raise ValueError(f"{name}: a {self.form} needs it")
            if isinstance(self.answer, list) != (self.form == "sketch"):
                wanted = "a list of points" if self.form == "sketch" else "a number"
                raise ValueError(f"answer: a {self.form} needs {wanted}")
        if self.form == "sketch" and not (self.x and self.y and self.axes):
            raise ValueError("x, y, axes: a sketch needs all three")
        return self


class Widget(Item):
    """An experiment the learner plays with. In the terminal its function in `experiments.py` does the same."""

    kind: Literal["widget"] = "widget"
    id: Id
    use: Id
    """Which widget of the studio draws it."""
    call: Annotated[str, Field(pattern=r"^[a-z_]\w*$")]
    """A function in the lesson's `experiments.py`; it returns a `ExperimentResult` (see course/lessons/parts.py)."""
    settings: dict[str, float | int | bool | str] = {}
    """What the learner may change, with the values it starts with: keyword arguments of the function."""
    source: str = "fixture"
    """What it is drawn from: `fixture`, or the learner's own newest run of a model, as `run:char-rnn`."""
    goal: Text
    """What to bring about, in one sentence."""
    check: str = ""
    """When that is reached: a comparison over the state that the function returns, such as `loss < 0.1`."""
    caption: Text
    """What to see."""


class CodeNote(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    at: Text
    """A piece of the line it explains."""
    text: Text


class Code(Item):
    """Code of the library, shown by name and never copied."""

    kind: Literal["code"] = "code"
    show: Annotated[str, Field(pattern=r"^[\w.]+(:[\w.]+)?$")]
    """`package.module:name`, or a whole module."""
    notes: list[CodeNote] = []
    run: str = ""
    """Python that the learner can run, with the name shown already imported."""
    prints: str = ""
    """What running it prints; recomputed by `groundup course check`."""


class ExerciseItem(Item):
    """Code to write: the folder `exercises/<id>`."""

    kind: Literal["exercise"] = "exercise"
    id: Id


class Picture(Item):
    """A picture, drawn by a function in the lesson's `pictures.py` that returns a matplotlib figure."""

    kind: Literal["picture"] = "picture"
    id: Id
    draw: Annotated[str, Field(pattern=r"^[a-z_]\w*$")]
    caption: Text
    alt: Text
    """The finding in a sentence, for readers who cannot see the picture."""


class Quiz(Item):
    """A question with options, each explained."""

    kind: Literal["quiz"] = "quiz"
    id: Id
    ask: Text
    options: list[AnswerOption]

    @model_validator(mode="after")
    def _one_right(self) -> "Quiz":
        check_one_right(self.options)
        return self


class Explanation(Item):
    """Say it in your own words first; then a model answer, and a rubric to mark yourself by."""

    kind: Literal["explain"] = "explain"
    id: Id
    ask: Text
    answer: Text
    rubric: Annotated[list[Text], Field(min_length=2)]


class Aside(Item):
    """One sentence that matters (aha, at most one a lesson), or a trap (caution)."""

    kind: Literal["aside"] = "aside"
    tone: Literal["aha", "caution"]
    text: Text


class Recap(Item):
    """The lesson in one sentence."""

    kind: Literal["recap"] = "recap"
    text: Text


class Reference(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Text
    by: Text
    what: Text
    """What is good about it, and how far it goes."""
    url: str = ""


class FurtherReading(Item):
    """Where to read more."""

    kind: Literal["more"] = "more"
    sources: Annotated[list[Reference], Field(min_length=1)]


KINDS: dict[str, type[Item]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Prediction,
        Widget,
        Code,
        ExerciseItem,
        Picture,
        Quiz,
        Explanation,
        Aside,
        Recap,
        FurtherReading,
    )
}

AnyItem = Any  # one of the above, or Prose
