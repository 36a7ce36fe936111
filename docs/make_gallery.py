"""Writes docs/gallery.md and docs/gallery/*.png: a picture through every lens, with a sentence on what it shows.

    python docs/make_gallery.py [--home FOLDER] [--budget 76s] [--only NAME ...]

Runs that are not in the folder yet are trained, on Shakespeare. The numbers in the sentences come from the traces
that are drawn. --only draws some pictures again and leaves the page as it is.
"""

import argparse
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from groundup.common.errors import GroundupError
from groundup.generation import Sampling
from groundup.lenses import (
    ablation,
    attention,
    embeddings,
    gates,
    gradient_flow,
    head,
    logit_lens,
    merges,
    neighbours,
    next_token,
    residual,
    tokens,
    training,
    tree,
    weights,
)
from groundup.lenses.trace import Trace
from groundup.models import MODELS
from groundup.text.assets import fetch
from groundup.text.corpora import load_corpus
from groundup.text.vocabularies import VOCABULARIES
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.run_folder import run_names
from groundup.training.trainer import train_run

DOCS = Path(__file__).parent
BUDGETS = {"gpt": "2000steps"}
BUDGET = "600steps"  # of the others
HASTY = 0.3  # a learning rate that is far too high
TEXT = "to be, or not to be: to be, or not to sleep"
SPEECH = "my lord, the king is dead. long live the king."
FOX = "The naïve fox \U0001f98a eats strawberries."
INCHES_TO_PIXELS = 90
COLOURS = 48

PAGE = """# Gallery: what the lenses show

Every picture here is made by `docs/make_gallery.py`, from runs on Shakespeare, each a minute of training
or less. To make them from a text of your own:

```sh
{trainings}
```

Every command writes PNG or SVG with `--out`, the numbers with `--out x.json`, and draws on a dark ground with `--dark`.
Without `--out` the terminal shows what a terminal can. In Python each lens is a module of `groundup.lenses` with a
function `trace`, whose result has the arrays, `.plot()` and `.to_json()`.

{pictures}
## Elsewhere

![Where a translator of dates looks](alignment.png)

Models that rewrite dates show their alignment, and a probe finds the length at which each model forgets:
[practice](practice.md). What each part of a model is for, and what mistakes look like: [ablations](ablations.md).
"""


@dataclass
class Picture:
    """One entry of the gallery."""

    name: str
    title: str
    trace: Trace
    sentence: str
    command: str
    dark: bool = False


def attention_of_all_heads() -> Picture:
    trace = attention.trace("gpt-1", TEXT)
    layer, number, share = trace.strongest()["previous"]
    sentence = (
        f"Each head has its own way to look: layer {layer}, head {number} keeps {share:.0%} of its attention for the "
        "token before."
    )
    return Picture("attention", "Attention, all heads", trace, sentence,
                   f"groundup look attention gpt-1 '{TEXT}' --out attention.png")  # fmt: skip


def one_head() -> Picture:
    layer, number, _ = attention.trace("gpt-1", TEXT).strongest()["previous"]
    trace = head.trace("gpt-1", TEXT, layer, number)
    row = trace.pattern[trace.position]
    most = int(row.argmax())
    sentence = (
        f"The last token, “{trace.labels[-1].strip()}”, gives {row[most]:.0%} of its attention to "
        f"“{trace.labels[most].strip()}”: their q · k is {trace.products[trace.position, most]:.2f}, times the scale "
        f"{trace.scaled[trace.position, most]:.2f}."
    )
    return Picture("head", "One head, number by number", trace, sentence,
                   f"groundup look attention gpt-1 '{TEXT}' --layer {layer} --head {number} "
                   "--out head.png")  # fmt: skip


