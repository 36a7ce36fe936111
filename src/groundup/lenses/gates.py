"""Gates: what each unit of a GRU or an LSTM keeps, writes and shows, token by token; and the states of all cells.

A gate is a number between 0 (closed) and 1 (open) for each unit at each token. Most units do nothing that a
person could name. Some open at one kind of token alone, at line breaks or after a colon, and those are the ones
to look for: so the units are ranked by how much their gate moves over the text. Source of the idea: Karpathy,
Johnson and Fei-Fei (2015), "Visualizing and understanding recurrent networks", section 4.2.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.charts import spread_labels
from groundup.common.errors import GroundupError
from groundup.lenses.activations import record
from groundup.lenses.drawing import (
    MONO,
    fonts,
    headline,
    heat,
    new_figure,
    paper,
    shorten,
    sign_names,
    signed,
    style,
    token_axis,
)
from groundup.lenses.hooked_model import ModelSource, hooked_model, lacks
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace
from groundup.lenses.unrolled import GATES, MEANING, PARTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))  # lines that a printer without colours keeps apart
SHOWN = 40  # units in a picture: those whose numbers move most


@dataclass
class GatesTrace(Trace):
    """Every gate and state of the recurrent layers over one text. The letters are those of `models/cells.py`."""

    name: str
    kind: str
    text: str
    labels: list[str]
    cell: str
    """rnn, gru or lstm."""
    parts: dict[str, np.ndarray]
    """Gates, candidates and states by their letter, each (layers, time, width)."""
    mean: dict[str, np.ndarray]
    """(layers, time) for each gate: how open it is at each token, on average over the units."""
    opened: dict[str, np.ndarray]
    """(layers, width) for each gate: in what share of the text it is more than half open."""
    movement: dict[str, np.ndarray]
    """(layers, width) for every letter: the standard deviation over the text, which ranks the units."""

    @property
    def gates(self) -> list[str]:
        """The letters that are gates; none for a plain RNN."""
        return [letter for letter in self.parts if letter in GATES]

    def selective(self, letter: str, layer: int = -1, count: int = SHOWN) -> list[int]:
        """The units that move most over the text, most first."""
        return np.argsort(-self.movement[letter][layer], kind="stable")[:count].tolist()

    def when(self, letter: str, unit: int, layer: int = -1, count: int = 3) -> list[int]:
        """The tokens at which a unit is highest, highest first."""
        return np.argsort(-self.parts[letter][layer, :, unit], kind="stable")[:count].tolist()

    def plot(self, *, dark: bool = False, layer: int = -1) -> "Figure":
        """Heat maps of one layer, units by tokens, the top layer unless another is named.

        Gates stand on the left, with their mean above; contents on the right, around zero. In each are the units
        that move most, in the order in which they are highest.
        """
        layer = check_layer(self, layer)
        colours, (less, more) = paper(dark), sign_names(dark)
        contents = [letter for letter in self.parts if letter not in self.gates]
        sides = [side for side in (self.gates, contents) if side]
        time, width = len(self.labels), self.parts["h"].shape[2]
        units = min(SHOWN, width)
        rows = max(map(len, sides))
        wide = min(9.5, max(5.2, 0.17 * time + 1.0))
        figure = new_figure(wide * len(sides), 2.9 * rows + 1.6 + 1.2 * bool(self.gates), dark=dark)
        words = f"Contents: {less} −, {more} +."
        headline(
            figure,
            f"{self.name} reads “{shorten(self.text, 50)}”: layer {layer}, a row for each unit",
            dark=dark,
            under=f"The {units} of {width} units that move most, in the order in which they are highest.\n"
            + (f"Gates: empty is closed, full is open. {words}" if self.gates else words),
        )
        size = min(8.5, 72 * 0.8 * (wide - 1) / time)
        columns: Any = figure.subfigures(1, len(sides), squeeze=False)[0]
        for side, column in zip(sides, columns, strict=True):
            column.set_facecolor(colours.sheet)
            with_mean = side == self.gates
            panels = list(column.subplots(len(side) + with_mean, 1, squeeze=False,
                                          height_ratios=[0.4] * with_mean + [1] * len(side))[:, 0])  # fmt: skip
            if with_mean:
                self._plot_mean(panels.pop(0), layer, dark)
            for letter, axes in zip(side, panels, strict=True):
                values = self.parts[letter][layer][:, self.selective(letter, layer, units)].T  # (units, time)
                values = values[np.argsort(values.argmax(axis=1), kind="stable")]
                style(axes, dark=dark, title=f"{letter}  {MEANING[letter]}", grid=False)
                limit = 1.0 if letter != "c" else max(float(np.abs(values).max()), 1e-9)
                ramp, low = (heat(dark), 0.0) if letter in self.gates else (signed(dark), -limit)
                axes.imshow(values, cmap=ramp, vmin=low, vmax=limit, aspect="auto", interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                if size >= 3.5 and letter == side[-1]:
                    token_axis(axes.xaxis, self.labels, dark=dark, size=size)
        return figure

    def _plot_mean(self, axes: Any, layer: int, dark: bool) -> None:
        """How open each gate is at each token, on average over the units: a line with its letter at the end."""
        colours, time = paper(dark), len(self.labels)
        style(axes, dark=dark, title="how open, on average over all units")
        axes.set(xlim=(-0.5, time - 0.5), ylim=(0, 1), xticks=[], yticks=[0, 0.5, 1])
        ends = spread_labels([float(self.mean[letter][layer][-1]) for letter in self.gates], 0.22)
        for letter, end, dashes in zip(self.gates, ends, DASHES, strict=False):
            values = self.mean[letter][layer]
            axes.plot(range(time), values, color=colours.ink, linewidth=1.4, linestyle=dashes)
            axes.annotate(letter, (time - 1, end), xytext=(7, 0), textcoords="offset points", va="center",
                          color=colours.ink, family=fonts(MONO)[:1], fontsize=10, annotation_clip=False)  # fmt: skip


def check_layer(trace: GatesTrace, layer: int) -> int:
    """The layer, where -1 is the top one. Raises GroundupError for one that is not there."""
    layers = len(trace.parts["h"])
    if not -1 <= layer < layers:
        hint = "The only one is 0." if layers == 1 else f"They are 0 to {layers - 1}."
        raise GroundupError(f"{trace.name} has no recurrent layer {layer}.", hint)
    return layer % layers


def trace(what: ModelSource, text: str) -> GatesTrace:
    """Every gate and state of a recurrent model over a text, from an empty memory.

    Raises GroundupError: a model without recurrent layers; a text of fewer than two tokens.
    """
    hooked = hooked_model(what)
    hooks = hooked.hook_points
    if hooks.recurrent is None:
        raise lacks(hooked, "gates")
    cells: Any = hooks.recurrent
    reading = hooked.read(text, least=2)
    states = record(hooks.points, ["cells.hook_all"], lambda: hooks.run(reading.tokens))["cells.hook_all"]
    letters = PARTS[cells.cell]
    arrays = dict(zip(letters, states[:, :, 0].transpose(0, 1).cpu().numpy(), strict=True))
    gates = {letter: values for letter, values in arrays.items() if letter in GATES}
    return GatesTrace(
        hooked.name,
        hooks.kind,
        text,
        reading.labels,
        cells.cell,
        arrays,
        mean={letter: values.mean(axis=2) for letter, values in gates.items()},
        opened={letter: (values > 0.5).mean(axis=1) for letter, values in gates.items()},
        movement={letter: values.std(axis=1) for letter, values in arrays.items()},
    )


LENS = Lens(
    "gates",
    title="Gates",
    question="What does it keep?",
    order=20,
    needs="recurrent",
    chooses="that is read",
    reference="lstm-attention",
    max_tokens=256,
    widgets=(("gates", "gates", "c12"),),
    views={"gates": {"layer": -1, "letter": "", "row": 0, "token": -1}},
)
