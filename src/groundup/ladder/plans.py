"""A plan: the request for several runs, saved beside their report, so that a stopped command can go on."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Self

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import home, runs_folder


def reports_folder() -> Path:
    return home() / "reports"


def free_name(base: str) -> str:
    """`base-1`, or the next number that neither a report nor a run has."""
    number = 1
    while (reports_folder() / f"{base}-{number}").exists() or any(runs_folder().glob(f"{base}-{number}-*")):
        number += 1
    return f"{base}-{number}"


@dataclass(frozen=True)
class Plan:
    """What all plans have. Each run of a plan is named after it: `climb-1-gpt`."""

    file_name: ClassVar[str]
    what: ClassVar[str]
    """With its article: "a climb"."""
    command: ClassVar[str]
    begin: ClassVar[str]
    """A command that begins one."""

    name: str

    @property
    def folder(self) -> Path:
        return reports_folder() / self.name

    def run_name(self, part: str) -> str:
        return f"{self.name}-{part}"

    def save(self) -> None:
        write_text(self.folder / self.file_name, json.dumps(asdict(self), indent=2))

    def check_new(self, parts: Iterable[str]) -> None:
        """Raise GroundupError for a name that cannot be, or that is taken, also by one of the runs to come."""
        if not re.fullmatch(r"[\w][\w.\-]*", self.name):
            raise GroundupError(
                f"'{self.name}' cannot name {self.what}.", "Use letters, digits, '-', '_' and '.'."
            )
        if self.folder.exists() or any((runs_folder() / self.run_name(part)).exists() for part in parts):
            raise GroundupError(
                f"There is {self.what} '{self.name}' already.",
                f"Choose another --name, or go on: `groundup {self.command} --resume {self.name}`.",
            )

    @classmethod
    def names(cls) -> list[str]:
        """Those that were begun."""
        return sorted(path.parent.name for path in reports_folder().glob(f"*/{cls.file_name}"))

    @classmethod
    def load(cls, name: str) -> Self:
        """The plan of that name. Raises GroundupError if there is none, or if it is damaged."""
        kind = cls.what.split()[-1]
        try:
            return cls(**json.loads((reports_folder() / name / cls.file_name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            known = cls.names()
            hint = did_you_mean(name, known) if known else f"Begin one: `{cls.begin}`."
            raise GroundupError(f"There is no {kind} '{name}'.", hint) from None
        except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
            raise GroundupError(
                f"The plan of the {kind} '{name}' is damaged ({error}).", "Begin a new one."
            ) from None
