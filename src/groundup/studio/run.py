"""Everything about one run: its page, its numbers, what the rules of diagnosis say, export, and deleting it."""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from filelock import FileLock, Timeout
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError
from groundup.common.formatting import (
    corpus_title,
    format_bytes,
    format_count,
    format_duration,
    make_printable,
)
from groundup.common.places import home
from groundup.ladder.plans import reports_folder
from groundup.studio import queue
from groundup.studio.look import lenses_for
from groundup.studio.models import trained_runs
from groundup.studio.pages import page
from groundup.studio.status import measured, row, run_folder, status, text_title
from groundup.studio.verdict import RunVerdict, others, verdict
from groundup.training.budget import Budget

router = APIRouter()

File = Literal["best.safetensors", "last.safetensors", "tokenizer.json", "recipe.toml", "metrics.jsonl"]


class More(BaseModel):
    budget: str = Field("+2min", max_length=40)
    """The new whole, or what is added, such as +2min."""


class Deleted(BaseModel):
    deleted: str


@router.get("/run/{name}")
def run_page(request: Request, name: str, first: bool = False) -> Response:
    """The page of one run. `first`: the learner's first run; then each thing is explained in a few more words."""
    run_folder(name)
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    row_and_status = {**row(name), **status(name)}
    return page(request, "run.html", here="/lab", run=row_and_status, shown=shown(row_and_status),
                recipe=run.recipe.to_toml(), facts=_facts(run), samples=_samples(run), first=first,
                verdict=verdict(name), files=_files(run), lenses=_lenses(name))  # fmt: skip


def shown(row_and_status: dict[str, Any]) -> dict[str, Any]:
    """What the panel of a run is drawn from: the server's HTML, and the module that makes it live."""
    kind = row_and_status["name"]
    there = rung_of(kind)
    known = measured().get(kind) if corpus_title(row_and_status["corpus"]) == "shakespeare" else None
    budget, tokens = _what_it_reads(row_and_status["run"])
    timed = budget.unit == "seconds"
    return {
        "run": row_and_status["run"],
        "model": kind,
        "number": there.number,
        "title": there.title,
        "corpus": text_title(row_and_status["corpus"]),
        "budget": row_and_status["budget"],
        "more": {
            "budget": "+2min" if timed else f"+{budget}",
            "words": "2 min more" if timed else f"{budget.words} more",
        },
        "unit": UNITS.get(tokens, "token"),
        "job": row_and_status["job"],
        "state": row_and_status["state"],
        "said": row_and_status["said"],
        "reference": {"bpb": round(known["bpb"], 3), "name": f"tuned, {format_duration(known['seconds'])}"}
        if known
        else None,
        "others": [one.model_dump() for one in others(row_and_status["run"])],
    }


UNITS = {"characters": "letter", "bytes": "byte", "words": "word"}
"""What people call a token of each tokenizer; of the others "token"."""


def _what_it_reads(name: str) -> tuple[Budget, str]:
    """The budget and the kind of tokenizer of a run's recipe."""
    from groundup.training.run import Run

    recipe = Run.open(run_folder(name)).recipe
    return Budget.parse(recipe.budget), recipe.tokenizer.kind


def _lenses(name: str) -> list[Any]:
    """What can be looked at by now: nothing before there are weights."""
    trained = next((one for one in trained_runs() if one.name == name), None)
    return lenses_for(trained) if trained else []


def _facts(run: Any) -> list[tuple[str, str]]:
    """What the start of training found out, in words."""
    numbers = row(run.name)
    facts = run.facts()
    tokens = run.recipe.tokenizer
    rows_of_facts = [
        ("parameters", format_count(numbers["parameters"])),
        ("tokens", tokens.kind + (f", at most {tokens.vocab_size:,}" if tokens.vocab_size else "")),
        ("trained", format_duration(numbers["seconds"])),
        ("steps", format_count(numbers["steps"])),
        ("precision", f"{facts['precision']} on {facts['device']}" if facts else "-"),
        ("seed", str(run.recipe.seed)),
        ("folder", str(run.folder)),
    ]
    return [(name, value) for name, value in rows_of_facts if value != "-"]


def _samples(run: Any) -> list[dict[str, Any]]:
    """What it wrote, the newest first."""
    scored = [event for event in run.events("evaluation") if event.get("sample")]
    return [
        {
            "seconds": event["seconds"],
            "bpb": event["bpb"],
            "text": make_printable(event["sample"]).strip("\n"),
        }
        for event in reversed(scored[-12:])
    ]


@router.get("/api/runs/{name}")
def run_facts(name: str) -> dict[str, Any]:
    """Summary, state and recipe of one run."""
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    return {**row(name), **status(name), "recipe": run.recipe.model_dump(exclude_none=True)}


