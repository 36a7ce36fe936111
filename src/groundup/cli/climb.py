"""`groundup climb` and `groundup compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import (
    CorpusOption,
    JsonOption,
    PromptOption,
    SeedOption,
    SettingsOption,
    complete_climbs,
    complete_models,
    complete_runs,
    console,
    examples,
    going_on_with,
    print_json,
    say,
)
from groundup.common.errors import GroundupError
from groundup.training.budget import DEFAULT_BUDGET

if TYPE_CHECKING:
    from groundup.ladder.compare import Comparison

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
    from groundup.ladder.climb import Plan, plan
    from groundup.ladder.climb import climb as climb_
    from groundup.ladder.view import watch_climb
    from groundup.training.recipe import parse_setting

    if resume is not None:
        if corpus or budget or models or name or set_ or seed is not None:
            raise GroundupError(
                "A climb that goes on keeps what it was begun with.",
                f"Leave out the rest: `groundup climb --resume {resume}`.",
            )
        made = Plan.load(resume)
    else:
        settings = dict(parse_setting(text) for text in set_ or [])
        with Fetching(console(error=True)) as progress:
            made = plan(
                corpus or "shakespeare",
                budget or DEFAULT_BUDGET,
                models,
                name=name,
                seed=1 if seed is None else seed,
                set=settings,
                progress=progress,
            )
    going_on = f"groundup climb --resume {made.name}" + (f" --out {out}" if out else "")
    with going_on_with(going_on), watch_climb(console(error=json), made.models) as view:
        found = climb_(made, view, out, prompt)
    _show(found, out or made.folder, json)
    if found.failed:
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
    from groundup.ladder.plans import reports_folder, write_results

    found = compare_(runs, prompt, seed=seed)
    folder = out or reports_folder() / "compare"
    write_results(found, folder, "ladder.png", "ladder.json")
    _show(found, folder, json)


def _show(found: "Comparison", folder: Path, json: bool) -> None:
    """The table, what each wrote, and where the rest is."""
    if json:
        print_json({**found.to_json(), "report": folder / "report.html", "figure": folder / "ladder.png"})
        return
    from rich.padding import Padding
    from rich.text import Text

    from groundup.common.brand import rung_of
    from groundup.common.formatting import make_printable
    from groundup.training.view import name_tag

    terminal = console()
    terminal.print(found.table(terminal.width))
    say("")
    say(found.sentence(), style="bold")
    if found.floor is not None:
        say(f"The floor of this text is {found.floor:.3f}: no model can need fewer.")
    say("")
    say(f"What they make of {make_printable(found.prompt)!r}:", style="dim")
    for row in found.models:
        lines = [line for line in make_printable(row["sample"] or "-").split("\n") if line.strip()][:3]
        terminal.print(name_tag(row["name"]))
        terminal.print(Padding(Text("\n".join(lines)[: 3 * (terminal.width - 4)]), (0, 0, 0, 4)))
    for name, why in found.failed.items():
        say(f"{rung_of(name).title} failed: {why}", style="bold")
    for warning in found.warnings:
        say(warning)
    say("")
    say(f"Report   {folder / 'report.html'}")
    say(f"Picture  {folder / 'ladder.png'}")
