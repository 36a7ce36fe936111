"""The library's front door: what `import groundup as gu` offers, beside the classes it hands out.

Each function is what the command of the same name does. Progress shows as a bar in a notebook, as a live
frame in a terminal, and as plain lines anywhere else; `progress=False` is silent.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from groundup.common.fetching import Fetching
from groundup.ladder.ablate import AblationPlan, plan_ablation
from groundup.ladder.ablate import ablate as _ablate
from groundup.ladder.ablation_result import Ablation
from groundup.ladder.climb import ClimbPlan, plan_climb
from groundup.ladder.climb import climb as _climb
from groundup.ladder.compare import Comparison
from groundup.ladder.compare import compare as _compare
from groundup.ladder.figures import write_ablation_figure, write_comparison_figure, write_probe_figure
from groundup.ladder.probe import DEFAULT_BUDGET as DEFAULT_PRACTICE_BUDGET
from groundup.ladder.probe import Watch, in_words, unwatched
from groundup.ladder.probe import probe_memory as _probe_memory
from groundup.ladder.probe_result import MemoryProbe
from groundup.ladder.reports import write_ablation_report, write_comparison_report
from groundup.ladder.views import watch_ablation, watch_climb
from groundup.text.corpora import load_corpus
from groundup.text.sources import Progress
from groundup.text.tokenizer import Tokenizer
from groundup.text.tokenizers import load_tokenizer
from groundup.text.tokenizers import train_tokenizer as _train_tokenizer
from groundup.training.budget import DEFAULT_BUDGET
from groundup.training.events import Listener, ignore_event
from groundup.training.fit import FitView
from groundup.training.recipe import Recipe, preset_data
from groundup.training.run import Run
from groundup.training.run_folder import run_names
from groundup.training.trainer import train_new, train_run
from groundup.training.view import watch

__all__ = [
    "ablate",
    "climb",
    "compare",
    "load_tokenizer",
    "open_run",
    "probe_memory",
    "resume",
    "runs",
    "train",
    "train_tokenizer",
    "write_figure",
    "write_report",
]


def train(
    model: str | Recipe = "gpt",
    *,
    corpus: str | Path | Sequence[str] | None = None,
    budget: str | None = None,
    name: str | None = None,
    tokenizer: str | None = None,
    seed: int | None = None,
    set: dict[str, Any] | None = None,
    progress: bool = True,
) -> Run:
    """Train a language model on a text, and return the run.

    model: char-rnn, word-gru, lstm-attention, transformer, gpt, or a whole `Recipe`.
    corpus: a corpus by name, the path of a file or a folder, or a list of files; Shakespeare by default.
    budget: "76s", "2min", "500steps" or "2Mtokens".
    name: of the run; by default the model's with a number.
    tokenizer: characters, bytes, words, wordpiece or bpe; by default the one the model was tuned with.
    set: any key of the recipe: `{"model.width": 256, "training.learning_rate": 1e-3}`.

    Raises GroundupError for anything that a person can mend, and KeyboardInterrupt, after saving, when it is
    interrupted: `resume` goes on.
    """
    recipe = make_recipe(model, budget=budget, tokenizer=tokenizer, seed=seed, set=set)
    with Fetching(Console(stderr=True), quiet=not progress) as fetched:
        recipe = with_corpus(recipe, corpus, fetched)
    return _train(Run.create(recipe, name), progress, train_new)


def resume(name: str | Run, *, budget: str | None = None, progress: bool = True) -> Run:
    """Go on with a run that was stopped, from its last save to the end of its budget.

    budget: train it for longer, also one that is done: "5min" is the new whole, "+2min" is added to what it had.
    """
    run = name if isinstance(name, Run) else Run.open(name)
    if budget is not None:
        run.grow(budget)
    return _train(run, progress, train_run)


def open_run(name: str | Path) -> Run:
    """A run by its name or its folder's path; it has `.generate()`, `.evaluate()`, `.summary()`, ..."""
    return Run.open(name)


def runs() -> list[dict[str, Any]]:
    """The summaries of all runs, newest first."""
    return [Run.open(name).summary() for name in run_names()]


def compare(runs: Sequence[Run | str | Path], prompt: str | None = None, *, seed: int = 1) -> Comparison:
    """Put runs side by side in bits per byte, with a sample of each for the same prompt and seed.

    The result has `.models` (rows), `.table()`, `.sentence()` and `.to_json()`; `write_figure` and `write_report`
    draw it.
    """
    return _compare(runs, prompt, seed=seed)


def climb(
    corpus: str | Path | Sequence[str] = "shakespeare",
    budget: str = DEFAULT_BUDGET,
    models: Sequence[str] | None = None,
    *,
    name: str | None = None,
    set: dict[str, Any] | None = None,
    seed: int = 1,
    prompt: str | None = None,
    out: str | Path | None = None,
    resume: str | None = None,
    progress: bool = True,
) -> Comparison:
    """Train the five models one after another on the same text, `budget` each, and compare them.

    Writes report.html, ladder.png and ladder.json into `out`, by default a folder of the climb's name.
    Each model is a run of its own (`climb-1-gpt`). `resume="climb-1"` goes on with a climb that was stopped;
    then the other arguments are those it was begun with.
    """
    if resume:
        climb_plan = ClimbPlan.load(resume)
    else:
        with Fetching(Console(stderr=True), quiet=not progress) as fetched:
            climb_plan = plan_climb(
                str(corpus) if isinstance(corpus, Path) else corpus,
                budget,
                models,
                name=name,
                seed=seed,
                set=set,
                progress=fetched,
            )
    view: AbstractContextManager[Listener] = (
        watch_climb(Console(), climb_plan.models) if progress else nullcontext(ignore_event)
    )
    with view as listen:
        return _climb(climb_plan, listen, out, prompt)


