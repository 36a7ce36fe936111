"""Where are you? A few questions, each with a tiny task to be sure, choose the lesson to start at.

`lessons/placement/placement.toml`, with the tasks beside it in `exercises/<slug>/` (graded like all others):

    title = "Where are you?"
    intro = "Five questions, each with a task of a few minutes."
    beyond = "3.2"                          # the lesson for a learner who knows all of it

    [[question]]
    id = "networks"
    topic = "Neural networks"
    ask = "Have you written the forward pass of a network yourself?"
    exercise = "tiny-neuron"                # the folder of its task
    start = "0.1"                           # the lesson to start at, if the answer is no
    note = "Rung 0 builds one from nothing." # said then; may be left out

The questions go from the ground up, so the first "no" ends it. What was answered is derived from events: a question
is settled once its task has passed. So it can be left and taken up again, and it is the same in the studio.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import Id, Text
from groundup.course.progress.store import CourseEvent, Store

PLACEMENT_FILE = "placement.toml"


class PlacementQuestion(BaseModel):
    """Something one knows already, or not."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Id
    topic: Text
    """In a word or two: Python."""
    ask: Text
    """Answered with yes or no."""
    exercise: Id
    """The folder of its task."""
    start: Text
    """The lesson to start at, if the answer is no or the task does not pass."""
    note: str = ""
    """Said then: what one finds there."""


class PlacementContents(BaseModel):
    """`placement.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    title: Text = "Where are you?"
    intro: str = ""
    beyond: Text
    """The lesson to start at for a learner who knows all of it."""
    question: Annotated[list[PlacementQuestion], Field(min_length=1)]


@dataclass(frozen=True)
class Placement:
    """The questions of a course."""

    folder: Path
    contents: PlacementContents
    lessons: frozenset[str]
    """Ids of the course's lessons: a result at one of another course is none of this one."""

    @property
    def questions(self) -> list[PlacementQuestion]:
        return self.contents.question

    def exercise(self, question: PlacementQuestion) -> Exercise:
        """Its task; the id is `placement/<slug>`, and the learner's file lies in the folder `placement`."""
        return Exercise(self.folder.name, self.folder / "exercises" / question.exercise)

    def passed(self, store: Store) -> set[str]:
        """Ids of the tasks that passed since the last result."""
        return {event.about for event in self._attempts(store) if event.data.get("passed")}

    def open_question(self, store: Store) -> PlacementQuestion | None:
        """The first whose task has not passed since the last result; None where all have."""
        passed = self.passed(store)
        return next(
            (question for question in self.questions if self.exercise(question).id not in passed), None
        )

    def tried(self, question: PlacementQuestion, store: Store) -> bool:
        """Whether its task was checked since the last result, so that the answer was yes."""
        return any(event.about == self.exercise(question).id for event in self._attempts(store))

    def result(self, store: Store) -> CourseEvent | None:
        """The last result, if nothing was tried since."""
        placed = [event for event in store.events("placed") if event.about in self.lessons]
        return placed[-1] if placed and not self._attempts(store) else None

    def start_here(self, question: PlacementQuestion | None, store: Store) -> CourseEvent:
        """Write the result: the start of the question that was not known, or `beyond` where all were."""
        known = [other.id for other in self.questions]
        known = known[: known.index(question.id)] if question else known
        answers = {
            other.id: other.id in known for other in self.questions if other.id in known or other == question
        }
        return store.add("placed", question.start if question else self.contents.beyond, answers=answers)

    def _attempts(self, store: Store) -> list[CourseEvent]:
        """At its tasks, after the last result."""
        tasks = {self.exercise(question).id for question in self.questions}
        attempts: list[CourseEvent] = []
        for event in store.events():
            if event.kind == "placed" and event.about in self.lessons:
                attempts = []
            elif event.kind == "attempt" and event.about in tasks:
                attempts.append(event)
        return attempts


def load_placement(course: Course) -> Placement | None:
    """The course's questions; None where it has none. Raises GroundupError that names the file and the field."""
    if not course.contents.placement:
        return None
    file = course.folder / course.contents.placement / PLACEMENT_FILE
    try:
        contents = PlacementContents.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        allowed = PlacementQuestion if fault["loc"][0] == "question" else PlacementContents
        raise GroundupError(
            f"{file}: {field}: {fault['msg'].lower()}.", f"Allowed: {', '.join(allowed.model_fields)}."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(
            f"{file} cannot be read ({error}).", "course.toml names its folder under `placement`."
        ) from None
    known = [lesson.id for lesson in course.lessons]
    placement = Placement(file.parent, contents, frozenset(known))
    names = [question.id for question in contents.question]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise GroundupError(f"{file}: the question '{twice}' stands in it twice.", "Choose another id.")
    for start in (contents.beyond, *(question.start for question in contents.question)):
        if start not in known:
            raise GroundupError(f"{file}: there is no lesson '{start}'.", f"Known: {', '.join(known)}.")
    for question in contents.question:
        if not (placement.exercise(question).folder / "exercise.toml").exists():
            raise GroundupError(
                f"{file}: the question '{question.id}' has no task '{question.exercise}'.",
                f"It lies in {placement.folder / 'exercises'}, as any exercise.",
            )
    return placement
