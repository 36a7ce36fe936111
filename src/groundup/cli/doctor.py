"""`groundup doctor`: what this machine is, what it would choose and why, and whether all is well."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import JsonOption, console, examples, print_json
from groundup.common.formatting import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from groundup.doctor import DoctorReport


EXAMPLES = examples(
    ("doctor", "look at everything: some ten seconds"),
    ("doctor --quick", "without measuring how fast each model trains"),
    ("doctor --device cpu", "look at one device, not the one that would be chosen"),
    ("doctor --json", "the same for a program"),
)
WIDE = 90  # columns from which the table of presets has all its columns


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(doctor)


def doctor(
    device: Annotated[str, typer.Option(help="Which to look at: cpu, cuda, cuda:1, mps.")] = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="Measure no times, and read no asset.")] = False,
    json: JsonOption = False,
) -> None:
    """Say what this machine is, what training would use and how long it takes, and whether all is well.

    Ends with exit code 0 when all is well, and 1 when something is to be mended.
    """
    from rich.status import Status

    # A line that is redrawn in place, on standard error; nothing where that is no terminal.
    with Status("Starting ...", console=console(error=True), spinner="line") as status:
        from groundup.doctor import examine

        report = examine(device, quick=quick, progress=lambda message: status.update(f"{message} ..."))
    if json:
        print_json(report.to_json())
    else:
        show(report, console())
    if not report.well:
        raise typer.Exit(1)


def show(report: "DoctorReport", terminal: "Console") -> None:
    """Print the whole report, section by section."""
    for title, section in (
        ("Machine", _machine),
        ("Device and precision", _choice),
        ("Numbers, against the CPU in float64", _numbers),
        ("Presets", _presets),
        ("Storage", _storage),
    ):
        terminal.print(title, style="bold")
        section(report, terminal)
        terminal.print()
    for note in report.notes:
        terminal.print(note)
        terminal.print()
    if report.well:
        terminal.print("All is well.", style="bold")
        return
    many = len(report.problems)
    terminal.print(f"{many} thing{'s' if many > 1 else ''} to mend", style="bold red")
    for problem in report.problems:
        terminal.print(problem.what, soft_wrap=True)
        terminal.print(f"  {problem.hint}", style="dim", soft_wrap=True)  # a command in it can be copied


def _machine(report: "DoctorReport", terminal: "Console") -> None:
    machine = report.machine
    physical = f", {machine.physical_cores} physical" if machine.physical_cores else ""
    rows = [
        ("system", machine.system),
        ("processor", f"{machine.processor}, {machine.instructions}"),
        ("cores", f"{machine.cores}{physical}; PyTorch computes with {machine.threads} thread"
                  f"{'s' if machine.threads > 1 else ''}"),
        ("memory", f"{format_bytes(machine.memory)}, {format_bytes(machine.memory_free)} of it free"),
        *((device.name, f"{device.title}, {format_bytes(device.memory)}") for device in machine.devices[1:]),
        ("load", f"{machine.load:.1f} of {machine.cores} cores over the last minute"),
        ("software", f"groundup {machine.groundup}, Python {machine.python}, PyTorch {machine.torch}"),
    ]  # fmt: skip
    terminal.print(_facts(rows))


def _choice(report: "DoctorReport", terminal: "Console") -> None:
    rows = [("device", f"{report.device}: {report.device_why}")]
    if any(preset.precision for preset in report.presets):
        rows += [(preset.model, f"{preset.precision}: {preset.precision_why}") for preset in report.presets]
    else:
        rows.append(("precision", "not measured; training measures it at its start"))
    terminal.print(_facts(rows))


def _numbers(report: "DoctorReport", terminal: "Console") -> None:
    from groundup.doctor.numbers import TOLERANCE, worst

    table = _table("computed", "logits", "gradients", "allowed", "verdict")
    for device, precision in dict.fromkeys((row.device, row.precision) for row in report.numbers):
        rows = [row for row in report.numbers if (row.device, row.precision) == (device, precision)]
        wrong = [row.model for row in rows if not row.agrees]
        if len(wrong) == len(rows):
            verdict = "does not run" if all(row.error for row in rows) else "wrong"
        else:
            verdict = f"wrong: {', '.join(wrong)}" if wrong else "agrees"
        ran = [row for row in rows if not row.error]
        off = (
            [f"{worst(row.logits for row in ran):.0e}", f"{worst(row.gradients for row in ran):.0e}"]
            if ran
            else ["-", "-"]
        )
        allowed = " ".join(dict.fromkeys(f"{most:g}" for most in TOLERANCE[precision]))
        table.add_row(f"{device} {precision}", *off, allowed, verdict)
    terminal.print(table)
    terminal.print(
        "The largest relative difference over the five models, small, with the same weights and batch.",
        style="dim",
    )


def _presets(report: "DoctorReport", terminal: "Console") -> None:
    from groundup.training.view import name_tag

    wide = terminal.width >= WIDE
    own = report.own_memory if report.device == "cpu" else 0  # an accelerator has a memory of its own
    measured = any(preset.tokens_per_second for preset in report.presets)
    published = any(preset.published for preset in report.presets)
    # Each column: its title, its cell, and whether it is shown.
    columns: list[tuple[str, Any, bool]] = [
        ("model", lambda preset: name_tag(preset.model), True),
        ("weights", lambda preset: format_count(preset.parameters), wide),
        ("precision", lambda preset: preset.precision, wide and measured),
        ("tokens/s", lambda preset: format_count(preset.tokens_per_second), measured),
        ("steps", lambda preset: format_count(preset.steps), wide and measured),
        ("time", lambda preset: format_duration(preset.seconds), measured),
        ("budget", lambda preset: preset.budget, not measured),
        ("memory", lambda preset: format_bytes(own + preset.memory), True),
        ("bits/byte", lambda preset: _bpb(preset.published), published),
        ("takes", lambda preset: format_duration(preset.seconds_to_published), wide and published and measured),
    ]  # fmt: skip
    visible = [(title, cell) for title, cell, shows in columns if shows]
    table = _table(*(title for title, _ in visible))
    for column in table.columns[1:]:
        column.justify = "right"
    for preset in report.presets:
        table.add_row(*(cell(preset) for _, cell in visible))
    terminal.print(table)
    if own:
        words = [f"Memory is with the {format_bytes(own)} of Python and PyTorch themselves."]
    else:
        words = [
            f"Memory is that of {report.device}; Python takes {format_bytes(report.own_memory)} beside it."
        ]
    if measured:
        total = format_duration(sum(preset.seconds or 0 for preset in report.presets))
        words.insert(0, f"Training all five takes {total}; evaluating and saving come on top.")
    if published:
        words.append("Bits per byte were reached where the preset was tuned" + (
            "; as many tokens would take this machine the last column's time." if measured and wide else "."
        ))  # fmt: skip
    terminal.print(" ".join(words), style="dim")


def _storage(report: "DoctorReport", terminal: "Console") -> None:
    storage = report.storage
    rows = []
    for folder in (storage.home, storage.cache):
        free = "" if folder.free is None else f", {format_bytes(folder.free)} free"
        state = f"cannot be written: {folder.error}" if folder.error else "can be written"
        rows.append((folder.role, f"{folder.path}\n{state}{free}"))
    rows.append(("runs", f"{storage.runs}, {format_bytes(storage.runs_size)}"))
    parts = [f"{name} {format_bytes(size)}" for name, size in storage.cache_parts.items()]
    rows.append(("cached", ", ".join(parts) or "nothing yet"))
    by_state: dict[str, list[str]] = {}
    for asset in storage.assets:
        by_state.setdefault(asset.state, []).append(asset.name)
    rows += [(f"assets {state}", ", ".join(names)) for state, names in by_state.items()]
    terminal.print(_facts(rows))


def _bpb(published: dict[str, Any] | None) -> str:
    return f"{published['bpb']:.3f}" if published else "-"


def _facts(rows: list[tuple[str, str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(f"  {name}", Text(words))
    return table


def _table(*titles: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=True, padding=(0, 2, 0, 0), header_style="dim")
    for number, title in enumerate(titles):
        table.add_column(f"  {title}" if number == 0 else title, no_wrap=number < len(titles) - 1)
    return table
