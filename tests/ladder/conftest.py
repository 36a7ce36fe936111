"""Two presets on a small text, a few steps each: real training that takes a second."""

import pytest

from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run

TEXT = (
    "The fox went down to the river in the morning. She saw the moon in the water and asked it for bread.\n"
    "The moon said nothing. So the fox went home, and the river went on.\n\n"
)
QUICK = {
    "training.batch_size": 2, "training.sequence_length": 16, "training.precision": "float32",
    "training.evaluations": 2,
    "model.width": 32,
}  # fmt: skip


@pytest.fixture
def fox(tmp_path):
    path = tmp_path / "fox.txt"
    path.write_text(TEXT * 40, encoding="utf-8")
    return path


@pytest.fixture
def make_run(fox):
    def make(model, name, budget="6steps", corpus=None):
        recipe = Recipe.preset(model, {"corpus": str(corpus or fox), "budget": budget, **QUICK})
        run = Run.create(recipe, name)
        train_run(run)
        return run

    return make
