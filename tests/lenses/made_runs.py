"""Runs that are really trained, in seconds: well, and with every mistake that the diagnosis names."""

from pydoc_data.topics import topics  # half a megabyte of English that every Python has

from groundup.text.storyworld import stories
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run

PAIRS = {"kind": "bpe", "vocab_size": 320}
BLOCKS = {"width": 48, "layers": 2, "heads": 4, "context": 32}
SIZES = {
    "char-rnn": ({"kind": "characters"}, {"width": 64}, 4e-3, (16, 32)),
    "word-gru": ({"kind": "words", "min_count": 2}, {"width": 48, "embedding": 32}, 6e-3, (8, 24)),
    "lstm-attention": (PAIRS, {"width": 48}, 6e-3, (8, 32)),
    "transformer": (PAIRS, BLOCKS, 4e-3, (8, 32)),
    "gpt": (PAIRS, {**BLOCKS, "init_std": 0.05}, 4e-3, (8, 32)),
}


def english(folder):
    """400 kB of Python's own manual."""
    path = folder / "manual.txt"
    path.write_text("\n".join(topics.values())[:400_000], encoding="utf-8")
    return path


def told(folder, size):
    """Stories of a few hundred words."""
    path = folder / f"stories-{size}.txt"
    path.write_text("".join(stories(size, seed=5)), encoding="utf-8")
    return path


def recipe(model, corpus, steps, *, without=(), size=None, **training) -> Recipe:
    tokenizer, sizes, rate, (batch_size, length) = SIZES[model]
    settings = {
        "batch_size": batch_size,
        "sequence_length": length,
        "learning_rate": rate,
        "precision": "float32",
        "evaluations": 5,
    }
    return Recipe.from_dict(
        {
            "corpus": str(corpus), "budget": f"{steps}steps", "tokenizer": tokenizer, "without": without,
            "model": {"kind": model, **sizes, **(size or {})}, "training": settings | training,
        }
    )  # fmt: skip


def trained(model, corpus, steps, wrap_batches=None, **more) -> Run:
    run = Run.create(recipe(model, corpus, steps, **more))
    train_run(run, wrap_batches=wrap_batches)
    return run
