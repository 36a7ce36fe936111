"""The learner's own files: one plain file an exercise, in a folder a lesson, edited with whatever they like.

    workspace = Workspace(workspace_folder())
    workspace.place(exercise)      # writes the starter, if there is no file yet
    workspace.newest(exercises)    # what they are at
    workspace.reset(exercise)      # the starter again; what was there is kept beside it

Nothing the learner wrote is ever overwritten or deleted.
"""

import codecs
import io
import os
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.exercise import Exercise


@dataclass(frozen=True)
class Workspace:
    """A folder. It is made when the first file is placed."""

    folder: Path

    def file(self, exercise: Exercise) -> Path:
        """Where the learner's file of an exercise lies, there or not."""
        return exercise.file_in(self.folder)

    def place(self, exercise: Exercise) -> Path:
        """The file of an exercise; the starter is written if there is none.

        Raises GroundupError where it cannot be written: read-only, full, a folder in its place.
        """
        file = self.file(exercise)
        if file.is_dir():
            raise GroundupError(
                f"{file} is a folder, and the exercise's file has to lie there.",
                f"Move it away, or `groundup reset {exercise.id}` keeps it aside.",
            )
        if not os.path.lexists(file):
            self._write(file, exercise.code("starter.py"))
        return file

    def reset(self, exercise: Exercise) -> Path | None:
        """Write the starter again. Returns where what was there is kept; None where there was nothing to keep."""
        file = self.file(exercise)
        starter = exercise.code("starter.py")
        if not os.path.lexists(file):
            self._write(file, starter)
            return None
        if file.is_file() and file.read_bytes() == starter.encode("utf-8"):
            return None
        copy = _free_name(file)
        try:
            file.rename(copy)
        except OSError as error:
            raise self._not_writable(file, error) from None
        try:
            self._write(file, starter)
        except GroundupError:
            copy.rename(file)  # a full disk: leave all as it was
            raise
        return copy

    def newest(self, exercises: Iterable[Exercise]) -> Exercise | None:
        """The exercise whose file was saved last; None where there is no file yet."""
        saved: dict[Exercise, float] = {}
        for exercise in exercises:
            try:
                saved[exercise] = self.file(exercise).stat().st_mtime
            except OSError:  # not placed yet, or it cannot be seen
                continue
        return max(saved, key=lambda exercise: saved[exercise]) if saved else None

    def find(self, given: str, exercises: Iterable[Exercise]) -> tuple[Exercise, Path]:
        """Which exercise a learner means, and with which file: a path of any kind, a file's name, or an id.

        A copy that lies elsewhere is taken if its name says which exercise it is. Raises GroundupError with the
        nearest name, where nothing fits.
        """
        known = list(exercises)
        path = Path(given).expanduser()
        for exercise in known:
            if given in (exercise.id, exercise.folder.name):
                return exercise, self.file(exercise)
        for place in (path, self.folder / path):
            for exercise in known:
                if _same_place(place, self.file(exercise)):
                    return exercise, self.file(exercise)
        named = [exercise for exercise in known if exercise.file_name == path.name]
        named = [one for one in named if self.file(one).parent.name == path.parent.name] or named
        if len(named) > 1:
            ids = " or ".join(exercise.id for exercise in named)
            raise GroundupError(f"'{given}' may be the file of {ids}.", "Give the id instead.")
        if named:
            exercise = named[0]
            alone = path.parent == Path() and not path.exists()  # a name, said from anywhere
            return exercise, self.file(exercise) if alone else path.absolute()
        raise self._no_exercise(given, path, known)

    def _no_exercise(self, given: str, path: Path, known: list[Exercise]) -> GroundupError:
        names = {exercise.file_name: exercise for exercise in known}
        near = get_close_matches(path.name, names, n=1, cutoff=0.6)
        if path.suffix != ".py" and not path.exists():
            return GroundupError(
                f"There is no exercise '{given}'.", did_you_mean(given, [one.id for one in known])
            )
        if not near:
            return GroundupError(
                f"{given} is not the file of an exercise.", f"Those lie below {self.folder}, one for each."
            )
        right = self.file(names[near[0]])
        there = path if path.exists() else self.folder / path
        if there.exists():
            return GroundupError(
                f"{given} is not the file of an exercise. Did you mean {near[0]}?",
                f"Exercises are found by their file's name: call it {right}.",
            )
        return GroundupError(f"There is no file {given}.", f"Did you mean {near[0]}? It is {right}.")

    def _write(self, file: Path, text: str) -> None:
        try:
            write_text(file, text)
        except GroundupError as error:
            raise self._not_writable(file, error.__cause__) from None

    def _not_writable(self, file: Path, error: BaseException | None) -> GroundupError:
        why = getattr(error, "strerror", None) or error
        return GroundupError(
            f"{file} cannot be written: {why}.",
            "Nothing of yours was changed. Make room or set its rights, or choose another folder with --workspace.",
        )


def _same_place(one: Path, other: Path) -> bool:
    """Whether two paths lead to one place, with links followed; on Windows, capitals do not matter."""
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def _free_name(file: Path) -> Path:
    """`name.kept-1.py`, or the next number that is free."""
    number = 1
    while os.path.lexists(copy := file.with_name(f"{file.stem}.kept-{number}{file.suffix}")):
        number += 1
    return copy


MAX_SUBMISSION_BYTES = 2**20  # bytes


class UnreadableFile(Exception):  # noqa: N818 (it is shown, not raised to a person)
    """There is no text. Says why, in a sentence or two."""

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.says, self.line = says, line


def read_submission(file: Path) -> str:
    """The text of a file with plain line ends. Raises Unreadable."""
    again = "`groundup reset` writes the starter again."
    try:
        if file.is_dir():
            raise UnreadableFile(f"{file.name} is a folder, not a file. Move it away, then {again}")
        if file.stat().st_size > MAX_SUBMISSION_BYTES:
            raise UnreadableFile(
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
        raise UnreadableFile(f"There is no file {file}. {hint}") from None
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}. Look at who may read it.") from None
    return decode(data, file.name)


def decode(data: bytes, name: str) -> str:
    """Bytes of a Python file as text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableFile(f"{name} was saved as UTF-16. Save it as UTF-8.")
    if b"\0" in data:
        raise UnreadableFile(
            f"{name} is no text, but binary data. Undo what your editor did, or `groundup reset` it."
        )
    try:  # a mark of UTF-8 at the beginning, or a line such as `# -*- coding: latin-1 -*-`
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableFile(f"Line {line} of {name} is not UTF-8. Save the file as UTF-8.", line) from None
    except (SyntaxError, LookupError):
        return _without_cookie(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnreadableFile(f"{name} is empty. `groundup reset` writes the starter again.")
    return text


def _without_cookie(data: bytes, name: str) -> str:
    """Where the encoding that a file names is unknown, or the first lines are not in it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableFile(f"Line {line} of {name} is not UTF-8. Save the file as UTF-8.", line) from None
    raise UnreadableFile(f"{name} names an encoding at its top that does not exist. Delete that line.")
