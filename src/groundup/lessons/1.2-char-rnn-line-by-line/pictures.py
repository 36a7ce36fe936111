"""The pictures of lesson 1.2."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.lenses.drawing import MONO, SANS, fonts, model_colour, new_figure, paper, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

worked = load_part(Path(__file__).with_name("numbers.py"))
WIDTHS = Path(__file__).parent / "fixtures" / "widths.json"


def back_through_time(dark: bool = False) -> "Figure":
    """The worked number: three steps forward, and the gradient back along them, each step adding its part to W's."""
    ink, figure = paper(dark), new_figure(7.4, 3.5, dark=dark)
    axes = figure.subplots()
    found = worked.three_steps()
    mono: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "family": fonts(MONO),
        "fontsize": 9.5,
        "color": ink.ink,
    }
    sans: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "family": fonts(SANS),
        "fontsize": 9,
        "color": ink.ink_2,
    }
    forth = {"arrowstyle": "-|>", "color": ink.ink_3, "linewidth": 1.2}
    back = {"arrowstyle": "-|>", "color": ink.signed[0], "linewidth": 1.8, "linestyle": (0, (4, 2))}
    places = [0.3, 2.8, 5.3, 7.8]
    for step, (x, h) in enumerate(zip(places, found["h"], strict=True)):
        axes.text(x, 2.0, f"h{'₀₁₂₃'[step]} = {h:.2f}", bbox={"boxstyle": "round,pad=0.45", "facecolor": ink.sheet,
                  "edgecolor": ink.ink}, **mono)  # fmt: skip
        if not step:
            continue
        before = places[step - 1]
        axes.annotate("", (x - 0.72, 2.1), (before + 0.72, 2.1), arrowprops=forth)
        axes.text((x + before) / 2, 2.32, "· w", **sans)
        axes.annotate("", (before + 0.72, 1.86), (x - 0.72, 1.86), arrowprops=back)
        axes.text((x + before) / 2, 1.6, f"{found['d_h'][step - 1]:.2f}", **mono | {"color": ink.signed[0]})
        axes.annotate("", (x, 2.42), (x, 2.95), arrowprops=forth)
        axes.text(x, 3.12, f"x{'₀₁₂₃'[step]} = {found['x'][step - 1]:g}", **mono)
        axes.annotate("", (x, 0.85), (x, 1.6), arrowprops=back)
        axes.text(x, 0.62, f"{found['parts'][step - 1]:.2f}", **mono | {"color": ink.signed[0]})
    axes.text(0.3, 0.62, "its part of\nw's gradient", **sans)
    axes.text(6.45, 0.12, f"together {sum(found['parts']):.2f}", **mono | {"weight": "bold"})
    axes.text(9.0, 2.0, "1 comes in", **sans)
    axes.set(xlim=(-0.6, 9.7), ylim=(-0.1, 3.3))
    axes.axis("off")
    return figure


def windows(dark: bool = False) -> "Figure":
    """A text in windows: the state crosses their borders, the gradient does not."""
    from matplotlib.patches import Rectangle

    ink, figure = paper(dark), new_figure(7.4, 2.7, dark=dark)
    axes = figure.subplots()
    text, size = "She walked to the cellar", 8
    for place, letter in enumerate(text):
        window = place // size
        axes.add_patch(
            Rectangle((place + 0.35 * window, 1), 0.92, 0.9, facecolor=ink.sheet, edgecolor=ink.ink_3)
        )
        axes.text(place + 0.35 * window + 0.46, 1.45, letter.replace(" ", "␣"), ha="center", va="center", fontsize=10.5,
                  color=ink.ink, family=[*fonts(MONO), "DejaVu Sans"])  # fmt: skip
    for window in range(3):
        left, right = window * (size + 0.35), window * (size + 0.35) + size - 0.1
        axes.annotate("", (left, 0.55), (right, 0.55), arrowprops={
            "arrowstyle": "-|>", "color": ink.signed[0], "linewidth": 1.8, "linestyle": (0, (4, 2))})  # fmt: skip
        axes.text((left + right) / 2, 0.2, "gradient", ha="center", va="center", fontsize=9.5, color=ink.signed[0],
                  family=fonts(SANS))  # fmt: skip
        axes.text((left + right) / 2, 2.9, f"step {window + 1} of training", ha="center", va="center", fontsize=9.5,
                  color=ink.ink_2, family=fonts(SANS))  # fmt: skip
        if window:
            axes.plot([left - 0.22] * 2, [0.25, 0.9], color=ink.signed[0], linewidth=2.5)
            axes.text(left - 0.22, 0.02, "cut", ha="center", va="center", fontsize=9.5, color=ink.signed[0],
                      family=fonts(SANS))  # fmt: skip
    end = 3 * (size + 0.35) - 0.4
    axes.annotate(
        "", (end, 2.3), (0, 2.3), arrowprops={"arrowstyle": "-|>", "color": ink.ink, "linewidth": 1.4}
    )
    axes.text(
        end + 0.3, 2.3, "state", ha="left", va="center", fontsize=9.5, color=ink.ink, family=fonts(SANS)
    )
    axes.set(xlim=(-0.3, end + 2.4), ylim=(-0.15, 3.15))
    axes.axis("off")
    return figure


def fading(dark: bool = False) -> "Figure":
    """How much of the gradient's length arrives at each letter before, on average."""
    ink, figure = paper(dark), new_figure(6.8, 3.6, dark=dark)
    shares = worked.fading()[:40]
    axes = figure.subplots()
    style(axes, dark=dark, title="share of the gradient's length, by how far back the letter stands")
    back = np.arange(1, len(shares) + 1)
    inside = back <= worked.WINDOW
    axes.bar(back[inside], shares[inside], color=model_colour("char-rnn", dark), width=0.8)
    axes.bar(back[~inside], shares[~inside], color=ink.ink_3, width=0.8)
    axes.axvline(worked.WINDOW + 0.5, color=ink.ink, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.text(worked.WINDOW + 0.2, shares.max() * 0.9, f"a window of {worked.WINDOW} ends here", color=ink.ink_2,
              ha="right", fontsize=9.5, family=fonts(SANS))  # fmt: skip
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set(xlabel="characters back", ylabel="share")
    return figure


def widths(dark: bool = False) -> "Figure":
    """The score on unseen text during training, for four widths of the state."""
    ink, figure = paper(dark), new_figure(6.8, 3.8, dark=dark)
    axes = figure.subplots()
    style(axes, dark=dark, title="bits per character on text it has not seen (lower is better)")
    dashes = ("dotted", "dashdot", "dashed", "solid")
    for row, line in zip(json.loads(WIDTHS.read_text(encoding="utf-8")), dashes, strict=True):
        axes.plot(row["steps"], row["bpb"], color=model_colour("char-rnn", dark), linewidth=2, linestyle=line)
        axes.text(row["steps"][-1] + 8, row["bpb"][-1], f"{row['width']} numbers, {row['bpb'][-1]:.2f}", va="center",
                  color=ink.ink_2, fontsize=9.5, family=fonts(SANS), backgroundcolor=ink.sheet)  # fmt: skip
    axes.set(
        xlabel="training steps", ylabel="bits per character", xlim=(40, 650), xticks=[100, 200, 300, 400, 480]
    )
    axes.set_ylim(bottom=1.0)
    return figure
