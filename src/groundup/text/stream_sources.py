"""Texts that come only once, from a pipe or a data set on the hub, kept as files in the cache.

A run that is resumed needs its text again, and a pipe cannot be read twice.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from groundup.common import places
from groundup.common.atomic import write_atomically
from groundup.common.errors import GroundupError
from groundup.text.sources import Progress

BLOCK = 2**20
HUB_BYTES = 200_000_000  # by default; data sets on the hub can be larger than any disk


def from_stdin(progress: Progress | None = None) -> Path:
    """Everything that is piped in, in a file named by its content."""
    if sys.stdin.isatty():
        raise GroundupError(
            "'-' reads the text from a pipe, and nothing is piped in.",
            "For example: `cat *.txt | groundup train --corpus -`.",
        )
    digest = hashlib.sha256()

    def write(file: IO[bytes]) -> None:
        done = 0
        while block := sys.stdin.buffer.read(BLOCK):
            digest.update(block)
            file.write(block)
            done += len(block)
            if progress is not None:
                progress(done, None, "reading standard input")

    arriving = _folder() / f"stdin-{os.getpid()}.arriving"
    write_atomically(arriving, write)
    path = _folder() / f"stdin-{digest.hexdigest()[:16]}.txt"
    os.replace(arriving, path)
    return path


def from_hub(
    repository: str, column: str | None, size_bytes: int | None, progress: Progress | None = None
) -> Path:
    """The training rows of a data set `OWNER/NAME`, an empty line between them, up to `size_bytes`.

    `column` is by default "text", or the only column that holds text.
    """
    limit = size_bytes or HUB_BYTES
    name = "--".join([*repository.split("/"), column or "", str(limit)])
    path = _folder() / f"hf-{name}.txt"
    if not path.exists():
        write_atomically(path, lambda file: _write_rows(file, repository, column, limit, progress))
    return path


def _folder() -> Path:
    return places.cache_folder() / "corpora"


def _rows(repository: str) -> Iterator[dict[str, Any]]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise GroundupError(
            "Data sets from the hub need the package 'datasets', which is not installed.",
            "Install it: `pip install 'groundup[datasets]'`. Any text file works without it.",
        ) from None
    try:
        yield from load_dataset(repository, split="train", streaming=True)
    except Exception as error:  # datasets, its readers and its transport raise dozens of kinds
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise GroundupError(
            f"The data set '{repository}' could not be read: {lines[0]}",
            "Check the name and the network. Offline, use a text file, or `--corpus storyworld`.",
        ) from error


def _write_rows(
    file: IO[bytes], repository: str, column: str | None, limit: int, progress: Progress | None
) -> None:
    done = 0
    for row in _rows(repository):
        column = _column(row, column, repository)
        text = row[column]
        if not isinstance(text, str):
            raise GroundupError(
                f"Column '{column}' of '{repository}' holds {type(text).__name__}, not text.",
                "Choose another: `hf:OWNER/NAME:COLUMN`.",
            )
        data = text.strip("\n").encode() + b"\n\n"
        if done and done + len(data) > limit:
            break
        file.write(data)
        done += len(data)
        if progress is not None:
            progress(min(done, limit), limit, f"reading {repository}")


def _column(row: dict[str, Any], target: str | None, repository: str) -> str:
    if target is not None and target in row:
        return target
    texts = [name for name, value in row.items() if isinstance(value, str)]
    if target is None and "text" in texts:
        return "text"
    if target is None and len(texts) == 1:
        return texts[0]
    problem = f"has no column '{target}'" if target is not None else "does not say which column is the text"
    raise GroundupError(
        f"The data set '{repository}' {problem}.",
        f"Choose one: `hf:{repository}:COLUMN`. Columns with text: {', '.join(texts) or 'none'}.",
    )
