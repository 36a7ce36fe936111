"""The pictures of lesson 1.3."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.softmax import softmax
from groundup.lenses.drawing import MONO, SANS, fonts, model_colour, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

worked = load_part(Path(__file__).with_name("numbers.py"))
AMOUNTS = Path(__file__).parent / "fixtures" / "amounts.json"


def temperatures(dark: bool = False) -> "Figure":
    """Three scores, and their shares at three temperatures."""
    ink, figure = paper(dark), new_figure(7.2, 2.9, dark=dark)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, temperature in zip(panels, (0.5, 1.0, 2.0), strict=True):
        shares = softmax(worked.SCORES, temperature)
        style(axes, dark=dark, title=f"temperature {temperature:g}")
        axes.bar(range(3), shares, color=model_colour("char-rnn", dark), width=0.65)
        for place, share in enumerate(shares):
            axes.text(
                place,
                share + 0.02,
                f"{share:.2f}",
                ha="center",
                color=ink.ink,
                fontsize=10,
                family=fonts(MONO),
            )
        axes.set_xticks(range(3), [f"{score:g}" for score in worked.SCORES])
        axes.set(xlabel="score", ylim=(0, 1))
    panels[0].set_ylabel("share")
    return figure


def amounts(dark: bool = False) -> "Figure":
    """Bits per character on the text a model learns from and on text held out, for 4 kB and for 100 kB."""
    ink, figure = paper(dark), new_figure(7.2, 3.7, dark=dark)
    rows = {row["kilobytes"]: row for row in json.loads(AMOUNTS.read_text(encoding="utf-8"))}
    panels = figure.subplots(1, 2, sharey=True)
    for axes, size in zip(panels, (4, 100), strict=True):
        row, colour = rows[size], model_colour("char-rnn", dark)
        style(axes, dark=dark, title=f"{size} kB of text")
        axes.plot(row["steps"], row["bits"], color=colour, linewidth=2, linestyle="dashed")
        axes.plot(row["steps"], row["held_out_bits"], color=colour, linewidth=2)
        best = int(np.argmin(row["held_out_bits"]))
        if best < len(row["steps"]) - 1:
            axes.plot(row["steps"][best], row["held_out_bits"][best], "o", color=ink.ink, markersize=7)
            axes.annotate("stop here", (row["steps"][best], row["held_out_bits"][best]), (0, -20), ha="center",
                          textcoords="offset points", color=ink.ink_2, fontsize=9.5, family=fonts(SANS))  # fmt: skip
            for name, key, at, up in (
                ("held out", "held_out_bits", 8, -0.42),
                ("learnt from", "bits", 8, 0.22),
            ):
                axes.text(
                    row["steps"][at],
                    row[key][at] + up,
                    name,
                    color=ink.ink_2,
                    fontsize=9.5,
                    family=fonts(SANS),
                )
        axes.set(xlabel="training steps", ylim=(0, 4), xticks=[0, 200, 400, 600], xlim=(0, 620))
    panels[0].set_ylabel("bits per character")
    return figure
