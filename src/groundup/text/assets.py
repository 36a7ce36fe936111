"""Real texts, vocabularies and one small model: fetched once into the cache, checked by their hashes.

Nothing here is needed for a text of your own. An asset is a folder `assets/NAME` in the cache. It appears
there whole, after its hash was checked, or not at all: fetching happens in a folder beside it, renamed at
the end. A process killed at any instant leaves nothing that looks fetched, and the next fetch starts clean.
"""

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from groundup.common import places
from groundup.common.errors import GroundupError, did_you_mean
from groundup.text.sources import (
    AssetSource,
    NodePackage,
    Progress,
    PythonPackage,
    WebArchive,
    WebFiles,
    file_sha256,
)


@dataclass(frozen=True)
class Asset:
    """Something to fetch, and how to know that it is the right thing.

    `sha256` is that of the file; of several files, that of what `sha256sum FILES` prints, sorted by name.
    """

    name: str
    title: str
    kind: str  # "text", "vocabulary" or "model"
    licence: str
    files: tuple[str, ...]  # patterns, relative to the root that the source names
    size: int  # bytes on the disk, all files together
    sha256: str
    sources: tuple[AssetSource, ...]  # tried in order

    @property
    def folder(self) -> Path:
        return places.cache_folder() / "assets" / self.name

    @property
    def bytes_on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def fetched(self) -> bool:
        """The cheap check: all the bytes are there. `verify` reads them."""
        return self.folder.is_dir() and self.bytes_on_disk == self.size


def _read(path: Path) -> dict[str, Asset]:
    """The assets that assets.toml lists; the key that a source starts with says what kind it is."""
    kinds = {"python": PythonPackage, "node": NodePackage, "files": WebFiles, "archive": WebArchive}
    result = {}
    for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        sources = tuple(
            next(kinds[key] for key in kinds if key in item)(**item) for item in entry.pop("sources")
        )
        result[name] = Asset(name=name, files=tuple(entry.pop("files")), sources=sources, **entry)
    return result


ASSETS = _read(Path(__file__).with_name("assets.toml"))


def asset(name: str) -> Asset:
    """The asset of that name. Raises GroundupError for an unknown name."""
    if name not in ASSETS:
        hint = f"{did_you_mean(name, ASSETS)} `groundup assets list` shows them all."
        raise GroundupError(f"There is no asset '{name}'.", hint)
    return ASSETS[name]


def list_assets() -> list[Asset]:
    """Every asset; each says by `fetched` and `bytes_on_disk` whether it is here."""
    return list(ASSETS.values())


def where(name: str) -> Path | None:
    """The folder of a fetched asset, or None."""
    target = asset(name)
    return target.folder if target.fetched else None


def fetch(name: str, progress: Progress | None = None) -> Path:
    """The folder of an asset, fetched if it is not here yet. Of several processes that ask, one fetches.

    `progress(bytes done, bytes in all or None, message)` is called about ten times a second.

    Raises GroundupError: unknown name, no source reachable, wrong hash, disk full, folder read-only.
    """
    target = asset(name)
    if target.fetched:
        return target.folder
    shelf = target.folder.parent
    with _clear_errors(shelf):
        shelf.mkdir(parents=True, exist_ok=True)
        with FileLock(shelf / f".{name}.lock"):
            if target.fetched:  # another process was quicker
                return target.folder
            for left in shelf.glob(f".{name}-*"):  # of a process that was killed: we hold the lock
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(
                prefix=f".{name}-", dir=shelf, ignore_cleanup_errors=True
            ) as staging:
                complete = _bring(target, Path(staging), progress or (lambda done, total, message: None))
                if target.folder.exists():  # incomplete or altered, or it would have been used
                    target.folder.rename(Path(staging) / "old")
                complete.rename(target.folder)
    return target.folder


def verify(name: str) -> None:
    """Read all of a fetched asset and compare hashes. Raises GroundupError when it is absent or altered."""
    target = asset(name)
    if not target.folder.is_dir():
        raise GroundupError(f"'{name}' has not been fetched.", f"Run `groundup assets fetch {name}`.")
    with _clear_errors(target.folder):
        if folder_sha256(target.folder) == target.sha256:
            return
    raise GroundupError(
        f"'{name}' in {target.folder} is not what was fetched: its SHA-256 differs.",
        f"Run `groundup assets remove {name}`, then `groundup assets fetch {name}`.",
    )


def remove(name: str) -> int:
    """Delete a fetched asset; returns the bytes freed (0 when there was nothing)."""
    target = asset(name)
    freed = target.bytes_on_disk
    with _clear_errors(target.folder):
        if target.folder.exists():
            shutil.rmtree(target.folder)
    return freed


def folder_sha256(folder: Path) -> str:
    """One hash for the content of a folder (see `Asset`)."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): file_sha256(path) for path in paths}
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    listing = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(listing.encode()).hexdigest()


def _bring(target: Asset, staging: Path, progress: Progress) -> Path:
    """Try the sources in order; returns a folder in `staging` with exactly the asset's content."""
    reasons = []
    for number, source in enumerate(target.sources):
        content, scratch = staging / f"content{number}", staging / f"scratch{number}"
        _need_room(
            staging, target.size + 2 * source.archive_size
        )  # archive, its copy unpacked, and the files
        content.mkdir()
        scratch.mkdir()
        try:
            source.bring(target.files, content, scratch, progress)
            text = folder_sha256(content)
            if text != target.sha256:
                raise GroundupError(
                    f"its content is not what was expected (SHA-256 {text[:12]}…, "
                    f"not {target.sha256[:12]}…); nothing of it was kept"
                )
        except GroundupError as error:
            reasons.append(f"{source}: {error.what}")
        else:
            return content
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    tried = "; ".join(reasons)
    raise GroundupError(
        f"Could not fetch '{target.name}' ({target.title}). Tried {tried}.",
        "This one step needs the network, once. Connect and try again; everything else works offline, and so "
        "do `--corpus storyworld` and any text of yours, `--corpus PATH`. "
        f"By hand: put {', '.join(target.files)} into {target.folder}.",
    )


def _need_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise GroundupError(
            f"{folder.parent} has {free / 1e6:,.0f} MB free; this needs {needed / 1e6:,.0f} MB for a moment.",
            "Free some space, or move everything to another disk with GROUNDUP_HOME.",
        )


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GroundupError(
            f"Could not write in {path}: {error.strerror or error}.",
            "Free some space, or choose a folder that can be written: GROUNDUP_HOME moves everything.",
        ) from error
