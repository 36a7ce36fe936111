"""What the widgets of lenses show before anything was trained: the numbers of small real runs, kept as JSON.

python -m groundup.studio.make_fixtures     # trains three small models on stories, half a minute, and writes them anew

A widget draws at once from its fixture: `{"settings": ..., "state": ...}`, where the state is the JSON of a lens's
trace. Training is seeded, so the same machine writes the same files.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from groundup.studio.pages import STATIC

FOLDER = STATIC / "widgets" / "fixtures"
TEXT = "Leo gave her the red basket, because she"
WIDTH = {"width": 32, "layers": 2, "heads": 4, "context": 64, "deviation": 0.05}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {  # tokenizer, sizes, steps
    "gpt": ({"kind": "words", "vocab_size": 400}, WIDTH, 200),
    "lstm-attention": ({"kind": "bpe", "vocab_size": 300}, {"width": 24}, 120),
    "word-gru": ({"kind": "words", "vocab_size": 400}, {"width": 32, "embedding": 24}, 200),
}


def trained(kind: str, folder: Path, steps: int | None = None) -> Any:
    """The run of a small model of that kind, in a folder of its own: `small-gpt`."""
    from groundup.text.storyworld import stories
    from groundup.training.recipe import Recipe
    from groundup.training.run import Run
    from groundup.training.trainer import train_run

    corpus = folder / "stories.txt"
    corpus.write_text("".join(stories(150_000, seed=5)), encoding="utf-8")
    tokenizer, sizes, usual = MODELS[kind]
    recipe = Recipe.from_dict(
        {
            "corpus": str(corpus), "budget": f"{steps or usual}steps", "tokenizer": tokenizer,
            "model": {"kind": kind, **sizes},
            "training": {"batch": 8, "time": 32, "learning_rate": 6e-3, "precision": "float32", "evaluations": 2},
        }
    )  # fmt: skip
    run = Run(folder / f"small-{kind}", recipe)
    run.folder.mkdir()
    (run.folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    train_run(run)
    return run


def states(gpt: Any, lstm: Any, gru: Any) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """The name of each widget, and how to make its state."""
    from groundup.lenses import (
        attention,
        embeddings,
        gates,
        head,
        logit_lens,
        merges,
        next_token,
        tokens,
        tree,
    )
    from groundup.text.tokenizers import train_tokenizer

    story = "the cat sat on the mat, and then the cat chatted"
    pairs = train_tokenizer("bpe", [story * 3], vocab_size=270)
    ids = gpt.tokenizer.encode(TEXT)
    yield "attention_heads", lambda: attention.trace(gpt, TEXT).to_json()
    yield "attention_model", lambda: attention.trace(gpt, TEXT).to_json()
    yield "attention_neuron", lambda: head.trace(gpt, TEXT).to_json()
    yield "sampler", lambda: next_token.trace(gpt, TEXT).to_json() | {"ids": ids}
    cutters: dict[str, Any] = {"characters": "characters", "bytes": "bytes", "words": "words", "bpe": pairs}
    yield "tokens", lambda: tokens.trace("Café, 1,024 strawberries", cutters).to_json()
    yield "bpe_replay", lambda: merges.trace(story, pairs, name="bpe").to_json()
    yield "embeddings", lambda: embeddings.trace(gru, tokens=40).to_json()
    yield "gates", lambda: gates.trace(lstm, TEXT).to_json()
    yield "logit_lens", lambda: logit_lens.trace(gpt, TEXT).to_json()
    yield "tree", lambda: tree.trace(gpt, TEXT).to_json()


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Train, look, and write one file for each widget."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory() as home:
        runs = [trained(kind, Path(home)) for kind in MODELS]
        for name, make in states(*runs):
            file = folder / f"{name}.json"
            text = json.dumps({"settings": {}, "state": make()}, separators=(",", ":"), ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    for one in write_all():
        print(f"{one.name}  {one.stat().st_size / 1000:.0f} kB")
