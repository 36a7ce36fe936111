"""Everything about one run: its page, its numbers, what the rules of diagnosis say, export, and deleting it."""

import os
import shutil
import tempfile
import zipfile
from typing import Any

from fastapi import APIRouter, Request
from filelock import FileLock, Timeout
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from groundup.common.errors import GroundupError
from groundup.common.look import clock, corpus_title, count, printable, rung
from groundup.common.places import home
from groundup.studio import queue
from groundup.studio.pages import page
from groundup.studio.presets import measured
from groundup.studio.status import row, run_folder, spaced, status, text_title

router = APIRouter()


class Said(BaseModel):
    """One thing that the diagnosis says."""

    name: str
    what: str
    evidence: str
    advice: str


class Diagnosis(BaseModel):
    findings: list[Said]


class Deleted(BaseModel):
    deleted: str


@router.get("/run/{name}")
def run_page(request: Request, name: str, first: bool = False) -> Response:
    """The page of one run. `first`: the first that somebody trains; then each thing is said in a word more."""
    run_folder(name)
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    found = {**row(name), **status(name)}
    return page(request, "run.html", here="/lab", run=found, shown=shown(found), recipe=run.recipe.to_toml(),
                facts=_facts(run), samples=_samples(run), first=first,
                findings=_findings(name) if found["bpb"] is not None else [])  # fmt: skip


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """What the panel of a run is drawn from: the server's HTML, and the module that makes it live."""
    kind = found["name"]
    there = rung(kind)
    known = measured().get(kind) if corpus_title(found["corpus"]) == "shakespeare" else None
    return {
        "run": found["run"],
        "model": kind,
        "number": there.number,
        "title": there.title,
        "corpus": text_title(found["corpus"]),
        "budget": spaced(found["budget"]),
        "job": found["job"],
        "state": found["state"],
        "said": found["said"],
        "reference": round(known["bpb"], 3) if known else None,
    }


def _facts(run: Any) -> list[tuple[str, str]]:
    """What the start of training found out, in words."""
    found = row(run.name)
    facts = run.facts()
    tokens = run.recipe.tokenizer
    said = [
        ("parameters", count(found["parameters"])),
        ("tokens", tokens.kind + (f", at most {tokens.vocab_size:,}" if tokens.vocab_size else "")),
        ("trained", clock(found["seconds"])),
        ("steps", count(found["steps"])),
        ("precision", f"{facts['precision']} on {facts['device']}" if facts else "-"),
        ("seed", str(run.recipe.seed)),
        ("folder", str(run.folder)),
    ]
    return [(name, value) for name, value in said if value != "-"]


def _samples(run: Any) -> list[dict[str, Any]]:
    """What it wrote, the newest first."""
    scored = [event for event in run.events("evaluation") if event.get("sample")]
    return [
        {"seconds": event["seconds"], "bpb": event["bpb"], "text": printable(event["sample"]).strip("\n")}
        for event in reversed(scored[-12:])
    ]


@router.get("/api/runs/{name}")
def run_facts(name: str) -> dict[str, Any]:
    """Summary, state and recipe of one run."""
    from groundup.training.run import Run

    run = Run.open(run_folder(name))
    return {**row(name), **status(name), "recipe": run.recipe.model_dump(exclude_none=True)}


@router.get("/api/runs/{name}/diagnosis")
def diagnosis(name: str) -> Diagnosis:
    """What the rules find in the curves of a run so far. Nothing is computed by the model."""
    run_folder(name)
    return Diagnosis(findings=_findings(name))


def _findings(name: str) -> list[Said]:
    from groundup.lenses.training import trace

    try:
        found = trace(run_folder(name), units=False).findings
    except GroundupError:  # it has no events yet
        return []
    return [Said(name=one.name, what=one.what, evidence=one.evidence, advice=one.advice) for one in found]


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


@router.delete("/api/runs/{name}")
def delete(name: str) -> Deleted:
    """Delete a run for good. The page asks before."""
    folder = run_folder(name)
    queue.forget(name)
    lock = FileLock(folder / ".lock")
    try:
        with lock.acquire(timeout=0):
            pass  # nobody trains it
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
