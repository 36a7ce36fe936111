"""`groundup probe memory`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.shared import JsonOption, Stopped, complete_models, console, examples, print_json, say
from groundup.common.errors import GroundupError
from groundup.text.tasks import TASKS

if TYPE_CHECKING:
    from groundup.ladder.probe_result import MemoryProbe

EXAMPLES = examples(
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


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command(epilog=f"{TASKS_IN_HELP}\n\n{EXAMPLES}")(memory)
    # A group needs a second command or this to keep the word `memory`.
    group.callback()(lambda: None)
    app.add_typer(group, name="probe", help="Find out what a model cannot do: how far back it remembers.")


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
    found = probe_memory(
        task,
        [name.strip() for given in models for name in given.split(",")] if models else None,
        budget or DEFAULT_BUDGET,
        lengths=_numbers(lengths),
        practised_to=practise_to,
        seed=seed,
        watch=lambda title: FitView(terminal, title, in_words),
    )
    if found.models:
        _show(found, out or reports_folder() / f"probe-{found.task}", json)
    if found.stopped:
        measured = f"What is above was measured: {len(found.models)} of the models." if found.models else ""
        raise Stopped("Stopped.", measured or "No model was measured yet.")


def _numbers(text: str | None) -> list[int] | None:
    """The numbers in `1,2,4,8`."""
    if text is None:
        return None
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise GroundupError(f"'{text}' are not lengths.", "Write them as 1,2,4,8.") from None


def _show(found: "MemoryProbe", folder: Path, json: bool) -> None:
    """The two tables, the finding, and where the picture is."""
    picture = found.figure(folder / "memory.png")
    if json:
        print_json({**found.to_json(), "figure": picture})
        return
    terminal = console()
    say("")
    say(found.example)
    say("")
    terminal.print(found.table(terminal.width))
    say("")
    terminal.print(found.accuracies())
    say("")
    terminal.print(found.sentence(), style="bold")
    for note in found.notes():
        terminal.print(note)
    say("")
    say(f"Picture  {picture}")
