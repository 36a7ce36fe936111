"""/look: see inside a run. Each lens is a page of widgets, drawn from the run's own numbers."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.generate import Strict
from groundup.studio.models import WORKERS, Trained, trained_run, trained_runs
from groundup.studio.pages import page

router = APIRouter()

MOST_TEXT = 2_000
SAMPLE = "The queen told her son that she would wait"
WITH_ATTENTION = ("lstm-attention", "transformer", "gpt")
RECURRENT = ("char-rnn", "word-gru", "lstm-attention")
WITH_LAYERS = ("transformer", "gpt")
Name = Literal["attention", "head", "ablation", "next", "gates", "reach", "embeddings", "logits", "tree", "weights",
               "training"]  # fmt: skip


@dataclass(frozen=True)
class Lens:
    """A page of widgets."""

    name: str
    title: str
    question: str
    widgets: tuple[tuple[str, str, str], ...]
    """Each: the widget's file, what it is drawn from, and how wide it stands."""
    kinds: tuple[str, ...] = ()
    """The models that have it; all if empty."""
    reads: bool = True
    """Whether it looks at a text."""


LENSES = (
    Lens("attention", "Attention", "What does it look at?", (("attention_heads", "attention", "c8"),
         ("attention_model", "attention", "c4"), ("attention_neuron", "head", "c8"), ("sampler", "next", "c4")),
         WITH_ATTENTION),
    Lens("gates", "Gates", "What does it keep?", (("gates", "gates", "c12"),), RECURRENT),
    Lens("reach", "Reach", "How far back does it reach?", (("reach", "reach", "c12"),)),
    Lens("next", "Next token", "What comes next?", (("sampler", "next", "c12"),)),
    Lens("tree", "Tree", "Where could it go?", (("tree", "tree", "c12"),)),
    Lens("logits", "Layers", "When does it decide?", (("logit_lens", "logits", "c12"),), WITH_LAYERS),
    Lens("embeddings", "Embeddings", "Which words are alike?", (("embeddings", "embeddings", "c12"),), reads=False),
    Lens("tokens", "Tokens", "How is the text cut?", (("tokens", "tokens", "c12"), ("bpe_replay", "merges", "c12"))),
    Lens("weights", "Weights", "What is it made of?", (("weights", "weights", "c12"),), reads=False),
    Lens("training", "Training", "How did it learn?", (("training", "training", "c12"),), reads=False),
)  # fmt: skip
BY_NAME = {lens.name: lens for lens in LENSES}


class Look(Strict):
    """What to look at, and through which lens. The settings are those of the lens; the others are passed over."""

    run: str
    lens: Name
    text: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    layer: Annotated[int, Field(ge=0, le=1000)] = 0
    head: Annotated[int, Field(ge=0, le=1000)] = 0
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    of: Literal["loss", "logit"] = "loss"
    count: Annotated[int, Field(ge=4, le=300)] = 60
    method: Literal["pca", "tsne"] = "pca"
    perplexity: Annotated[float, Field(ge=1, le=100)] = 15.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    token: Annotated[str, Field(max_length=100)] = ""
    breadth: Annotated[int, Field(ge=1, le=6)] = 3
    depth: Annotated[int, Field(ge=1, le=5)] = 3


def lenses_for(kind: str) -> list[Lens]:
    """Those that this kind of model can have."""
    return [lens for lens in LENSES if not lens.kinds or kind in lens.kinds]


@router.get("/look", include_in_schema=False)
def look_page(request: Request) -> Response:
    asked = request.query_params
    runs = trained_runs()
    if not runs:
        return page(request, "look.html", runs=[], run=None)
    run = trained_run(asked["run"]) if asked.get("run") else _first(runs)
    lenses = lenses_for(run.kind)
    lens = _lens(asked["lens"], run) if asked.get("lens") else lenses[0]
    text = asked.get("text", SAMPLE)[:MOST_TEXT]
    return page(request, "look.html", runs=runs, run=run, lenses=lenses, lens=lens, text=text)


@router.post("/api/look")
def look(asked: Look) -> Response:
    """What a lens sees: the JSON form of its trace, see `groundup.lenses`."""
    worker = WORKERS.of(trained_run(asked.run).folder)
    return Response(worker.call("look", **_settings(asked)), media_type="application/json")


def _settings(asked: Look) -> dict[str, Any]:
    return asked.model_dump(exclude={"run"})


def _first(runs: list[Trained]) -> Trained:
    """The newest run with attention, for that is what most people come to see; else the newest."""
    return next((run for run in runs if run.kind in WITH_ATTENTION), runs[0])


def _lens(name: str, run: Trained) -> Lens:
    fitting = {lens.name: lens for lens in lenses_for(run.kind)}
    if name in fitting:
        return fitting[name]
    if name in BY_NAME:
        raise GroundupError(
            f"{run.name} is a {run.title} model: it has no {BY_NAME[name].title.lower()} to look at.",
            f"Lenses for it: {', '.join(fitting)}.",
        )
    raise GroundupError(f"There is no lens '{name}'.", did_you_mean(name, fitting))
