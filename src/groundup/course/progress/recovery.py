"""Rows out of a damaged SQLite file, read page by page and without SQLite.

    for row in salvage(Path("progress.db")):
        ...     # (number, "id", ...): the columns of one row, in some order of rows

A SQLite file is made of pages of one size. The rows of a table lie in leaf pages, each of which can be read alone,
whatever became of the pages around it; so this reads every page as if it were a leaf, and gives what makes sense. The
write-ahead log beside the file (`-wal`) is a list of newer pages, read the same way.

A row can come several times, from the file and from the log, and one of an earlier time as well as one of today. In
a table whose rows are only ever added that does not matter: every version of a page tells the truth.
Source: "Database File Format", sqlite.org/fileformat2.html, sections 1.3, 1.6, 2.1 and 4.1.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

Value = None | int | float | str | bytes

LEAF = 0x0D
PAGE = 4096
LOG_HEADER, FRAME_HEADER = 32, 24
_SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}  # bytes of a number, by its type


def salvage(file: Path) -> Iterator[tuple[Value, ...]]:
    """Every row on a page that can still be read, of any table. What is no row is passed over.

    The first value of a row is its number; a NULL there stands for it in the file.
    """
    main = file.read_bytes() if file.exists() else b""
    log = file.with_name(f"{file.name}-wal")
    frames = log.read_bytes() if log.exists() else b""
    spare = main[20] if main.startswith(b"SQLite format 3\0") and len(main) > 20 else 0
    pages = list(_pages(main, frames))
    numbered = dict(pages)  # the newest of each number: those of the log come last
    for _, page in pages:
        if len(page) == PAGE and page[0] == LEAF:
            yield from _rows(page, numbered, PAGE - spare)


def _pages(main: bytes, frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Pages with their numbers, counted from 1: of the file, then of the log."""
    for start in range(0, len(main), PAGE):
        yield start // PAGE + 1, main[start : start + PAGE]
    for start in range(LOG_HEADER, len(frames), FRAME_HEADER + PAGE):
        number = int.from_bytes(frames[start : start + 4], "big")
        yield number, frames[start + FRAME_HEADER : start + FRAME_HEADER + PAGE]


def _rows(page: bytes, pages: dict[int, bytes], usable: int) -> Iterator[tuple[Value, ...]]:
    """The rows of one leaf: at its start, the places of its cells."""
    count = min(int.from_bytes(page[3:5], "big"), (PAGE - 8) // 2)
    for (place,) in struct.iter_unpack(">H", page[8 : 8 + 2 * count]):
        try:
            size, at = _varint(page, place)
            number, at = _varint(page, at)
            payload = _payload(page, at, size, pages, usable)
            first, *others = _values(payload)
            yield (number if first is None else first, *others)
        except (IndexError, KeyError, ValueError):  # no cell, or a piece of it is gone
            continue


def _payload(page: bytes, at: int, size: int, pages: dict[int, bytes], usable: int) -> bytes:
    """The bytes of a row. What does not fit the leaf goes on in a chain of pages (section 1.6)."""
    if size <= usable - 35:
        return page[at : at + size]
    least = (usable - 12) * 32 // 255 - 23
    here = least + (size - least) % (usable - 4)
    here = here if here <= usable - 35 else least
    parts = [page[at : at + here]]
    following = int.from_bytes(page[at + here : at + here + 4], "big")
    left, seen = size - here, set[int]()
    while left > 0:
        if following in seen:
            raise ValueError("a chain of pages that bites its tail")
        seen.add(following)
        parts.append(pages[following][4 : min(usable, 4 + left)])
        left -= usable - 4
        following = int.from_bytes(pages[following][:4], "big")
    return b"".join(parts)


def _values(payload: bytes) -> list[Value]:
    """A record: the length of its head, the types of its values, its values (section 2.1)."""
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    values: list[Value] = []
    at = end
    for kind in types:
        size = _SIZES[kind] if kind < 12 else (kind - 12) // 2
        raw = payload[at : at + size]
        if len(raw) < size:
            raise ValueError("the record is cut off")
        at += size
        values.append(_value(kind, raw))
    if not values:
        raise ValueError("the record is empty")
    return values


def _value(kind: int, raw: bytes) -> Value:
    if kind >= 12:
        return raw.decode("utf-8") if kind % 2 else raw
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    return kind - 8 if kind in (8, 9) else int.from_bytes(raw, "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number in one to nine bytes, seven bits in each (section 1.6), and where it ends."""
    value = 0
    for length in range(8):
        byte = data[at + length]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + length + 1
    return value << 8 | data[at + 8], at + 9
