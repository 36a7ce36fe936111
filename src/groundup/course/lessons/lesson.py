"""`lesson.md` to typed items: the one parser that studio, command, static pages and notebooks render from.

+++
id = "0.1"
title = "Slopes"
minutes = 30
question = "How steep is it, here?"
concepts = ["derivative", "chain rule"]
needs = []
budget = "10s"
+++

## A question of steepness

Markdown, with items between (see items.py). `{{name}}` stands for a number that the lesson's
`numbers.py` computes with the library; what it computed is kept in `numbers.toml`.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.items import KINDS, AnyItem, Item, Prose, Text

LESSON_FILE = "lesson.md"
_FENCE = re.compile(r"^(?P<marks>`{3,}|~{3,})\s*(?P<word>[^\s`{]*)")
_NUMBER = re.compile(r"\{\{\s*([a-z_]\w*)\s*\}\}")


class FrontMatter(BaseModel):
    """What stands above a lesson."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    """Stable: progress is kept by it."""
    title: Text
    question: Text
    """The question it answers, as the learner would ask it."""
    minutes: int = Field(ge=1, le=90)
    concepts: list[Text]
    """What it teaches."""
    needs: list[str] = []
    """Ids of lessons to have done before."""
    uses: list[Text] = []
    """Concepts of earlier lessons that it relies on."""
    budget: str = ""
    """How long its own training may take, where it trains something: 30s."""


@dataclass(frozen=True)
class Lesson:
    """A lesson, read and checked."""

    folder: Path
    front: FrontMatter
    items: list[AnyItem]

    @property
    def id(self) -> str:
        return self.front.id

    def of(self, kind: type[Item]) -> list[Any]:
        """Its items of one kind, in order."""
        return [block for block in self.items if isinstance(block, kind)]


def load_lesson(folder: Path) -> Lesson:
    """Read the lesson in a folder. Raises GroundupError that names the file and the line."""
    file = folder / LESSON_FILE
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GroundupError(
            f"{file} cannot be read: {error.strerror}.", "A lesson is a folder with a lesson.md."
        ) from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise _wrong(file, line, "this is not UTF-8 text", "Save the file as UTF-8.") from None
    numbers = load_numbers(folder / "numbers.toml")
    front, items = parse_lesson(text.replace("\r\n", "\n"), file, numbers)
    return Lesson(folder, front, items)


def load_numbers(file: Path) -> dict[str, str]:
    """What `{{name}}` stands for in a lesson's text."""
    if not file.exists():
        return {}
    try:
        return {name: str(value) for name, value in tomllib.loads(file.read_text(encoding="utf-8")).items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(
            f"{file} cannot be read ({error}).", "`groundup course check --write` makes it again."
        ) from None


def parse_lesson(
    text: str, file: Path, numbers: dict[str, str] | None = None
) -> tuple[FrontMatter, list[AnyItem]]:
    """The front matter and the items of a lesson's text. `file` is named in errors."""
    lines = insert_numbers(text, file, numbers or {}).split("\n")
    if lines[0].strip() != "+++" or "+++" not in [line.strip() for line in lines[1:]]:
        hint = "Begin with a line +++, then id, title and the rest, then +++ again."
        raise _wrong(file, 1, "the front matter is missing", hint)
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "+++")
    front = FrontMatter(**_checked(FrontMatter, "\n".join(lines[1:end]), file, 2, "front matter"))

    items: list[AnyItem] = []
    prose: list[str] = []
    began = number = end + 1

    def close_prose() -> None:
        if "".join(prose).strip():
            items.append(Prose(line=began + 1, text="\n".join(prose).strip("\n")))
        prose.clear()

    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            if prose or lines[number].strip():  # prose begins with a line that says something
                began = began if prose else number
                prose.append(lines[number])
            number += 1
            continue
        last = _end_of_fence(lines, number, fence["marks"], file)
        word = fence["word"]
        if word in KINDS:
            close_prose()
            data = _checked(
                KINDS[word], "\n".join(lines[number + 1 : last]), file, number + 2, f"'{word}' block"
            )
            items.append(KINDS[word](line=number + 1, **data))
        elif word == "" or word in LANGUAGES:
            if not prose:
                began = number
            prose += lines[number : last + 1]
        else:
            known = did_you_mean(word, [*KINDS, *LANGUAGES])
            raise _wrong(file, number + 1, f"there is no block '{word}'", known)
        number = last + 1
    close_prose()
    _ids_differ(items, file)
    return front, items


