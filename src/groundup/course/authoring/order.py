"""The place of a lesson in its course: nothing is needed or used before it is taught, and nothing goes in a circle."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.authoring.targets import LessonFault, Target, by_id, fault_of, line_of, listed
from groundup.course.lessons.catalogue import COURSE_FILE, load_course
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.lesson import LESSON_FILE, FrontMatter
from groundup.course.progress.placement import PLACEMENT_FILE, load_placement


def front_of(folder: Path) -> FrontMatter | None:
    """The front matter of a lesson, though its text may be unfinished; None where it cannot be read."""
    try:
        _, front, _ = (folder / LESSON_FILE).read_text(encoding="utf-8-sig").split("+++", 2)
        return FrontMatter.model_validate(tomllib.loads(front))
    except (OSError, ValueError, ValidationError):
        return None


def check_place(target: Target) -> Iterator[LessonFault]:
    """Everything about one lesson that its neighbours decide."""
    front, course = front_of(target.folder), target.course
    if course is not None and (target.folder / PLACEMENT_FILE).exists():
        yield from _placement(target.folder / PLACEMENT_FILE)
    if front is None or course is None:
        return
    try:
        order = listed(course)
    except GroundupError as error:
        yield fault_of(error, course / COURSE_FILE)
        return
    text = target.file.read_text(encoding="utf-8-sig")
    if front.id not in order:
        says = f"the id '{front.id}' is not in {COURSE_FILE}: add it to a rung's lessons, where it is to be taught."
        yield LessonFault(target.file, says, line_of(text, "id"))
        return
    if target.folder.name != front.id and not target.folder.name.startswith(f"{front.id}-"):
        says = f"the id is '{front.id}', but the folder is {target.folder.name}. Let both begin alike."
        yield LessonFault(target.file, says, line_of(text, "id"))
    places = {identity: by_id(course, identity) for identity in order}
    loaded = {identity: front_of(place.folder) for identity, place in places.items() if place}
    fronts = {identity: other for identity, other in loaded.items() if other}
    same = [
        path.parent.name for path in sorted(course.glob(f"*/{LESSON_FILE}")) if _id(path.parent) == front.id
    ]
    if len(same) > 1:
        yield LessonFault(
            target.file, f"{' and '.join(same)} have the same id. Change one.", line_of(text, "id")
        )
    for rule in (_needs(front, order, fronts), _concepts(front, order, fronts)):
        for name, says, warning in rule:
            yield LessonFault(target.file, says, line_of(text, name), warning)
    yield from _exercises(target, front, order, fronts)


def _id(folder: Path) -> str:
    front = front_of(folder)
    return front.id if front else ""


def _placement(file: Path) -> Iterator[LessonFault]:
    """Its questions lead to lessons and tasks that are there. That can be seen once the whole course can be read."""
    try:
        course = load_course(file.parents[1])
    except GroundupError as error:
        yield LessonFault(file, f"not checked, for the course cannot be read yet: {error}", warning=True)
        return
    try:
        load_placement(course)
    except GroundupError as error:
        yield fault_of(error, file)


Found = Iterator[tuple[str, str, bool]]
"""The key in the front matter, what is wrong with it, and whether that is a warning."""


def _needs(front: FrontMatter, order: list[str], fronts: Mapping[str, FrontMatter]) -> Found:
    circle = _circle(front.id, fronts)
    if circle:
        yield "needs", f"what lessons need goes in a circle: {' needs '.join(circle)}.", False
    for need in front.needs:
        if need not in order:
            says = f"it needs the lesson '{need}', which is not in {COURSE_FILE}. {did_you_mean(need, order)}"
            yield "needs", says, False
        elif order.index(need) >= order.index(front.id) and not circle:
            yield (
                "needs",
                f"it needs the lesson {need}, which comes later. Change the order, or the need.",
                False,
            )


def _circle(start: str, fronts: Mapping[str, FrontMatter]) -> list[str]:
    """The shortest way along needs from a lesson back to itself: 0.1, 0.3, 0.1."""
    ways = [[start]]
    seen = set()
    for way in ways:  # it grows while it is read: breadth first
        for need in fronts[way[-1]].needs if way[-1] in fronts else []:
            if need == start:
                return [*way, start]
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []


def _concepts(front: FrontMatter, order: list[str], fronts: Mapping[str, FrontMatter]) -> Found:
    earlier = order[: order.index(front.id)]
    taught = _taught(earlier, fronts)
    absent = [identity for identity in earlier if identity not in fronts]
    for concept in front.uses:
        if concept in front.concepts:
            yield "uses", f"it teaches '{concept}' itself: take it out of `uses`.", False
        elif concept not in taught:
            later = [
                identity for identity in order if identity in fronts and concept in fronts[identity].concepts
            ]
            where = f"It is taught later, in {later[0]}." if later else did_you_mean(concept, taught)
            if absent and not later:
                where = f"Not written yet: {', '.join(absent)}."
            says = f"it uses '{concept}', which no earlier lesson teaches. {where}".strip()
            yield "uses", says, bool(absent and not later)
    for concept in front.concepts:
        if front.concepts.count(concept) > 1:
            yield "concepts", f"'{concept}' stands twice in its concepts.", False
        elif concept in taught:
            says = f"'{concept}' is taught in {taught[concept]} already. Put it into `uses`, or name what is new."
            yield "concepts", says, True


def _taught(lessons: list[str], fronts: Mapping[str, FrontMatter]) -> dict[str, str]:
    """Each concept, with the lesson that teaches it first."""
    taught: dict[str, str] = {}
    for identity in lessons:
        for concept in fronts[identity].concepts if identity in fronts else []:
            taught.setdefault(concept, identity)
    return taught


def _exercises(
    target: Target, front: FrontMatter, order: list[str], fronts: Mapping[str, FrontMatter]
) -> Iterator[LessonFault]:
    """What exercises build on, and the concepts that they practise."""
    taught = {*_taught(order[: order.index(front.id)], fronts), *front.concepts, *front.uses}
    asked = _asked(target)
    for exercise in target.exercises():
        file = exercise.folder / "exercise.toml"
        try:
            about = exercise.about
            exercise.earlier()
        except GroundupError as error:
            yield fault_of(error, file)
            continue
        text = file.read_text(encoding="utf-8")
        for identity in about.builds_on:
            lesson, name = identity.split("/")
            if lesson in order and order.index(lesson) > order.index(front.id):
                says = f"it builds on {identity}, which comes later."
            elif lesson == front.id and _later(asked, name, exercise):
                says = f"it builds on {identity}, which this lesson asks for later."
            else:
                continue
            yield LessonFault(file, f"{says} A learner has not written that yet.", line_of(text, "builds_on"))
        for concept in about.concepts:
            if concept not in taught:
                near = did_you_mean(concept, taught)
                says = (
                    f"it practises '{concept}', which neither this lesson nor an earlier one teaches. {near}"
                )
                yield LessonFault(file, says.strip(), line_of(text, "concepts"))


def _asked(target: Target) -> list[str]:
    """The folders of exercises in the order in which the lesson asks for them, from its plain text."""
    lines = target.file.read_text(encoding="utf-8-sig").split("\n")
    pairs = pairwise(lines)
    return [
        after.partition("=")[2].strip().strip("\"'") for line, after in pairs if line.strip() == "```exercise"
    ]


def _later(asked: list[str], name: str, exercise: Exercise) -> bool:
    own = exercise.folder.name
    return name == own or (name in asked and own in asked and asked.index(name) > asked.index(own))


UNDECLARED_BUDGET_S = 5.0  # seconds that anything may take without being announced
FAULT_BUDGET_RATIO = 3.0


def over_budget(folder: Path, file: Path, what: str, seconds: float, line: int = 0) -> Iterator[LessonFault]:
    """Beyond the budget it is a warning, far beyond a fault: machines differ by less than that."""
    front = front_of(folder)
    declared = front.budget if front else ""
    if not declared:
        if seconds > UNDECLARED_BUDGET_S:
            says = f"{what} took {seconds:.0f} s of processor time. Declare a budget, or show a smaller case."
            yield LessonFault(file, says, line, warning=True)
        return
    budget = budget_seconds(declared)
    if budget is not None and seconds > budget:
        says = f"{what} took {seconds:.1f} s of processor time; the lesson's budget is {declared}."
        yield LessonFault(file, says, line, warning=seconds <= FAULT_BUDGET_RATIO * budget)


def budget_seconds(text: str) -> float | None:
    """30s and 2min in seconds; None where it counts steps or is not understood.

    >>> budget_seconds("2min")
    120.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min)", text.strip())
    return float(match[1]) * (60 if match[2] == "min" else 1) if match else None
