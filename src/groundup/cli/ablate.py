"""`groundup ablate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import (
    CorpusOption,
    JsonOption,
    PromptOption,
    SeedOption,
    SettingsOption,
    complete_models,
    console,
    examples,
    going_on_with,
    print_json,
    say,
)
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.ladder.ablation_result import Ablation

EXAMPLES = examples(
    ("ablate gpt --without positions,residual --budget 30s", "a GPT whole, then without each of two parts"),
    (
        "ablate gpt --fault learning-rate-x100,labels-leaked --budget 300steps",
        "two mistakes, made on purpose",
    ),
    ("ablate char-rnn --all --corpus my.txt --budget 20s --name mine", "every part and every fault"),
    ("ablate --resume mine", "go on with one that was stopped"),
    ("ablate gpt --list", "what can be taken out of a GPT or done wrong, with a sentence on each"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(ablate)


def ablate(
    model: Annotated[
        str | None,
        typer.Argument(
            help="char-rnn, word-gru, lstm-attention, transformer or gpt.",
            autocompletion=complete_models,
            show_default="gpt",
        ),
    ] = None,
    *,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Parts to take out, one at a time: positions,residual. Repeatable."),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="Mistakes to make, one at a time: labels-leaked. Repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every part and every fault.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the parts and the faults, and stop.")] = False,
    corpus: CorpusOption = None,
    budget: Annotated[
        str | None, typer.Option(help="For each: 20s, 2min, 500steps, 2Mtokens.", show_default="20s")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call it.", show_default="ablate, the model and a number")
    ] = None,
    set_: SettingsOption = None,
    seed: SeedOption = None,
    resume: Annotated[str | None, typer.Option(help="Go on with an ablation that was stopped.")] = None,
    prompt: PromptOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html, ablation.png and rows.json.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train a model whole, then with one part taken out or one thing done wrong, and compare the curves.

    Ends in a table, a picture and a report. Ctrl-C saves; --resume goes on where it stood.
    """
    if list_:
        _list(model or "gpt", json)
        return
    from groundup.common.fetching import Fetching
    from groundup.ladder.ablate import DEFAULT_BUDGET, Plan, plan
    from groundup.ladder.ablate import ablate as ablate_
    from groundup.ladder.ablation_view import watch_ablation
    from groundup.training.recipe import parse_setting

    if resume is not None:
        given = (model, without, fault, everything, corpus, budget, name, set_, seed is not None)
        if any(given):
            raise GroundupError(
                "An ablation that goes on keeps what it was begun with.",
                f"Leave out the rest: `groundup ablate --resume {resume}`.",
            )
        made = Plan.load(resume)
    else:
        with Fetching(console(error=True)) as progress:
            made = plan(
                model or "gpt",
                _names(without),
                _names(fault),
                everything=everything,
                corpus=corpus or "shakespeare",
                budget=budget or DEFAULT_BUDGET,
                name=name,
                seed=1 if seed is None else seed,
                set=dict(parse_setting(text) for text in set_ or []),
                progress=progress,
            )
    going_on = f"groundup ablate --resume {made.name}" + (f" --out {out}" if out else "")
    with (
        going_on_with(going_on),
        watch_ablation(console(error=json), made.model, list(made.recipes())) as view,
    ):
        found = ablate_(made, view, out, prompt)
    _show(found, out or made.folder, json)


def _names(given: list[str] | None) -> list[str]:
    """`a,b` and repeated options as one list."""
    return [name.strip() for text in given or [] for name in text.split(",") if name.strip()]


def _list(model: str, json: bool) -> None:
    """What can be taken out of the model, and what can be done wrong."""
    from groundup.ladder.faults import FAULTS, faults_of
    from groundup.models.ablations import PARTS, parts_of
    from groundup.training.recipe import Recipe

    recipe = Recipe.preset(model)
    parts = {name: PARTS[name] for name in parts_of(recipe.model)}
    faults = {name: FAULTS[name].changes for name in faults_of(recipe)}
    if json:
        print_json({"model": recipe.model.kind, "parts": parts, "faults": faults})
        return
    from rich.table import Table

    for title, shown in (("parts, for --without", parts), ("faults, for --fault", faults)):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(title, no_wrap=True, min_width=24)
        table.add_column(f"in the {recipe.model.kind} without it" if shown is parts else "what it changes")
        for name, sentence in shown.items():
            table.add_row(name, sentence)
        console().print(table)
        say("")


def _show(found: "Ablation", folder: Path, json: bool) -> None:
    """The table, the finding, and where the rest is."""
    if json:
        print_json({**found.to_json(), "report": folder / "report.html", "figure": folder / "ablation.png"})
        return
    terminal = console()
    terminal.print(found.table(terminal.width))
    say("")
    say(found.sentence(), style="bold")
    for warning in found.warnings:
        say(warning)
    say("")
    say(f"Report   {folder / 'report.html'}")
    say(f"Picture  {folder / 'ablation.png'}")
