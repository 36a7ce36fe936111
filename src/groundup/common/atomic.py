"""Writes that happen whole or not at all: write aside, fsync, rename.

A reader, or a process killed at any instant, sees the old file or the new one, never half of either.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from groundup.common.errors import GroundupError

ASIDE = ".part"  # how a file that is not yet whole ends; a killed process may leave one


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Call `write` with a binary file that becomes `path` only when it is complete and on the disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The name is this writer's alone, and a file made by open() has the rights that the person asked for.
        aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}{ASIDE}")
        file = open(aside, "wb")  # noqa: SIM115 (closed below, before the rename)
    except OSError as error:  # a read-only folder, or a file where a folder should be
        raise _cannot_write(path, error) from error
    try:
        with file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        _sync_folder(path.parent)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot_write(path, error) from error
        raise


def _cannot_write(path: Path, error: OSError) -> GroundupError:
    return GroundupError(
        f"Could not write {path}: {error.strerror or error}.",
        "What was there before is untouched. Free some space or choose another folder "
        "(GROUNDUP_HOME moves everything), then go on.",
    )


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
