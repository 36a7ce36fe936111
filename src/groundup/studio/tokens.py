"""/tokens: the arena. One text under several tokenizers, and the merges that make its tokens, one by one."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.generate import Strict
from groundup.studio.models import WORKERS, trained_runs
from groundup.studio.pages import page
from groundup.text.assets import where

router = APIRouter()

MOST_TEXT = 10_000
MOST_AT_ONCE = 12
KINDS = ("characters", "bytes", "words", "wordpiece", "bpe")
"""Kinds that are learnt from groundup's stories; a size can follow, as in bpe:1000."""
PUBLISHED = ("gpt2", "cl100k", "o200k", "bert", "llama", "mistral")
SAMPLE = "The queen told her son that she would wait in the garden.\nnaïve café, 1,024 strawberries 🍓"
Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]


class Arena(Strict):
    """A text, and who is to cut it: a kind, a published vocabulary that is here, or the name of a run."""

    text: Text
    tokenizers: Annotated[list[str], Field(min_length=1, max_length=MOST_AT_ONCE)]
    languages: bool = False


class Replay(Strict):
    """A text, and whose merges are to be replayed."""

    text: Text
    tokenizer: str


def there() -> dict[str, list[str]]:
    """The tokenizers on this machine, by where they come from."""
    return {
        "kinds": ["characters", "bytes", "words", "bpe:1000"],
        "published": [name for name in PUBLISHED if where(name) is not None],
        "runs": [run.name for run in trained_runs()],
    }


def known(name: str) -> str:
    """A name that comes from a page: one of those that are there, and never a path."""
    kind, colon, size = name.partition(":")
    if kind in KINDS and (not colon or (size.isdigit() and 1 <= int(size) <= 50_000)):
        return name
    all_there = there()
    if name in all_there["published"] or name in all_there["runs"]:
        return name
    if name in PUBLISHED:
        raise GroundupError(
            f"The vocabulary of {name} is not here.", f"Fetch it once: `groundup assets fetch {name}`."
        )
    names = [*KINDS, *all_there["published"], *all_there["runs"]]
    raise GroundupError(f"There is no tokenizer '{name}'.", did_you_mean(name, names))


@router.get("/tokens", include_in_schema=False)
def tokens_page(request: Request) -> Response:
    asked = request.query_params
    here = there()
    usual = [*here["kinds"], *here["published"], *here["runs"][:1]]
    return page(
        request, "tokens.html", text=asked.get("text", SAMPLE)[:MOST_TEXT], there=here,
        chosen=asked.getlist("with") or usual, missing=[name for name in PUBLISHED if name not in here["published"]],
        replayed=_with_merges(here["published"]),
        replay=asked.get("replay", ""),
    )  # fmt: skip


def _with_merges(published: list[str]) -> list[str]:
    """Those whose tokens are made by merging pairs of bytes."""
    mine = [run.name for run in trained_runs() if run.tokenizer == "bpe"]
    return [*mine, *(name for name in published if name not in ("bert", "llama")), "bpe:1000"]


@router.post("/api/tokens")
def cut(asked: Arena) -> Response:
    """The text cut by each tokenizer: see `lenses/tokens.py`, whose JSON this is."""
    names = [known(name) for name in dict.fromkeys(asked.tokenizers)]
    said = WORKERS.get(None).call("cut", text=asked.text, tokenizers=names, languages=asked.languages)
    return Response(said, media_type="application/json")


@router.post("/api/merges")
def merges(asked: Replay) -> Response:
    """The merges that make the text's tokens: see `lenses/merges.py`, whose JSON this is."""
    said = WORKERS.get(None).call("replay", text=asked.text, tokenizer=known(asked.tokenizer))
    return Response(said, media_type="application/json")
