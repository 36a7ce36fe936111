"""What an experiment shows: the same in the terminal and, drawn by a widget, in the studio."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shown:
    """What a function of a lesson's `experiments.py` returns for some settings.

    One that takes seconds is a generator instead: it yields how it stands, as often as it likes, and last the whole.
    """

    text: str
    """For the terminal: a small table or drawing in characters, at most 76 wide and 20 lines."""
    state: dict[str, Any] = field(default_factory=dict)
    """Plain numbers, text and lists: what a goal is checked against, and what the widget draws."""
    figure: "Figure | None" = None
    """A picture of the same."""
    share: float = 1.0
    """How much of the work is done: below 1 on the way, 1 in the end."""
