"""A course of one finished lesson, for the tests of what authors are told: the scaffold, with its TODOs filled in."""

import re
import shutil
from pathlib import Path

from groundup.course.authoring.scaffold import new_lesson
from groundup.course.authoring.targets import Target


def finished(folder: Path, name: str = "1.1-means") -> Target:
    """A lesson in which nothing is to be mended. A second one joins the same course."""
    new_lesson(folder / name, "Means")
    for file in (folder / name).rglob("*.*"):
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"<!-- TODO.*?-->|  # TODO.*|^# TODO.*", "", text, flags=re.MULTILINE)
        file.write_text(text.replace("TODO: ", ""), encoding="utf-8")
    identity = name.split("-", maxsplit=1)[0]
    (folder / name / "numbers.toml").write_text('longer_mean = "6"\nmean = "4"\n', encoding="utf-8")
    return Target(folder / name, identity)


def questions(course: Path, lesson: str, name: str) -> None:
    """Two questions of placement, in a folder of that name; both lead to the lesson."""
    shutil.copytree(Path(__file__).parent / "small_course" / "placement", course / name)
    file = course / name / "placement.toml"
    file.write_text(re.sub(r'"0\.\d"', f'"{lesson}"', file.read_text(encoding="utf-8")), encoding="utf-8")
    contents = course / "course.toml"
    contents.write_text(f'placement = "{name}"\n{contents.read_text(encoding="utf-8")}', encoding="utf-8")


def change(target: Target, file: str, old: str, new: str) -> None:
    """One change in a file of the lesson. What is changed has to be there."""
    path = target.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(target: Target, text: str, file: str = "lesson.md") -> int:
    """More at the end of a file. Returns the line on which it begins."""
    path = target.folder / file
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{text}\n", encoding="utf-8")
    return before.count("\n") + 2


def front(target: Target, **fields: str) -> None:
    """Other values in the front matter, as TOML."""
    path = target.folder / "lesson.md"
    text = path.read_text(encoding="utf-8")
    for name, value in fields.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value}", text, count=1, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