LANGUAGES = ("python", "text", "toml", "console")


def insert_numbers(text: str, file: Path, numbers: dict[str, str]) -> str:
    """Every `{{name}}` replaced. Raises GroundupError for a name that `numbers.toml` does not have."""

    def number(match: re.Match[str]) -> str:
        if match[1] not in numbers:
            line = text[: match.start()].count("\n") + 1
            hint = f"{did_you_mean(match[1], numbers)} Add it to numbers.py, then `groundup course check --write`."
            raise _wrong(file, line, f"there is no number '{match[1]}'", hint.strip())
        return numbers[match[1]]

    return _NUMBER.sub(number, text)


def _end_of_fence(lines: list[str], start: int, marks: str, file: Path) -> int:
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip()
        if line.startswith(marks) and set(line) == {marks[0]}:
            return number
    raise _wrong(file, start + 1, "this fence is never closed", f"End it with a line {marks}.")


def _checked(kind: type[BaseModel], toml: str, file: Path, first: int, what: str) -> dict[str, Any]:
    """The TOML of a block as checked fields; `first` is the line on which it begins."""
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        line = first + int(at[1]) - 1 if at else first + toml.count("\n")
        message = str(error).split(" (at ")[0]
        message = f"{message[0].lower()}{message[1:]}"
        raise _wrong(file, line, f"the {what} is not valid TOML: {message}", "Mend that line.") from None
    fields = [name for name in kind.model_fields if name not in ("line", "kind")]
    if unknown := [key for key in data if key not in fields]:
        line = first + _line_of(toml, unknown[0])
        raise _wrong(file, line, f"the {what} has no field '{unknown[0]}'", f"Allowed: {', '.join(fields)}.")
    try:
        kind.model_validate(data)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        line = first + (_line_of(toml, str(fault["loc"][0])) if fault["loc"] else 0)
        if fault["type"] == "missing":
            raise _wrong(
                file, line, f"the {what} lacks '{field}'", f"Allowed: {', '.join(fields)}."
            ) from None
        message = fault["msg"].removeprefix("Value error, ")
        named = f"{field}: {message[0].lower()}{message[1:]}" if field else message
        raise _wrong(file, line, f"the {what} has something wrong with {named}", "Mend that field.") from None
    return data


def _line_of(toml: str, key: str) -> int:
    """How many lines above the one where a key is set; 0 where it is not found."""
    match = re.search(rf"^\s*(?:\[+\s*)?{re.escape(key)}\b", toml, re.MULTILINE)
    return toml[: match.start()].count("\n") if match else 0


def _ids_differ(items: list[AnyItem], file: Path) -> None:
    seen: dict[str, int] = {}
    for block in items:
        identity = getattr(block, "id", None)
        if identity is None:
            continue
        if identity in seen:
            raise _wrong(
                file, block.line, f"the id '{identity}' is taken (line {seen[identity]})", "Choose another."
            )
        seen[identity] = block.line


def _wrong(file: Path, line: int, what: str, hint: str) -> GroundupError:
    return GroundupError(f"{file}, line {line}: {what}.", hint)


def sections(text: str) -> list[str]:
    """Markdown in pieces: each begins with a heading of the second level, but perhaps the first."""
    pieces: list[list[str]] = [[]]
    fence = ""
    for line in text.split("\n"):
        mark = re.match(r"`{3,}|~{3,}", line)
        if mark and not fence:
            fence = mark[0]
        elif mark and mark[0].startswith(fence):
            fence = ""
        if line.startswith("## ") and not fence and any(pieces[-1]):
            pieces.append([])
        pieces[-1].append(line)
    return ["\n".join(piece) for piece in pieces]
