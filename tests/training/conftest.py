"""A small text and small recipes of all five models, so that real training takes a second."""

import pytest

from groundup.models import MODELS
from groundup.text.storyworld import stories
from groundup.training.recipe import Recipe

SMALL = {
    "char-rnn": {"tokenizer": {"kind": "characters"}, "model": {"width": 24}},
    "word-gru": {"tokenizer": {"kind": "words", "min_count": 2}, "model": {"width": 24}},
    "lstm-attention": {"tokenizer": {"kind": "characters"}, "model": {"width": 24, "window": 16}},
    "transformer": {
        "tokenizer": {"kind": "bpe", "vocab_size": 300},
        "model": {"width": 24, "layers": 2, "heads": 2, "context": 32, "dropout": 0.1},
    },
    "gpt": {
        "tokenizer": {"kind": "bpe", "vocab_size": 300},
        "model": {"width": 24, "layers": 2, "heads": 2, "context": 32, "dropout": 0.1},
    },
}


@pytest.fixture(scope="session")
def small_text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "stories.txt"
    path.write_text("".join(stories(30_000, seed=5)), encoding="utf-8")
    return path


@pytest.fixture
def small_recipe(small_text):
    def make(name, budget="30steps", **training):
        assert name in MODELS
        small = SMALL[name]
        return Recipe.from_dict(
            {
                "corpus": str(small_text),
                "budget": budget,
                "tokenizer": small["tokenizer"],
                "model": {"kind": name, **small["model"]},
                "training": {
                    "batch_size": 4,
                    "sequence_length": 16,
                    "precision": "float32",
                    "evaluations": 3,
                    **training,
                },
            }
        )

    return make
