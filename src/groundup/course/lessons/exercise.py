"""An exercise: a folder with what to write, how it is checked, and the mistakes that people really make.

exercise.toml      what it asks, hints, mutants
starter.py         what the learner begins with: signature, shapes, one worked example
solution.py        one that passes
alternative.py     another one that passes, shown beside it afterwards
check.py           CHECKS: see course/grading/checks.py
mutants/NAME.py    known wrong solutions; each must fail with the sentence that names its mistake
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundup.common.errors import GroundupError
from groundup.course.lessons.items import Id, Text


class Mutant(BaseModel):
    """A mistake that is recognised by what it computes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Id
    """Of the file in `mutants/`."""
    says: Text
    """The sentence that names it: "You divided by d, not by its root."."""


class ExerciseSpec(BaseModel):
    """`exercise.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    title: Text
    asks: Text
    """What to write, in a few sentences of Markdown."""
    defines: Annotated[list[str], Field(min_length=1)]
    """The names that the learner's file must have."""
    concepts: list[Text] = []
    minutes: int = Field(10, ge=1, le=60)
    needs: list[Text] = []
    """Modules that it may import, beside Python's own and NumPy: `torch`, `groundup.text`."""
    builds_on: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9-]*$")]] = []
    """Ids of earlier exercises that it may import: 0.1/numerical-derivative as `earlier.numerical_derivative`."""
    seconds: float = Field(10.0, gt=0, le=120)
    """How long a check may take."""
    megabytes: int = Field(1024, ge=64)
    """How much memory it may take."""
    hints: Annotated[list[Text], Field(min_length=3)]
    """From a question, to a pointer, to the line."""
    why: Text
    """ExperimentResult with the solution, after passing: why it is so."""
    alternative: Text
    """What is different about alternative.py, and when one would prefer it."""
    mutants: Annotated[list[Mutant], Field(min_length=1)]


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson."""

    lesson: str
    folder: Path

    @property
    def id(self) -> str:
        """Stable, and unique over the course: `0.1/numerical-derivative`."""
        return f"{self.lesson}/{self.folder.name}"

    @property
    def file_name(self) -> str:
        """Of the learner's file, in the workspace's folder of the lesson."""
        return f"{self.folder.name.replace('-', '_')}.py"

    def file_in(self, workspace: Path) -> Path:
        """Where the learner's file of it lies."""
        return workspace / self.folder.parents[1].name / self.file_name

    def earlier(self) -> "list[Exercise]":
        """The exercises that it builds on. Raises GroundupError where the course does not have one."""
        exercises = []
        for identity in self.about.builds_on:
            lesson, name = identity.split("/")
            places = [
                folder
                for folder in self.folder.parents[2].glob(f"*/exercises/{name}")
                if folder.parents[1].name.startswith(f"{lesson}-") or folder.parents[1].name == lesson
            ]
            if not places:
                raise GroundupError(
                    f"{self.folder / 'exercise.toml'}: builds_on: there is no exercise '{identity}'.",
                    "It is the id of a lesson, then the folder of an exercise in it: 0.1/numerical-derivative.",
                )
            exercises.append(Exercise(lesson, places[0]))
        return exercises

    @cached_property
    def about(self) -> ExerciseSpec:
        file = self.folder / "exercise.toml"
        try:
            return ExerciseSpec.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(str(part) for part in fault["loc"])
            allowed = ", ".join(ExerciseSpec.model_fields)
            raise GroundupError(f"{file}: {field}: {fault['msg'].lower()}.", f"Allowed: {allowed}.") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise GroundupError(f"{file} cannot be read ({error}).", "Mend that file.") from None

    def code(self, name: str) -> str:
        """The text of `starter.py`, `solution.py`, `mutants/NAME.py`, ..."""
        file = self.folder / name
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GroundupError(f"{file} cannot be read ({error}).", "An exercise needs this file.") from None
