"""Where files go: is there room, can it be written, and is what was fetched still what was fetched?"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from groundup.common.errors import GroundupError
from groundup.common.places import cache_folder, home, runs_folder
from groundup.text.assets import Asset, list_assets, verify
from groundup.training.run_folder import RunFolder

LOW = 1_000_000_000  # bytes: the five presets with their checkpoints and texts take about a tenth of it

AssetState = Literal["here", "not fetched", "incomplete", "altered", "unreadable"]


@dataclass(frozen=True)
class Folder:
    """A folder that groundup writes to; it may not exist yet."""

    role: str
    path: Path
    size: int
    """Bytes of all files in it."""
    free: int | None
    """Bytes left on its disk."""
    error: str
    """Why a file could not be written; empty when it could."""


@dataclass(frozen=True)
class AssetCheck:
    name: str
    state: AssetState
    size: int
    """Bytes on the disk, now."""


@dataclass(frozen=True)
class Storage:
    home: Folder
    cache: Folder
    cache_parts: dict[str, int]
    """Bytes of each part of the cache: assets, tokens, ..."""
    runs: int
    runs_size: int
    assets: tuple[AssetCheck, ...]


def look_at_storage(*, read_assets: bool = True) -> Storage:
    """Try both folders, add up sizes, and check assets: by their hashes, or by size alone. Leaves no file."""
    cache = cache_folder()
    runs = _entries(runs_folder())
    return Storage(
        home=_try_folder("home", home()),
        cache=_try_folder("cache", cache),
        cache_parts={part.name: _size(part) for part in sorted(_entries(cache)) if part.is_dir()},
        runs=sum(RunFolder(run).exists() for run in runs),
        runs_size=sum(map(_size, runs)),
        assets=tuple(_check(asset, read_assets) for asset in list_assets()),
    )


def _try_folder(role: str, path: Path) -> Folder:
    """Write a small file there, or, where the folder is not made yet, in the one that it would be made in."""
    existing, free, error = path, None, ""
    try:
        existing = next(place for place in (path, *path.parents) if place.exists())
        free = shutil.disk_usage(existing).free
        with tempfile.TemporaryFile(prefix=".groundup-", dir=existing) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        where = f" ({existing})" if existing != path else ""
        error = f"{problem.strerror or problem}{where}"
    return Folder(role, path, _size(path), free, error)


def _check(asset: Asset, read: bool) -> AssetCheck:
    try:
        if not asset.folder.is_dir():
            return AssetCheck(asset.name, "not fetched", 0)
        size = asset.bytes_on_disk
        if size != asset.size:
            return AssetCheck(asset.name, "incomplete", size)
    except OSError:
        return AssetCheck(asset.name, "unreadable", 0)
    state: AssetState = "here"
    if read:
        try:
            verify(asset.name)
        except GroundupError as error:
            state = "unreadable" if isinstance(error.__cause__, OSError) else "altered"
    return AssetCheck(asset.name, state, size)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it is not there, or may not be read: the write test says so
        return []


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; what cannot be looked at counts as nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total
