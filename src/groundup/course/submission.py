"""A learner's file, read: any editor may have saved it, on any system."""

import codecs
import io
import tokenize
from difflib import get_close_matches
from pathlib import Path

LARGEST = 2**20  # bytes


class Unreadable(Exception):  # noqa: N818 (it is shown, not raised to a person)
    """There is no text. Says why, in a sentence or two."""

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.says, self.line = says, line


def read_submission(file: Path) -> str:
    """The text of a file with plain line ends. Raises Unreadable."""
    again = "`groundup reset` writes the starter anew."
    try:
        if file.is_dir():
            raise Unreadable(f"{file.name} is a folder, not a file. Move it away, then {again}")
        if file.stat().st_size > LARGEST:
            raise Unreadable(
                f"{file.name} has {file.stat().st_size / 2**20:,.0f} MB; a page of code is expected."
            )
        data = file.read_bytes()
    except FileNotFoundError:
        beside = (
            [path.name for path in file.parent.glob("*") if path.is_file()] if file.parent.is_dir() else []
        )
        near = get_close_matches(file.name, beside, n=1, cutoff=0.6)
        hint = f"It was deleted or moved: {again}"
        if near:
            hint = f"There is {near[0]} beside it: was it renamed? If not, {again}"
        raise Unreadable(f"There is no file {file}. {hint}") from None
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror}. Look at who may read it.") from None
    return decode(data, file.name)


def decode(data: bytes, name: str) -> str:
    """Bytes of a Python file as text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(f"{name} was saved as UTF-16. Save it as UTF-8.")
    if b"\0" in data:
        raise Unreadable(
            f"{name} is no text, but binary data. Undo what your editor did, or `groundup reset` it."
        )
    try:  # a mark of UTF-8 at the beginning, or a line such as `# -*- coding: latin-1 -*-`
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(f"Line {line} of {name} is not UTF-8. Save the file as UTF-8.", line) from None
    except (SyntaxError, LookupError):
        return _without_cookie(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Unreadable(f"{name} is empty. `groundup reset` writes the starter anew.")
    return text


def _without_cookie(data: bytes, name: str) -> str:
    """Where the encoding that a file names is unknown, or the first lines are not in it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(f"Line {line} of {name} is not UTF-8. Save the file as UTF-8.", line) from None
    raise Unreadable(f"{name} names an encoding at its top that does not exist. Delete that line.")
