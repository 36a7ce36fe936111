"""A text as token ids in a file that is mapped, not loaded: a gigabyte of text trains in little memory.

The file is built piece by piece, so neither the whole text nor all its ids are ever in memory, and it is
named by everything that decides its content: the corpus, its split and the tokenizer. Change one, and
another file is built. It appears whole or not at all, so a killed build leaves nothing that looks finished,
and two processes that build the same one at once each put the same bytes in the same place.

    bytes 0-7    "gutoken1"
    bytes 8-31   bytes per token, number of tokens, CRC-32 of the tokens (three little-endian 64-bit integers)
    bytes 32-    the tokens, little-endian, 2 bytes each up to a vocabulary of 65,536, else 4
"""

import hashlib
import json
import mmap
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from groundup.common import places
from groundup.common.atomic import write_atomically
from groundup.common.errors import GroundupError
from groundup.text.corpora import Corpus
from groundup.text.tokenizer import Tokenizer

Progress = Callable[[int, int], object]  # (bytes of text done, bytes of text in all)

HEADER = struct.Struct("<8sQQQ")
MAGIC = b"gutoken1"
DAY = 24 * 3600.0


def tokenize(
    corpus: Corpus,
    split: str,
    tokenizer: Tokenizer,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """The token ids of a split of a corpus, `(tokens,)`, read-only and mapped from a file in the cache.

    Built on first use, or again when the file is damaged (each opening checks its length and its CRC-32).
    The ids are uint16 where the vocabulary allows, else uint32. `folder` is by default "tokens" in
    `places.cache_folder()`. `progress` is called after each piece while building, not for a file that exists.

    Raises GroundupError when the file cannot be written: a full disk, a folder that is read-only.
    """
    folder = folder or places.cache_folder() / "tokens"
    dtype = _dtype(tokenizer)
    path = folder / f"{_key(corpus, split, tokenizer)}.tokens"
    if (ids := _open(path, dtype)) is not None:
        return ids
    _remove_abandoned(folder)
    try:
        write_atomically(path, lambda file: _build(file, corpus, split, tokenizer, progress))
    except GroundupError:
        # Another process was quicker with the same file, and Windows replaces none that a process has mapped.
        if (ids := _open(path, dtype)) is not None:
            return ids
        raise
    ids = _open(path, dtype)
    if ids is None:
        raise GroundupError(
            f"{path} does not hold what was just written to it.",
            "Check the disk, or move the cache to another one with GROUNDUP_HOME.",
        )
    return ids


def release(ids: np.ndarray) -> None:
    """Give back the memory of the pages that were read so far; they are read from the file when next needed.

    The system could take those pages back at any time, but until then they count as memory of this process,
    and random reading touches the whole file in the end. Does nothing for an array that is not mapped.
    """
    mapped = getattr(ids, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows has no such call, and trims by itself
        mapped.madvise(mmap.MADV_DONTNEED)


def _dtype(tokenizer: Tokenizer) -> np.dtype:
    return tokenizer.dtype.newbyteorder("<")


def _key(corpus: Corpus, split: str, tokenizer: Tokenizer) -> str:
    vocabulary = json.dumps([tokenizer.kind, tokenizer.to_json()], sort_keys=True)
    parts = [corpus.fingerprint, split, hashlib.sha256(vocabulary.encode()).hexdigest()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _build(
    file: IO[bytes],
    corpus: Corpus,
    split: str,
    tokenizer: Tokenizer,
    progress: Progress | None,
) -> None:
    dtype = _dtype(tokenizer)
    total = corpus.size(split)
    file.write(bytes(HEADER.size))  # filled in at the end, when count and CRC are known
    done = count = crc = 0
    for piece in corpus.pieces(split):
        ids = np.ascontiguousarray(tokenizer.encode_to_array(piece), dtype=dtype)
        file.write(ids.data)
        count += len(ids)
        crc = zlib.crc32(ids.data, crc)
        done += len(piece.encode())
        if progress is not None:
            progress(done, total)
    file.seek(0)
    file.write(HEADER.pack(MAGIC, dtype.itemsize, count, crc))


def _open(path: Path, dtype: np.dtype) -> np.ndarray | None:
    """The tokens of a cache file, or None where there is no file or it is not what was written."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER.size)
            if len(header) < HEADER.size:
                return None
            magic, itemsize, count, expected = HEADER.unpack(header)
            size = path.stat().st_size
            if magic != MAGIC or itemsize != dtype.itemsize or size != HEADER.size + count * itemsize:
                return None
            # Read, rather than mapped: what is read through the map would count as our memory.
            crc = 0
            while block := file.read(2**20):
                crc = zlib.crc32(block, crc)
        if crc != expected:
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GroundupError(
            f"Could not read {path}: {error.strerror or error}.",
            "It is only a cache: delete it, and it is built again.",
        ) from error
    if count == 0:  # an empty file part cannot be mapped
        empty = np.empty(0, dtype)
        empty.flags.writeable = False
        return empty
    return np.memmap(path, dtype, mode="r", offset=HEADER.size, shape=(count,))


def _remove_abandoned(folder: Path) -> None:
    """Delete what builds that were killed left aside. One that is being written has been touched today."""
    for part in folder.glob(".*.tokens.*.part"):
        try:
            if time.time() - part.stat().st_mtime > DAY:
                part.unlink()
        except OSError:  # another process was quicker, or it is not ours to delete
            continue
