"""Where files live. One variable, GROUNDUP_HOME, moves everything that is written."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of what is written: $GROUNDUP_HOME, or the platform's folder for user data."""
    moved = os.environ.get("GROUNDUP_HOME")
    return Path(moved).expanduser().absolute() if moved else platformdirs.user_data_path("groundup")


def with_tilde(path: Path) -> str:
    """A path as people write it: `~` for their own folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # it lies elsewhere; or its owner is unknown
        return str(path)


def runs_folder() -> Path:
    return home() / "runs"


def workspace_folder() -> Path:
    """The folder of the learner's own files for the course's exercises."""
    return home() / "workspace"


def progress_file() -> Path:
    return home() / "progress.db"


def cache_folder() -> Path:
    """Files that can be fetched or built again: assets, token caches."""
    return home() / "cache" if os.environ.get("GROUNDUP_HOME") else platformdirs.user_cache_path("groundup")
