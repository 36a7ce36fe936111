"""Models side by side: `groundup climb`, `compare`, `ablate` and `probe memory`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import (
    CorpusOption,
    JsonOption,
    PromptOption,
    SeedOption,
    SettingsOption,
    Stopped,
    complete_climbs,
    complete_models,
    complete_runs,
    console,
    examples,
    going_on_with,
    print_json,
    print_line,
)
from groundup.common.errors import GroundupError
from groundup.text.tasks import TASKS
from groundup.training.budget import DEFAULT_BUDGET

if TYPE_CHECKING:
    from groundup.ladder.ablation_result import Ablation
    from groundup.ladder.compare import Comparison
    from groundup.ladder.probe_result import MemoryProbe

CLIMB_EXAMPLES = examples(
    ("climb", f"the five models on Shakespeare, {DEFAULT_BUDGET} of training each: about five minutes"),
    ("climb --corpus my.txt --budget 2min --name mine", "on your own text, longer"),
    ("climb --models char-rnn --models gpt --budget 20s", "two rungs only"),
    ("climb --resume mine", "go on with one that was stopped"),
)
COMPARE_EXAMPLES = examples(
    ("compare gpt-1 char-rnn-1", "two runs side by side, with a sample of each"),
    ("compare gpt-1 gpt-2 --prompt 'My lord,' --out compared", "your own prompt; the report in a folder"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=CLIMB_EXAMPLES)(climb)
    app.command(epilog=COMPARE_EXAMPLES)(compare)
    app.command(epilog=ABLATE_EXAMPLES)(ablate)
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command(epilog=f"{TASKS_IN_HELP}\n\n{PROBE_EXAMPLES}")(memory)
    # A group needs a second command or this to keep the word `memory`.
    group.callback()(lambda: None)
    app.add_typer(group, name="probe", help="Find out what a model cannot do: how far back it remembers.")


def climb(
    *,
    corpus: CorpusOption = None,
    budget: Annotated[
        str | None,
        typer.Option(help="For each model: 76s, 2min, 500steps, 2Mtokens.", show_default=DEFAULT_BUDGET),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(help="Only these. Repeatable.", autocompletion=complete_models, show_default="all five"),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the climb.", show_default="climb and a number")
    ] = None,
    set_: SettingsOption = None,
    seed: SeedOption = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with a climb that was stopped.", autocompletion=complete_climbs)
    ] = None,
    prompt: PromptOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html, ladder.png and ladder.json.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the five models on the same text for the same time, and compare them.

    Ends in a table, a picture and a report. Ctrl-C saves; --resume goes on where it stood.
    """
    from groundup.common.fetching import Fetching
    from groundup.ladder.climb import ClimbPlan, plan_climb
    from groundup.ladder.climb import climb as climb_
    from groundup.ladder.views import watch_climb
    from groundup.training.recipe import parse_setting

    if resume is not None:
        if corpus or budget or models or name or set_ or seed is not None:
            raise GroundupError(
                "A climb that goes on keeps what it was begun with.",
                f"Leave out the rest: `groundup climb --resume {resume}`.",
            )
        climb_plan = ClimbPlan.load(resume)
    else:
        settings = dict(parse_setting(text) for text in set_ or [])
        with Fetching(console(error=True)) as progress:
            climb_plan = plan_climb(
                corpus or "shakespeare",
                budget or DEFAULT_BUDGET,
                models,
                name=name,
                seed=1 if seed is None else seed,
                set=settings,
                progress=progress,
            )
    going_on = f"groundup climb --resume {climb_plan.name}" + (f" --out {out}" if out else "")
    with going_on_with(going_on), watch_climb(console(error=json), climb_plan.models) as view:
        comparison = climb_(climb_plan, view, out, prompt)
    _print_comparison(comparison, out or climb_plan.folder, json)
    if comparison.failed:
        raise typer.Exit(1)


