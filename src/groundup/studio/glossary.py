"""The glossary: `glossary.toml` beside the course, one plain sentence a word, and where it is taught."""

import re
import tomllib
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import Course
from groundup.studio.pages import page, the_course, the_courses

router = APIRouter()

GLOSSARY_FILE = "glossary.toml"


class Word(BaseModel):
    """A word of the field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    word: Annotated[str, Field(min_length=2)]
    says: Annotated[str, Field(min_length=10)]
    """What it means, in a plain sentence."""
    taught: str = ""
    """The lesson that teaches it; empty where none that is written does."""
    also: list[str] = []
    """Other forms of it. A plural with s is found by itself."""
    common: bool = False
    """An everyday word elsewhere: it is marked only in the lesson that teaches it."""
    ours: list[str] = []
    """Its names in this code and in recipes."""
    papers: list[str] = []
    nanogpt: list[str] = []
    hf: list[str] = []
    """In Hugging Face's libraries."""

    def names(self) -> dict[str, list[str]]:
        """Where it has a name of its own, and which."""
        columns = {"here": self.ours, "papers": self.papers, "nanoGPT": self.nanogpt, "Hugging Face": self.hf}
        return {place: names for place, names in columns.items() if names}


class _Glossary(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: list[Word] = []


def load_glossary(course: Course) -> list[Word]:
    """The words of a course by the alphabet; none where it has no glossary. Raises GroundupError that names it."""
    file = course.folder / GLOSSARY_FILE
    if not file.exists():
        return []
    try:
        words = _Glossary.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).word
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise GroundupError(
            f"{file}: {place}: {problem['msg'].lower()}.", f"Allowed: {', '.join(Word.model_fields)}."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(f"{file} cannot be read ({error}).", "Mend that file.") from None
    _unique(words, file)
    return sorted(words, key=lambda word: word.word.casefold())


def _unique(words: list[Word], file: Path) -> None:
    seen: set[str] = set()
    for word in words:
        for form in (word.word, *word.also):
            if form.casefold() in seen:
                raise GroundupError(f"{file}: '{form}' stands in it twice.", "Keep one of them.")
            seen.add(form.casefold())


def anchor(word: str) -> str:
    """The id of a word on the glossary's page."""
    return re.sub(r"\W+", "-", word.casefold()).strip("-")


@router.get("/glossary")
def glossary(request: Request) -> Response:
    """All words on a page: ours, then those of each course that was added and has some."""
    ours, *others = the_courses(request)
    titles = {lesson.id: lesson.front.title for course in (ours, *others) for lesson in course.lessons}
    theirs = [(course, entries) for course in others if (entries := _theirs(course))]
    return page(
        request, "glossary.html", words=load_glossary(ours), theirs=theirs, titles=titles, anchor=anchor
    )


@router.get("/api/glossary")
def words(request: Request, lesson: Annotated[str, Query(max_length=200)] = "") -> list[Word]:
    """The words for the cards in a lesson: those of its course, and ours, where that does not say it otherwise."""
    ours, course = the_courses(request)[0], the_course(request, lesson)
    own = load_glossary(ours)
    if course is ours:
        return own
    own_words = _theirs(course)
    known_forms = {form.casefold() for word in own_words for form in (word.word, *word.also)}
    return [
        *own_words,
        *(word for word in own if not known_forms & {form.casefold() for form in (word.word, *word.also)}),
    ]


def _theirs(course: Course) -> list[Word]:
    """Of an added course: a glossary that cannot be read is no reason to show none of ours."""
    try:
        return load_glossary(course)
    except GroundupError:
        return []
