"""Progress: one SQLite file of events that are only ever added, shared by the command and the studio at once.

    with Store(progress_file()) as store:
        store.add("attempt", "0.1/numerical-derivative", passed=False, mutant="one-sided")
        store.events("attempt")

An event is kept by an id of its own, so that two machines' files merge without a loss or a double. What an event is
about is named by a stable id; everything else (what is passed, what comes next, what is due) is derived from events.
"""

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal[
    "opened",  # a block came on the screen; about: lesson, data: block (its index)
    "done",  # a lesson was read to its end; about: lesson
    "predicted",  # about: lesson/id of the block; data: given, right
    "answered",  # a quiz question; about: lesson/id; data: option (index), right
    "explained",  # own words; about: lesson/id; data: text, marks (rubric lines met), of
    "goal",  # a widget's goal was reached; about: lesson/id
    "attempt",  # a check; about: exercise; data: passed, kind, says, mutant, source (sha256), exercise (sha256)
    "hint",  # about: exercise; data: number (1, 2, ...)
    "solution",  # the solution was looked at; about: exercise; data: passed (before)
    "reset",  # about: exercise; data: kept (path of what was there)
    "reviewed",  # about: card; data: right, rating, and what the scheduler keeps
    "placed",  # about: lesson to start at; data: answers
    "focus",  # data: what ("begin", "pause", "end", "break"), minutes; about: lesson or exercise
    "journal",  # data: text; about: the day, 2026-11-22
    "setting",  # about: its name; data: value
]


@dataclass(frozen=True)
class Event:
    """Something that happened. It never changes."""

    id: str
    at: datetime
    """In UTC."""
    kind: Kind
    about: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Store:
    """The file. One object for one thread; any number of processes may have it open."""

    def __init__(self, file: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.file, self.now = file, now
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, timeout=30, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
            " at TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, data TEXT NOT NULL)"
        )

    def add(self, kind: Kind, about: str = "", **data: Any) -> Event:
        """Write an event; it is on the disk when this returns."""
        if kind not in get_args(Kind):
            raise ValueError(f"no kind of event: {kind}")
        event = Event(uuid.uuid4().hex, self.now(), kind, about, data)
        self._database.execute(
            "INSERT INTO event (id, at, kind, about, data) VALUES (?, ?, ?, ?, ?)",
            (event.id, event.at.isoformat(), kind, about, json.dumps(data, ensure_ascii=False)),
        )
        return event

    def events(self, kind: Kind | None = None, about: str | None = None) -> list[Event]:
        """In the order in which they were written."""
        rows = self._database.execute(
            "SELECT id, at, kind, about, data FROM event"
            " WHERE kind = coalesce(?, kind) AND about = coalesce(?, about) ORDER BY number",
            (kind, about),
        )
        return [
            Event(id_, datetime.fromisoformat(at), kind_, about_, json.loads(data))
            for id_, at, kind_, about_, data in rows
        ]

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
