"""The texts of a lesson that a person reads, each with its file and line, for the rules on words and numbers."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.course.authoring.targets import LessonFault, Target, fault_of, line_of
from groundup.course.lessons.items import AnyItem, FurtherReading, Prose
from groundup.course.lessons.lesson import insert_numbers, load_lesson, load_numbers, parse_lesson

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
