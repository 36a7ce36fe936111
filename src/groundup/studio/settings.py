"""Settings, progress as a file to carry, and where everything lies."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_bytes
from groundup.common.places import (
    cache_folder,
    home,
    progress_file,
    runs_folder,
    with_tilde,
    workspace_folder,
)
from groundup.course.authoring.imported import RUNS_CODE
from groundup.course.progress import exchange
from groundup.course.progress.answers import one_item_at_a_time
from groundup.course.progress.rhythm import celebrates
from groundup.studio import focus
from groundup.studio.courses import listed
from groundup.studio.pages import page, save_upload, the_store
from groundup.studio.safety import is_loopback

router = APIRouter()

LARGEST = 200_000_000  # bytes of an import: some hundred thousand events


@router.get("/settings")
def settings(request: Request) -> Response:
    """The page."""
    with the_store(request) as store:
        return page(
            request,
            "settings.html",
            celebrations=celebrates(store),
            one_thing=one_item_at_a_time(store),
            minutes=focus.minutes(store),
            events=len(store.rows()),
            places=places(),
            courses=listed(request),
            runs_code=RUNS_CODE,
            at_home=is_loopback(request.client.host) if request.client else False,
            format_bytes=format_bytes,
        )


class OnOff(BaseModel):
    name: Literal["celebrations", "one-thing"]
    value: bool


class Minutes(BaseModel):
    name: Literal["focus-minutes"]
    value: Annotated[int, Field(ge=5, le=90)]


@router.post("/api/settings")
def choose(
    request: Request, setting: Annotated[OnOff | Minutes, Field(discriminator="name")]
) -> OnOff | Minutes:
    """Store a setting."""
    with the_store(request) as store:
        store.add("setting", setting.name, value=setting.value)
    return setting


# ---- progress as a file ---------------------------------------------------------------------------------------


@router.get("/api/progress/export", response_class=FileResponse)
def export(request: Request) -> Response:
    """All progress as JSON lines, to keep or to carry to another machine."""
    handle, name = tempfile.mkstemp(suffix=".jsonl", prefix="groundup-")
    os.close(handle)
    file = Path(name)
    file.unlink()  # `export` writes beside, then renames
    with the_store(request) as store:
        exchange.export_progress(store, file)
        day = store.now().astimezone().date()
    return FileResponse(
        file,
        media_type="application/jsonl",
        filename=f"groundup-progress-{day}.jsonl",
        background=BackgroundTask(file.unlink, missing_ok=True),
    )


class Imported(BaseModel):
    new: int
    known: int
    """Events that were here already."""
    notice: str


@router.post("/api/progress/import")
def import_(request: Request, file: UploadFile) -> Imported:
    """Add the events of an export, or of another machine's progress.db: all of them, or none."""
    name = Path(file.filename or "").name
    ending = ".db" if name.endswith(".db") else ".jsonl"
    with tempfile.TemporaryDirectory(prefix="groundup-") as folder:
        copy = Path(folder, f"progress{ending}")
        save_upload(file, copy, LARGEST, "An export of progress is far smaller.")
        with the_store(request) as store:
            try:
                result = exchange.import_progress(store, copy)
            except GroundupError as error:
                raise GroundupError(error.what.replace(str(copy), name or "The file"), error.hint) from None
    return Imported(new=result.new, known=result.known, notice=result.notice.replace(str(copy), name))


# ---- where everything lies ------------------------------------------------------------------------------------


class StoragePlace(BaseModel):
    name: str
    says: str
    path: str
    size: int
    """Bytes of all files in it."""


def places() -> list[StoragePlace]:
    """The folders that groundup writes to. (doctor/storage.py knows more, but brings PyTorch with it.)"""
    every = (
        (
            "Your files",
            "what you write for the exercises; edit them with whatever you like",
            workspace_folder(),
        ),
        ("Your runs", "every model that you trained: recipe, curves, weights", runs_folder()),
        ("Your progress", "answers, attempts, journal and settings, in one file", progress_file()),
        (
            "Cache",
            "texts and tokens that can be fetched or built again; delete it as you like",
            cache_folder(),
        ),
        ("All of it", "GROUNDUP_HOME moves it", home()),
    )
    return [
        StoragePlace(name=name, says=says, path=with_tilde(path), size=size(path))
        for name, says, path in every
    ]


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; what cannot be looked at counts as nothing."""
    total = 0
    files = (
        [path]
        if path.is_file()
        else (Path(parent, name) for parent, _, names in os.walk(path) for name in names)
    )
    for file in files:
        try:
            total += file.lstat().st_size
        except OSError:
            continue
    return total
