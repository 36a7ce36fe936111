"""What the widgets of lenses show before anything was trained: the numbers of small real runs, kept as JSON.

python -m groundup.studio.make_fixtures     # trains two small models on stories, a minute or two, and writes them again

A widget draws at once from its fixture:

    {"settings": where to look first, "state": the JSON of a lens's trace,
     "answers": [{"for": other settings, "state": what is different then}, ...]}

Numbers are rounded to what is drawn, and what no picture shows is left out. Training is seeded, so the same machine
writes the same files.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.studio.pages import STATIC

FOLDER = STATIC / "widgets" / "fixtures"
TEXT = "Why was Anna glad? Because she had found the black clock."
LOOKS, AT = 7, 3  # " had" and " glad": the head that looks most from the one to the other is shown first
GROWS = TEXT.removesuffix(" black clock.")  # a tree of what comes after the last full stop would be dull
CUT = "naïve café: Leo liked the royal cheese, 1,024 strawberries and a 🍓"
MERGED = "the royal cheese and the red basket"
POINTS = 80
DIGITS = 3
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {  # tokenizer, sizes, steps
    "gpt": ({"kind": "words"}, {"width": 64, "layers": 3, "heads": 4, "context": 64, "init_std": 0.05}, 900),
    "lstm-attention": ({"kind": "bpe", "vocab_size": 500}, {"width": 32}, 400),
}
TRAINED_ON = 600_000  # bytes of stories


def trained(kind: str, folder: Path, steps: int | None = None) -> Any:
    """The run of a small model of that kind, in a folder of its own: `small-gpt`."""
    from groundup.text.storyworld import stories
    from groundup.training.recipe import Recipe
    from groundup.training.run import Run
    from groundup.training.trainer import train_run

    corpus = folder / "stories.txt"
    corpus.write_text("".join(stories(TRAINED_ON, seed=5)), encoding="utf-8")
    tokenizer, sizes, usual = MODELS[kind]
    recipe = Recipe.from_dict(
        {
            "corpus": str(corpus), "budget": f"{steps or usual}steps", "tokenizer": tokenizer,
            "model": {"kind": kind, **sizes},
            "training": {
                "batch_size": 16, "sequence_length": 64,
                "learning_rate": 6e-3, "precision": "float32", "evaluations": 8},
        }
    )  # fmt: skip
    run = Run(folder / f"small-{kind}", recipe)
    run.folder.mkdir()
    (run.folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    train_run(run)
    return run


DRAWN = {  # of each lens, what its pictures and tables show
    "attention": "kind text ids labels pattern entropy even distance previous first itself induction",
    "head": "kind text ids heads layer head position additive scale labels q k products mask pattern",
    "off": "kind text ids labels by without heads losses losses_without next_ids next_labels before after",
    "embeddings": "kind method labels vectors places trustworthiness explained perplexity seed selection",
    "gates": "kind text ids cell labels parts movement",
    "logits": "kind text ids tokens stages top_labels top_probabilities entropy next_rank next_probability",
    "tree": "kind text ids tokens breadth depth root",
    "gradient-flow": "kind text ids labels back target of value inputs factor r2",
    "weights": "kind parts weights",
    "training": "kind budget state evaluation_steps bpb validation_losses samples findings",
}


def fixtures(gpt: Any, lstm: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each widget, and its fixture."""
    from groundup.lenses.hooked_model import hooked_model
    from groundup.lenses.merges import trace as replay
    from groundup.lenses.registry import lens_named
    from groundup.lenses.tokens import stories_to_learn_from
    from groundup.lenses.tokens import trace as cut
    from groundup.text.tokenizers import train_tokenizer

    at = hooked_model(gpt)

    def look(lens: str, text: str = TEXT, **settings: Any) -> dict[str, Any]:
        return _only(lens_named(lens).see(at, text, settings), DRAWN[lens])

    patterns = look("attention")
    every = [(layer, head) for layer, some in enumerate(patterns["pattern"]) for head in range(len(some))]
    best = max(every, key=lambda one: patterns["pattern"][one[0]][one[1]][LOOKS][AT])
    first = {"layer": best[0], "head": best[1], "token": LOOKS}
    yield "attention_heads", made(patterns, first)
    yield "attention_model", made(patterns, first)

    heads = {one: look("head", layer=one[0], head=one[1]) for one in every}
    yield "attention_neuron", made(heads[best], first, [
        ({"layer": layer, "head": head}, _only(state, "layer head q k products pattern"))
        for (layer, head), state in heads.items()])  # fmt: skip
    changed = "without losses_without next_ids next_labels before after"
    yield "attention_off", made(look("off"), first, [
        ({"off": off}, _only(look("off", off=off), changed))
        for off in ("", *(f"{layer}.{head}" for layer, head in every))])  # fmt: skip

    whole = lens_named("next").see(at, TEXT)
    scores = [_scores(lens_named("next").see(at, TEXT, {"position": n})) for n in range(len(whole["tokens"]))]
    yield "sampler", made(_only(whole, "kind text ids vocabulary") | scores[LOOKS], {"token": LOOKS}, [
        ({"position": n}, one) for n, one in enumerate(scores)])  # fmt: skip

    planes = {way: look("embeddings", "", method=way, count=POINTS) for way in ("pca", "tsne")}
    for plane in planes.values():
        plane["explained"] = (plane["explained"] or [])[:2] or None
    pca = planes["pca"]
    yield "embeddings", made(pca, {"count": POINTS, "point": pca["labels"].index(" she")}, [
        ({"count": POINTS, "method": way}, _only(one, "method places trustworthiness explained"))
        for way, one in planes.items()])  # fmt: skip

    yield "gates", made(_only(lens_named("gates").see(hooked_model(lstm), TEXT), DRAWN["gates"]))
    yield "logit_lens", made(look("logits"), {"token": LOOKS})
    yield "tree", made(look("tree", GROWS, breadth=4, depth=3), {"breadth": 3, "depth": 3}, [
        ({"breadth": breadth, "depth": depth}, {}) for breadth in (1, 2, 3, 4) for depth in (1, 2, 3)])  # fmt: skip
    flows = {of: look("gradient-flow", of=of) for of in ("loss", "logit")}
    yield "gradient_flow", made(flows["loss"], answers=[
        ({"of": of}, _only(one, "of value inputs factor r2")) for of, one in flows.items()])  # fmt: skip
    yield "weights", made(look("weights", ""))
    yield "training", made(look("training", "") | {"steps": [MODELS["gpt"][2]]})

    pairs = train_tokenizer("bpe", [stories_to_learn_from()], vocab_size=600)
    cutters: dict[str, Any] = {one: one for one in ("characters", "bytes", "words")} | {"bpe:600": pairs}
    several = cut(CUT, cutters, learn_from=stories_to_learn_from(), languages=True).to_json()
    abroad = _only(several, "languages language_tokens language_known")
    yield "tokens", made({key: value for key, value in several.items() if key not in abroad})
    yield "languages", made(abroad | {"cuts": [{"name": one["name"]} for one in several["cuts"]]})
    yield "bpe_replay", made(replay(MERGED, pairs, name="bpe:600").to_json())


