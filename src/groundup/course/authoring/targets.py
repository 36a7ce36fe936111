"""What is checked: lessons and exercises by id or folder, in courses that may be unfinished; and their texts."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.catalogue import COURSE_FILE
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import AnyItem, FurtherReading, Prose
from groundup.course.lessons.lesson import (
    LESSON_FILE,
    insert_numbers,
    load_lesson,
    load_numbers,
    parse_lesson,
)


@dataclass(frozen=True)
class LessonFault:
    """Something to mend; or, as a warning, something for the author to weigh."""

    file: Path
    says: str
    line: int = 0
    """Counted from 1; 0 where the whole file is meant."""
    warning: bool = False

    def text(self, folder: Path) -> str:
        """In one line, with the file as seen from a folder."""
        file = self.file.relative_to(folder) if self.file.is_relative_to(folder) else self.file
        return f"{file.as_posix()}{f':{self.line}' if self.line else ''}: {self.says}"

    def to_json(self) -> dict[str, Any]:
        return {"file": str(self.file), "line": self.line, "says": self.says, "warning": self.warning}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "LessonFault":
        return cls(Path(data["file"]), data["says"], data["line"], data["warning"])


def fault_of(error: GroundupError, file: Path, line: int = 0) -> LessonFault:
    """An error as a fault: at the file and the line that it names, else at those given."""
    place = re.match(r"(?P<file>[^\n:]*(?::[^\n:]+)?\.(?:md|toml|py))(?:, line (?P<line>\d+))?: ", error.what)
    if place is None or not Path(place["file"]).is_file():
        return LessonFault(file, str(error), line)
    return LessonFault(Path(place["file"]), str(error)[place.end() :], int(place["line"] or 0))


def line_of(text: str, needle: str, begin: int = 1) -> int:
    """The first line, from a given one on, in which something stands; the given one where it does not."""
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines[begin - 1 :], begin) if needle in line), begin)


@dataclass(frozen=True)
class Target:
    """A lesson's folder to check; or one exercise of it alone."""

    folder: Path
    lesson: str
    """Its id, as the folder's name says it."""
    only: str = ""
    """The folder of the one exercise."""

    @property
    def course(self) -> Path | None:
        """The folder of its course; a lesson may be written before there is one."""
        return self.folder.parent if (self.folder.parent / COURSE_FILE).is_file() else None

    @property
    def file(self) -> Path:
        return self.folder / LESSON_FILE

    def exercises(self) -> list[Exercise]:
        """Those that lie on the disk, whether the lesson asks for them or not."""
        folders = sorted(path for path in self.folder.glob("exercises/*") if path.is_dir())
        chosen = [
            path for path in folders if path.name == (self.only or path.name) and path.name[0] not in "._"
        ]
        return [Exercise(self.lesson, path) for path in chosen]


def targets(names: Sequence[str], course: Path) -> tuple[list[Target], list[LessonFault]]:
    """Lessons by id (0.1), exercises by id (0.1/numerical-derivative), or folders of either and of whole courses;
    without names, the whole course. What a course lists and does not have is a fault. Raises GroundupError."""
    chosen: list[Target] = []
    missing: list[LessonFault] = []
    for name in names or [str(course)]:
        path = Path(name)
        if (path / COURSE_FILE).is_file():
            path = path.resolve()
            for identity in listed(path, placement=True):
                if target := by_id(path, identity):
                    chosen.append(target)
                else:
                    says = f"the lesson '{identity}' has no folder {identity}-<a few words> with a {LESSON_FILE}."
                    missing.append(LessonFault(path / COURSE_FILE, says))
        elif (path / "exercise.toml").is_file():
            folder = path.resolve().parents[1]
            chosen.append(Target(folder, _id_of(folder), path.resolve().name))
        elif _is_lesson(path):
            chosen.append(Target(path.resolve(), _id_of(path.resolve())))
        else:
            chosen.append(_named(name, course))
    return list(dict.fromkeys(chosen)), missing


def listed(course: Path, *, placement: bool = False) -> list[str]:
    """The ids of a course's lessons in order, and the folder of its placement. Raises GroundupError."""
    data = contents(course)
    try:
        lessons = [identity for rung in data.get("rung", []) for identity in rung.get("lessons", [])]
    except (AttributeError, TypeError):
        raise GroundupError(
            f"{course / COURSE_FILE} has a [[rung]] that is none.", "Write [[rung]], then lessons = [...]."
        ) from None
    folder = data.get("placement") or ""
    return [*lessons, folder] if placement and folder and (course / folder).is_dir() else lessons


def contents(course: Path) -> dict[str, Any]:
    """`course.toml`, read but not checked."""
    file = course / COURSE_FILE
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GroundupError(f"{file} cannot be read ({error}).", "Mend that file.") from None


def by_id(course: Path, identity: str) -> Target | None:
    """The lesson in the folder `<id>-<slug>`, or `<id>`."""
    for folder in [course / identity, *sorted(course.glob(f"{identity}-*"))]:
        if _is_lesson(folder):
            return Target(folder, _id_of(folder))
    return None


def _named(name: str, course: Path) -> Target:
    identity, _, exercise = name.partition("/")
    target = by_id(course, identity) if identity and identity not in (".", "..") else None
    if target is None:
        there = [path.name for path in course.iterdir() if _is_lesson(path)]
        raise GroundupError(f"There is no lesson '{name}' in {course}.", did_you_mean(name, there))
    if not exercise:
        return target
    names = [candidate.folder.name for candidate in target.exercises()]
    if exercise not in names:
        raise GroundupError(
            f"The lesson {identity} has no exercise '{exercise}'.", did_you_mean(exercise, names)
        )
    return Target(target.folder, target.lesson, exercise)


