"""What `groundup course check` finds in a lesson: the file, the line, and what to do."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError


@dataclass(frozen=True)
class Fault:
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
    def from_json(cls, data: dict[str, Any]) -> "Fault":
        return cls(Path(data["file"]), data["says"], data["line"], data["warning"])


def fault_of(error: GroundupError, file: Path, line: int = 0) -> Fault:
    """An error as a fault: at the file and the line that it names, else at those given."""
    place = re.match(r"(?P<file>[^\n:]*(?::[^\n:]+)?\.(?:md|toml|py))(?:, line (?P<line>\d+))?: ", error.what)
    if place is None or not Path(place["file"]).is_file():
        return Fault(file, str(error), line)
    return Fault(Path(place["file"]), str(error)[place.end() :], int(place["line"] or 0))


def line_of(text: str, needle: str, begin: int = 1) -> int:
    """The first line, from a given one on, in which something stands; the given one where it does not."""
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines[begin - 1 :], begin) if needle in line), begin)
