"""The file under the store: how it is made, opened, checked, backed up and restored, and how failures are reported.

A file that passes SQLite's check on opening is copied to `progress-backup.db`, at most once an hour. A damaged one is
kept aside and built again from the backup and from all that SQLite can still read in the file and in its log.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from filelock import FileLock, Timeout

from groundup.common.atomic import write_bytes
from groundup.common.errors import GroundupError
from groundup.course.progress.event import Row, fault

VERSION = 1
PAGE_BYTES = 4096
BACKUP_INTERVAL_S = 3600.0
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
    """The file, open for any thread, and what the person should be told. Created if absent; rebuilt if damaged.

    Raises what `explained` turns into a GroundupError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    notice = ""
    # The lock: creating, repairing and switching to WAL must not run in two processes at once.
    with FileLock(file.with_name(f"{file.name}.lock"), timeout=patience):
        if not file.exists() and not _beside(file, "-wal").exists():
            _make(file, [])
        elif _is_damaged(file, patience):
            notice = _restore(file, today)
        database = _connect(file, patience)
        patiently(lambda: database.execute("PRAGMA journal_mode = WAL"), patience)
        database.execute("PRAGMA synchronous = FULL")  # on the disk, and not only on its way there
        _back_up(database, file)
    return database, notice


def _connect(file: Path, patience: float) -> sqlite3.Connection:
    # SQLite waits up to 5 s for other writers; `patiently` continues to wait.
    wait = min(patience, 5.0)
    database = sqlite3.connect(file, timeout=wait, isolation_level=None, check_same_thread=False)
    database.text_factory = partial(
        str, encoding="utf-8", errors="replace"
    )  # a flipped bit does not stop the reading
    return database


def _is_damaged(file: Path, patience: float) -> bool:
    """Look at every page. Raises GroundupError for a file of a newer version, which is left as it is."""
    if not file.exists() or file.stat().st_size < PAGE_BYTES:
        return True  # and SQLite must not see it: of an empty file it throws the log away
    with closing(_connect(file, patience)) as database:
        try:
            version = patiently(lambda: database.execute("PRAGMA user_version").fetchone()[0], patience)
            if version > VERSION:
                raise GroundupError(
                    f"The progress file {file.name} was written by a newer groundup.",
                    "Update this one; until then the file is left untouched.",
                )
            verdict = patiently(lambda: database.execute("PRAGMA quick_check(1)").fetchone()[0], patience)
        except sqlite3.DatabaseError as error:
            if _name(error).startswith(_DAMAGED):
                return True
            raise
    return version != VERSION or verdict != "ok"


def _restore(file: Path, today: date) -> str:
    """Keep the damaged file aside and build a new one. Returns the sentence that tells the person.

    Events are only ever added, so every copy of one tells the truth. The new file takes the events of the backup, and
    all that SQLite can still read in the damaged file and in its log.
    """
    damaged_copy = _kept_aside(file, today)
    damaged, log, backup = map(_bytes_of, (damaged_copy, _beside(damaged_copy, "-wal"), backup_of(file)))
    new = _new_database([])
    head = (
        new[:28] + bytes(4) + new[32:PAGE_BYTES]
    )  # the tables; 0 for the number of pages: as the file has them
    rows: dict[str, Row] = {}
    for base in (damaged, head + damaged[PAGE_BYTES:], backup, new):
        for beside in (log, b"") if log else (b"",):
            rows |= {row.id: row for row in _readable_rows(base, beside)}
    _make(file, sorted(rows.values(), key=lambda row: (row.place, row.id)))
    count = f"{len(rows):,} event{'s' * (len(rows) != 1)}"
    return (
        f"The progress file was damaged. {count} could be read, from it and from its backup, and went into a new one; "
        f"the damaged one is kept as {damaged_copy}."
    )


def _bytes_of(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def _readable_rows(database: bytes, log: bytes) -> Iterator[Row]:
    """The events of a file that may be damaged, from both of its ends up to what SQLite cannot read."""
    with TemporaryDirectory(prefix="groundup-") as folder:
        copy = Path(folder, "copy.db")
        copy.write_bytes(database)
        _beside(copy, "-wal").write_bytes(log)
        with closing(_connect(copy, 0.0)) as opened:
            for order in ("ASC", "DESC"):
                with suppress(sqlite3.DatabaseError):
                    query = f"SELECT {COLUMNS} FROM event NOT INDEXED ORDER BY number {order}"
                    yield from (row for row in map(Row._make, opened.execute(query)) if not fault(row))


def backup_of(file: Path) -> Path:
    """Where the backup of a progress file lies."""
    return file.with_name(f"{file.stem}-backup{file.suffix}")


def _back_up(database: sqlite3.Connection, file: Path) -> None:
    """Copy the file, which was found whole, beside itself; a copy is checked before it replaces the one before."""
    backup = backup_of(file)
    if backup.exists() and 0 <= time.time() - backup.stat().st_mtime < BACKUP_INTERVAL_S:
        return
    if database.execute("SELECT count(*) FROM event").fetchone()[0] == 0:
        return
    with (
        suppress(sqlite3.DatabaseError, OSError),  # without room for a backup, learning goes on
        TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder,
    ):
        copy = Path(folder, "copy.db")
        with closing(sqlite3.connect(copy)) as target:
            database.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
            if target.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return
        os.replace(copy, backup)


def _kept_aside(file: Path, today: date) -> Path:
    """A copy of the file and its log, so that nothing is lost whatever happens next."""
    names = (f"{file.stem}-damaged-{today}{f'-{number}' * (number > 1)}.db" for number in count(1))
    target = next(path for path in (file.with_name(name) for name in names) if not path.exists())
    for ending in ("-wal", ""):
        if _beside(file, ending).exists():
            write_bytes(_beside(target, ending), _beside(file, ending).read_bytes())
    return target


def _make(file: Path, rows: Iterable[Row]) -> None:
    """Write a new file, whole or not at all."""
    whole = _new_database(rows)
    for ending in ("-wal", "-shm"):  # those of the file before: SQLite would play them into the new one
        _beside(file, ending).unlink(missing_ok=True)
    write_bytes(file, whole)


def _new_database(rows: Iterable[Row]) -> bytes:
    """The bytes of a progress file with these events."""
    with TemporaryDirectory(prefix="groundup-") as folder:
        aside = Path(folder, "new.db")
        with closing(sqlite3.connect(aside)) as database:
            database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            database.executescript(_LAYOUT)
            database.executemany(INSERT, rows)
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.commit()
        return aside.read_bytes()


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


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
            what, hint = (
                "it is damaged",
                "Do it again: on opening, it is rebuilt from its backup.",
            )
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
