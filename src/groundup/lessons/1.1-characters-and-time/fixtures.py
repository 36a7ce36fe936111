"""The small character RNN that rung 1 looks at, trained from nothing on stories with a known entropy.

`fixtures/char-rnn` is a run like any other: `groundup look` opens it by its path. What differs from machine to
machine (times, versions) is left out, and so is the optimiser's memory.
"""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch

import groundup as gu
from groundup.training.checkpoint import load_checkpoint, save_checkpoint

CORPUS = "storyworld:1MB"
SETTINGS = {
    "model.width": 160, "model.embedding": 32, "training.batch_size": 32, "training.sequence_length": 32,
    "training.learning_rate": 4e-3,
    "training.precision": "float32", "training.device": "cpu", "training.evaluations": 6,
}  # fmt: skip
STEPS = 1500


def make(folder: Path) -> None:
    """Train it (about 15 s on one core) and keep recipe, tokenizer, weights, and what was measured on the way."""
    with own_home():
        run = gu.train("char-rnn", corpus=CORPUS, budget=f"{STEPS}steps", set=SETTINGS, progress=False)
        kept = folder / "char-rnn"
        kept.mkdir(parents=True, exist_ok=True)
        for name in ("recipe.toml", "tokenizer.json"):
            shutil.copyfile(run.folder / name, kept / name)
        weights, _ = load_checkpoint(run.folder / "best.safetensors")
        save_checkpoint(kept / "best.safetensors", weights, {})
        told = [
            {"step": event["step"], "bpb": round(event["bpb"], 3), "sample": event["sample"]}
            for event in run.events("evaluation")
        ]
    (folder / "evaluations.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


@contextmanager
def own_home():
    """A GROUNDUP_HOME of its own for the time being, so that nobody's runs are touched; and one thread, for with
    several the sums are rounded in another order."""
    before, threads = os.environ.get("GROUNDUP_HOME"), torch.get_num_threads()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GROUNDUP_HOME"] = home
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            del os.environ["GROUNDUP_HOME"]
            if before is not None:
                os.environ["GROUNDUP_HOME"] = before