def ablate(
    model: str = "gpt",
    without: Sequence[str] = (),
    faults: Sequence[str] = (),
    *,
    everything: bool = False,
    corpus: str | Path | Sequence[str] = "shakespeare",
    budget: str = "20s",
    name: str | None = None,
    set: dict[str, Any] | None = None,
    seed: int = 1,
    prompt: str | None = None,
    out: str | Path | None = None,
    resume: str | None = None,
    progress: bool = True,
) -> Ablation:
    """Train a model whole, then without each of some parts and with each of some faults, and compare the curves.

    `without=["positions", "mask"]` and `faults=["labels-leaked"]` name them, `everything=True` takes all that
    the model has; `groundup ablate gpt --list` shows them. Writes report.html, ablation.png and rows.json into
    `out`, by default a folder of the ablation's name. Each is a run of its own (`ablate-gpt-1-without-mask`).
    `resume="ablate-gpt-1"` goes on with one that was stopped; then the other arguments are those it had.
    """
    if resume:
        ablation_plan = AblationPlan.load(resume)
    else:
        with Fetching(Console(stderr=True), quiet=not progress) as fetched:
            ablation_plan = plan_ablation(
                model,
                without,
                faults,
                everything=everything,
                corpus=str(corpus) if isinstance(corpus, Path) else corpus,
                budget=budget,
                name=name,
                seed=seed,
                set=set,
                progress=fetched,
            )
    variants = list(ablation_plan.recipes())
    view: AbstractContextManager[Listener] = (
        watch_ablation(Console(), ablation_plan.model, variants) if progress else nullcontext(ignore_event)
    )
    with view as listen:
        return _ablate(ablation_plan, listen, out, prompt)


def probe_memory(
    task: str = "recall",
    models: Sequence[str] | None = None,
    budget: str = DEFAULT_PRACTICE_BUDGET,
    *,
    lengths: Sequence[int] | None = None,
    practised_to: int | None = None,
    seed: int = 1,
    progress: bool = True,
) -> MemoryProbe:
    """Find the length at which each model forgets, on a task that is generated.

    task: copy, reverse, recall, brackets or addition. models: of the five, or with another cell:
    `word-gru:rnn`, `word-gru:lstm`. budget: of practice for each. lengths: what to measure; they practise on
    questions up to `practised_to`, by default half of the longest. The result has `.models` (rows),
    `.table()`, `.sentence()` and `.to_json()`; after an interrupt, `.stopped`, it has the models measured so far.
    """
    watch: Watch = (lambda title: FitView(Console(), title, in_words)) if progress else unwatched
    return _probe_memory(
        task, models, budget, lengths=lengths, practised_to=practised_to, seed=seed, watch=watch
    )


def write_figure(result: Comparison | Ablation | MemoryProbe, path: str | Path) -> Path:
    """Draw what `compare`, `climb`, `ablate` or `probe_memory` returned, as a PNG. Returns its path."""
    match result:
        case Comparison():
            return write_comparison_figure(result, Path(path))
        case Ablation():
            return write_ablation_figure(result, Path(path))
        case MemoryProbe():
            return write_probe_figure(result, Path(path))


def write_report(result: Comparison | Ablation, path: str | Path) -> Path:
    """Write what `compare`, `climb` or `ablate` returned, as one HTML page that needs no other file."""
    if isinstance(result, Ablation):
        return write_ablation_report(result, Path(path))
    return write_comparison_report(result, Path(path))


def train_tokenizer(kind: str, texts: Iterable[str], **options: Any) -> Tokenizer:
    """Learn a tokenizer: characters, bytes, words, wordpiece or bpe. Options (`vocab_size`) are its own."""
    return _train_tokenizer(kind, texts, **options)


def make_recipe(
    model: str | Recipe,
    *,
    budget: str | None = None,
    tokenizer: str | None = None,
    seed: int | None = None,
    set: dict[str, Any] | None = None,
) -> Recipe:
    """A model's preset, or a recipe, with what was asked for on top."""
    data = preset_data(model) if isinstance(model, str) else model.model_dump(exclude_none=True)
    changes: dict[str, Any] = {"budget": budget, "seed": seed}
    changes = {key: value for key, value in changes.items() if value is not None}
    if tokenizer is not None and tokenizer != data.get("tokenizer", {}).get("kind"):
        # The options of one kind mean nothing to another.
        changes["tokenizer"] = {"kind": tokenizer}
    changes |= set or {}
    return Recipe.preset(model, changes) if isinstance(model, str) else model.override(changes)


def with_corpus(
    recipe: Recipe, corpus: str | Path | Sequence[str] | None = None, progress: Progress | None = None
) -> Recipe:
    """The recipe with its text or another, named so that it is found from any folder; fetched if need be.

    Standard input is kept in a file. Raises GroundupError when there is no such text, or it cannot be used.
    """
    target = recipe.corpus if corpus is None else str(corpus) if isinstance(corpus, Path) else corpus
    return recipe.override({"corpus": load_corpus(target, progress).spec})


def _train(run: Run, progress: bool, train: Callable[[Run, Listener], str]) -> Run:
    view: AbstractContextManager[Listener] = watch(Console()) if progress else nullcontext(ignore_event)
    with view as listen:
        reason = train(run, listen)
    if reason == "interrupted":
        raise KeyboardInterrupt(f"Stopped and saved. Go on with gu.resume({run.name!r}).")
    return run
