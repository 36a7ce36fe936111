"""The course as a whole: `course.toml` lists the rungs and their lessons; lessons lie in folders beside it. Cards for
review stand in a lesson's `cards.toml`.

    course = load_course(LESSONS)
    course.lesson("0.1").front.title
    course.exercise("0.1/numerical-derivative").file_in(workspace)

The order of the lessons is the order of the list. What a lesson needs is advice: everything stays open.
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import AnswerOption, ExerciseItem, Id, Text, check_one_right
from groundup.course.lessons.lesson import LESSON_FILE, Lesson, insert_numbers, load_lesson, load_numbers

COURSE_FILE = "course.toml"
LESSONS = Path(__file__).parents[2] / "lessons"
"""Our own course."""


class Card(BaseModel):
    """A card for review: one fact or one small calculation, asked again at growing intervals.

    [[card]]
    id = "0.1/height-or-slope"
    ask = "x² at x = 3 has the height 9. What is its slope there?"
    answer = "6"
    why = "The slope of x² is 2x."

    [[card]]
    id = "0.1/step-too-small"
    ask = "Why not take h = 1e-15 in (f(x+h) − f(x)) / h?"
    options = [
        { text = "Rounding eats the difference.", why = "Both heights agree in nearly all digits.", right = true },
        { text = "It takes longer.", why = "It takes two evaluations, whatever h is." },
    ]
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9-]*$")]
    """The lesson's id, then a name. It stays the same: the review history is stored under it."""
    ask: Text
    answer: str = ""
    """In one line; where there are options, the right one is the answer."""
    why: str = ""
    options: list[AnswerOption] = []

    @model_validator(mode="after")
    def _has_an_answer(self) -> "Card":
        if self.options:
            check_one_right(self.options)
            if self.answer or self.why:
                raise ValueError("answer, why: a card with options has them there")
        elif not (self.answer and self.why):
            raise ValueError("answer, why: a card without options needs both")
        return self


class _Cards(BaseModel):
    model_config = ConfigDict(extra="forbid")
    card: list[Card] = []