def _scores(next_token: dict[str, Any]) -> dict[str, Any]:
    """What the sampler computes from."""
    return {"tokens": next_token["tokens"], "stages": [{"logits": next_token["stages"][0]["logits"]}]}


def made(state: dict[str, Any], settings: dict[str, Any] | None = None, answers: Any = ()) -> dict[str, Any]:
    """A fixture, with its numbers rounded."""
    found = {"settings": settings or {}, "state": _rounded(state)}
    if answers:
        found["answers"] = [{"for": asked, "state": _rounded(other)} for asked, other in answers]
    return found


def _only(state: dict[str, Any], keys: str) -> dict[str, Any]:
    return {key: state[key] for key in keys.split() if key in state}


def _rounded(data: Any) -> Any:
    """To three digits that count, which is more than a picture shows."""
    if isinstance(data, float):
        return float(f"{data:.{DIGITS}g}")
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    return [_rounded(value) for value in data] if isinstance(data, list | tuple) else data


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Train, look, and write one file for each widget."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory() as home:
        runs = [trained(kind, Path(home)) for kind in MODELS]
        for name, fixture in fixtures(*runs):
            file = folder / f"{name}.json"
            text = json.dumps(fixture, separators=(",", ":"), ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    for one in write_all():
        print(f"{one.name}  {one.stat().st_size / 1000:.0f} kB")
