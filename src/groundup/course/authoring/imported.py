"""Courses by others: added from a folder or a ZIP, each in a folder of its own below GROUNDUP_HOME.

    added = import_course(Path("rhymes.zip"))
    for course in courses(): ...        # ours first

What comes in is copied file by file, and every name is looked at first: nothing can be written beside that folder. Its
experiments and pictures are Python that runs on this machine, so the caller asks the person before.
"""

import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import home
from groundup.course.authoring.targets import contents, listed
from groundup.course.lessons.catalogue import COURSE_FILE, LESSONS, Course, load_course
from groundup.course.progress.placement import load_placement

MAX_FILES = 5_000
MAX_BYTES = 200_000_000
MAX_PATH_LENGTH = 180  # characters of a path, so that it fits on every system
LEFT_OUT = {"__pycache__", "node_modules", "__MACOSX"}
RUNS_CODE = "Its experiments and pictures are Python that runs on this machine, with your rights."
"""Said before a course is added."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def courses_folder() -> Path:
    return home() / "courses"


@dataclass(frozen=True)
class AddedCourse:
    """A course that was added."""

    course: Course
    kept: Path | None
    """Where the version lies that was there before."""


def courses(notice: Callable[[str], None] = lambda says: None) -> list[Course]:
    """Ours first, then those that were added, by name. One that cannot be read is left out, and said."""
    available = [load_course(LESSONS)]
    for folder in added_folders():
        try:
            available.append(load_course(folder))
        except GroundupError as error:
            notice(f"The course '{folder.name}' is left out: {error}")
    return available


def added_folders() -> list[Path]:
    """Of courses that were added, by name; whether they can be read or not."""
    folder = courses_folder()
    return (
        sorted(path for path in folder.glob("*") if path.is_dir() and path.name[0] != ".")
        if folder.is_dir()
        else []
    )


def import_course(source: Path) -> AddedCourse:
    """Add a course, or a newer version of one. Raises GroundupError, and then nothing has changed."""
    if not source.exists():
        raise GroundupError(f"There is no {source}.", "Give the folder of a course, or a ZIP of it.")
    if source.resolve().is_relative_to(courses_folder().resolve()):
        raise GroundupError(f"{source} is where added courses are kept.", "Give the folder that you work in.")
    courses_folder().mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        _root(source, source)  # before anything is copied: it may be any folder of the machine
    with tempfile.TemporaryDirectory(prefix=".new-", dir=courses_folder()) as aside:
        staged = Path(aside) / "course"
        staged.mkdir()
        with _opened(source) as files:
            _copy(files, staged)
        root = _root(staged, source)
        try:
            _names_are_plain(root)
            course = load_course(root)
            course.cards, [exercise.about for exercise in course.exercises.values()]
            load_placement(course)
        except GroundupError as error:
            raise GroundupError(error.what.replace(str(root), str(source)), error.hint) from None
        _collides(course)
        target = courses_folder() / course.contents.id
        kept = _set_aside(target) if target.exists() else None
        try:
            os.replace(root, target)
        except OSError:
            if kept:
                os.replace(kept, target)
            raise
    return AddedCourse(load_course(target), kept)


def remove_course(name: str) -> Path:
    """Take out a course. It is kept aside, and so is what was learnt in it. Returns where it lies now."""
    known = [folder.name for folder in added_folders()]
    if name not in known:
        what = "comes with groundup and stays" if name == contents(LESSONS).get("id") else "was not added"
        raise GroundupError(f"The course '{name}' {what}.", did_you_mean(name, known))
    return _set_aside(courses_folder() / name)


def _set_aside(folder: Path) -> Path:
    aside = courses_folder() / ".aside"
    aside.mkdir(exist_ok=True)
    first = f"{folder.name}-{datetime.now():%Y%m%d-%H%M%S}"
    names = (first, *(f"{first}-{number}" for number in range(2, 1000)))
    place = next(aside / name for name in names if not (aside / name).exists())
    os.replace(folder, place)
    return place


# ---- what comes in --------------------------------------------------------------------------------------------

Files = Iterator[tuple[str, Callable[[], IO[bytes]]]]
"""The path of each file, with / between, and how to open it."""


@contextmanager
def _opened(source: Path) -> Iterator[Files]:
    """The files of a folder or a ZIP. Raises GroundupError for anything that is not a plain file."""
    if source.is_dir():
        yield _of_folder(source)
        return
    try:
        with zipfile.ZipFile(source) as archive:
            yield _of_zip(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise GroundupError(
            f"{source} cannot be read as a ZIP ({error}).", "Give a folder, or a ZIP of it."
        ) from None


def _of_folder(source: Path) -> Files:
    for folder, names, files in os.walk(source):
        names[:] = sorted(name for name in names if not _left_out(name))
        for name in sorted([*names, *files]):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            relative_path = path.relative_to(source).as_posix()
            if stat.S_ISLNK(mode):
                raise _refused(relative_path, "it is a link, which may lead anywhere")
            if stat.S_ISDIR(mode) or _left_out(name):
                continue
            if not stat.S_ISREG(mode):
                raise _refused(relative_path, "it is no plain file")
            yield relative_path, lambda path=path: open(path, "rb")  # type: ignore[misc] # noqa: SIM115 (_copy closes it)


def _of_zip(archive: zipfile.ZipFile) -> Files:
    for entry in archive.infolist():
        mode = entry.external_attr >> 16
        parts = entry.filename.split("/")
        if entry.is_dir() or (any(map(_left_out, parts)) and ".." not in parts):
            continue
        if stat.S_ISLNK(mode):
            raise _refused(entry.filename, "it is a link, which may lead anywhere")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _refused(entry.filename, "it is no plain file")
        if entry.flag_bits & 1:
            raise _refused(entry.filename, "it is locked with a password")
        yield entry.filename, lambda entry=entry: archive.open(entry)  # type: ignore[misc]


def _left_out(name: str) -> bool:
    return name in LEFT_OUT or (name.startswith(".") and name not in (".", ".."))


def _copy(files: Files, into: Path) -> None:
    """Write the files, counting what really comes: a ZIP may say less."""
    room, seen = MAX_BYTES, set()
    for name, opened in files:
        _check_path(name)
        if name.casefold() in seen:
            raise _refused(name, "another file has the same name, but for small and large letters")
        seen.add(name.casefold())
        if len(seen) > MAX_FILES:
            raise GroundupError(
                f"The course has more than {MAX_FILES:,} files.", "Is that the folder of a course?"
            )
        place = into / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise _refused(name, "a file stands where its folder should be") from None
        with opened() as source, open(place, "xb") as copy:
            while part := source.read(1 << 16):
                room -= len(part)
                if room < 0:
                    says = f"The course takes more than {MAX_BYTES // 1_000_000} MB."
                    raise GroundupError(says, "Keep what is shown, not whole runs or corpora.")
                copy.write(part)


def _check_path(name: str) -> None:
    """Only plain paths below the folder, on every system. Raises GroundupError."""
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise _refused(name, "it begins at the root of a disk")
    if ".." in parts or "." in parts or "" in parts:
        raise _refused(name, "it leads out of its folder")
    if re.search(r'[\\:*?"<>|\x00-\x1f\x7f]', name):
        raise _refused(name, "it has a letter that not every system allows")
    if len(name) > MAX_PATH_LENGTH or any(part[-1] in ". " or _RESERVED.fullmatch(part) for part in parts):
        raise _refused(name, "not every system allows this name")


def _refused(name: str, why: str) -> GroundupError:
    printable_name = name if name.isprintable() else ascii(name)
    return GroundupError(
        f"The course is not added: of its file {printable_name[:120]}, {why}.", "Nothing was changed."
    )


def _root(staged: Path, source: Path) -> Path:
    """Where its course.toml lies: at the top, or in the one folder at the top."""
    try:
        inside = [path for path in staged.iterdir() if not _left_out(path.name)]
    except OSError as error:
        raise GroundupError(f"{source} cannot be read ({error.strerror}).", "Is it yours to read?") from None
    for root in (staged, *(inside if len(inside) == 1 else [])):
        if (root / COURSE_FILE).is_file():
            return root
    raise GroundupError(
        f"{source} has no {COURSE_FILE}.",
        "A course is a folder with a course.toml, and its lessons beside it.",
    )


def _names_are_plain(root: Path) -> None:
    """The ids of lessons become names of folders: they must not lead anywhere."""
    for identity in [*listed(root), contents(root).get("placement") or "none"]:
        if not isinstance(identity, str) or not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", identity):
            raise GroundupError(
                f"{root / COURSE_FILE}: '{identity}' is no id of a lesson.",
                "Small letters, digits, dots and dashes.",
            )


def _collides(course: Course) -> None:
    """Progress is kept by ids, so no two courses share one. Raises GroundupError."""
    own = course.contents
    new = {lesson.id for lesson in course.lessons} | {lesson.folder.name for lesson in course.lessons}
    for folder in (LESSONS, *added_folders()):
        try:
            other, lessons = contents(folder), listed(folder)
        except GroundupError:
            continue  # broken, and left out everywhere
        whose = "groundup's own" if folder == LESSONS else f"'{other.get('title')}'"
        if own.id == (other.get("id") if folder == LESSONS else folder.name):
            if folder != LESSONS and own.title == other.get("title"):
                continue  # a newer version of it
            hint = "Choose another id in course.toml."
            if folder != LESSONS:
                hint += f" Or `groundup course remove {own.id}`, if this is a newer version of that course."
            raise GroundupError(f"The id '{own.id}' is taken by a course that is there: {whose}.", hint)
        there = {
            *lessons,
            *(path.name for path in folder.iterdir() if path.is_dir() and (path / "lesson.md").exists()),
        }
        if own.placement and own.placement == other.get("placement"):
            raise GroundupError(
                f"The folder of questions '{own.placement}' is also in {whose} course.",
                f"Choose another name, such as {own.id}-{own.placement}: what you have passed is kept by it.",
            )
        if both := sorted(new & there):
            raise GroundupError(
                f"The lesson '{both[0]}' is also in {whose} course.",
                f"Choose another id, such as {own.id}-{both[0]}: what you have learnt is kept by it.",
            )