@router.get("/api/runs/{name}/diagnosis")
def diagnosis(name: str) -> RunVerdict:
    """What the curves of a run say so far, and where it will end. Nothing is computed by the model."""
    run_folder(name)
    return verdict(name)


@router.post("/api/runs/{name}/more")
def more(name: str, request: More) -> dict[str, str]:
    """Train a run for longer. One that trains notices by itself; one that is done or stopped goes into the queue; one
    that is paused or waits keeps its place."""
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    now = status(name)
    if now["job"] not in ("", name):
        raise GroundupError(
            f"'{name}' is a rung of the climb '{now['job']}': there all train for the same time.",
            "Wait until the climb is done.",
        )
    with queue.changing():  # one at a time: two pages that ask at once both get what they asked for
        run = Run.open(run.folder)
        run.grow(request.budget)
    if now["state"] in ("done", "stopped", "failed"):
        queue.ask(name, "resume")
    return status(name)


@router.get("/api/runs/{name}/export", response_class=FileResponse)
def export(name: str) -> FileResponse:
    """The run's folder as a zip file. Unpacked among the runs of another machine it is a run there."""
    folder = run_folder(name)
    handle, path = tempfile.mkstemp(suffix=".zip")
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for one in sorted(folder.iterdir()):
                if one.is_file() and not one.name.startswith("."):  # locks, and files that are half written
                    # Weights are noise to a packer: they are only laid in.
                    how = zipfile.ZIP_STORED if one.suffix == ".safetensors" else None
                    packed.write(one, f"{name}/{one.name}", compress_type=how)
    except OSError as error:
        os.unlink(path)
        raise GroundupError(
            f"The run could not be packed: {error.strerror or error}.", "Free some space, then try again."
        ) from None
    return FileResponse(
        path, media_type="application/zip", filename=f"{name}.zip", background=BackgroundTask(os.unlink, path)
    )


@router.get("/api/runs/{name}/files/{file}", response_class=FileResponse)
def one_file(name: str, file: File) -> FileResponse:
    """One file of a run, as it lies in its folder."""
    path = run_folder(name) / file
    if not path.is_file():
        raise GroundupError(f"'{name}' has no {file} yet.", "It is written while the run trains.")
    return FileResponse(path, filename=f"{name}-{file}")


@router.get("/api/runs/{name}/report", response_class=FileResponse)
def report(name: str) -> FileResponse:
    """The report of the climb that this run is a rung of: one page of HTML that needs nothing else."""
    if (file := _report(name)) is None:
        raise GroundupError(
            f"'{name}' has no report.", "A climb writes one when all its models have trained."
        )
    return FileResponse(file, filename=f"{file.parent.name}-report.html")


def _report(name: str) -> Path | None:
    climb = name.removesuffix(f"-{row(name)['name']}")
    file = reports_folder() / climb / "report.html"
    return file if climb != name and file.is_file() else None


FILES = {
    "best.safetensors": "the weights with the fewest bits per byte",
    "last.safetensors": "the last weights, and all that training needs to go on",
    "tokenizer.json": "the tokenizer, which the tokenizers library reads too",
    "recipe.toml": "everything that decided the training",
    "metrics.jsonl": "all that happened, one event a line",
}


def _files(run: Any) -> list[dict[str, str]]:
    """What can be taken away by now."""
    path = f"/api/runs/{run.name}"
    files = [
        {
            "href": f"{path}/files/{name}",
            "name": name,
            "what": description,
            "size": format_bytes(max(file.stat().st_size, 1000)),
        }
        for name, description in FILES.items()
        if (file := run.folder / name).is_file()
    ]
    if (page_of_it := _report(run.name)) is not None:
        files.append({"href": f"{path}/report", "name": "report.html", "what": "the report of its climb",
                      "size": format_bytes(page_of_it.stat().st_size)})  # fmt: skip
    return files


@router.delete("/api/runs/{name}")
def delete(name: str) -> Deleted:
    """Delete a run for good. The page asks before."""
    folder = run_folder(name)
    queue.forget(name)
    lock = FileLock(folder / ".lock")
    try:
        with lock.acquire(timeout=0):
            pass  # no process trains it
    except Timeout:
        raise GroundupError(
            f"'{name}' is being trained right now.", "Stop it first, then delete it."
        ) from None
    gone = home() / "deleted" / name  # out of the way first: a deletion that is cut off leaves no half a run
    try:
        gone.parent.mkdir(exist_ok=True)
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise GroundupError(f"'{name}' could not be deleted: {error.strerror}.", f"Check {folder}.") from None
    return Deleted(deleted=name)
