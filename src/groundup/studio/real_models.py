"""Models that were not trained here, and can be looked into: GPT-2 and Llama, see lenses/hf.py.

They are the assets that were fetched, and what lies in the folder `models` beside the runs: for each a folder of
transformers' files or a .gguf file.

A page only ever sends a name, `hf:smollm2`, and only what was found here has one: no path comes from outside.
"""

import json
from pathlib import Path

from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import home
from groundup.studio.models import Trained, trained_run
from groundup.text.assets import list_assets

MARK = "hf:"
TITLES = {"gpt2": "GPT-2", "llama": "Llama"}
HEAD = 1 << 16  # bytes at the start of a .gguf file in which its architecture stands


def models_folder() -> Path:
    """Where a person puts them."""
    return home() / "models"


def real_models() -> list[Trained]:
    """All that are here and of a kind that the lenses know, by name."""
    fetched = [(one.name, one.folder) for one in list_assets() if one.kind == "model" and one.fetched]
    folder = models_folder()
    own = [(path.name, path) for path in sorted(folder.iterdir())] if folder.is_dir() else []
    found = [_read(name, path) for name, path in [*fetched, *own]]
    return list({one.name: one for one in reversed(found) if one is not None}.values())[::-1]


def looked_into(name: str) -> Trained:
    """The run or the real model of that name. Raises GroundupError where there is none."""
    if not name.startswith(MARK):
        return trained_run(name)
    models = {model.name: model for model in real_models()}
    if name not in models:
        raise GroundupError(
            f"There is no model '{name.removeprefix(MARK)}'.",
            did_you_mean(name, models)
            or f"Put a folder of transformers' files or a .gguf file into {models_folder()}.",
        )
    return models[name]


def _read(name: str, path: Path) -> Trained | None:
    """None for what is no model, or none that the lenses know."""
    if path.is_dir() and not (path / "config.json").is_file():
        path = next(iter(sorted(path.glob("*.gguf"))), path)
    try:
        kind = _architecture(path) if path.is_file() else _model_type(path / "config.json")
    except (OSError, ValueError, AttributeError):
        return None
    return Trained(f"{MARK}{name}", kind, 0, TITLES[kind], "", "", path) if kind in TITLES else None


def _model_type(config: Path) -> str:
    return str(json.loads(config.read_text(encoding="utf-8")).get("model_type"))


def _architecture(file: Path) -> str:
    """What a .gguf file says it is: key, type (4 bytes), length (8 bytes), text."""
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    before, key, after = head.partition(b"general.architecture")
    if not before.startswith(b"GGUF") or not key:
        return ""
    length = int.from_bytes(after[4:12], "little")
    return after[12 : 12 + min(length, 100)].decode("utf-8", "replace")
