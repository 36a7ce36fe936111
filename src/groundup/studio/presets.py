"""The five presets as data: their keys for a form, and the numbers that were measured with them."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel

from groundup.common.brand import RUNGS


@cache
def measured() -> dict[str, dict[str, Any]]:
    """What each preset reached on Shakespeare: bpb, seconds, tokens_per_second, peak_memory_mb, machine."""
    file = resources.files("groundup.training") / "presets" / "measured.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


class Key(BaseModel):
    """One key of a recipe, as a form shows it."""

    key: str
    """With its section: "training.batch_size"."""
    kind: Literal["number", "integer", "boolean", "choice", "text"]
    value: bool | int | float | str | None
    """What the preset has; None where it leaves the choice open."""
    meaning: str
    choices: list[str] = []
    least: float | None = None
    most: float | None = None


def keys(model: str) -> list[Key]:
    """Every key of a preset's recipe, from the recipe's own models. Raises GroundupError for an unknown model."""
    from groundup.training.recipe import Recipe

    recipe = Recipe.preset(model)
    return [key for key in _keys(recipe, "") if key.key not in ("corpus", "budget", "model.kind", "without")]


def _keys(part: Any, prefix: str) -> list[Key]:
    from dataclasses import is_dataclass

    from pydantic import TypeAdapter

    schema = TypeAdapter(type(part)).json_schema()
    found = []
    for name, about in schema["properties"].items():
        value = getattr(part, name)
        if isinstance(value, BaseModel) or is_dataclass(value):
            found += _keys(value, f"{name}.")
            continue
        # A key that may be left open is a choice between null and the kind that counts.
        kind = next((one for one in about.get("anyOf", ()) if one.get("type") != "null"), about)
        found.append(
            Key(
                key=prefix + name,
                kind="choice" if "enum" in kind else _KINDS.get(kind.get("type", ""), "text"),
                value=value if isinstance(value, bool | int | float | str) else None,
                meaning=about.get("description", ""),
                choices=kind.get("enum", []),
                least=kind.get("minimum", kind.get("exclusiveMinimum")),
                most=kind.get("maximum", kind.get("exclusiveMaximum")),
            )
        )
    return found


_KINDS: dict[str, Any] = {"number": "number", "integer": "integer", "boolean": "boolean"}


def models() -> list[dict[str, Any]]:
    """The five for a list of choices, from the ground up."""
    return [{"model": model, "number": shown.number, "title": shown.title} for model, shown in RUNGS.items()]
