"""The result of a memory probe: where each model breaks, as tables, as a sentence and as plain data."""

import math
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from groundup.common.brand import rung_of
from groundup.common.formatting import format_count, format_duration
from groundup.training.view import name_tag

MIN_ACCURACY = 0.9  # a model that gets fewer right has broken


@dataclass
class MemoryProbe:
    """The result of `probe_memory`."""

    task: str
    example: str
    """A question with its answer."""
    counted: str
    """What the lengths count."""
    lengths: list[int]
    practised_to: int
    """The longest questions of the practice."""
    budget: str
    """The practice of each model."""
    seed: int
    models: list[dict[str, Any]] = field(default_factory=list)
    """A row for each: model (with its cell, if named), name, parameters, steps, seconds, reached (the longest
    it practised on), accuracies (a dict for each length, as `accuracy_at` gives them), holds (the longest
    length below the break, None if there is none), and breaks (the first length with less than 90%, None if
    there is none)."""
    stopped: bool = False
    """Whether it was interrupted before all models were measured."""

    def table(self, width: int = 100) -> Table:
        """Where each model breaks, as a rich table; without the least important columns where it is narrow."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("model", no_wrap=True)
        heads = ["breaks at", "right there (95%)", "practised to", "steps", "parameters", "trained"]
        heads = heads if width >= 96 else heads[:3]
        for head in heads:
            table.add_column(head, justify="right", no_wrap=True)
        for row in self.models:
            there = next((at for at in row["accuracies"] if at["length"] == row["breaks"]), None)
            where, sure = f"not within {self.lengths[-1]}", ""
            if there is not None:
                where = str(row["breaks"])
                sure = f"{there['right']}/{there['of']} ({there['low']:.0%}-{there['high']:.0%})"
            facts = [f"{row['steps']:,}", format_count(row["parameters"]), format_duration(row["seconds"])]
            cells: list[str | Text] = [Text(where, style="bold"), sure, str(row["reached"]), *facts]
            table.add_row(row_tag(row), *cells[: len(heads)])
        return table

    def accuracies(self) -> Table:
        """The percentage of right answers of each model at each length, as a rich table."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        table.add_column("% right at", no_wrap=True)
        for length in self.lengths:
            table.add_column(str(length), justify="right", no_wrap=True)
        for row in self.models:
            cells = [
                # Rounded down, so that 90 is never less.
                Text(
                    str(100 * at["right"] // at["of"]), style="" if at["accuracy"] >= MIN_ACCURACY else "dim"
                )
                for at in row["accuracies"]
            ]
            table.add_row(row_tag(row), *cells)
        return table

    def sentence(self) -> str:
        """The finding in plain words."""
        forgets = self.task == "recall"
        alike: dict[str, list[str]] = {}
        for row in self.models:
            if row["breaks"] is None:
                ending = (
                    f"nothing up to {self.lengths[-1]}" if forgets else f"nowhere up to {self.lengths[-1]}"
                )
            elif row["holds"] is None:
                ending = f"already at {row['breaks']}"
            else:
                ending = f"after {row['holds']}"
            alike.setdefault(ending, []).append(f"the {row_title(row)}")
        verb = "forget" if forgets else "fail"
        findings = [
            f"{_listed(names)} {verb}{'s' if len(names) == 1 else ''} {ending}"
            for ending, names in alike.items()
        ]
        return f"In {self.counted}: {'; '.join(findings)}." if findings else "Nothing was measured."

    def notes(self) -> list[str]:
        """What must be known to read the numbers rightly."""
        beyond = [
            f"the {row_title(row)}"
            for row in self.models
            if row["name"] in ("transformer", "gpt")
            and row["breaks"] is not None
            and row["breaks"] > row["reached"] == self.practised_to
        ]
        if not beyond:
            return []
        return [
            f"T{_listed(beyond)[1:]} held wherever practised. Beyond, there are positions in the text "
            "that were never seen in practice."
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data: all of the above."""
        return {
            **vars(self),
            "sentence": self.sentence(),
            "notes": self.notes(),
        }


def _listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def row_title(row: dict[str, Any]) -> str:
    """A row's name for people: of `word-gru:lstm` word GRU (lstm)."""
    _, _, cell = row["model"].partition(":")
    return rung_of(row["name"]).title + (f" ({cell})" if cell else "")


def row_tag(row: dict[str, Any]) -> Text:
    """The model's number on its colour, and its name with its cell."""
    _, _, cell = row["model"].partition(":")
    return name_tag(row["name"]).append(f" ({cell})" if cell else "", style="bold")


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927, "Probable inference"), which never leaves 0 to 1.

    >>> [round(end, 3) for end in wilson(45, 50)]
    [0.786, 0.957]
    """
    z = 1.96
    share, extra = right / of, z * z / of
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / of + extra / of / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
