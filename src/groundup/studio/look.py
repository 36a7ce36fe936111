"""/look: see inside a run. Each lens is a page of widgets, drawn from the run's own numbers.

Before a run has answered, and where there is none, they are drawn from the reference run: see make_fixtures.py.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, create_model
from starlette.responses import Response

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError, did_you_mean
from groundup.lenses.registry import Lens, Option, lenses
from groundup.studio.generate import Strict
from groundup.studio.make_fixtures import TEXT
from groundup.studio.models import WORKERS, Trained, trained_runs
from groundup.studio.pages import page
from groundup.studio.real_models import MARK, looked_into, models_folder, real_models

router = APIRouter()

MAX_TEXT_CHARACTERS = 2_000
SAMPLE = "The queen told her son that she would wait"
LENSES = tuple(lens for lens in lenses() if lens.title)
"""Those that have a page."""
OWN_ADDRESS = ("tokens", "merges")  # see tokens.py
ASKED = tuple(lens for lens in lenses() if (lens.title or not lens.command) and lens.name not in OWN_ADDRESS)
"""Those that a page can ask for."""
OPTIONS = {lens.name: " ".join(option.name for option in lens.options) for lens in lenses()}
"""The settings that Python answers; a change of one of these is asked for."""
TEXTS = {
    name for lens in lenses() for view in lens.views.values() for name, value in view.items() if value == ""
}
TEXTS |= {option.name for lens in lenses() for option in lens.options if option.value_type is str}
"""Settings that may look like numbers in a link, and are texts."""


class LookBase(Strict):
    """What to look at, and through which lens. The settings are those of the lens; the others are passed over."""

    run: str
    """A run; or `hf:` and the name of a model that lies on this machine, see /look."""
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] = ""


def _field(option: Option) -> Any:
    """An option of a lens, as a field of the request."""
    if option.choices:
        return Literal[option.choices], option.default
    limits = (
        {"max_length": int(option.most or MAX_TEXT_CHARACTERS)}
        if option.value_type is str
        else {"ge": option.least, "le": option.most}
    )
    checked: Any = Annotated[option.value_type, Field(**limits)]
    return (checked | None if option.default is None else checked), option.default


FIELDS: dict[str, Any] = {"lens": (Literal[tuple(lens.name for lens in ASKED)], ...)}
FIELDS |= {option.name: _field(option) for lens in ASKED for option in lens.options}
Look: Any = create_model(
    "Look",
    __base__=LookBase,
    **FIELDS,
)


def lenses_for(model: Trained) -> list[Lens]:
    """Those that this kind of model can have."""
    ours = not model.name.startswith(MARK)
    return [lens for lens in LENSES if lens.suits(model.kind) and (ours or lens.real)]


@router.get("/look", include_in_schema=False)
def look_page(request: Request) -> Response:
    asked = request.query_params
    runs, real = trained_runs(), real_models()
    shared: dict[str, Any] = {
        "runs": runs, "real": real, "folder": models_folder(), "options": OPTIONS, "texts": " ".join(sorted(TEXTS)),
    }  # fmt: skip
    if not asked.get("run") and not runs:
        lens = _lens(asked.get("lens", "attention"), list(LENSES), "the reference run")
        of = rung_of(lens.reference)
        return page(request, "look.html", run=None, lens=lens, lenses=LENSES, text=TEXT, of=of, **shared)
    run = looked_into(asked["run"]) if asked.get("run") else _first(runs)
    fitting = lenses_for(run)
    lens = _lens(asked["lens"], fitting, run.name, run.title) if asked.get("lens") else fitting[0]
    told = run.corpus.lower().startswith("stor")  # a model of stories knows no queen
    text = asked.get("text", TEXT if told else SAMPLE)[:MAX_TEXT_CHARACTERS]
    return page(request, "look.html", run=run, lenses=fitting, lens=lens, text=text, of=run, **shared)


@router.post("/api/look")
def look(asked: Look) -> Response:
    """What a lens sees: the JSON form of its trace, see `groundup.lenses`."""
    settings = asked.model_dump(exclude={"run"})
    worker = WORKERS.get(looked_into(asked.run).folder)
    return Response(worker.call("look", **settings), media_type="application/json")


def _first(runs: list[Trained]) -> Trained:
    """The newest run with attention, for that is what most people come to see; else the newest."""
    return next((run for run in runs if LENSES[0].suits(run.kind)), runs[0])


def _lens(name: str, fitting: list[Lens], whose: str, title: str = "") -> Lens:
    by_name = {lens.name: lens for lens in fitting}
    if name in by_name:
        return by_name[name]
    for lens in LENSES:
        if lens.name == name:
            raise GroundupError(
                f"{whose} is a {title} model: it has no {lens.title.lower()} to look at.",
                f"Lenses for it: {', '.join(by_name)}.",
            )
    raise GroundupError(f"There is no lens '{name}'.", did_you_mean(name, by_name))
