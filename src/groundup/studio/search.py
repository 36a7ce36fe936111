"""Search (Ctrl-K): lessons, their headings, words, pages and commands. The index is built once, from what is there."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.items import Prose
from groundup.course.lessons.lesson import sections
from groundup.studio.glossary import anchor, load_glossary
from groundup.studio.pages import NAV, every_lesson

router = APIRouter()

MOST = 12  # results
QUIET = (
    ("/review", "Review", "three minutes of questions"),
    ("/journal", "Journal", "a page a day"),
    ("/settings", "Settings", "theme, focus, courses by others, export and import, where everything lies"),
    ("/glossary", "Glossary", "every word in a sentence"),
    ("/placement", "Where are you?", "questions that choose where to start"),
    ("/design", "Design", "every component of the studio"),
)
_WORD = re.compile(r"[\w.-]+")

Kind = Literal["page", "lesson", "heading", "word", "command"]


class Entry(BaseModel):
    """Something that can be found."""

    kind: Kind
    title: str
    says: str
    """A few words beside it."""
    link: str = ""
    """Where it leads; empty for a command, which is copied."""
    more: str = ""
    """What it is found by as well."""


@router.get("/api/search")
def search(request: Request, q: Annotated[str, Query(max_length=200)] = "") -> list[Entry]:
    """What fits best, first; without a question, the pages."""
    return find(_index(request), q)


def _index(request: Request) -> list[Entry]:
    """Built once for each state of the course's files."""
    course, cache = every_lesson(request), request.app.state.course
    if cache.get("indexed") is not course:
        cache.update(indexed=course, index=build(course, request.app.state.commands))
    return cache["index"]


def build(course: Course, commands: Sequence[tuple[str, str]] = ()) -> list[Entry]:
    """All that can be found in a course, which may be several joined, and around it."""
    pages = [(path, name, "") for path, name in NAV]
    entries = [Entry(kind="page", title=name, says=says, link=path) for path, name, says in [*pages, *QUIET]]
    entries += _lessons(course)
    for word in load_glossary(course):
        link = f"/glossary#{anchor(word.word)}"
        entries.append(
            Entry(kind="word", title=word.word, says=word.says, link=link, more=" ".join(word.also))
        )
    entries += [Entry(kind="command", title=name, says=says) for name, says in commands]
    return entries


def _lessons(course: Course) -> Iterator[Entry]:
    for lesson in course.lessons:
        front, link = lesson.front, f"/lesson/{lesson.id}"
        title = f"{lesson.id} {front.title}"
        yield Entry(kind="lesson", title=title, says=front.question, link=link, more=" ".join(front.concepts))
        for index, block in enumerate(lesson.items):
            if isinstance(block, Prose):
                yield from _headings(block.text, title, f"{link}#block-{index}")


def _headings(text: str, lesson: str, link: str) -> Iterator[Entry]:
    """Of one block of prose; its page gives each section an address of its own."""
    for part, piece in enumerate(sections(text)):
        if piece.startswith("## "):
            plain = piece.partition("\n")[0].removeprefix("## ").replace("`", "").replace("*", "").strip()
            yield Entry(kind="heading", title=plain, says=lesson, link=f"{link}-{part + 1}" if part else link)


def find(entries: list[Entry], question: str) -> list[Entry]:
    """What has every word of the question, the best fit first.

    A title that begins so comes before one that has such a word, before one that only contains the letters; what is
    merely said beside it comes last.
    """
    words = [word.casefold() for word in _WORD.findall(question)]
    if not words:
        return [entry for entry in entries if entry.kind == "page"][:MOST]
    whole = " ".join(words)
    scored = [(score, place) for place, entry in enumerate(entries) if (score := _score(entry, words, whole))]
    return [entries[place] for score, place in sorted(scored, key=lambda one: (-one[0], one[1]))[:MOST]]


def _score(entry: Entry, words: list[str], whole: str) -> float:
    """How well an entry fits; 0 where a word is nowhere in it."""
    title, beside = entry.title.casefold(), f"{entry.more} {entry.says}".casefold()
    bare = title.partition(" ")[2] if entry.kind == "lesson" else title  # without its number
    score = 0.0
    for word in words:
        starts = re.compile(rf"(?<!\w){re.escape(word)}")
        if starts.search(title):
            score += 4
        elif starts.search(beside):
            score += 2
        elif word in title:
            score += 1.5
        elif word in beside and len(word) > 2:
            score += 0.5
        else:
            return 0.0
    score /= len(words)
    if whole in (title, bare):
        score += 4
    elif title.startswith(whole) or bare.startswith(whole):
        score += 2
    return score + {"lesson": 0.5, "page": 0.4, "word": 0.3, "command": 0.2, "heading": 0.1}[entry.kind]