def heads_switched_off() -> Picture:
    trace = ablation.ablate_heads("gpt-1", TEXT)
    layer, number = np.unravel_index(trace.cost.argmax(), trace.cost.shape)
    helping = int((trace.cost > 0).sum())
    sentence = (
        f"Without layer {layer}, head {number} each token costs {trace.cost.max():.2f} nats more; {helping} of "
        f"{trace.cost.size} heads help with this text."
    )
    return Picture("ablation", "Heads switched off", trace, sentence,
                   f"groundup look attention gpt-1 '{TEXT}' --switch-off mean --out ablation.png")  # fmt: skip


def gates_of_an_lstm() -> Picture:
    trace = gates.trace("lstm-attention-1", SPEECH)
    forget, write = trace.mean["f"][-1], trace.mean["i"][-1]
    least = int(forget.argmin())
    sentence = (
        f"The forget gate is {forget.mean():.0%} open on average and least at “{trace.labels[least].strip()}” "
        f"({forget[least]:.0%}), the input gate {write.mean():.0%}."
    )
    return Picture("gates", "Gates", trace, sentence,
                   f"groundup look gates lstm-attention-1 '{SPEECH}' --out gates.png")  # fmt: skip


def gradient_flow_of_five() -> Picture:
    names = [f"{kind}-1" for kind in MODELS]
    trace = gradient_flow.compare_gradient_flow(names, SPEECH)
    halves = {
        item.name: math.log(0.5) / math.log(item.factor)
        for item in trace.traces
        if item.geometric and item.factor is not None and item.factor < 1
    }
    sentence = [
        f"in {name} it is halved every {tokens_back:.1f} tokens" for name, tokens_back in halves.items()
    ]
    others = [item.name for item in trace.traces if item.name not in halves]
    sentence += [f"in {', '.join(others)} no single factor describes it"] * bool(others)
    sentence = f"How the gradient fades on the way back: {'; '.join(sentence)}."
    beside = " ".join(f"--beside {name}" for name in names[1:])
    return Picture("gradient-flow", "Gradient flow of five models", trace, sentence,
                   f"groundup look gradient-flow {names[0]} '{SPEECH}' {beside} --dark "
                   "--out gradient-flow.png", dark=True)  # fmt: skip


def words_by_pca() -> Picture:
    trace = embeddings.trace("word-gru-1", tokens=60)
    return Picture("pca", "Embeddings, PCA", trace, trace.caption,
                   "groundup look embeddings word-gru-1 --out pca.png")  # fmt: skip


def words_by_tsne() -> Picture:
    trace = embeddings.trace("word-gru-1", tokens=120, method="tsne")
    return Picture("tsne", "Embeddings, t-SNE", trace, trace.caption,
                   "groundup look embeddings word-gru-1 --method tsne --count 120 --out tsne.png")  # fmt: skip


def neighbours_of_a_word() -> Picture:
    trace = neighbours.nearest("word-gru-1", "his")
    words = ", ".join(f"“{label.strip()}”" for label in trace.labels[:3])
    sentence = f"Nearest to “his” are {words}, with cosines from {trace.cosines[0]:.2f}."
    return Picture("nearest", "Nearest neighbours", trace, sentence,
                   "groundup look embeddings word-gru-1 --nearest his --out nearest.png")  # fmt: skip


def next_token_of_a_line() -> Picture:
    trace = next_token.trace("gpt-1", "To be, or not to", Sampling(0.8, 40, 0.9), draws=1000)
    first, last = trace.stages[0], trace.stages[-1]
    sentence = (
        f"The model leaves {first.entropy:.1f} bits open; after temperature, top-k and top-p {last.kept} of "
        f"{len(trace.vocabulary):,} tokens can be drawn, and {last.entropy:.1f} bits are left."
    )
    return Picture("next", "The next token", trace, sentence,
                   "groundup look next gpt-1 'To be, or not to' --temperature 0.8 --top-k 40 --top-p 0.9 --draws 1000 "
                   "--out next.png")  # fmt: skip


def tree_of_continuations() -> Picture:
    trace = tree.trace("gpt-1", "My lord, I")
    paths = trace.paths()
    best, chance = paths[0]
    words = "".join(node.label for node in best).strip()
    sentence = f"Of {len(paths)} ways to go on, “{words}” is the likeliest: 1 in {1 / chance:,.0f}."
    return Picture("tree", "A tree of continuations", trace, sentence,
                   "groundup look tree gpt-1 'My lord, I' --out tree.png")  # fmt: skip


