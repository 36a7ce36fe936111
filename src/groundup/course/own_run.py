"""Which run of the learner's own an experiment is drawn from."""

import tomllib

from groundup.common.places import runs_folder


def newest_run(kind: str) -> str | None:
    """The name of the learner's newest run of a model that has a checkpoint. Reads no more than its recipe."""
    folder = runs_folder()
    if not folder.is_dir():
        return None
    runs = [path.parent for path in folder.glob("*/recipe.toml") if list(path.parent.glob("*.safetensors"))]
    for run in sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            recipe = tomllib.loads((run / "recipe.toml").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue
        if recipe.get("model", {}).get("kind") == kind:
            return run.name
    return None


def run_for(source: str) -> str | None:
    """The run that a widget with this `source` is drawn from; None where that is its fixture."""
    kind = source.removeprefix("run:")
    return newest_run(kind) if kind != source else None
