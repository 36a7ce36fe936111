"""`groundup train` and `groundup resume`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import (
    TOKENIZERS,
    CorpusOption,
    JsonOption,
    SeedOption,
    SettingsOption,
    complete_models,
    complete_runs,
    complete_tokenizers,
    console,
    examples,
    going_on_with,
    print_json,
    print_line,
)
from groundup.common.errors import GroundupError
from groundup.common.formatting import format_duration

if TYPE_CHECKING:
    from groundup.training.recipe import Recipe
    from groundup.training.run import Run

TRAIN_EXAMPLES = examples(
    ("train gpt --budget 2min", "a GPT on the complete Shakespeare, for two minutes of training"),
    ("train char-rnn --corpus my.txt --budget 500steps --name mine", "the lowest rung on your own text"),
    ("train gpt --corpus my.txt --set model.width=192 --set training.learning_rate=2e-3", "other sizes"),
    ("train transformer --tokenizer characters --budget 2Mtokens", "letters instead of pieces of words"),
    ("train --recipe mine/recipe.toml --seed 2", "the recipe of another run, with another seed"),
    ("train gpt --keys", "every key that --set and a recipe file can change"),
)
RESUME_EXAMPLES = examples(
    ("resume gpt-1", "go on from the last save to the end of the budget"),
    ("resume gpt-1 --budget 5min", "train it on, until it has had five minutes in all"),
    ("resume gpt-1 --budget +2min", "give it two minutes more than it was to have, also while it trains"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=TRAIN_EXAMPLES)(train)
    app.command(epilog=RESUME_EXAMPLES)(resume)


def train(
    model: Annotated[
        str | None,
        typer.Argument(
            help="char-rnn, word-gru, lstm-attention, transformer or gpt.",
            autocompletion=complete_models,
            show_default=False,
        ),
    ] = None,
    *,
    corpus: CorpusOption = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="How long to train: 76s, 2min, 500steps or 2Mtokens.",
            show_default="about a minute",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the run.", show_default="the model and a number")
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(TOKENIZERS)}.",
            autocompletion=complete_tokenizers,
            show_default="the one the model was tuned with",
        ),
    ] = None,
    set_: SettingsOption = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A recipe as a TOML file, instead of a model's preset.")
    ] = None,
    seed: SeedOption = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="Show every key of the recipe with its meaning, and stop.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train one model on a text.

    Ctrl-C saves; `groundup resume` goes on. Training that was killed goes on too, from its last save.
    """
    from groundup.common.fetching import Fetching
    from groundup.library import with_corpus
    from groundup.training.run import Run

    checked = _recipe(model, recipe, budget=budget, tokenizer=tokenizer, seed=seed, settings=set_)
    if keys:
        _show_keys(checked, json)
        return
    with Fetching(console(error=True)) as progress:
        checked = with_corpus(checked, corpus, progress)
    _train(Run.create(checked, name), json, new=True)


def resume(
    run: Annotated[str, typer.Argument(help="The run's name.", autocompletion=complete_runs)],
    budget: Annotated[
        str | None,
        typer.Option(
            help="Train it for longer: 5min is the new whole, +2min is added to what it had.",
            show_default="what its recipe says",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Go on with a run that was stopped, or train one for longer that is done.

    With a new budget the learning rate follows that budget's curve from where the run stands: it rises again before it
    falls to its end. So the run is not quite what it had been with this budget from its start.
    """
    from groundup.training.run import Run

    opened = Run.open(run)
    if budget is not None:
        whole = opened.grow(budget).words
        if opened.training_now():
            # The training process reads the recipe again four times a second.
            print_line(f"{run} is being trained already, and goes on to {whole} in all.", error=json)
            if json:
                print_json(opened.summary())
            return
        print_line(f"{run} goes on to {whole} in all.", error=True)
    elif opened.finished:
        print_line(f"{run} has spent its budget. It trains on with a larger one: groundup resume {run} --budget +2min",
            error=True)  # fmt: skip
    _train(opened, json)


def _recipe(
    model: str | None,
    file: Path | None,
    *,
    budget: str | None,
    tokenizer: str | None,
    seed: int | None,
    settings: list[str] | None,
) -> "Recipe":
    """What was asked for, as a checked recipe."""
    from groundup.library import make_recipe
    from groundup.training.recipe import Recipe, parse_setting

    if (model is None) == (file is None):
        problem = "Both a model and a recipe file were given." if model else "What should be trained?"
        raise GroundupError(
            problem, "Name a model, such as `groundup train gpt`, or give --recipe FILE.toml, not both."
        )
    base: str | Recipe = model or ""
    if file is not None:
        base = Recipe.from_toml(read_text(file), where=str(file))
    return make_recipe(
        base,
        budget=budget,
        tokenizer=tokenizer,
        seed=seed,
        set=dict(parse_setting(text) for text in settings or []),
    )


def read_text(file: Path) -> str:
    """A small UTF-8 file that was named on the command line."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    except UnicodeDecodeError:
        raise GroundupError(f"{file} is not UTF-8 text.", "Save it as UTF-8 and try again.") from None


def _train(run: "Run", json: bool, new: bool = False) -> None:
    """Train with a view: on standard output for people, on standard error beside JSON."""
    from groundup.training.trainer import train_new, train_run
    from groundup.training.view import watch

    with going_on_with(f"groundup resume {run.name}"), watch(console(error=json)) as view:
        reason = train_new(run, view) if new else train_run(run, view)
        if reason == "interrupted":
            raise KeyboardInterrupt
    summary = run.summary()
    if json:
        print_json(summary)
        return
    score = f"{summary['bpb']:.3f} bits per byte" if summary["bpb"] is not None else "not scored"
    print_line(
        f"{run.name}: {score} after {format_duration(summary['seconds'])} of training. It is in {run.folder}"
    )
    print_line(f"Next: groundup generate {run.name}", style="dim")


def _show_keys(recipe: "Recipe", json: bool) -> None:
    """Every key: its value in this recipe, and what it means."""
    rows = list(_keys(recipe))
    if json:
        print_json({key: {"value": value, "meaning": meaning} for key, value, meaning in rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("key", no_wrap=True)
    table.add_column("here", no_wrap=True)
    table.add_column("meaning", style="dim")
    for key, value, meaning in rows:
        table.add_row(key, "-" if value is None else str(value), meaning)
    console().print(table)


def _keys(part: Any, prefix: str = "") -> Any:
    """(dotted key, value, meaning) of every field of a recipe, its parts included."""
    from dataclasses import is_dataclass

    from pydantic import BaseModel, TypeAdapter

    schema = (
        TypeAdapter(type(part)).json_schema() if is_dataclass(part) else type(part).model_json_schema()
    )["properties"]
    for key, about in schema.items():
        value = getattr(part, key)
        if isinstance(value, BaseModel) or is_dataclass(value):
            yield from _keys(value, f"{key}.")
        else:
            yield prefix + key, value, about.get("description", "")