def logits_by_layer() -> Picture:
    trace = logit_lens.trace("gpt-1", TEXT)
    late = int((trace.decided == len(trace.stages) - 1).sum())
    sentence = f"{late} of {len(trace.tokens)} predictions are settled only in the last layer."
    return Picture("logits", "Logit lens", trace, sentence,
                   f"groundup look logits gpt-1 '{TEXT}' --out logits.png")  # fmt: skip


def residual_stream() -> Picture:
    trace = residual.trace("gpt-1", "To be, or not to")
    most = max(trace.parts, key=lambda part: part.contribution)
    sentence = (
        f"The logit of “{trace.token_label.strip()}” is {trace.logit:.2f}; {most.name} gives it most, "
        f"{most.contribution:+.2f}."
    )
    return Picture("residual", "Residual stream", trace, sentence,
                   "groundup look residual gpt-1 'To be, or not to' --out residual.png")  # fmt: skip


def weights_of_a_model() -> Picture:
    trace = weights.trace("lstm-attention-1")
    far = {}
    for item in trace.largest():
        sides = item.shape[0], item.count // item.shape[0]
        far[item.name] = item.singular_values[0] / weights.random_spectrum(sides, item.std)[0]
    name = max(far, key=lambda key: far[key])
    sentence = (
        f"The largest singular value of {name} is {far[name]:.1f} times that of random weights: what stands above the "
        "dotted line was learnt."
    )
    return Picture("weights", "Weights", trace, sentence,
                   "groundup look weights lstm-attention-1 --out weights.png")  # fmt: skip


def one_text_many_tokenizers() -> Picture:
    trace = tokens.trace(FOX, ["gpt-1", "bytes", *tokens.fetched_vocabularies()], languages=True)
    counts = {cut.name: len(cut.ids) for cut in trace.cuts}
    few, many = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
    fox = {cut.name: sum(cut.partial) for cut in trace.cuts}
    sentence = f"{few} needs {counts[few]} tokens for this line, {many} {counts[many]}."
    if "gpt2" in fox:
        row = trace.against_english()[list(counts).index("gpt2")]
        worst = int(np.nanargmax(row))
        sentence += (
            f" In gpt2 {fox['gpt2']} tokens begin or end within the emoji, and {trace.languages[worst]} takes "
            f"{row[worst]:.1f} times as many as English."
        )
    return Picture("tokens", "One text, many tokenizers", trace, sentence,
                   f"groundup look tokens gpt-1 '{FOX}' --languages --out tokens.png")  # fmt: skip


def merges_of_a_word() -> Picture:
    trace = merges.trace(" strawberries", Run.open("gpt-1").tokenizer, name="gpt-1")
    last = trace.steps[-1]
    sentence = f"{trace.bytes} bytes become {len(trace.ids)} tokens; the last merge is “{last.left}” + “{last.right}”."
    return Picture("merges", "Byte pairs on a word", trace, sentence,
                   "groundup look tokens gpt-1 ' strawberries' --merges --out merges.png")  # fmt: skip