def _is_lesson(folder: Path) -> bool:
    return (folder / LESSON_FILE).is_file() or (folder / "exercises").is_dir()


def _id_of(folder: Path) -> str:
    """The id that a folder's name begins with: as its course lists it, else what stands before the first dash."""
    known = listed(folder.parent) if (folder.parent / COURSE_FILE).is_file() else []
    fitting = [
        identity for identity in known if folder.name == identity or folder.name.startswith(f"{identity}-")
    ]
    if fitting:
        return max(fitting, key=len)
    text = (
        (folder / LESSON_FILE).read_bytes().decode("utf-8", "replace")
        if (folder / LESSON_FILE).is_file()
        else ""
    )
    own = re.search(r'^id = "([a-z0-9][a-z0-9.-]*)"', text, re.MULTILINE)
    return own[1] if own else folder.name.split("-")[0]


# ---- the texts of a lesson ----------------------------------------------------------------------------------

COMPUTED = (
    "98765432"  # what a number of numbers.toml begins with here, so that it is told from one typed by hand
)
NOT_READ = {  # fields that are no text: names, code, numbers with their units
    "kind", "line", "id", "use", "call", "draw", "show", "run", "prints", "check", "source", "url", "form", "tone",
    "unit", "at", "settings", "defines", "needs", "builds_on", "name", "by", "exercise", "start", "beyond", "concepts",
    "budget", "uses", "placement",
}  # fmt: skip


@dataclass(frozen=True)
class Passage:
    """A piece of text."""

    file: Path
    line: int
    text: str
    kind: str = "prose"
    """The field or the block that it is of."""
    wrong: bool = False
    """An option that is wrong on purpose."""

    def line_with(self, word: str) -> int:
        """The line on which a word stands, as the file has it."""
        own = self.file.read_text(encoding="utf-8-sig").split("\n")
        last = self.line + self.text.count("\n") + 3
        for number in range(self.line, min(last, len(own)) + 1):
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", own[number - 1]):
                return number
        return self.line


def passages(target: Target) -> tuple[list[Passage], list[AnyItem], list[LessonFault]]:
    """All texts of a lesson, the blocks that they are of, and what could not be read."""
    texts: list[Passage] = []
    blocks: list[AnyItem] = []
    faults: list[LessonFault] = []
    marks = _marks(target.folder)
    if target.file.exists():
        try:
            load_lesson(target.folder)  # with its true numbers: this says what is wrong with it
            text = target.file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
            front, blocks = parse_lesson(text, target.file, marks)
        except GroundupError as error:
            faults.append(fault_of(error, target.file))
        else:
            texts += [
                Passage(target.file, line_of(text, front_text), front_text, "front")
                for front_text in (front.title, front.question)
            ]
            for block in blocks:
                texts += _of_block(target.file, text, block)
    files = [target.folder / "cards.toml", target.folder / "placement.toml"]
    for file in [*files, *(exercise.folder / "exercise.toml" for exercise in target.exercises())]:
        if file.exists():
            texts += _of_toml(file, marks, faults)
    return texts, blocks, faults


def _marks(folder: Path) -> dict[str, str]:
    try:
        numbers = load_numbers(folder / "numbers.toml")
        return {  # the points of a sketch stay points, or its block could not be read
            name: value if value.startswith("[") else f"{COMPUTED}{i:04d}"
            for i, (name, value) in enumerate(numbers.items())
        }
    except GroundupError:
        return {}  # said where the lesson is read


def _of_block(file: Path, text: str, block: AnyItem) -> Iterator[Passage]:
    if isinstance(block, Prose):
        yield Passage(file, block.line, block.text)
        return
    for kind, field_text, wrong in _texts(block.model_dump(), block.kind):
        if not (
            isinstance(block, FurtherReading) and kind == "title"
        ):  # another author's words, in their spelling
            yield Passage(file, _line_of(text, field_text, block.line), field_text, kind, wrong)


def _of_toml(file: Path, marks: dict[str, str], faults: list[LessonFault]) -> Iterator[Passage]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = tomllib.loads(insert_numbers(text, file, marks) if file.name == "cards.toml" else text)
    except GroundupError as error:
        faults.append(fault_of(error, file))
        return
    except (OSError, ValueError) as error:
        faults.append(LessonFault(file, f"it cannot be read ({error})."))
        return
    line = 1
    for kind, field_text, wrong in _texts(data, file.stem):
        line = _line_of(text, field_text, line)
        yield Passage(file, line, field_text, kind, wrong)


def _texts(data: Any, kind: str, wrong: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Every text in nested data, with the name of its field; and whether it is a wrong option's."""
    if isinstance(data, str):
        if data.strip():
            yield kind, data, wrong
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value, kind, wrong)
    elif isinstance(data, dict):
        option = kind == "options" and not data.get("right")
        for name, value in data.items():
            if name not in NOT_READ:
                yield from _texts(value, name, wrong or (option and name == "text"))
    elif isinstance(data, float) and kind == "answer":
        yield kind, f"{data:.15g}", wrong


def _line_of(text: str, field_text: str, begin: int) -> int:
    """Where a text begins in its file: by its first words, up to the first number that was put in."""
    start = field_text.strip().split("\n")[0].split(COMPUTED)[0][:24]
    return line_of(text, start, begin) if len(start) > 3 else begin
