"""Alignment: where in its source an encoder-decoder looked for each token that it wrote.

Bahdanau et al. (2015), section 5.2.1 and figure 3, drew it first. Where source and target have one order it is
a diagonal; where the order changes it jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundup.lenses.drawing import MONO, fonts, heat, new_figure, paper, style
from groundup.lenses.trace import Trace
from groundup.models.seq2seq import Seq2Seq
from groundup.training.translation import Rewritten, rewrite

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class AlignmentTrace(Trace):
    model: str
    texts: list[Rewritten]

    def plot(self, *, dark: bool = False) -> "Figure":
        """A grid for each text: a column for each character read, a row for each written; rows sum to one."""
        colours, mono = paper(dark), fonts(MONO)[0]
        wide = max(len(one.text) for one in self.texts)
        width = max(5.6, 1.7 + 0.21 * wide)
        figure = new_figure(width, 0.55 + sum(self._height(one) for one in self.texts), dark=dark)
        grids = figure.subplots(
            len(self.texts), squeeze=False, gridspec_kw={"height_ratios": [*map(self._height, self.texts)]}
        )[:, 0]
        for axes, one in zip(grids, self.texts, strict=True):
            style(axes, dark=dark, grid=False)
            axes.set_title(
                f"{one.text} → {one.result or '(nothing)'}",
                loc="left",
                color=colours.ink,
                fontsize=10.5,
                pad=8,
            )
            rows, columns = max(len(one.result), 1), len(one.text)
            grid = one.mean_alignment() if one.result else np.zeros((rows, columns))
            image = axes.pcolormesh(
                grid, cmap=heat(dark), vmin=0, vmax=1, edgecolors=colours.line, linewidth=0.4
            )
            # As wide as the longest text, so that characters are of one size everywhere.
            axes.set(xlim=(-0.05, wide + 0.05), ylim=(rows + 0.05, -0.05))
            axes.set_xticks(np.arange(columns) + 0.5, _shown(one.text), family=mono)
            axes.set_yticks(np.arange(len(one.result)) + 0.5, _shown(one.result), family=mono)
            axes.tick_params(colors=colours.ink, labelsize=9.5)
            axes.spines["bottom"].set_visible(False)
            axes.set_ylabel("written")
        grids[-1].set_xlabel("read")
        bar = figure.colorbar(
            image, ax=list(grids), fraction=0.03, pad=0.015, shrink=min(1.0, 1 / len(grids) + 0.2)
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, labelsize=8.5, colors=colours.ink_3)
        bar.set_label("attention", color=colours.ink_2, fontsize=9)
        return figure

    @staticmethod
    def _height(one: Rewritten) -> float:
        """Inches: the rows, and room for the title and the letters below."""
        return 0.85 + 0.2 * max(len(one.result), 1)


def _shown(text: str) -> list[str]:
    """Characters for an axis, with spaces that can be seen."""
    return ["·" if char == " " else char for char in text]


def trace(model: Seq2Seq, texts: Sequence[str]) -> AlignmentTrace:
    """Let a trained model rewrite texts, and keep where it looked.

    Raises GroundupError for a text that it cannot read.
    """
    return AlignmentTrace(model.name, rewrite(model, texts))
