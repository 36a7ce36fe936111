"""`groundup course new`: a lesson to begin from. It is a small complete one, so that everything can be tried at once;
what its author replaces is marked TODO, and `groundup course check` lists what is left.

    new_lesson(Path("my-course/1.1-rhymes"))
"""

import re
import tomllib
from pathlib import Path

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import COURSE_FILE

TEMPLATE = Path(__file__).with_name("template")
_NAME = re.compile(r"(?P<id>(?:[a-z][a-z0-9]*-)?\d+\.\d+|[a-z][a-z0-9]*)-(?P<slug>[a-z0-9][a-z0-9-]*)")


def new_lesson(folder: Path, title: str = "") -> list[Path]:
    """Write a lesson into a new folder `<id>-<a few words>` of a course, and enter it in the course's list; where
    there is no course yet, one is begun. Returns the files written. Raises GroundupError, and never overwrites."""
    name = _NAME.fullmatch(folder.name)
    if name is None:
        raise GroundupError(
            f"'{folder.name}' is no name for a lesson's folder.",
            "Its id, a dash and a few words: 2.1-words-and-letters.",
        )
    if folder.exists():
        raise GroundupError(f"{folder} is there already.", "Choose another name; nothing is overwritten.")
    course = folder.parent / COURSE_FILE
    listing = _entered(course, name["id"])
    title = title or name["slug"].replace("-", " ").capitalize()
    written = []
    for source in sorted(TEMPLATE.rglob("*")):
        if source.suffix in (".md", ".toml", ".py"):
            text = source.read_text(encoding="utf-8").replace("@ID@", name["id"])
            file = folder / source.relative_to(TEMPLATE)
            write_text(file, text.replace("@TITLE@", title.replace('"', "'")))
            written.append(file)
    if listing is not None:
        write_text(course, listing)
        written.append(course)
    return written


def _entered(file: Path, identity: str) -> str | None:
    """The text of course.toml with a lesson at the end of its list; None where it stands there already."""
    if not file.exists():
        name = re.sub(r"[^a-z0-9-]+", "-", file.parent.resolve().name.lower()).strip("-") or "course"
        return (
            f'# The course: its rungs in order, and the lessons of each in order.\n\nid = "{name}"\n'
            f'title = "{name.replace("-", " ").capitalize()}"\n\n[[rung]]\nid = "1"\n'
            f'title = "The first stage"\nlessons = ["{identity}"]\n'
        )
    try:
        text = file.read_text(encoding="utf-8")
        before = _lessons(text)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise GroundupError(f"{file} cannot be read ({error}).", "Mend it first.") from None
    if identity in before:
        return None
    for place in reversed(list(re.finditer(r"lessons\s*=\s*\[(?P<list>[^\]]*?),?\s*\]", text))):
        end = place.end("list")
        entered = f'{text[:end]}{", " if place["list"].strip() else ""}"{identity}"{text[end:]}'
        try:
            if _lessons(entered) == [*before, identity]:
                return entered
        except ValueError:
            continue  # it was inside a text
    raise GroundupError(
        f"{file} could not be added to.", f"Write '{identity}' into the lessons of a rung yourself."
    )


def _lessons(text: str) -> list[str]:
    return [lesson for rung in tomllib.loads(text).get("rung", []) for lesson in rung.get("lessons", [])]