def compare(
    runs: Annotated[list[str], typer.Argument(help="Names of runs.", autocompletion=complete_runs)],
    prompt: PromptOption = None,
    seed: Annotated[int, typer.Option(help="For what they write.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report.html, ladder.png and ladder.json.", show_default="reports/compare"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put runs side by side in bits per byte, with what each makes of the same prompt."""
    from groundup.ladder.compare import compare as compare_
    from groundup.ladder.plans import reports_folder
    from groundup.ladder.reports import write_comparison

    comparison = compare_(runs, prompt, seed=seed)
    folder = out or reports_folder() / "compare"
    write_comparison(comparison, folder)
    _print_comparison(comparison, folder, json)


def _print_comparison(comparison: "Comparison", folder: Path, json: bool) -> None:
    """The table, what each wrote, and where the rest is."""
    if json:
        print_json(
            {**comparison.to_json(), "report": folder / "report.html", "figure": folder / "ladder.png"}
        )
        return
    from rich.padding import Padding
    from rich.text import Text

    from groundup.common.brand import rung_of
    from groundup.common.formatting import make_printable
    from groundup.training.view import name_tag

    terminal = console()
    terminal.print(comparison.table(terminal.width))
    print_line("")
    print_line(comparison.sentence(), style="bold")
    if comparison.floor is not None:
        print_line(f"The floor of this text is {comparison.floor:.3f}: no model can need fewer.")
    print_line("")
    print_line(f"What they make of {make_printable(comparison.prompt)!r}:", style="dim")
    for row in comparison.models:
        lines = [line for line in make_printable(row["sample"] or "-").split("\n") if line.strip()][:3]
        terminal.print(name_tag(row["name"]))
        terminal.print(Padding(Text("\n".join(lines)[: 3 * (terminal.width - 4)]), (0, 0, 0, 4)))
    for name, why in comparison.failed.items():
        print_line(f"{rung_of(name).title} failed: {why}", style="bold")
    for warning in comparison.warnings:
        print_line(warning)
    print_line("")
    print_line(f"Report   {folder / 'report.html'}")
    print_line(f"Picture  {folder / 'ladder.png'}")


ABLATE_EXAMPLES = examples(
    ("ablate gpt --without positions,residual --budget 30s", "a GPT whole, then without each of two parts"),
    (
        "ablate gpt --fault learning-rate-x100,labels-leaked --budget 300steps",
        "two mistakes, made on purpose",
    ),
    ("ablate char-rnn --all --corpus my.txt --budget 20s --name mine", "every part and every fault"),
    ("ablate --resume mine", "go on with one that was stopped"),
    ("ablate gpt --list", "what can be taken out of a GPT or done wrong, with a sentence on each"),
)
ModelArgument = Annotated[
    str | None,
    typer.Argument(
        help="char-rnn, word-gru, lstm-attention, transformer or gpt.",
        autocompletion=complete_models,
        show_default="gpt",
    ),
]
WithoutOption = Annotated[
    list[str] | None, typer.Option(help="Parts to take out, one at a time: positions,residual. Repeatable.")
]
FaultOption = Annotated[
    list[str] | None, typer.Option(help="Mistakes to make, one at a time: labels-leaked. Repeatable.")
]


def ablate(
    model: ModelArgument = None,
    *,
    without: WithoutOption = None,
    fault: FaultOption = None,
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
        _print_parts(model or "gpt", json)
        return
    from groundup.common.fetching import Fetching
    from groundup.ladder.ablate import AblationPlan, plan_ablation
    from groundup.ladder.ablate import ablate as ablate_
    from groundup.ladder.views import watch_ablation
    from groundup.training.recipe import parse_setting

    options = {
        "model": model, "without": _split_names(without) or None, "faults": _split_names(fault) or None,
        "everything": everything or None, "corpus": corpus or None, "budget": budget, "name": name, "seed": seed,
        "set": dict(parse_setting(text) for text in set_ or []) or None,
    }  # fmt: skip
    settings: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    if resume is None:
        with Fetching(console(error=True)) as progress:
            ablation_plan = plan_ablation(**settings, progress=progress)
    elif settings:
        raise GroundupError(
            "An ablation that is resumed keeps the settings it began with.",
            f"Leave out the rest: `groundup ablate --resume {resume}`.",
        )
    else:
        ablation_plan = AblationPlan.load(resume)
    going_on = f"groundup ablate --resume {ablation_plan.name}" + (f" --out {out}" if out else "")
    with (
        going_on_with(going_on),
        watch_ablation(console(error=json), ablation_plan.model, list(ablation_plan.recipes())) as view,
    ):
        result = ablate_(ablation_plan, view, out, prompt)
    _print_ablation(result, out or ablation_plan.folder, json)


def _split_names(values: list[str] | None) -> list[str]:
    """`a,b` and repeated options as one list."""
    return [name.strip() for text in values or [] for name in text.split(",") if name.strip()]


def _print_parts(model: str, json: bool) -> None:
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

    for title, rows in (("parts, for --without", parts), ("faults, for --fault", faults)):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(title, no_wrap=True, min_width=24)
        table.add_column(f"in the {recipe.model.kind} without it" if rows is parts else "what it changes")
        for name, sentence in rows.items():
            table.add_row(name, sentence)
        console().print(table)
        print_line("")


def _print_ablation(ablation: "Ablation", folder: Path, json: bool) -> None:
    """The table, the finding, and where the rest is."""
    if json:
        print_json(
            {**ablation.to_json(), "report": folder / "report.html", "figure": folder / "ablation.png"}
        )
        return
    terminal = console()
    terminal.print(ablation.table(terminal.width))
    print_line("")
    print_line(ablation.sentence(), style="bold")
    for warning in ablation.warnings:
        print_line(warning)
    print_line("")
    print_line(f"Report   {folder / 'report.html'}")
    print_line(f"Picture  {folder / 'ablation.png'}")


PROBE_EXAMPLES = examples(
    ("probe memory", "all five models, a name and its number: about three minutes"),
    ("probe memory --task copy --budget 20s --out copied", "another task; the picture in a folder"),
    (
        "probe memory --models word-gru:rnn,word-gru:gru,word-gru:lstm --budget 30s",
        "one model with three kinds of cell",
    ),
    ("probe memory --task addition --models gpt --lengths 1,2,4,8 --budget 1min", "one model, four lengths"),
)
TASKS_IN_HELP = "The tasks\n\n" + "\n".join(
    f"[bold]{task.name}[/bold]  {task.asks}\n    [dim]{task.example().partition(': ')[2].replace('[', chr(92) + '[')}"
    f"   its length counts {task.counted}[/dim]"
    for task in TASKS.values()
)


def complete_tasks(incomplete: str) -> list[str]:
    return [name for name in TASKS if name.startswith(incomplete)]


def memory(
    *,
    task: Annotated[
        str, typer.Option(help="copy, reverse, recall, brackets or addition.", autocompletion=complete_tasks)
    ] = "recall",
    models: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these: gpt,char-rnn. With another cell: word-gru:rnn, word-gru:lstm. Repeatable.",
            autocompletion=complete_models,
            show_default="all five",
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Practice of each model: 20s, 2min, 500steps.", show_default="30s")
    ] = None,
    lengths: Annotated[
        str | None, typer.Option(help="What to measure: 1,2,4,8.", show_default="by the task")
    ] = None,
    practise_to: Annotated[
        int | None,
        typer.Option(
            help="The longest questions to practise on.", show_default="half of the longest measured"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and steps, same numbers.", min=0)] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for memory.png.", show_default="reports/probe-TASK"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Find the length at which each model forgets.

    All practise the same task for the same time, on questions that grow as they learn, and are then tested on
    questions that they never saw. A model breaks at the first length with fewer than 90% of the answers right.
    """
    from groundup.ladder.plans import reports_folder
    from groundup.ladder.probe import DEFAULT_BUDGET, in_words, probe_memory
    from groundup.training.fit import FitView

    terminal = console(error=True)
    probe = probe_memory(
        task,
        [name.strip() for names in models for name in names.split(",")] if models else None,
        budget or DEFAULT_BUDGET,
        lengths=_parse_lengths(lengths),
        practised_to=practise_to,
        seed=seed,
        watch=lambda title: FitView(terminal, title, in_words),
    )
    if probe.models:
        _print_probe(probe, out or reports_folder() / f"probe-{probe.task}", json)
    if probe.stopped:
        measured = f"What is above was measured: {len(probe.models)} of the models." if probe.models else ""
        raise Stopped("Stopped.", measured or "No model was measured yet.")


def _parse_lengths(text: str | None) -> list[int] | None:
    """The numbers in `1,2,4,8`."""
    if text is None:
        return None
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise GroundupError(f"'{text}' are not lengths.", "Write them as 1,2,4,8.") from None


def _print_probe(probe: "MemoryProbe", folder: Path, json: bool) -> None:
    """The two tables, the finding, and where the picture is."""
    from groundup.ladder.figures import write_probe_figure

    picture = write_probe_figure(probe, folder / "memory.png")
    if json:
        print_json({**probe.to_json(), "figure": picture})
        return
    terminal = console()
    print_line("")
    print_line(probe.example)
    print_line("")
    terminal.print(probe.table(terminal.width))
    print_line("")
    terminal.print(probe.accuracies())
    print_line("")
    terminal.print(probe.sentence(), style="bold")
    for note in probe.notes():
        terminal.print(note)
    print_line("")
    print_line(f"Picture  {picture}")
