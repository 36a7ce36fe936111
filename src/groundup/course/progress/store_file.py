"""The file under the store: how it is made, opened, found damaged and rebuilt, and what is said where that fails."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from groundup.common.atomic import write_bytes
from groundup.common.errors import GroundupError
from groundup.course.progress.event import Row, fault
from groundup.course.progress.recovery import PAGE, salvage

VERSION = 1
_LAYOUT = """
    CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        place INTEGER NOT NULL,
        clock INTEGER NOT NULL,
        kind TEXT NOT NULL,
        about TEXT NOT NULL,
        data TEXT NOT NULL CHECK (json_valid(data))
    );
    CREATE INDEX event_place ON event (place, id);
    CREATE TRIGGER no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
    CREATE TRIGGER no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""
COLUMNS = "id, place, clock, kind, about, data"
INSERT = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_NO_RIGHT = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")

T = TypeVar("T")


def open_file(file: Path, patience: float, today: date) -> tuple[sqlite3.Connection, str]:
    """The file, open for any thread, and what the person should be told. Made where there is none; rebuilt if damaged.

    Raises what `explained` turns into a GroundupError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    notice = ""
    # One opens it at a time: making, mending and switching to WAL are no matter for two at once.
    with FileLock(file.with_name(f"{file.name}.lock"), timeout=patience):
        if not file.exists() and not _beside(file, "-wal").exists():
            _make(file, [])
        elif _is_damaged(file, patience):
            notice = _rebuild(file, today)
        database = _connect(file, patience)
        patiently(lambda: database.execute("PRAGMA journal_mode = WAL"), patience)
        database.execute("PRAGMA synchronous = FULL")  # on the disk, and not only on its way there
    return database, notice


def _connect(file: Path, patience: float) -> sqlite3.Connection:
    # SQLite waits a little for other writers by itself; `patiently` waits on.
    wait = min(patience, 5.0)
    database = sqlite3.connect(file, timeout=wait, isolation_level=None, check_same_thread=False)
    database.text_factory = partial(
        str, encoding="utf-8", errors="replace"
    )  # a flipped bit does not stop the reading
    return database


def _is_damaged(file: Path, patience: float) -> bool:
    """Look at every page. Raises GroundupError for a file of a newer version, which is left as it is."""
    if not file.exists() or file.stat().st_size < PAGE:
        return True  # and SQLite must not see it: of an empty file it throws the log away
    with closing(_connect(file, patience)) as database:
        try:
            version = patiently(lambda: database.execute("PRAGMA user_version").fetchone()[0], patience)
            if version > VERSION:
                raise GroundupError(
                    f"The progress file {file.name} was written by a newer groundup.",
                    "Update this one; until then the file is left untouched.",
                )
            found = patiently(lambda: database.execute("PRAGMA quick_check(1)").fetchone()[0], patience)
        except sqlite3.DatabaseError as error:
            if _name(error).startswith(_DAMAGED):
                return True
            raise
    return version != VERSION or found != "ok"


def _rebuild(file: Path, today: date) -> str:
    """Keep the damaged file aside, and make a new one of all events that can still be read. Says so."""
    found = (_row(values) for values in salvage(file))
    rows = {row.id: row for row in found if row is not None}
    kept = _kept_aside(file, today)
    _make(file, sorted(rows.values(), key=lambda row: (row.place, row.id)))
    many = f"{len(rows):,} event{'s' * (len(rows) != 1)}"
    return (
        f"The progress file was damaged. {many} could be read and went into a new one; "
        f"the damaged one is kept as {kept}."
    )


def _kept_aside(file: Path, today: date) -> Path:
    """A copy of the file and its log, so that nothing is lost whatever happens next."""
    names = (f"{file.stem}-damaged-{today}{f'-{number}' * (number > 1)}.db" for number in count(1))
    kept = next(path for path in (file.with_name(name) for name in names) if not path.exists())
    for ending in ("-wal", ""):
        if _beside(file, ending).exists():
            write_bytes(_beside(kept, ending), _beside(file, ending).read_bytes())
    return kept


def _make(file: Path, rows: Iterable[Row]) -> None:
    """The file, written again, whole or not at all."""
    with TemporaryDirectory(prefix="groundup-") as folder:
        aside = Path(folder, "new.db")
        with closing(sqlite3.connect(aside)) as database:
            database.execute(f"PRAGMA page_size = {PAGE}")
            database.executescript(_LAYOUT)
            database.executemany(INSERT, rows)
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.commit()
        whole = aside.read_bytes()
    for ending in ("-wal", "-shm"):  # those of the file before: SQLite would play them into the new one
        _beside(file, ending).unlink(missing_ok=True)
    write_bytes(file, whole)


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _row(values: tuple[Any, ...]) -> Row | None:
    """A row that was salvaged, if it is one of ours."""
    if len(values) != 1 + len(Row._fields) or not isinstance(values[0], int):
        return None
    row = Row(*values[1:])
    return None if fault(row) else row


def _name(error: Exception) -> str:
    """SQLITE_BUSY and the like; empty for what Python's own module found."""
    return getattr(error, "sqlite_errorname", "")


# ---- waiting, and saying what is wrong ----------------------------------------------------------------------


def patiently(work: Callable[[], T], patience: float) -> T:
    """Do it as soon as no other process holds the file; SQLite itself does not wait in every case."""
    until = time.monotonic() + patience
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if not _name(error).startswith(_BUSY) or time.monotonic() >= until:
                raise
        time.sleep(0.01)


@contextmanager
def explained(file: Path, patience: float) -> Iterator[None]:
    """Turn what the disk or another program does into a GroundupError: what is wrong, and what to do."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        name = "SQLITE_BUSY" if isinstance(error, Timeout) else _name(error)
        if name.startswith(_BUSY):
            what = f"another program has held it for {patience:g} seconds"
            hint = "Close what may use it (another groundup, a backup, a database browser), then do it again."
        elif name.startswith("SQLITE_FULL"):
            what, hint = "the disk is full", "Free some space, then do it again."
        elif name.startswith(_DAMAGED):
            what, hint = "it is damaged", "Do it again: on opening, it is rebuilt as far as it can be read."
        elif isinstance(error, OSError) or name.startswith(_NO_RIGHT):
            what = str(getattr(error, "strerror", None) or error)
            hint = "Choose a folder that you can write to with GROUNDUP_HOME, or get the right to write this one."
        elif name.startswith("SQLITE_IOERR"):
            what, hint = f"the disk fails ({error})", "Is it full, or was it taken out? Then do it again."
        else:
            raise  # a bug of ours
        raise GroundupError(
            f"The progress file {file} cannot be used: {what}.", f"{hint} What was stored before is safe."
        ) from error
