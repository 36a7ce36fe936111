"""Progress: one SQLite file of events that are only ever added, shared by the command and the studio at once.

    with Store(progress_file()) as store:
        store.add("attempt", "0.1/numerical-derivative", passed=False, mutant="one-sided")
        store.events("attempt")

An event is kept by an id of its own, so that two machines' files merge without a loss or a double. What an event is
about is named by a stable id; everything else (what is passed, what comes next, what is due) is derived from events.

**Time.** A clock may be set back, or may have been ahead for an hour or ten years. So two times are stored with each
event: what the clock said, and its *place*, which is the same, or just after the newest place if the clock says less.
Events are ordered by place, on one machine the order of writing, and after a merge the same order on both. When they
are read, `at` is the place, unless that lies in the future: then some clock had been ahead, and `at` is what this
event's own clock said; if that too lies in the future, the time of the event after it. So `at` never runs backwards,
never lies ahead, and one wrong clock makes nothing due next year.
"""

import json
import math
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from groundup.course.progress.event import KINDS, CourseEvent, EventKind, Row, microseconds, moment
from groundup.course.progress.store_file import COLUMNS, INSERT, explained, open_file, patiently

__all__ = ["CourseEvent", "EventKind", "Row", "Store"]

T = TypeVar("T")


class Store:
    """The file. Threads may share an object; any number of objects and processes may have the file open."""

    def __init__(
        self,
        file: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = 30.0,
    ) -> None:
        """Open the file, or make it; a damaged one is kept aside and rebuilt, and `notice` says so.

        `patience`: how many seconds to wait for others who write. Raises GroundupError where it cannot be opened.
        """
        self.file, self.now, self.patience = file, now, patience
        self._lock = threading.RLock()
        self.notice: str
        """What the person should be told, in a sentence or two, or empty; commands print it on standard error."""
        with explained(file, patience):
            self._database, self.notice = open_file(file, patience, self.now().astimezone().date())

    def add(self, kind: EventKind, about: str = "", /, **data: Any) -> CourseEvent:
        """Write an event; it is on the disk when this returns. Raises GroundupError where it cannot be written."""
        if kind not in KINDS:
            raise ValueError(f"no kind of event: {kind}")
        clock = microseconds(self.now())
        # Numbers that are none are no JSON; nor is half a character, such as a terminal can hand over.
        text = json.dumps(finite(data))
        identity = uuid.uuid4().hex
        place = "max(?, (SELECT coalesce(max(place) + 1, 0) FROM event))"
        statement = f"INSERT INTO event ({COLUMNS}) VALUES (?, {place}, ?, ?, ?, ?)"
        values = (identity, clock, clock, kind, about, text)
        number = self._do(lambda: self._database.execute(statement, values).lastrowid)
        return CourseEvent(identity, moment(clock), kind, about, json.loads(text), number or 0)

    def merge(self, rows: Iterable[Row]) -> int:
        """Take in events of another file: all, or none where that fails. Returns how many were new here."""
        every = list(rows)

        def write() -> int:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:  # commits, or rolls back where something fails
                before = self._database.total_changes
                self._database.executemany(INSERT, every)
                return self._database.total_changes - before

        return self._do(write)

    def events(
        self, kind: EventKind | None = None, about: str | None = None, *, after: int = 0
    ) -> list[CourseEvent]:
        """In the order in which they happened; `after`: those that came into this file since that number."""
        rows = self._select("number, " + COLUMNS, kind, about, after)
        now = following = microseconds(self.now())
        times = []
        for _, _, place, clock, *_ in reversed(rows):
            following = place if place <= now else min(clock, following)
            times.append(following)
        times = list(accumulate(reversed(times), max))
        every = json.loads(f"[{','.join([row[-1] for row in rows])}]")  # much faster than a call for each row
        return [
            CourseEvent(row[1], moment(at), row[4], row[5], data, row[0])
            for row, at, data in zip(rows, times, every, strict=True)
        ]

    def rows(self) -> list[Row]:
        """All of it as it is stored, in order."""
        return [Row(*row) for row in self._select(COLUMNS)]

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _select(
        self, columns: str, kind: str | None = None, about: str | None = None, after: int = 0
    ) -> list[Any]:
        wanted = "number > ?"
        values: list[Any] = [after]
        for column, value in (("kind", kind), ("about", about)):
            if value is not None:
                wanted += f" AND {column} = ?"
                values.append(value)
        query = f"SELECT {columns} FROM event WHERE {wanted} ORDER BY place, id"
        return self._do(lambda: self._database.execute(query, values).fetchall())

    def _do(self, work: Callable[[], T]) -> T:
        with explained(self.file, self.patience), self._lock:
            return patiently(work, self.patience)


def finite(data: Any) -> Any:
    """Not-a-number and infinity, which JSON does not have, become null."""
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
