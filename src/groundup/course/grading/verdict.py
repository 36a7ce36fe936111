"""The verdict on a submission: what passed, what did not and why, as plain data and as plain text."""

import textwrap
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from groundup.common.formatting import format_duration

VerdictKind = Literal[
    "passed",
    "untouched",  # nothing is written yet
    "file",  # no text to read: gone, binary, another encoding
    "syntax",  # not Python
    "missing",  # a name that the exercise asks for is not there
    "signature",  # it cannot be called as the starter can
    "wrong",  # a check gave another result
    "error",  # an exception in the learner's code
    "refused",  # what an exercise may not do: network, processes, files elsewhere, other modules
    "time",
    "memory",
    "ended",  # Python was ended, or crashed
    "tampered",  # what the checks rest on was changed
]


PRINTED_LINES = 12


@dataclass(frozen=True)
class SourceLine:
    """A line of the learner's file."""

    number: int
    text: str
    column: int | None = None
    """Where in it, counted from 1."""


@dataclass(frozen=True)
class HeatMap:
    """Got minus expected: at most 24 by 24 numbers, each the largest of its patch."""

    rows: list[list[float]]
    largest: float
    """The largest absolute difference."""
    of: str = ""
    """Which part of a larger array this is, and how it was reduced."""

    def text(self) -> str:
        """Drawn with characters, darker where it is further off.

        >>> print(HeatMap([[0.0, 2.0], [0.5, 0.0]], 2.0).text())
        · █
        ▒ ·
        · right   █ off by 2
        """

        def shade(value: float) -> str:
            part = abs(value) / self.largest if self.largest else 0.0
            return "·" if part < 1e-6 else "░▒▓█"[min(3, int(part * 4))]

        drawn = [" ".join(map(shade, row)) for row in self.rows]
        legend = f"· right   █ off by {self.largest:.3g}"
        return "\n".join([*drawn, f"{legend}   ({self.of})" if self.of else legend])


@dataclass(frozen=True)
class Verdict:
    """What a check found. Plain: `to_json` gives what the studio reads, `from_json` reads it again."""

    exercise: str
    kind: VerdictKind
    says: str = ""
    """What is wrong, in a sentence or two. Where a known mistake was recognised, that one's."""
    passed: list[str] = field(default_factory=list)
    """Titles of the checks that passed, in order."""
    failed: str = ""
    """Title of the check that did not."""
    waiting: int = 0
    """How many checks were not run yet, because an earlier one failed."""
    case: str = ""
    """The call, as code."""
    got: str = ""
    expected: str = ""
    picture: HeatMap | None = None
    line: SourceLine | None = None
    mutant: str = ""
    """Name of the known mistake that computes the same, if there is one."""
    otherwise: str = ""
    """Where a mutant was recognised: what the check itself says."""
    printed: str = ""
    """What the learner's code printed, its beginning."""
    remarks: list[str] = field(default_factory=list)
    """What is worth knowing but not wrong."""
    seconds: float = 0.0
    """From the start of the learner's file to the verdict."""

    @property
    def ok(self) -> bool:
        return self.kind == "passed"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Verdict":
        line, picture = data.get("line"), data.get("picture")
        typed = {
            "line": SourceLine(**line) if line else None,
            "picture": HeatMap(**picture) if picture else None,
        }
        return cls(**data | typed)

    def text(self, width: int = 88) -> str:
        """For a terminal, without colour: at most so wide but for code, which is never wrapped."""
        lines = [f"  ✓ {title}" for title in self.passed]
        if self.failed:
            lines.append(f"  ✗ {self.failed}")
        if self.waiting:
            others = " more" if lines else ""
            lines.append(
                f"  · {self.waiting}{others} {'check waits' if self.waiting == 1 else 'checks wait'}"
            )
        if self.ok:
            lines.append(f"Passed, in {format_duration(self.seconds)}.")
        elif self.says:
            for says in filter(None, (self.says, self.otherwise)):
                lines += ["", *textwrap.wrap(says, width, break_long_words=False)]
        if self.line:
            lines += ["", f"{self.line.number:5} | {self.line.text}"]
            if self.line.column:
                lines.append(" " * (7 + self.line.column) + "^")
        rows = [("case", self.case), ("got", self.got), ("expected", self.expected)]
        rows = [(name, value) for name, value in rows if value]
        if rows:
            lines.append("")
        for name, value in rows:
            first, *more = value.split("\n")
            lines += [f"  {name:9} {first}", *(f"  {'':9} {line}" for line in more)]
        if self.picture:
            lines += ["", *textwrap.indent(self.picture.text(), "  ").split("\n")]
        if self.printed:
            printed = self.printed.rstrip("\n").split("\n")
            lines += ["", "It printed:", *(f"  {text}" for text in printed[:PRINTED_LINES])]
            if len(printed) > PRINTED_LINES:
                lines.append("  ...")
        return "\n".join([*lines, *(f"Note: {remark}" for remark in self.remarks)])
