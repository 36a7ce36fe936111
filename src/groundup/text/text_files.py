"""A person's text files as one text with a fixed split, read in little memory whatever their size.

Read here: UTF-8, with or without a byte-order mark, any number of files. Two things are changed, and said in
`notes`: the mark is dropped, and Windows line ends become "\\n". Where a text was saved does not matter then.
The last tenth validates, at most 256 kB of it: more would only make each evaluation slower.
"""

import codecs
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError

SUFFIXES = (".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".org", ".adoc")  # read from a folder
BLOCK = 2**20
VALIDATION_BYTES = 256_000
LEAST_BYTES = 100

# Tiny Shakespeare keeps the split of every published result (90% of the characters train) wherever the file
# lies: SHA-256 of the text -> bytes that validate.
PUBLISHED = {"86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed": 111_540}

_CONTROL = re.compile(
    r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]"
)  # but tab, line ends, form feed, bell, backspace, escape
_MARKS = {  # UTF-32 first: its mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class PlainText:
    """Files as one text: the first `cut` characters train, the rest validates."""

    files: tuple[Path, ...]
    cut: int
    train_bytes: int
    validation_bytes: int
    fingerprint: str
    notes: tuple[str, ...]  # what was changed on the way, in words

    def stream(self, split: str) -> Iterator[str]:
        start = 0
        for text in _joined(self.files, set()):
            before = max(0, self.cut - start)  # how much of this block trains
            part = text[:before] if split == "train" else text[before:]
            if part:
                yield part
            start += len(text)
            if split == "train" and start >= self.cut:
                return


def open_files(paths: list[Path]) -> PlainText:
    """Read files, and the text files of folders, once from end to end: is it text, and where is it split?

    Raises GroundupError for what cannot be read, is not UTF-8 text, or is too short to learn from.
    """
    files = tuple(file for path in paths for file in _expand(path))
    notes: set[str] = set()
    digest = hashlib.sha256()
    size = characters = 0
    tail = b""  # the cut lies in here, so that one reading is enough
    kinds: set[str] = set()  # of characters, as long as all are the same or white space
    for text in _joined(files, notes):
        if len(kinds) < 2 or not any(kind.strip() for kind in kinds):
            kinds.update(text)
        data = text.encode()
        digest.update(data)
        size += len(data)
        characters += len(text)
        tail = (tail + data)[-(VALIDATION_BYTES + 1) :]
    output = ", ".join(str(path) for path in paths)
    if size == 0:
        raise GroundupError(f"{output} is empty.", "Name a file with text in it.")
    if size < LEAST_BYTES:
        raise GroundupError(
            f"{output} holds only {size} {'byte' if size == 1 else 'bytes'} of text.",
            f"A model needs at least {LEAST_BYTES}, and learns something worth reading from about 100 kB.",
        )
    blank = not any(kind.strip() for kind in kinds)
    if blank or len(kinds) == 1:
        subject = "white space" if blank else f"the character {kinds.pop()!r}, over and over"
        raise GroundupError(
            f"{output} holds only {subject}.", "There is nothing to learn in it: name a file with text."
        )
    published = PUBLISHED.get(digest.hexdigest())
    held = tail[-published if published else _cut(tail, size) :]
    train = size - len(held)
    cut = characters - len(held.decode())
    return PlainText(files, cut, train, len(held), fingerprint(digest, train), tuple(sorted(notes)))


def fingerprint(digest: Any, train_bytes: int) -> str:
    """SHA-256 over the text and where it is split. `digest` has taken the text: training, then validation."""
    digest = digest.copy()
    digest.update(b"\0%d" % train_bytes)
    return digest.hexdigest()


def read_text(path: Path, notes: set[str]) -> Iterator[str]:
    """A file, block by block, as text with plain line ends. Raises GroundupError at the first thing wrong."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0  # of the block in the file
    held_back = ""  # a carriage return at the end of a block: a line feed may follow
    try:
        with path.open("rb") as file:
            while True:
                block = file.read(BLOCK)
                data = block
                if position == 0:
                    _refuse_marked(path, data)
                    if data.startswith(codecs.BOM_UTF8):
                        notes.add("the byte-order mark at the start was dropped")
                        data = data[3:]
                if b"\0" in data:
                    raise _binary(path, f"it has a zero byte at byte {position + block.index(0):,}")
                waiting = len(decoder.getstate()[0])  # bytes of a character that began in the block before
                try:
                    text = decoder.decode(data, final=not block)
                except UnicodeDecodeError as error:
                    at = position + len(block) - len(data) - waiting + error.start
                    raise _not_utf8(path, at, error.object) from None
                if position == 0 and len(_CONTROL.findall(text)) > len(text) / 20:
                    raise _binary(path, "it is full of control characters")
                text = held_back + text
                held_back = "\r" if block and text.endswith("\r") else ""
                text = text.removesuffix("\r") if held_back else text
                if "\r\n" in text:
                    notes.add("Windows line ends were read as plain ones")
                    text = text.replace("\r\n", "\n")
                if text:
                    yield text
                if not block:
                    return
                position += len(block)
    except OSError as error:
        raise GroundupError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Check that it is there and that you may read it.",
        ) from error


def _joined(files: tuple[Path, ...], notes: set[str]) -> Iterator[str]:
    """Several files as one text: an empty line stands between one and the next."""
    end = ""
    for path in files:
        fresh = True
        for text in read_text(path, notes):
            if fresh and end:
                yield "\n" if end == "\n" else "\n\n"
            fresh = False
            end = text[-1]
            yield text


def _expand(path: Path) -> list[Path]:
    """The file itself, or the text files in and below a folder, in an order that every system shares."""
    if path.is_dir():
        result = []
        for parent, folders, names in os.walk(path, onerror=_unreadable_folder):
            folders[:] = [folder for folder in folders if not folder.startswith(".")]
            result += [Path(parent) / name for name in names if name.lower().endswith(SUFFIXES)]
        result = [file for file in result if not file.name.startswith(".") and file.is_file()]
        if not result:
            raise GroundupError(
                f"There is no text file in the folder {path}.",
                f"It and the folders below it were searched for {', '.join(SUFFIXES)}. "
                "Files of other kinds can be named one by one.",
            )
        return sorted(result, key=lambda file: file.relative_to(path).as_posix())
    if path.exists() and not path.is_file():
        raise GroundupError(f"{path} is not a plain file.", "Pipe it in: `... | groundup train --corpus -`.")
    return [path]


def _unreadable_folder(error: OSError) -> None:
    raise GroundupError(
        f"The folder {error.filename} cannot be read: {error.strerror}.", "Check its permissions."
    )


def _cut(tail: bytes, size: int) -> int:
    """Where in `tail`, the end of a text of `size` bytes, validation begins: at white space after a word.

    In text without any (one endless word, Chinese) it begins at a character.
    """
    held = min(size // 10, VALIDATION_BYTES)
    start = len(tail) - held
    if space := re.compile(rb"(?<=\S)\s").search(tail, start, len(tail) - held // 2):
        return space.start()
    while tail[start] & 0b1100_0000 == 0b1000_0000:  # inside a UTF-8 character
        start += 1
    return start


def _refuse_marked(path: Path, data: bytes) -> None:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            raise GroundupError(f"{path} is {encoding.upper()} text, not UTF-8.", _convert(path, encoding))


def _not_utf8(path: Path, at: int, data: bytes) -> GroundupError:
    control = sum(byte < 9 or 13 < byte < 32 for byte in data)
    if control > len(data) / 20:
        return _binary(path, "it is full of control characters")
    # Windows-1252 puts quotation marks and dashes where Latin-1 has control characters that texts do not use.
    encoding = "cp1252" if any(0x80 <= byte < 0xA0 for byte in data) else "latin-1"
    return GroundupError(
        f"{path} is not UTF-8 text: byte {at:,} does not fit (perhaps it is {encoding}).",
        _convert(path, encoding),
    )


def _convert(path: Path, encoding: str) -> str:
    new = path.with_name(f"{path.stem}-utf8{path.suffix}")
    return (
        "Convert it, then name the new file: "
        f'python -c "from pathlib import Path as P; t = P({str(path)!r}).read_text({encoding!r}); '
        f"P({str(new)!r}).write_text(t, 'utf-8')\""
    )


def _binary(path: Path, why: str) -> GroundupError:
    return GroundupError(
        f"{path} is not a text file: {why}.",
        "Name a plain text file. From a word processor or a PDF, save or export as plain text (UTF-8) first.",
    )