def merges_of_a_corpus() -> Picture:
    text = "".join(load_corpus("shakespeare").pieces("train"))[:200_000]
    trace = merges.trace(text, tokens.tokenizer_named("bpe:768", text), name="bpe:768")
    first, ratio = trace.steps[0], trace.bytes / trace.tokens
    half = ratio[len(trace.steps) // 2]
    sentence = (
        f"The first merge, “{first.token.replace(' ', '␣')}”, joins {first.count:,} pairs. After half of the merges a "
        f"token is {half:.2f} bytes long, after all {ratio[-1]:.2f}."
    )
    return Picture("corpus", "Byte pairs on a corpus", trace, sentence,
                   "cat my.txt | groundup look tokens bpe:768 - --merges --dark --out corpus.png",
                   dark=True)  # fmt: skip


def training_of_a_model() -> Picture:
    trace = training.trace("transformer-1")
    return Picture("training", "Training", trace, f"{trace.findings[0].what} {trace.findings[0].evidence}",
                   "groundup look training transformer-1 --out training.png")  # fmt: skip


def training_that_went_wrong() -> Picture:
    trace = training.trace("hasty")
    first = trace.findings[0]
    sentence = (
        f"The same model with a learning rate of {HASTY}: {first.what} {first.evidence} It suggests a change."
    )
    return Picture("hasty", "Training, diagnosed", trace, sentence,
                   "groundup look training hasty --dark --out hasty.png", dark=True)  # fmt: skip


PICTURES: list[Callable[[], Picture]] = [
    attention_of_all_heads, one_head, heads_switched_off, gates_of_an_lstm, gradient_flow_of_five, words_by_pca,
    words_by_tsne, neighbours_of_a_word, next_token_of_a_line, tree_of_continuations, logits_by_layer, residual_stream,
    weights_of_a_model, one_text_many_tokenizers, merges_of_a_word, merges_of_a_corpus, training_of_a_model,
    training_that_went_wrong,
]  # fmt: skip


def budget_of(kind: str, budget: str | None) -> str:
    return budget or BUDGETS.get(kind, BUDGET)


def prepare(budget: str | None) -> None:
    """Fetch the vocabularies that can be reached, and train the runs that are not there."""
    for name in VOCABULARIES:
        try:
            fetch(name)
        except GroundupError as error:
            print(f"without {name}: {error.what}")
    text = {"corpus": "shakespeare"}
    target = {
        f"{kind}-1": Recipe.preset(kind, {**text, "budget": budget_of(kind, budget)}) for kind in MODELS
    }
    hasty = {**text, "budget": budget_of("transformer", budget), "training.learning_rate": HASTY}
    target["hasty"] = Recipe.preset("transformer", hasty)
    for name, recipe in target.items():
        run = Run.open(name) if name in run_names() else Run.create(recipe, name)
        if not run.finished:
            print(f"training {name}")
            train_run(run)


def write(picture: Picture, folder: Path) -> int:
    """The picture with a small palette; returns its size in bytes."""
    out = BytesIO()
    picture.trace.plot(dark=picture.dark).savefig(out, format="png", dpi=INCHES_TO_PIXELS)
    path = folder / f"{picture.name}.png"
    Image.open(out).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


def draw(folder: Path, only: list[str]) -> Iterator[Picture]:
    for make in PICTURES:
        picture = make()
        if not only or picture.name in only:
            print(f"{picture.name}: {write(picture, folder) // 1000} kB. {picture.sentence}")
            yield picture


def page(pictures: list[Picture], budget: str | None) -> str:
    trainings = [
        f"groundup train {kind} --corpus my.txt --budget {budget_of(kind, budget)}" for kind in MODELS
    ]
    trainings.append(
        f"groundup train transformer --corpus my.txt --budget {budget_of('transformer', budget)} --name hasty "
        f"--set training.learning_rate={HASTY}"
    )
    sections = [
        f"## {picture.title}\n\n![{picture.title}](gallery/{picture.name}.png)\n\n"
        f"{picture.sentence}\n\n```sh\n{picture.command}\n```\n"
        for picture in pictures
    ]
    return PAGE.format(trainings="\n".join(trainings), pictures="\n".join(sections))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", help="where runs and assets are kept (GROUNDUP_HOME)")
    parser.add_argument(
        "--budget", help="of every run; by default 2000steps for gpt, 600steps for the others"
    )
    parser.add_argument("--only", nargs="*", default=[])
    name = parser.parse_args()
    if name.home:
        os.environ["GROUNDUP_HOME"] = name.home
    prepare(name.budget)
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    pictures = list(draw(folder, name.only))
    if not name.only:
        (DOCS / "gallery.md").write_text(page(pictures, name.budget), encoding="utf-8")


if __name__ == "__main__":
    main()
