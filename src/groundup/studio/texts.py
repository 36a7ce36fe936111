"""Texts to train on: those with a name of their own, and those that a person brings, by upload or by pasting.

A text that is brought is checked before it is kept: its name, its size, and that it is UTF-8 text worth learning from.
It is kept in the folder `texts` of the home. Its name is a word in a form, never a path: what a page asks for is looked
up in the list of what is there.
"""

import os
import re
import tempfile
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import home

MOST_BYTES = 50_000_000
SUFFIXES = (".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".org", ".adoc")
STORIES = "storyworld:2000000B:seed=0"  # written by a program: there is always a text
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}

router = APIRouter()


class Text(BaseModel):
    """A text that can be trained on."""

    name: str
    """By which a form asks for it."""
    title: str
    size: int
    """Bytes of UTF-8."""
    here: bool
    """False where it is fetched from the network first, once."""
    yours: bool


class Texts(BaseModel):
    texts: list[Text]


def folder() -> Path:
    return home() / "texts"


def list_texts() -> list[Text]:
    """Those of a person first, then those with a name of their own; Shakespeare, if it is here, leads these."""
    from groundup.text.corpora import list_corpora

    mine = [
        Text(name=path.name, title=path.name, size=path.stat().st_size, here=True, yours=True)
        for path in sorted(folder().glob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    known = [
        Text(name=one.name, title=one.title, size=one.size, here=one.fetched, yours=False)
        for one in list_corpora()
    ]
    return [*mine, *sorted(known, key=lambda one: (not one.here, one.name == "storyworld"))]


def spec_of(name: str) -> str:
    """What a recipe says for a text of the list. Raises GroundupError for anything else: it is no path."""
    known = {one.name: one for one in list_texts()}
    if name not in known:
        raise GroundupError(
            f"There is no text '{name[:80]}'.", did_you_mean(name, known) or "Choose one of the list."
        )
    if known[name].yours:
        return str(folder() / name)
    return STORIES if name == "storyworld" else name


def checked_name(name: str) -> str:
    """The name under which a text is kept. Raises GroundupError for one that a file cannot have everywhere."""
    name = name.strip()
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, name = name, f"{name}.txt"
    elif f".{suffix.lower()}" not in SUFFIXES:
        raise GroundupError(
            f"'{name[:80]}' does not look like a text file.",
            f"Bring plain text: {', '.join(SUFFIXES[:3])} and the like.",
        )
    if len(name) > 80 or not re.fullmatch(r"\w[\w .\-()']*", stem) or stem.lower().strip() in RESERVED:
        raise GroundupError(
            f"'{name[:80]}' cannot name a text.", "Use letters, digits, spaces, '-' and '_', at most 80."
        )
    return name


@router.get("/api/texts")
def texts() -> Texts:
    """The texts that can be trained on."""
    return Texts(texts=list_texts())


@router.post(
    "/api/texts",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def bring(request: Request, name: str) -> Text:
    """Keep a text: the body is the file as it is, UTF-8, at most 50 MB."""
    name = checked_name(name)
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise _too_large()
    handle, aside = await run_in_threadpool(_aside)
    try:
        with os.fdopen(handle, "wb") as file:
            size = 0
            async for block in request.stream():
                size += len(block)
                if size > MOST_BYTES:
                    raise _too_large()
                await run_in_threadpool(file.write, block)
        return await run_in_threadpool(_keep, aside, name)
    except OSError as error:
        raise GroundupError(
            f"The text could not be kept: {error.strerror or error}.", "Free some space, then try again."
        ) from None
    finally:
        aside.unlink(missing_ok=True)


def _aside() -> tuple[int, Path]:
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".bringing-", dir=folder())
    except OSError as error:
        raise GroundupError(
            f"{folder()} cannot be written: {error.strerror}.", "GROUNDUP_HOME moves everything."
        ) from None
    return handle, Path(path)


def _keep(aside: Path, name: str) -> Text:
    """Check what was brought, and give it its name; one that is there already with other words is not touched."""
    from groundup.text.text_files import open_files

    try:
        open_files([aside])
    except GroundupError as error:
        raise GroundupError(error.what.replace(str(aside), f"'{name}'"), error.hint) from None
    place, number = folder() / name, 2
    while place.exists() and place.read_bytes() != aside.read_bytes():
        place, number = folder() / f"{Path(name).stem} {number}{Path(name).suffix}", number + 1
    os.replace(aside, place)
    return Text(name=place.name, title=place.name, size=place.stat().st_size, here=True, yours=True)


def _too_large() -> GroundupError:
    return GroundupError(
        f"The text is larger than {MOST_BYTES // 10**6} MB.",
        "Bring a part of it: a few MB are enough for these models. `groundup train` takes any size.",
    )
