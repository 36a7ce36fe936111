"""An event of the course: what may happen, and the form in which it is stored and exchanged."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

EventKind = Literal[
    "opened",  # an item came on the screen; about: lesson, data: block (the index of the item)
    "done",  # a lesson was read to its end; about: lesson
    "predicted",  # about: lesson/id of the item; data: given, right, sure (percent; if it was said)
    "answered",  # a quiz question; about: lesson/id; data: option (index), right
    "explained",  # own words; about: lesson/id; data: text, marks (rubric lines met), of
    "goal",  # a widget's goal was reached; about: lesson/id
    "attempt",  # a check; about: exercise; data: passed, kind, says, mutant, source (sha256), exercise (sha256)
    "hint",  # about: exercise; data: number (1, 2, ...)
    "solution",  # the solution was looked at; about: exercise; data: passed (before)
    "reset",  # about: exercise; data: kept (path of what was there)
    "reviewed",  # about: card; data: right, rating
    "placed",  # about: lesson to start at; data: answers
    "focus",  # data: what (begin, pause, go on, rest, end, said), minutes; about: lesson or exercise
    "journal",  # data: text; about: the day, 2026-11-22
    "note",  # beside an item; about: lesson, data: block (the index of the item), text
    "setting",  # about: its name; data: value
]
KINDS = frozenset(get_args(EventKind))

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_1653, _YEAR_9999 = -10_000_000_000_000_000, 253_370_764_800_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class CourseEvent:
    """Something that happened. It never changes."""

    id: str
    at: datetime
    """In UTC."""
    kind: EventKind
    about: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    """Counts the events of this file, in the order in which it got them: for `events(after=...)`."""


class Row(NamedTuple):
    """An event as it is stored. Times are microseconds since 1970, UTC."""

    id: str
    place: int
    clock: int
    kind: str
    about: str
    data: str
    """JSON."""


def fault(row: Row) -> str:
    """What is wrong with a row that comes from elsewhere; empty if it is an event."""
    wrong = ""
    if not (_is_text(row.id) and 0 < len(row.id) <= 64 and row.id.isascii() and row.id.isalnum()):
        wrong = "'id' is no letters and digits"
    elif not (_is_text(row.kind) and row.kind in KINDS):
        wrong = f"there is no kind of event {str(row.kind)[:40]!r}"
    elif not _is_text(row.about):
        wrong = "'about' is no text"
    elif not all(isinstance(at, int) and _YEAR_1653 < at < _YEAR_9999 for at in (row.place, row.clock)):
        wrong = "'at' is no time"
    elif not _is_object(row.data):
        wrong = "'data' is no JSON object"
    return wrong


def _is_text(value: object) -> bool:
    """Whether it can be stored as text: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_object(text: object) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    try:
        return isinstance(text, str) and isinstance(json.loads(text, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


def microseconds(at: datetime) -> int:
    """Since 1970. Raises TypeError for a time without a time zone."""
    return (at - _1970) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    return _1970 + timedelta(microseconds=microseconds)
