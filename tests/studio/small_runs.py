"""Runs for the studio's tests: trained once in this process, in a second, and copied into a test's own home."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from groundup.studio.make_fixtures import trained
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run

HOSTILE = "<img src=x onerror=alert(1)></script>\u202e\u200f &amp; "


@cache
def _kept() -> Path:
    return Path(tempfile.mkdtemp(prefix="groundup-small-runs-"))


@cache
def _trained(kind: str) -> Path:
    return trained(kind, _kept(), steps=20).folder


def give(home: Path, *kinds: str) -> list[str]:
    """Put small runs into a home. Returns their names."""
    for kind in kinds:
        shutil.copytree(_trained(kind), home / "runs" / f"small-{kind}")
    return [f"small-{kind}" for kind in kinds]


def hostile_run(home: Path) -> Run:
    """A model of characters that has learnt nothing but to write what could do harm to a page."""
    text = home / "hostile.txt"
    text.write_text(HOSTILE * 2000, encoding="utf-8")
    recipe = Recipe.from_dict(
        {
            "corpus": str(text), "budget": "80steps", "tokenizer": {"kind": "characters"},
            "model": {"kind": "char-rnn", "width": 48, "embedding": 24},
            "training": {
                "batch_size": 8, "sequence_length": 48,
                "learning_rate": 1e-2, "precision": "float32", "evaluations": 1},
        }
    )  # fmt: skip
    run = Run.create(recipe, "hostile")
    train_run(run)
    return run
