"""What all of `groundup look` shares: its arguments and options, how a model is found, and how a trace is shown."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import checkpoint, complete_runs, console, print_json, print_line, report_loaded
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.text import Text

    from groundup.lenses.hooked_model import HookedModel
    from groundup.lenses.trace import Trace

RunArgument = Annotated[
    str,
    typer.Argument(
        help="A run's name, or hf: and a folder, .gguf file or name of transformers' GPT-2 or Llama.",
        autocompletion=complete_runs,
        show_default=False,
    ),
]
TextArgument = Annotated[str, typer.Argument(help="The text it reads.", show_default=False)]
OutOption = Annotated[
    Path | None, typer.Option(help="Write the picture (.png, .svg) or the numbers (.json) to this file.")
]
DarkOption = Annotated[bool, typer.Option("--dark", help="Draw the picture on a dark ground.")]
CheckpointOption = Annotated[
    str | None, typer.Option("--checkpoint", help="best or last.", show_default="best")
]
RowsOption = Annotated[int, typer.Option(min=1, help="How many lines to show.")]

SHADES = " ░▒▓█"
COLOUR = "#c8860d"  # reads on black and on white


def look_at(run: str, checkpoint_: str | None = None) -> "HookedModel":
    """The model to look at; says on standard error which it is."""
    from groundup.lenses.hooked_model import hooked_model
    from groundup.training.run import Run

    which = checkpoint(checkpoint_)
    if run.startswith("hf:"):
        if which is not None:
            raise GroundupError("A model of transformers has no checkpoints.", "Leave out --checkpoint.")
        print_line(f"Reading {run} ...", error=True, style="dim")
        return hooked_model(run)
    opened = Run.open(run)
    found = hooked_model(opened, which)
    report_loaded(opened, which)
    return found


def give(
    trace: "Trace", show: Callable[[], None], *, out: Path | None, dark: bool, json: bool, **how: Any
) -> None:
    """The end of every `look` command: JSON or what the terminal shows, and the file if one was asked for.

    `how` goes on to the trace's `plot`.
    """
    written = None if out is None else trace.save(out, dark=dark, **how)
    if json:
        print_json(trace.to_json())
        return
    show()
    if written is not None:
        print_line(f"Wrote {written}", style="dim")


# ---- drawn with characters ---------------------------------------------------------------------------------


def bar(value: float, most: float = 1.0, width: int = 8) -> "Text":
    """A bar of `width` characters, to an eighth of one; empty for not-a-number.

    >>> bar(0.5, width=4).plain
    '██  '
    """
    from rich.text import Text

    eighths = 0 if math.isnan(value) or most <= 0 else round(8 * width * min(max(value / most, 0.0), 1.0))
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return Text(drawn.ljust(width), style=COLOUR)


def shade(values: Iterable[float], most: float = 1.0, wide: int = 2) -> "Text":
    """A row of cells from blank (0) to full (`most`), each `wide` characters; a dot for not-a-number.

    Anything above a hundredth of `most` is visible: blank means next to nothing.

    >>> shade([0.0, 0.3, 1.0]).plain
    '  ▒▒██'
    """
    from rich.text import Text

    def cell(value: float) -> str:
        if math.isnan(value):
            return "·" * wide
        share = min(max(value / most, 0.0), 1.0) if most > 0 else 0.0
        return SHADES[0 if share < 0.01 else min(4, 1 + int(share * 4))] * wide

    return Text("".join(map(cell, values)), style=COLOUR)


def heights(values: Iterable[float], most: float = 1.0, wide: int = 2) -> "Text":
    """A row of cells for numbers around zero: lowest for `-most`, half as high for 0, full for `most`.

    >>> heights([-1.0, 0.0, 1.0], wide=1).plain
    '▁▅█'
    """
    from rich.text import Text

    blocks = "▁▂▃▄▅▆▇█"
    shares = [min(max((value / most + 1) / 2, 0.0), 1.0) if most > 0 else 0.5 for value in values]
    return Text("".join(blocks[min(7, int(share * 8))] * wide for share in shares), style=COLOUR)


def columns_for(labels: Sequence[str], taken: int) -> tuple[int, int]:
    """How wide a cell for each token can be beside `taken` characters, and how many of the last tokens fit."""
    room = max(console().width - taken, 8)
    wide = 2 if 2 * len(labels) <= room else 1
    return wide, min(len(labels), room // wide)


def over_columns(labels: Sequence[str], wide: int, indent: int) -> "Text":
    """The head of a grid: the first characters of each token, over its cells."""
    from rich.text import Text

    shown = "".join(cut(label.strip(" ") or label, 99)[:wide].ljust(wide) for label in labels)
    return Text(" " * indent + shown, style="dim")


def cut(text: str, width: int) -> str:
    """A token on a line of its own: spaces and breaks made visible, cut to `width`."""
    from groundup.lenses.drawing import token_labels

    return token_labels([text], width)[0]


def table(*columns: str, right: Sequence[str] = ()) -> Any:
    """An empty table in the house's style; columns named in `right` are numbers."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return made


def print_table(made: Any) -> None:
    console().print(made)
