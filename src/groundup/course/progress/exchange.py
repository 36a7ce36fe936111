"""Progress as a file to carry: export, and import into what is there, without a loss or a double.

    export(store, Path("progress.jsonl"))
    import_(other_store, Path("progress.jsonl")).new      # how many events the other did not have

The file is JSON lines: a head, then an event a line. Two machines that have imported each other's file have the same
events in the same order, whichever came first, and importing again changes nothing: an event is known by its id. The
`progress.db` of another machine can be imported too; it is only read.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError
from groundup.course.progress.event import Row, fault, microseconds, moment
from groundup.course.progress.store import Store

VERSION = 1
_HINT = "It should be what `groundup progress --export FILE` wrote, or the progress.db of another machine."


@dataclass(frozen=True)
class ImportResult:
    """What an import did."""

    new: int
    known: int
    """Events that were here already."""
    notice: str = ""
    """What the person should be told about the file."""


def export_progress(store: Store, file: Path) -> int:
    """Write every event to a file, whole or not at all. Returns how many.

    Raises GroundupError where it cannot be written, or where something else lies that is no export.
    """
    if file.exists() and (not file.is_file() or not _is_export(file.read_bytes()[:100])):
        raise GroundupError(f"{file} exists, and is no export of progress.", "Choose another name.")
    rows = store.rows()
    head = {"groundup": "progress", "version": VERSION, "events": len(rows)}
    write_text(file, "".join(f"{json.dumps(line)}\n" for line in (head, *map(_to_json, rows))))
    return len(rows)


def import_progress(store: Store, file: Path) -> ImportResult:
    """Add the events of a file that are not there yet: all of them, or none where something in it is wrong.

    Raises GroundupError that names the line, and what is wrong with it.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror or error}.", _HINT) from None
    if raw.startswith(b"SQLite format 3\0") or file.suffix == ".db":
        rows, notice = _of_database(file)
    else:
        rows, notice = _of_lines(raw, file), ""
    new = store.merge(rows)
    return ImportResult(new, len({row.id for row in rows}) - new, notice)


def _to_json(row: Row) -> dict[str, Any]:
    line = {"id": row.id, "at": moment(row.clock).isoformat(), "kind": row.kind, "about": row.about}
    later = {"place": row.place} if row.place != row.clock else {}  # only where a clock had been set back
    return {**line, **later, "data": json.loads(row.data)}


def _is_export(start: bytes) -> bool:
    return start.removeprefix(b"\xef\xbb\xbf").replace(b" ", b"").startswith(b'{"groundup":"progress"')


def _of_lines(raw: bytes, file: Path) -> list[Row]:
    """Every line of an export, checked."""
    try:
        lines = raw.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise _wrong(file, raw[: error.start].count(b"\n") + 1, "this is not UTF-8 text") from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered or not _is_export(raw):
        raise GroundupError(f"{file} is no export of progress.", _HINT)
    head = _object(numbered[0][1], file, numbered[0][0])
    if not isinstance(head.get("version"), int) or head["version"] > VERSION:
        raise GroundupError(
            f"{file} was written by a newer groundup.", "Update this one, then import it again."
        )
    rows = [_row(_object(line, file, number), file, number) for number, line in numbered[1:]]
    if head.get("events") != len(rows):
        what = f"the head announces {head.get('events')} events, and {len(rows)} are there"
        raise _wrong(file, numbered[-1][0], what)
    return rows


def _object(line: str, file: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _wrong(file, number, f"this is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise _wrong(file, number, "this is no JSON object")
    return value


def _row(line: dict[str, Any], file: Path, number: int) -> Row:
    if missing := [name for name in ("id", "at", "kind", "about", "data") if name not in line]:
        raise _wrong(file, number, f"'{missing[0]}' is missing")
    try:
        clock = microseconds(datetime.fromisoformat(line["at"]))
    except (TypeError, ValueError):
        raise _wrong(file, number, "'at' is no time with a time zone") from None
    data = json.dumps(line["data"])
    row = Row(line["id"], line.get("place", clock), clock, line["kind"], line["about"], data)
    if what := fault(row):
        raise _wrong(file, number, what)
    return row


def _of_database(file: Path) -> tuple[list[Row], str]:
    """The events of another progress.db. A copy is opened: the file itself stays as it is, damaged or not."""
    with TemporaryDirectory(prefix="groundup-") as folder:
        copy = Path(folder, file.name)
        for ending in ("-wal", ""):
            part = file.with_name(file.name + ending)
            if part.exists():
                copyfile(part, copy.with_name(copy.name + ending))
        with Store(copy) as other:
            rows, damaged = other.rows(), bool(other.notice)
    if damaged and not rows:
        raise GroundupError(f"{file} holds no progress that can be read.", _HINT)
    many = f"{len(rows):,} event{'s' * (len(rows) != 1)}"
    return rows, f"{file} is damaged; {many} could be read." if damaged else ""


def _wrong(file: Path, number: int, what: str) -> GroundupError:
    return GroundupError(f"{file}, line {number}: {what}.", "Nothing was imported. Export it once more.")
