"""Write the tables of the documents that come from the code: recipe keys, corpora, assets, parts, faults, words.

    python docs/make_tables.py

Each stands between two marks, such as <!-- keys --> and <!-- /keys -->. tests/test_docs.py holds them equal.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from groundup.course.lessons.catalogue import load_course
from groundup.ladder.faults import FAULTS, STUDIES
from groundup.models.ablations import PARTS, parts_of
from groundup.studio.glossary import load_glossary
from groundup.text.assets import list_assets
from groundup.text.corpora import list_corpora
from groundup.training.recipe import Recipe, preset_names

FOLDER = Path(__file__).parent


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def keys() -> str:
    """Every key of a recipe, read from its schema. One that several models share is one row."""
    schema = Recipe.model_json_schema()
    parts = {"": schema, "tokenizer.": schema["$defs"]["TokenizerRecipe"]}
    rows = [row for prefix, part in parts.items() for row in _rows(prefix, part)]
    rows.append(("`model.kind`", "", "", " ".join(f"`{name}`" for name in preset_names()), "Which model."))
    kinds = schema["properties"]["model"]["discriminator"]["mapping"]
    models_of_row: dict[tuple[str, ...], list[str]] = {}
    for kind in preset_names():
        for key, default, _, may_be, meaning in _rows("model.", schema["$defs"][kinds[kind].split("/")[-1]]):
            models_of_row.setdefault((key, default, may_be, meaning), []).append(kind)
    for (key, default, may_be, meaning), models in sorted(models_of_row.items(), key=lambda row: row[0][0]):
        rows.append((key, default, ", ".join(models), may_be, meaning))
    rows += _rows("training.", schema["$defs"]["TrainingRecipe"])
    return table(("key", "default", "only in", "may be", "meaning"), rows)


def _rows(prefix: str, part: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for key, about in part["properties"].items():
        if "$ref" in about or "oneOf" in about or "const" in about:  # a part of its own, or the model's name
            continue
        rows.append(
            (f"`{prefix}{key}`", _plain(about), "", _may_be(about), " ".join(about["description"].split()))
        )
    return rows


def _plain(about: dict[str, Any]) -> str:
    value = about["default"]
    return "–" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _may_be(about: dict[str, Any]) -> str:
    if "enum" in about:
        return " ".join(f"`{value}`" for value in about["enum"])
    about = next((item for item in about.get("anyOf", ()) if item["type"] != "null"), about)
    words = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` `false`",
             "array": "list of text"}  # fmt: skip
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {about[limit]:,}" for limit, sign in limits.items() if limit in about]
    return " ".join([words[about["type"]], ", ".join(bounds)]).strip()


def corpora() -> str:
    rows = [
        (f"`{corpus.name}`", corpus.title, _size(corpus.size), corpus.licence) for corpus in list_corpora()
    ]
    return table(("name", "what it is", "text", "licence"), rows)


def assets() -> str:
    rows = [
        (f"`{asset.name}`", asset.title, asset.kind, _size(asset.size), asset.licence)
        for asset in list_assets()
    ]
    return table(("name", "what it is", "kind", "on the disk", "licence"), rows)


def parts() -> str:
    """Every part that a model can be without."""
    presets = {name: Recipe.preset(name).model for name in preset_names()}
    rows = []
    for part, without in PARTS.items():
        models = [name for name, model in presets.items() if part in parts_of(model)]
        rows.append((f"`{part}`", ", ".join(models), without, STUDIES[part].recognise))
    return table(("part", "models", "without it", "how to recognise it"), rows)


def faults() -> str:
    """Every fault, with the recipe key that makes it."""
    rows = []
    for name, fault in FAULTS.items():
        recipe = next(recipe for recipe in map(Recipe.preset, preset_names()) if fault.fits(recipe))
        keys = ", ".join(f"`{key}`" for key in fault.keys(recipe)) or "(the batches)"
        rows.append((f"`{name}`", keys, fault.changes, STUDIES[name].recognise))
    return table(("fault", "key", "what it changes", "how to recognise it"), rows)


def names() -> str:
    """Every word of the glossary that has a name in code, here and elsewhere."""
    rows = [
        (word.word, *(_code(names) for names in (word.ours, word.papers, word.nanogpt, word.hf)))
        for word in load_glossary(load_course())
        if word.names()
    ]
    return table(("word", "groundup", "papers", "nanoGPT", "Hugging Face"), rows)


def words() -> str:
    """Every word of the glossary, what it means, and the lesson that teaches it."""
    return table(
        ("word", "what it means", "lesson"),
        [(word.word, word.says, word.taught) for word in load_glossary(load_course())],
    )


def _code(names: Sequence[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


TABLES = {function.__name__: function for function in (keys, corpora, assets, parts, faults, names, words)}


def filled(text: str) -> str:
    """The document with its tables written again."""
    for name, make in TABLES.items():
        between = f"<!-- {name} -->\n{make()}\n<!-- /{name} -->"
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _, new=between: new, text, flags=re.S)
    return text


def main() -> None:
    for path in sorted(FOLDER.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if filled(text) != text:
            path.write_text(filled(text), encoding="utf-8")
            print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
