"""/generate: let a run write. Text comes token by token; each can be opened to see what else could have come."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.studio.models import WORKERS, trained_run, trained_runs
from groundup.studio.pages import page
from groundup.studio.streams import EventStream, named_event, while_the_studio_runs

router = APIRouter(lifespan=while_the_studio_runs(WORKERS))

MOST_TEXT = 20_000  # characters of a prompt
MOST_TOKENS = 2_000
A_LOOK = 0.25  # seconds that a page waits to hear whether a model is loaded
Id = Annotated[int, Field(ge=0, lt=2**31)]
Text = Annotated[str, Field(max_length=MOST_TEXT)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class How(Strict):
    """How the next token is chosen: the fields of `generation.Sampling`, with the defaults of `groundup generate`."""

    temperature: float = 0.8
    top_k: Id = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0


class Write(Strict):
    """A text to be written."""

    run: str
    prompt: Text = ""
    begin: Annotated[list[Id], Field(max_length=MOST_TOKENS)] = []
    """Tokens that stand after the prompt already."""
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] = 200
    stop: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)] = []
    beams: Annotated[int, Field(ge=0, le=16)] = 0
    """Beam search with so many, instead of drawing; 0 is off."""
    sampling: How = How()


class After(Strict):
    """A place in a text: after the prompt and the tokens `before`."""

    run: str
    prompt: Text = ""
    before: Annotated[list[Id], Field(max_length=MOST_TOKENS)] = []
    token: Id | None = None
    """A token to be among the answers, however unlikely: the one that came."""
    sampling: How = How()


class TokenChoice(BaseModel):
    """A token that can come next."""

    id: int
    label: str
    rank: int
    """1 is the likeliest."""
    probability: float
    """By the model."""
    drawn: float
    """After all filters: what the sampler draws with. 0 cannot come."""


class Next(BaseModel):
    choices: list[TokenChoice]
    others: int
    """How many more tokens there are,"""
    others_probability: float
    """and what they hold together."""
    entropy: float
    """Of what is drawn from, in bits."""
    can_come: int
    """How many tokens the filters leave."""


class Load(Strict):
    """A run that is about to write."""

    run: str
    ahead: bool = False
    """Nothing has been asked of it yet: so no other model's process is to end for it."""


class Loaded(BaseModel):
    state: Literal["loaded", "loading", "not loaded"]
    """`not loaded`: it would have taken another's place, and was asked for ahead."""


@router.get("/generate", include_in_schema=False)
def generate_page(request: Request) -> Response:
    """The form, filled in from the link, so that a link brings back what was set."""
    asked = request.query_params
    runs = trained_runs()
    sampling = {name: value for name, value in asked.items() if name in How.model_fields}
    try:
        how = How.model_validate(sampling)
        wrote = Write(
            run="", **{name: asked[name] for name in ("prompt", "max_tokens", "beams") if name in asked}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise GroundupError(f"The link says {first['loc'][0]} is {first['input']!r}: {first['msg']}.",
                            "Open /generate without it, and set it there.") from None  # fmt: skip
    chosen = trained_run(asked["run"]) if asked.get("run") else next(iter(runs), None)
    return page(
        request, "generate.html", runs=runs, chosen=chosen, how=how, wrote=wrote, stop=asked.get("stop", "")
    )


@router.post("/api/load")
def load(asked: Load) -> Loaded:
    """Have a run's model loaded. Answers when it is, or after a moment; ask again until then."""
    folder = trained_run(asked.run).folder
    worker = WORKERS.get_if_room(folder) if asked.ahead else WORKERS.get(folder)
    if worker is None:
        return Loaded(state="not loaded")
    return Loaded(state="loaded" if worker.loaded(A_LOOK) else "loading")


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "`token` events, then one `end`"}
}


@router.post("/api/generate", response_class=EventStream, responses=EVENTS)
async def write(asked: Write) -> EventStream:
    """Server-sent events: a `token` with id, text and label for each; `end` with why it ended; or `wrong`."""
    run = await run_in_threadpool(trained_run, asked.run)
    worker = await run_in_threadpool(WORKERS.get, run.folder)
    arguments = asked.model_dump(exclude={"run"})
    pieces = worker.stream("write", **arguments)
    # The first piece is waited for: a prompt that the model cannot read is an answer of its own, not half a stream.
    first = None
    while first is None:
        first = await anext(pieces)

    async def events() -> AsyncIterator[ServerSentEvent]:
        piece: Any = first
        try:
            while True:
                if piece is not None:
                    yield named_event("end" if "ended" in piece else "token", piece)
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except GroundupError as error:
            yield named_event("wrong", {"error": error.what, "hint": error.hint})
        finally:
            await pieces.aclose()

    return EventStream(events())


@router.post("/api/next")
def after(asked: After) -> Next:
    """What could come at a place of a text, the likeliest first."""
    worker = WORKERS.get(trained_run(asked.run).folder)
    return Next.model_validate(worker.call("next", **asked.model_dump(exclude={"run"})))
