"""/look: see inside a run. Each lens is a page of widgets, drawn from the run's own numbers.

Before a run has answered, and where there is none, they are drawn from the reference run: see make_fixtures.py.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.generate import Strict
from groundup.studio.make_fixtures import TEXT
from groundup.studio.models import WORKERS, Trained, trained_runs
from groundup.studio.pages import page
from groundup.studio.real_models import MARK, looked_into, models_folder, real_models

router = APIRouter()

MOST_TEXT = 2_000
SAMPLE = "The queen told her son that she would wait"
WITH_ATTENTION = ("lstm-attention", "transformer", "gpt", "gpt2", "llama")
RECURRENT = ("char-rnn", "word-gru", "lstm-attention")
WITH_LAYERS = ("transformer", "gpt", "gpt2", "llama")
Name = Literal["attention", "head", "off", "ablation", "next", "gates", "gradient-flow", "embeddings", "logits", "tree",
               "weights", "training"]  # fmt: skip


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
    chooses: str = ""
    """What a token of the text is chosen for, if it can be."""
    real: bool = True
    """Whether a model that was not trained here has it."""
    reference: str = "gpt"
    """The kind of the reference run."""

    def columns(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Widgets of one width that follow each other stand below each other, whatever is beside them."""
        return [(width, list(some)) for width, some in groupby(self.widgets, key=lambda one: one[2])]


LENSES = (
    Lens("attention", "Attention", "What does it look at?", (("attention_heads", "attention", "c8"),
         ("attention_neuron", "head", "c8"), ("attention_model", "attention", "c4"), ("sampler", "next", "c4"),
         ("attention_off", "off", "c12")), WITH_ATTENTION, chooses="that looks"),
    Lens("gates", "Gates", "What does it keep?", (("gates", "gates", "c12"),), RECURRENT, chooses="that is read",
         reference="lstm-attention"),
    Lens("gradient-flow", "Gradient flow", "How far back does it reach?",
         (("gradient_flow", "gradient-flow", "c12"),), chooses="that is reached"),
    Lens("next", "Next token", "What comes next?", (("sampler", "next", "c12"),), chooses="after which it comes"),
    Lens("tree", "Tree", "Where could it go?", (("tree", "tree", "c12"),)),
    Lens("logits", "Layers", "When does it decide?", (("logit_lens", "logits", "c12"),), WITH_LAYERS,
         chooses="after which it decides"),
    Lens("embeddings", "Embeddings", "Which words are alike?", (("embeddings", "embeddings", "c12"),), reads=False),
    Lens("tokens", "Tokens", "How is the text cut?", (("tokens", "tokens", "c12"), ("bpe_replay", "merges", "c12")),
         real=False),
    Lens("weights", "Weights", "What is it made of?", (("weights", "weights", "c12"),), reads=False, real=False),
    Lens("training", "Training", "How did it learn?", (("training", "training", "c12"),), reads=False, real=False),
)  # fmt: skip
BY_NAME = {lens.name: lens for lens in LENSES}


class Look(Strict):
    """What to look at, and through which lens. The settings are those of the lens; the others are passed over."""

    run: str
    """A run; or `hf:` and the name of a model that lies on this machine, see /look."""
    lens: Name
    text: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    layer: Annotated[int, Field(ge=0, le=1000)] = 0
    head: Annotated[int, Field(ge=0, le=1000)] = 0
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    off: Annotated[str, Field(max_length=2_000)] = ""
    """Heads that are switched off: "2.0,1.3"."""
    of: Literal["loss", "logit"] = "loss"
    count: Annotated[int, Field(ge=4, le=300)] = 60
    method: Literal["pca", "tsne"] = "pca"
    perplexity: Annotated[float, Field(ge=1, le=100)] = 15.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    follow: Annotated[str, Field(max_length=100)] = ""
    """A token whose rank is told at each layer."""
    breadth: Annotated[int, Field(ge=1, le=6)] = 3
    depth: Annotated[int, Field(ge=1, le=5)] = 3


def lenses_for(model: Trained) -> list[Lens]:
    """Those that this kind of model can have."""
    ours = not model.name.startswith(MARK)
    return [one for one in LENSES if (not one.kinds or model.kind in one.kinds) and (ours or one.real)]


@router.get("/look", include_in_schema=False)
def look_page(request: Request) -> Response:
    asked = request.query_params
    runs, real = trained_runs(), real_models()
    shared: dict[str, Any] = {"runs": runs, "real": real, "folder": models_folder()}
    if not asked.get("run") and not runs:
        lens = _lens(asked.get("lens", "attention"), list(LENSES), "the reference run")
        of = rung_of(lens.reference)
        return page(request, "look.html", run=None, lens=lens, lenses=LENSES, text=TEXT, of=of, **shared)
    run = looked_into(asked["run"]) if asked.get("run") else _first(runs)
    lenses = lenses_for(run)
    lens = _lens(asked["lens"], lenses, run.name, run.title) if asked.get("lens") else lenses[0]
    told = run.corpus.lower().startswith("stor")  # a model of stories knows no queen
    text = asked.get("text", TEXT if told else SAMPLE)[:MOST_TEXT]
    return page(request, "look.html", run=run, lenses=lenses, lens=lens, text=text, of=run, **shared)


@router.post("/api/look")
def look(asked: Look) -> Response:
    """What a lens sees: the JSON form of its trace, see `groundup.lenses`."""
    worker = WORKERS.get(looked_into(asked.run).folder)
    return Response(worker.call("look", **_settings(asked)), media_type="application/json")


def _settings(asked: Look) -> dict[str, Any]:
    return asked.model_dump(exclude={"run"})


def _first(runs: list[Trained]) -> Trained:
    """The newest run with attention, for that is what most people come to see; else the newest."""
    return next((run for run in runs if run.kind in WITH_ATTENTION), runs[0])


def _lens(name: str, lenses: list[Lens], whose: str, title: str = "") -> Lens:
    fitting = {lens.name: lens for lens in lenses}
    if name in fitting:
        return fitting[name]
    if name in BY_NAME:
        raise GroundupError(
            f"{whose} is a {title} model: it has no {BY_NAME[name].title.lower()} to look at.",
            f"Lenses for it: {', '.join(fitting)}.",
        )
    raise GroundupError(f"There is no lens '{name}'.", did_you_mean(name, fitting))
