"""Writes that happen whole or not at all: write aside, fsync, rename.

A reader, or a process killed at any instant, sees the old file or the new one, never half of either.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from groundup.common.errors import GroundupError


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Call `write` with a binary file that becomes `path` only when it is complete and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        _sync_folder(path.parent)
    except BaseException as error:
        Path(aside).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise GroundupError(
                f"Could not write {path}: {error.strerror or error}.",
                "What was there before is untouched. Free some space or choose another folder "
                "(GROUNDUP_HOME moves everything), then go on.",
            ) from error
        raise


def write_bytes(path: Path, data: bytes) -> None:
    write_atomically(path, lambda file: file.write(data))


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable. Windows cannot open a folder, and does not need to."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