def load_cards(lesson: Lesson) -> list[Card]:
    """The cards of a lesson; none where it has no `cards.toml`. Raises GroundupError that names the card."""
    file = lesson.folder / "cards.toml"
    if not file.exists():
        return []
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(insert_numbers(text, file, load_numbers(lesson.folder / "numbers.toml")))
        cards = _Cards.model_validate(data).card
    except ValidationError as error:
        fault = error.errors()[0]
        place = fault["loc"][1] if len(fault["loc"]) > 1 else 0
        field = ".".join(str(part) for part in fault["loc"][2:])
        message = fault["msg"].removeprefix("Value error, ")
        raise GroundupError(
            f"{file}, card {int(place) + 1}: {f'{field}: ' if field else ''}{message[0].lower()}{message[1:]}.",
            f"Allowed: {', '.join(Card.model_fields)}.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(f"{file} cannot be read ({error}).", "Mend that file.") from None
    for number, card in enumerate(cards, start=1):
        if not card.id.startswith(f"{lesson.id}/"):
            raise GroundupError(
                f"{file}, card {number}: the id '{card.id}' does not begin with '{lesson.id}/'.",
                "A card's id is its lesson's, a slash, and a name.",
            )
    if twice := {card.id for card in cards if [other.id for other in cards].count(card.id) > 1}:
        raise GroundupError(f"{file}: the id '{min(twice)}' stands in it twice.", "Choose another.")
    return cards


class Rung(BaseModel):
    """A stage of the course."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Id
    title: Text
    days: str = ""
    about: str = ""
    """What it teaches, in a line."""
    lessons: Annotated[list[Text], Field(min_length=1)]
    """Ids, in order."""


class PlannedRung(BaseModel):
    """Lessons that are not written yet: said where the whole way is shown, so that no learner waits for them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Id
    """Of the rung; one that has lessons already may have more to come."""
    title: Text
    about: Text
    """What they will teach, in a line."""
    lessons: int = Field(ge=1)
    """How many are to come."""


class CourseContents(BaseModel):
    """`course.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Id
    title: Text
    placement: str = ""
    """The folder of the questions that choose where to start."""
    rung: Annotated[list[Rung], Field(min_length=1)]
    planned: list[PlannedRung] = []


@dataclass(frozen=True)
class Course:
    """A course, read and checked. Lessons in the order in which they are taught."""

    folder: Path
    contents: CourseContents
    lessons: list[Lesson]

    def lesson(self, identity: str) -> Lesson:
        """Raises GroundupError, with the nearest name, where there is none."""
        for lesson in self.lessons:
            if lesson.id == identity:
                return lesson
        known = did_you_mean(identity, [lesson.id for lesson in self.lessons])
        raise GroundupError(f"There is no lesson '{identity}'.", known)

    def has(self, identity: str) -> bool:
        """Whether a lesson is one of it. Its folder of placement counts as one: exercises lie there too."""
        return identity in [self.contents.placement, *(lesson.id for lesson in self.lessons)]

    def rung_of(self, lesson: Lesson) -> Rung:
        return next(rung for rung in self.contents.rung if lesson.id in rung.lessons)

    def exercises_of(self, lesson: Lesson) -> list[Exercise]:
        """In the order in which the lesson asks for them."""
        return [
            Exercise(lesson.id, lesson.folder / "exercises" / item.id) for item in lesson.of(ExerciseItem)
        ]

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """By id, in the order of the course."""
        return {exercise.id: exercise for lesson in self.lessons for exercise in self.exercises_of(lesson)}

    def exercise(self, identity: str) -> Exercise:
        """Raises GroundupError, with the nearest name, where there is none."""
        if identity not in self.exercises:
            raise GroundupError(f"There is no exercise '{identity}'.", did_you_mean(identity, self.exercises))
        return self.exercises[identity]

    @cached_property
    def cards(self) -> dict[str, Card]:
        """Cards for review, by id."""
        return {card.id: card for lesson in self.lessons for card in load_cards(lesson)}


def load_course(folder: Path = LESSONS) -> Course:
    """Read a course. Raises GroundupError that names the file, and the line where there is one."""
    contents = _contents(folder / COURSE_FILE)
    identities = [identity for rung in contents.rung for identity in rung.lessons]
    if twice := next((name for name in identities if identities.count(name) > 1), None):
        raise GroundupError(
            f"{folder / COURSE_FILE}: the lesson '{twice}' stands in it twice.", "Keep one of them."
        )
    return Course(folder, contents, [_lesson(folder, identity) for identity in identities])


def find_course(courses: list[Course], name: str) -> Course:
    """The course of an id; the first, which is ours, without one. Raises GroundupError with the nearest name."""
    if not name:
        return courses[0]
    known = {course.contents.id: course for course in reversed(courses)}  # of two of one name the first
    if name not in known:
        raise GroundupError(f"There is no course '{name}'.", did_you_mean(name, known))
    return known[name]


def _contents(file: Path) -> CourseContents:
    try:
        return CourseContents.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise GroundupError(
            f"{file}: {field}: {fault['msg'].lower()}.", f"Allowed: {', '.join(CourseContents.model_fields)}."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(
            f"{file} cannot be read ({error}).", "A course is a folder with a course.toml."
        ) from None


def _lesson(folder: Path, identity: str) -> Lesson:
    """The lesson in the folder `<id>-<slug>`, or `<id>`."""
    paths = [file.parent for file in sorted(folder.glob(f"{identity}*/{LESSON_FILE}"))]
    paths = [path for path in paths if path.name == identity or path.name.startswith(f"{identity}-")]
    if len(paths) != 1:
        names = " and ".join(path.name for path in paths) or "no folder"
        raise GroundupError(
            f"{folder / COURSE_FILE}: the lesson '{identity}' has {names}.",
            f"It lies in one folder, {identity}-<a few words>, with a {LESSON_FILE}.",
        )
    lesson = load_lesson(paths[0])
    if lesson.id != identity:
        raise GroundupError(
            f"{paths[0] / LESSON_FILE}, line 2: the id is '{lesson.id}', but the folder says '{identity}'.",
            "Let both be the same.",
        )
    return lesson
